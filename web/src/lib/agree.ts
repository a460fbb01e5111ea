/** The types that the page is written with, held against those generated from the service's description. */

import type { components } from './schema';
import type * as ours from './types';

type Said = components['schemas'];
/** Fails to compile where the service may say what the page does not expect. */
type Fits<Theirs extends Ours, Ours> = [Theirs, Ours];

export type Agreed = [
  Fits<Said['Config'], Wide<ours.Config>>,
  Fits<Said['Project'], Wide<ours.Project>>,
  Fits<Said['ScenarioRecord'], Wide<ours.Scenario>>,
  Fits<Said['DataSetRecord'], Wide<ours.DataSet>>,
  Fits<Said['ParcelColumns'], Wide<ours.ParcelColumns>>,
  Fits<Said['ParcelCard'], Wide<ours.ParcelCard>>,
  Fits<Said['Transfers'], Wide<ours.Transfers>>,
  Fits<Said['Veto'], Wide<ours.Veto>>,
  Fits<Said['Found'], Wide<ours.Found>>,
  Fits<Said['IndicatorValues'], Wide<ours.IndicatorValues>>,
  Fits<Said['DecisionRecord'], Wide<ours.Decision>>,
  Fits<Said['StoredPlan'], Wide<ours.Plan>>,
  Fits<Said['SubParkRow'], Wide<ours.SubPark>>,
  Fits<Said['Preview'], Wide<ours.Preview>>,
  Fits<Said['Years'], Wide<ours.Years>>,
];

/** Codes, statuses and fixed lengths are numbers, words and lists in the description, and what may be null may be left out. */
type Wide<T> = T extends number
  ? number
  : T extends string
    ? string
    : T extends readonly (infer Item)[]
      ? Wide<Item>[]
      : T extends object
        ? { [K in keyof T as null extends T[K] ? never : K]: Wide<T[K]> } & {
            [K in keyof T as null extends T[K] ? K : never]?: Wide<T[K]>;
          }
        : T;
