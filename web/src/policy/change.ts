/** The sliders' values, and the change to the policy (RFC 7386) that they make. Pure. */

import type { PolicyChange, PolicyContent } from '../lib/types';

export interface Dials {
  lambda: number;
  minBlockHa: number;
  gapM: number;
  /** Share of the present area. */
  tolerance: number;
  weights: Record<string, number>;
}

export function dials(policy: PolicyContent): Dials {
  return {
    lambda: policy.objective.lambda,
    minBlockHa: policy.constraints.min_block_ha,
    gapM: policy.contiguity.gap_m,
    tolerance: policy.constraints.area.tolerance,
    weights: Object.fromEntries(Object.entries(policy.indicators).map(([id, i]) => [id, i.weight])),
  };
}

/** What of `now` differs from `then`, as a part of a policy; null where nothing does. */
export function change(then: Dials, now: Dials): PolicyChange | null {
  const parts: PolicyChange = {};
  if (now.lambda !== then.lambda) parts.objective = { lambda: now.lambda };
  const constraints: PolicyChange = {};
  if (now.minBlockHa !== then.minBlockHa) constraints.min_block_ha = now.minBlockHa;
  if (now.tolerance !== then.tolerance) constraints.area = { tolerance: now.tolerance };
  if (Object.keys(constraints).length > 0) parts.constraints = constraints;
  if (now.gapM !== then.gapM) parts.contiguity = { gap_m: now.gapM };
  const weights = Object.entries(now.weights).filter(([id, weight]) => weight !== then.weights[id]);
  if (weights.length > 0) parts.indicators = Object.fromEntries(weights.map(([id, weight]) => [id, { weight }]));
  return Object.keys(parts).length > 0 ? parts : null;
}
