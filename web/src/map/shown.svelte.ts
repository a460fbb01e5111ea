/** What the map's colours stand for at present: the same for the map, its legend and the printed sheet. */

import { session } from '../app/session.svelte';
import { view } from '../app/view.svelte';
import { quantiles } from './style';

class Shown {
  /** What the ramp runs over: score or the chosen indicator. */
  readonly values = $derived.by(() => {
    if (view.mode === 'score') return session.columns?.score ?? null;
    if (view.mode === 'indicator' && view.indicator) return session.indicators.get(view.indicator)?.raw ?? null;
    return null;
  });

  readonly breaks = $derived(this.values ? quantiles(this.values) : []);

  readonly digits = $derived(this.breaks.some((b) => Math.abs(b) < 10) ? 1 : 0);

  readonly locked = $derived.by(() => {
    const { columns, verdicts } = session;
    return (at: number): boolean => {
      const verdict = verdicts.get(at + 1);
      if (verdict === 'lock_in' || verdict === 'lock_out') return true;
      // A lock that came from a decision goes with it.
      const decided = (columns?.decision[at] ?? 0) >= 3;
      const lock = columns?.lock[at] ?? 0;
      return !decided && (lock === 1 || lock === 2) && verdict === undefined;
    };
  });
}

export const shown = new Shown();
