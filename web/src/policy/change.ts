/** The sliders' values, and the change to the policy (RFC 7386) that they make. Pure. */

import type {
  AreaBasis,
  AreaMode,
  ConcentrationRule,
  HoleRule,
  PolicyChange,
  PolicyContent,
  Scoring,
  SmallBlockRule,
} from '../lib/types';

/** What holds for the area of the zone, and for how much of it moves. */
export interface AreaDials {
  mode: AreaMode;
  /** With `conserve`: share of the present area. */
  tolerance: number;
  /** With `cap`: the most. */
  capHa: number | null;
  basis: AreaBasis;
  /** Most that moves in and out together, as a share of the present area; none is no limit, which a policy calls free. */
  movedShare: number | null;
  movedParcels: number | null;
}

/** What holds for blocks, and for how concentrated the zone is. */
export interface BlockDials {
  minBlockHa: number;
  /** None where the policy does not state it: what then holds hangs on what may move. */
  small: SmallBlockRule | null;
  /** Least area of a block without land of today's zone; 0 for any. */
  newHa: number | 'forbid';
  holes: HoleRule;
  /** Land that the zone encloses is a hole below this area. */
  holeHa: number;
  concentration: ConcentrationRule;
}

type Constraints = PolicyContent['constraints'];
/** What of a policy the sliders turn. */
export interface Turned {
  objective: Pick<PolicyContent['objective'], 'lambda'>;
  contiguity: Pick<PolicyContent['contiguity'], 'gap_m'>;
  indicators: Record<string, Scoring & { weight: number }>;
  constraints: Pick<
    Constraints,
    | 'area'
    | 'min_block_ha'
    | 'min_block'
    | 'new_block_ha'
    | 'holes'
    | 'min_hole_ha'
    | 'max_moved_share'
    | 'max_moved_parcels'
    | 'keep_concentration'
    | 'concentration'
  >;
}

export interface Dials {
  lambda: number;
  blocks: BlockDials;
  gapM: number;
  area: AreaDials;
  weights: Record<string, number>;
  scoring: Record<string, Scoring>;
}

export function dials(policy: Turned): Dials {
  return {
    lambda: policy.objective.lambda,
    blocks: {
      minBlockHa: policy.constraints.min_block_ha,
      small: policy.constraints.min_block ?? null,
      // Its only word is that there may be none.
      newHa: typeof policy.constraints.new_block_ha === 'number' ? policy.constraints.new_block_ha : 'forbid',
      holes: policy.constraints.holes,
      holeHa: policy.constraints.min_hole_ha,
      concentration: policy.constraints.concentration ?? {
        at_least: 'before',
        strictness: policy.constraints.keep_concentration ? 'hard' : 'off',
      },
    },
    gapM: policy.contiguity.gap_m,
    area: {
      mode: policy.constraints.area.mode,
      tolerance: policy.constraints.area.tolerance,
      capHa: policy.constraints.area.cap_ha,
      basis: policy.constraints.area.basis,
      movedShare: typeof policy.constraints.max_moved_share === 'number' ? policy.constraints.max_moved_share : null,
      movedParcels: policy.constraints.max_moved_parcels,
    },
    weights: Object.fromEntries(Object.entries(policy.indicators).map(([id, i]) => [id, i.weight])),
    scoring: Object.fromEntries(
      Object.entries(policy.indicators).map(([id, { formula, direction, normalise }]) => [
        id,
        { formula, direction, normalise },
      ]),
    ),
  };
}

/** What of `now` differs from `then`, as a part of a policy; null where nothing does. */
export function change(then: Dials, now: Dials): PolicyChange | null {
  const parts: PolicyChange = {};
  if (now.lambda !== then.lambda) parts.objective = { lambda: now.lambda };
  const constraints = { ...differing(rules(then), rules(now)), ...concentration(then, now) };
  if (Object.keys(constraints).length > 0) parts.constraints = constraints;
  if (now.gapM !== then.gapM) parts.contiguity = { gap_m: now.gapM };
  const indicators: PolicyChange = {};
  for (const id of Object.keys(now.weights)) {
    const part = differing(indicator(then, id), indicator(now, id));
    if (Object.keys(part).length > 0) indicators[id] = part;
  }
  if (Object.keys(indicators).length > 0) parts.indicators = indicators;
  return Object.keys(parts).length > 0 ? parts : null;
}

/** What holds for small blocks, stated or not: without a limit on what moves there may be none. */
export function smallBlocks({ blocks, area }: Dials): SmallBlockRule {
  const capped = area.movedShare !== null || area.movedParcels !== null;
  return blocks.small ?? (capped ? 'no_new' : 'hard');
}

/** By how much of today's index the zone has to be more concentrated: `+10 %` is 0.1; none where that is not the rule. */
export function rise({ at_least }: ConcentrationRule): number | null {
  const percent = typeof at_least === 'string' ? /^([+-][\d.e+-]+) *%$/u.exec(at_least)?.[1] : undefined;
  return percent === undefined ? null : Number(percent) / 100;
}

/** The rule that asks for this rise, to a hundredth of a percent. */
export function risen(share: number): ConcentrationRule['at_least'] {
  const percent = Number((share * 100).toFixed(2));
  return `${percent < 0 ? '' : '+'}${percent} %`;
}

/** The rule as a whole, for half of one has no meaning; a policy that keeps no concentration contradicts it. */
function concentration(then: Dials, now: Dials): PolicyChange {
  const [was, is] = [then.blocks.concentration, now.blocks.concentration];
  if (was.at_least === is.at_least && was.strictness === is.strictness) return {};
  return { keep_concentration: true, concentration: { at_least: is.at_least, strictness: is.strictness } };
}

/** As the policy writes them: a most has a meaning with `cap` only. */
function rules({ blocks, area }: Dials): PolicyChange {
  const { mode, tolerance, capHa, basis, movedShare, movedParcels } = area;
  return {
    min_block_ha: blocks.minBlockHa,
    min_block: blocks.small,
    new_block_ha: blocks.newHa,
    holes: blocks.holes,
    min_hole_ha: blocks.holeHa,
    area: { mode, tolerance, cap_ha: mode === 'cap' ? capHa : null, basis },
    max_moved_share: movedShare ?? 'free',
    max_moved_parcels: movedParcels,
  };
}

function indicator(of: Dials, id: string): PolicyChange {
  const { formula, direction, normalise } = of.scoring[id] ?? {};
  return {
    weight: of.weights[id] ?? null,
    formula: formula ?? null,
    direction: direction ?? null,
    normalise: { ...normalise },
  };
}

/** What `now` has otherwise; null takes away what it does not have. */
function differing(then: PolicyChange, now: PolicyChange): PolicyChange {
  const parts: PolicyChange = {};
  for (const key of new Set([...Object.keys(then), ...Object.keys(now)])) {
    const [one, other] = [then[key], now[key] ?? null];
    if (isObject(one) && isObject(other)) {
      const within = differing(one, other);
      if (Object.keys(within).length > 0) parts[key] = within;
    } else if (other !== (one ?? null)) parts[key] = other;
  }
  return parts;
}

const isObject = (value: unknown): value is PolicyChange => typeof value === 'object' && value !== null;
