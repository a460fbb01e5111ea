/** What is selected and pointed at: the one place that table, map and card agree through. */

class Selection {
  /** Parcels by number; the last one is the one explained. */
  fids = $state.raw<readonly number[]>([]);
  hovered = $state<number | null>(null);
  /** Whether the explanation is open. */
  open = $state(true);
  /** Counts the wishes to see the selection on the map. */
  reveals = $state(0);

  readonly set = $derived(new Set(this.fids));
  readonly current = $derived(this.fids.at(-1) ?? null);

  only(fid: number | null, reveal = false): void {
    this.fids = fid === null ? [] : [fid];
    if (fid !== null) this.open = true;
    if (reveal) this.reveals += 1;
  }

  toggle(fid: number): void {
    this.fids = this.set.has(fid) ? this.fids.filter((other) => other !== fid) : [...this.fids, fid];
  }

  all(fids: readonly number[]): void {
    this.fids = fids;
  }
}

export const selection = new Selection();
