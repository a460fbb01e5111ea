/** The rows as the table shows them, and stepping through them. */

import { selection } from '../app/selection.svelte';
import { session } from '../app/session.svelte';
import { view } from '../app/view.svelte';
import { type Order, rows } from './rows';

class Cursor {
  order = $state.raw<Order>({ by: 'worth', down: true });
  readonly rows = $derived(
    rows(session.transfers?.transfers ?? [], session.verdicts, {
      direction: view.direction,
      decided: view.decided,
      search: view.search,
      order: this.order,
    }),
  );
  /** The search field, while it is there. */
  field: HTMLInputElement | null = null;
}

export const cursor = new Cursor();

/** Selects the row that is `by` further down, and shows it. */
export function step(by: number): void {
  const list = cursor.rows;
  if (list.length === 0) return;
  const at = list.findIndex((row) => row.fid === selection.current);
  const next = at < 0 ? (by > 0 ? 0 : list.length - 1) : Math.min(list.length - 1, Math.max(0, at + by));
  selection.only(list[next]?.fid ?? null, true);
}

/** Goes on after a decision: to the next row that is still open, or stays. */
export function advance(): void {
  const list = cursor.rows;
  const at = list.findIndex((row) => row.fid === selection.current);
  const open = list.slice(at + 1).find((row) => !session.verdicts.has(row.fid));
  if (open) selection.only(open.fid, true);
}

export function focusTable(): void {
  if (view.tab !== 'review') view.tab = 'review';
  view.narrow = false;
  cursor.field?.focus();
}
