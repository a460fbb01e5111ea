/** Names for what the service says and hears. All of it is the service's own description, from which `schema.d.ts` is made. */

import type { components } from './schema';

type Said = components['schemas'];

export type Bounds = Said['Bounds'];
export type Place = Said['Place'];
export type Direction = Said['Direction'];
/** Areas as GeoJSON. */
export type Areas = Said['Areas'];

export interface BeforeAfter<T> {
  before: T;
  after: T;
}

/** Words in both languages, so that a switch of the language shows at once. */
export type Bilingual = Pick<Said['Told'], 'zh' | 'en'>;
export type Told = Said['Told'];
export type ToldFailure = Said['ToldFailure'];
export type Param = Said['Param'];
export type Problem = Said['Problem'];

export type Project = Said['Project'];
export type Config = Said['Config'];
export type DataSet = Said['DataSetRecord'];
export type PolicyRef = Said['PolicyRef'];
/** The day that its parcels and statistics are of stands in lists only. */
export type Scenario = Said['ScenarioRecord'] & Partial<Said['ListedScenario']>;

export type DecisionKind = Said['DecisionKind'];
export type Decision = Said['DecisionRecord'];
export type NewDecision = Said['Decision'];

export type Job = Said['JobRecord'];
export type JobState = Said['JobState'];
export type Exported = Said['Exported'];

export type Plan = Said['StoredPlan'];
export type PlanStatus = Said['PlanStatus'];
export type PlanRecord = Said['PlanRecord'];
export type Concentration = PlanRecord['concentration']['before'];

export type ParcelColumns = Said['ParcelColumns'];
export type IndicatorValues = Said['IndicatorValues'];
export type Transfer = Said['TransferRow'];
export type Swap = Said['SwapRow'];
export type Transfers = Said['Transfers'];
export type SubPark = Said['SubParkRow'];
export type ParcelCard = Said['ParcelCard'];
export type BlockOf = NonNullable<ParcelCard['block']['before']>;
export type Veto = Said['Veto'];
export type Found = Said['Found'];
export type Comparison = Said['Comparison'];

export type Preview = Said['Preview'];
export type Years = Said['Years'];
export type YearStep = Said['YearMoves'];
export type ZoneFigures = Said['ZoneFigures'];
export type Frontier = Said['Frontier'];

export type ScenarioPolicy = Said['ScenarioPolicy'];
export type PolicyContent = Said['Policy'];
type Constraints = PolicyContent['constraints'];
type Indicator = PolicyContent['indicators'][string];
/** How a value becomes a number from 0 to 1. */
export type Normalise = Indicator['normalise'];
/** How an indicator is scored. */
export type Scoring = Pick<Indicator, 'formula' | 'direction' | 'normalise'>;
export type AreaBasis = Said['AreaBasis'];
export type AreaMode = Constraints['area']['mode'];
export type HoleRule = Constraints['holes'];
export type SmallBlockRule = NonNullable<Constraints['min_block']>;
export type ConcentrationRule = NonNullable<Constraints['concentration']>;
/** A part of a policy, merged into it (RFC 7386). */
export type PolicyChange = { [key: string]: PolicyChange | string | number | boolean | null };

export type Uploaded = Said['Uploaded'];
export type NewCheck = Said['NewCheck'];
export type NewImport = Said['NewImport'];
export type NewDataSet = Said['NewDataSet'];
export type Meaning = Said['Meaning'];
export type AreaUnit = NonNullable<Meaning['registered_area_unit']>;
export type Inspection = Said['Inspection'];
export type ColumnProfile = Said['Profile'];
export type TableFound = Said['TableFound'];
export type ListedIssue = Said['Listed'];
export type Severity = Said['Severity'];
export type Imported = Said['Imported'];
