/** Figures of a plan that are not among those it is written with. Pure. */

import type { PlanRecord } from './types';

/** What comes in and goes out together, as a share of the present area; none where there is no zone. */
export function changingHands(moved: readonly { area_m2: number }[], presentM2: number): number | null {
  return presentM2 > 0 ? moved.reduce((sum, one) => sum + one.area_m2, 0) / presentM2 : null;
}

/** The gaps at which the plan is less concentrated than the zone is now, though it is more so at the policy's own. */
export function fallsAt({ gap_m, before, after, by_gap }: PlanRecord['concentration']) {
  if (after.index <= before.index) return [];
  // Rounding is no fall.
  return by_gap.filter((at) => at.gap_m !== gap_m && at.after.index < at.before.index * (1 - 1e-9));
}
