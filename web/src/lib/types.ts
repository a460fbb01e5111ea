/** What the service says and hears, as its description has it. */

export type Direction = 'in' | 'out';
export type DecisionKind = 'accept' | 'reject' | 'lock_in' | 'lock_out' | 'free' | 'comment' | 'undo';
export type PlanStatus = 'draft' | 'submitted' | 'approved' | 'rejected';
export type JobState = 'queued' | 'running' | 'done' | 'failed' | 'cancelled';
export type Flag = 0 | 1;
export type Bounds = [west: number, south: number, east: number, north: number];
export type Place = [lon: number, lat: number];

export interface BeforeAfter<T> {
  before: T;
  after: T;
}

export interface Bilingual {
  zh: string;
  en: string;
}

/** What stands in a message. */
export type Param =
  | { text: string }
  | { count: number }
  | { number: { value: number; digits: number } }
  | { message: { code: string; params: Record<string, Param> } }
  | Record<string, unknown>;

/** A message: what it says by code and parameters, and in both languages. */
export interface Told extends Bilingual {
  code: string;
  params: Record<string, Param>;
}

/** Why something failed, and what can be done. */
export interface ToldFailure extends Told {
  because: Told[];
  hints: Told[];
}

export interface Project {
  title: string;
  schema: number;
  created: number;
}

export interface Config {
  version: string;
  title: string;
  basemap: { urls: string[]; attribution: string } | null;
  review_number: string | null;
  user: string;
  languages: string[];
}

export interface PolicyRef {
  name: string;
  version: number;
}

export interface Scenario {
  id: number;
  title: string;
  data_set: string;
  layer: string;
  policy: PolicyRef;
  version: number;
  archived: boolean;
  at: number;
  by: string;
  /** What its data set is called; in lists. */
  data_set_name?: string;
  /** The day that its parcels and statistics are of; in lists. */
  reference_date?: string | null;
  /** The day from which its present zone holds; in lists. */
  effective_date?: string | null;
}

/** A layer with all that is planned on beside its parcels. */
export interface DataSet {
  id: string;
  layer: string;
  name: string;
  main_file: string;
  parcels: number;
  reference_date: string | null;
  effective_date: string | null;
  previous: string | null;
  plan: number | null;
  at: number;
  by: string;
}

export interface Decision {
  seq: number;
  scenario: number;
  version: number;
  kind: DecisionKind;
  parcel: string | null;
  undoes: number | null;
  reason: string | null;
  by: string;
  at: number;
}

export interface NewDecision {
  kind: DecisionKind;
  parcel?: string;
  undoes?: number;
  reason?: string;
}

export interface Job {
  id: number;
  kind: string;
  payload: unknown;
  state: JobState;
  cancel_requested: boolean;
  step: string | null;
  step_told: Told | null;
  done: number;
  total: number;
  result: unknown;
  error: string | null;
  failure: ToldFailure | null;
  by: string;
  created: number;
  started: number | null;
  ended: number | null;
}

/** A file that an export made: the result of its job. */
export interface Exported {
  name: string;
  bytes: number;
  media: string;
  file: string;
  warnings: string[];
  warnings_told: Told[];
}

export interface Plan {
  id: number;
  scenario: number;
  decided: number;
  policy: PolicyRef;
  job: number | null;
  status: PlanStatus;
  by: string;
  at: number;
}

export interface Concentration {
  index: number;
  lpi: number;
  blocks: number;
  small_block_share: number;
}

export type AreaBasis = 'ellipsoidal' | 'planar' | 'registered';

export interface Constraint {
  id: string;
  text: string;
  status: 'met' | 'broken' | 'missed' | 'off';
  value: number | null;
  limit: number | null;
}

/** The parts of `plan.json` that are shown. */
export interface PlanRecord {
  inputs: { crs: string };
  area: { basis: AreaBasis; before_m2: number; after_m2: number; tolerance: number | null };
  /** Without an admissible plan there is no gap. */
  objective: { value: number; bound: number; gap: number | null; before: number; status: string; tau: number };
  score: BeforeAfter<number | null>;
  concentration: BeforeAfter<Concentration> & {
    gap_m: number;
    by_gap: (BeforeAfter<Concentration> & { gap_m: number })[];
  };
  constraints: Constraint[];
  conflicts?: string[];
  conflicts_told?: Told[];
}

export interface IndicatorColumn extends Bilingual {
  id: string;
  unit: string;
  weight: number;
  higher_is_better: boolean;
}

/** State of every parcel, in the order of their numbers (`fid` − 1). */
export interface ParcelColumns {
  layer: string;
  version: number;
  plan: number | null;
  count: number;
  policy: PolicyRef;
  score: (number | null)[];
  area_m2: number[];
  zone_before: Flag[];
  zone_after: Flag[];
  lock: (0 | 1 | 2 | 3)[];
  decision: (0 | 1 | 2 | 3 | 4)[];
  eligible: Flag[];
  block_before: number[];
  block_after: number[];
  sub_park: number[];
  sub_parks: string[];
  indicators: IndicatorColumn[];
}

export interface IndicatorValues {
  id: string;
  raw: (number | null)[];
  normalised: (number | null)[];
  unit: string;
}

export interface Reason extends Bilingual {
  code?: string;
}

export interface Transfer {
  fid: number;
  parcel: string;
  name: string | null;
  direction: Direction;
  swap: number;
  area_m2: number;
  score: number | null;
  delta_objective: number;
  veto_price: number | null;
  veto_price_least: number | null;
  veto_price_most: number | null;
  robustness: number | null;
  reasons: Reason[];
  sub_park: string | null;
  decision: DecisionKind | null;
  bounds: Bounds;
}

export type Unbalanced = 'one_sided' | 'no_partner' | 'piece_too_large';

export interface Swap {
  id: number;
  parcels: string[];
  fids: number[];
  balance_m2: number;
  balanced: boolean;
  /** Why it is not. */
  unbalanced: Unbalanced | null;
  delta_objective: number;
  delta_concentration: number;
}

export interface Transfers {
  plan: number;
  transfers: Transfer[];
  swaps: Swap[];
}

export interface Moved {
  count: number;
  area_m2: number;
}

/** A sub-park; the last one may have no name: what belongs to none. */
export interface SubPark {
  name: string | null;
  parcels: number;
  area_m2: BeforeAfter<number>;
  score: BeforeAfter<number | null>;
  concentration: BeforeAfter<Concentration>;
  in: Moved;
  out: Moved;
  bounds: Bounds | null;
}

export interface ScorePart extends Bilingual {
  id: string;
  unit: string;
  raw: number | null;
  normalised: number | null;
  weight: number;
  points: number | null;
  percentile: number | null;
}

export interface BlockOf {
  number: number;
  area_m2: number;
  parcels: number;
}

/** The explanation card. */
export interface ParcelCard {
  fid: number;
  parcel: string;
  name: string | null;
  firms: string[];
  area_m2: number;
  score: number | null;
  percentile: number | null;
  parts: ScorePart[];
  zone_before: Flag;
  zone_after: Flag;
  lock: 0 | 1 | 2 | 3;
  decision: 0 | 1 | 2 | 3 | 4;
  comments: { by: string; at: number; reason: string }[];
  sub_park: string | null;
  neighbours: { fid: number; parcel: string; facing_m: number; zone_before: Flag; zone_after: Flag }[];
  block: BeforeAfter<BlockOf | null>;
  transfer: null | {
    direction: Direction;
    swap: number;
    delta_objective: number;
    veto_price: number | null;
    veto_price_least: number | null;
    veto_price_most: number | null;
    robustness: number | null;
    reasons: Reason[];
    joins: number[];
    splits: boolean;
  };
  bounds: Bounds;
  centre: Place;
}

export interface Veto {
  veto_price: number;
  objective: BeforeAfter<number>;
  enter: number[];
  leave: number[];
}

export interface Found {
  fid: number;
  parcel: string;
  name: string | null;
  centre: Place;
  bounds: Bounds;
}

export interface CurvePoint {
  value: number;
  boundary_m: number;
}

export interface Preview {
  status: string;
  objective: BeforeAfter<number>;
  bound: number;
  /** None where no admissible plan was found. */
  gap: number | null;
  area_m2: BeforeAfter<number>;
  score: BeforeAfter<number | null>;
  concentration: BeforeAfter<Concentration>;
  point: BeforeAfter<CurvePoint>;
  enter: number[];
  leave: number[];
  conflicts?: string[];
  conflicts_told?: Told[];
  binding?: { id: string; text: string }[];
}

/** What a zone comes to. */
export interface ZoneFigures {
  area_m2: number;
  score: number | null;
  concentration: number;
  blocks: number;
  /** F under the first year's rules, without what moving costs. */
  worth: number;
  /** How much it has gained of what all at once would gain. */
  gain_share: number | null;
}

export interface MovedLand {
  parcels: number;
  area_m2: number;
}

/** A plan on the path over years. */
export interface YearPlan {
  status: string;
  objective: number;
  gap: number | null;
  moved_in: MovedLand;
  moved_out: MovedLand;
  zone: ZoneFigures;
}

export interface YearStep extends YearPlan {
  year: number;
  enter: number[];
  leave: number[];
}

/** What moves year by year under the yearly cap. */
export interface Years {
  today: ZoneFigures;
  years: YearStep[];
  /** As much at once as pays. */
  uncapped: YearPlan;
  ended: 'asked' | 'settled' | 'infeasible';
}

/** The parts of a policy that the panel turns. */
/** How a value becomes a number from 0 to 1. */
export type Normalise =
  | { method: 'minmax' | 'zscore' | 'rank' }
  | { method: 'base'; base: number; cap: number }
  | { method: 'threshold'; pass: number; excellent: number };

/** How an indicator is scored. */
export interface Scoring {
  formula: string;
  direction: 'higher' | 'lower';
  normalise: Normalise;
}

export interface PolicyIndicator extends Scoring {
  zh: string;
  en: string;
  unit: string;
  weight: number;
  source: string;
}

export type AreaMode = 'conserve' | 'cap' | 'free';
/** What holds for small holes: told of, not to be made, or filled with land that may come in. */
export type HoleRule = 'report' | 'forbid' | 'fill';

export type SmallBlockRule = 'hard' | 'no_new' | 'soft' | 'off';

/** How concentrated the zone has to be: as now, an index, or a change of today's such as `+10 %`. */
export interface ConcentrationRule {
  at_least: 'before' | number | `${string} %`;
  strictness: 'hard' | 'soft' | 'off';
}

export interface PolicyContent {
  name: string;
  indicators: Record<string, PolicyIndicator>;
  weights: { method: string; known_share: number };
  contiguity: { gap_m: number };
  objective: { lambda: number; edge_factor: number; kappa: number; tau: number | null };
  constraints: {
    area: { mode: AreaMode; tolerance: number; cap_ha: number | null; basis: AreaBasis };
    min_block_ha: number;
    /** What holds where it is not stated hangs on what may move. */
    min_block?: SmallBlockRule;
    new_block_ha: number | 'forbid';
    min_hole_ha: number;
    holes: HoleRule;
    max_moved_share: number | 'free';
    max_moved_parcels: number | null;
    keep_concentration: boolean;
    concentration?: ConcentrationRule;
  };
}

export interface ScenarioPolicy {
  policy: PolicyRef;
  content: PolicyContent;
}

/** A part of a policy, merged into it (RFC 7386). */
export type PolicyChange = { [key: string]: PolicyChange | string | number | boolean | null };

export interface FrontierPoint {
  lambda: number;
  objective: number;
  value: number;
  boundary_m: number;
  score: number | null;
  concentration: number;
  blocks: number;
  area_m2: number;
  gap: number | null;
  moved: number;
}

export interface Frontier {
  points: FrontierPoint[];
  current: FrontierPoint | null;
}

export interface Compared {
  scenario: number;
  title: string;
  plan: number | null;
  objective: number | null;
  bound: number | null;
  gap: number | null;
  score: number | null;
  concentration: number | null;
  blocks: number | null;
  area_m2: number | null;
  transfers: { in: number; out: number };
  lambda: number;
  parcels: number;
  /** Area of the parcels that another scenario lacks. */
  besides_m2: number;
  /** Area of its zone that is of parcels which all scenarios have. */
  common_m2: number;
}

export interface Comparison {
  scenarios: Compared[];
  in_all: number;
  differ: number[];
  differ_m2: number;
}

/** A file that was sent. */
export interface Uploaded {
  upload: string;
  name: string;
  bytes: number;
}

export type AreaUnit = 'm2' | 'ha' | 'mu' | 'km2';

/** Which columns hold what every parcel has. */
export interface Meaning {
  parcel_code?: string;
  in_zone?: string;
  sub_park?: string;
  registered_area?: string;
  registered_area_unit?: AreaUnit;
  land_use?: string;
}

interface Incoming {
  files: { name: string; upload: string }[];
  main: string;
  layer?: string;
  crs?: string;
}

export interface NewCheck extends Omit<Incoming, 'main'> {
  main?: string;
  /** The data set that the files are to be added to. */
  data_set?: string;
  columns?: Meaning;
}

/** Files that make another data set of one that is there. */
export interface NewDataSet extends Omit<Incoming, 'main'> {
  main?: string;
  data_set?: string;
  title: string;
  reference_date?: string;
  effective_date?: string;
  policy?: PolicyRef;
  change?: PolicyChange;
}

export interface NewImport extends Incoming {
  title: string;
  policy?: PolicyRef;
  /** A policy that is not stored yet, TOML. */
  policy_text?: string;
  change?: PolicyChange;
}

export interface ColumnProfile {
  name: string;
  kind: 'empty' | 'whole' | 'number' | 'text';
  filled: number;
  distinct: number;
  samples: string[];
  guess: string | null;
  /** Why that is guessed. */
  ground?: 'name' | 'content';
}

export type Severity = 'note' | 'warning' | 'error';

export interface ListedIssue {
  kind: string;
  severity: Severity;
  parcel: string | null;
  fid?: number;
  place: Place | null;
  what: Told;
  done: Told;
  area_changed_m2: number;
}

export interface TableFound {
  name: string;
  rows: number;
  encoding: string;
  columns: ColumnProfile[];
  error?: string;
  failure?: ToldFailure;
}

/** What a check found. */
export interface Inspection {
  layers: string[];
  layer: string;
  crs: { found: string | null; stated: boolean; name: string };
  encoding: string;
  features: number;
  columns: ColumnProfile[];
  meaning: Meaning;
  parcels: number;
  bounds: Bounds | null;
  area_m2: number;
  issues: ListedIssue[];
  issue_counts: Record<string, number>;
  preview: GeoJSON.FeatureCollection;
  tables: TableFound[];
  /** The policy that would be written for these files. */
  draft: { text: string; assumed: Told[] } | null;
  draft_error?: ToldFailure;
}

/** What an import left. */
export interface Imported {
  data_set: string;
  layer: string;
  policy: PolicyRef;
  scenario: number;
}
