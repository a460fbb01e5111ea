/** The rows of the review table: which, and in what order. Pure. */

import type { Swap, Transfer } from '../lib/types';

export const SORTS = ['direction', 'parcel', 'area', 'score', 'worth', 'veto', 'decision'] as const;
export type Sort = (typeof SORTS)[number];

export interface Order {
  by: Sort;
  down: boolean;
}

export interface Wanted {
  direction: 'in' | 'out' | null;
  decided: 'open' | 'decided' | null;
  search: string;
  order: Order;
}

type Verdict = string | undefined;

function matches(transfer: Transfer, verdict: Verdict, wanted: Wanted): boolean {
  if (wanted.direction && transfer.direction !== wanted.direction) return false;
  if (wanted.decided && (wanted.decided === 'decided') !== (verdict !== undefined)) return false;
  const search = wanted.search.trim().toLowerCase();
  return (
    search === '' ||
    transfer.parcel.toLowerCase().includes(search) ||
    (transfer.name?.toLowerCase().includes(search) ?? false)
  );
}

function key(transfer: Transfer, verdict: Verdict, by: Sort): number | string {
  switch (by) {
    case 'direction':
      return transfer.direction;
    case 'parcel':
      return transfer.parcel;
    case 'area':
      return transfer.area_m2;
    case 'score':
      return transfer.score ?? Number.NEGATIVE_INFINITY;
    case 'worth':
      return transfer.delta_objective;
    case 'veto':
      return transfer.veto_price_most ?? transfer.veto_price ?? Number.NEGATIVE_INFINITY;
    case 'decision':
      return verdict ?? '';
  }
}

/** What is wanted of the transfers, in order; equal ones by their parcel's number. */
export function rows(
  transfers: readonly Transfer[],
  verdicts: ReadonlyMap<number, string>,
  wanted: Wanted,
): Transfer[] {
  const { by, down } = wanted.order;
  const shown = transfers.filter((t) => matches(t, verdicts.get(t.fid), wanted));
  const keyed = shown.map((transfer) => ({ transfer, key: key(transfer, verdicts.get(transfer.fid), by) }));
  keyed.sort((a, b) => {
    const order = a.key < b.key ? -1 : a.key > b.key ? 1 : 0;
    return (down ? -order : order) || a.transfer.fid - b.transfer.fid;
  });
  return keyed.map(({ transfer }) => transfer);
}

/** Swaps with at least one row shown, the one that gains most first. */
export function swapRows(swaps: readonly Swap[], shown: readonly Transfer[]): Swap[] {
  const fids = new Set(shown.map((t) => t.fid));
  return swaps.filter((s) => s.fids.some((fid) => fids.has(fid))).sort((a, b) => b.delta_objective - a.delta_objective);
}

/** Which rows of a fixed height are in sight, with some more above and below. */
export function windowed(
  top: number,
  height: number,
  row: number,
  count: number,
  more = 8,
): { from: number; to: number } {
  const from = Math.max(0, Math.floor(top / row) - more);
  const to = Math.min(count, Math.ceil((top + height) / row) + more);
  return { from: Math.min(from, count), to };
}
