/**
 * What the columns of a table of firms mean, and what of a policy follows from that. The score is the plainest that says
 * something: each chosen figure, summed over the firms of a parcel, per mu, ranked among the parcels, all of one weight.
 * Whoever wants another formula brings a policy; weights are turned in the policy's panel.
 */

import type { PolicyChange, TableFound } from '../lib/types';

export interface Firms {
  /** The file, as the check calls it. */
  table: string;
  parcel_code: string;
  firm: string | null;
  name: string | null;
  share: string | null;
  /** The columns that count in the score. */
  counted: readonly string[];
}

export const FIELDS = ['parcel_code', 'firm', 'name', 'share'] as const;
export type Field = (typeof FIELDS)[number];

/** What the check took the columns for; none where the table does not say which parcels it is of. */
export function guessed(table: TableFound): Firms | null {
  const of = (guess: string) => table.columns.find((c) => c.guess === guess)?.name ?? null;
  const code = of('parcel_code');
  if (table.error || code === null) return null;
  return {
    table: table.name,
    parcel_code: code,
    firm: of('firm'),
    name: null,
    share: of('share'),
    counted: table.columns.filter((c) => c.guess === 'indicator').map((c) => c.name),
  };
}

/** Columns that hold numbers: those that can count. */
export const numeric = (table: TableFound): string[] =>
  table.columns.filter((c) => c.kind === 'number' || c.kind === 'whole').map((c) => c.name);

/** What it changes in the policy. */
export function firmsChange(firms: Firms): PolicyChange {
  const { table, parcel_code, firm, name, share, counted } = firms;
  const aggregates: PolicyChange = {};
  const indicators: PolicyChange = {};
  counted.forEach((column, at) => {
    // A column's name may be anything; a formula's names are plain words.
    const id = `firms_${at + 1}`;
    aggregates[id] = { sum: column };
    indicators[id] = {
      zh: `${column}（每亩）`,
      en: `${column} per mu`,
      formula: `${id} / area_mu`,
      normalise: { method: 'rank' },
      weight: 10,
      source: table,
    };
  });
  const said = Object.fromEntries(Object.entries({ firm, name, share }).filter(([, column]) => column !== null));
  return { enterprises: { table, parcel_code, ...said, aggregates }, indicators };
}
