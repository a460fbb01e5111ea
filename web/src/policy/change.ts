/** The sliders' values, and the change to the policy (RFC 7386) that they make. Pure. */

import type { AreaBasis, AreaMode, PolicyChange, PolicyContent } from '../lib/types';

/** What holds for the area of the zone, and for how much of it moves. */
export interface AreaDials {
  mode: AreaMode;
  /** With `conserve`: share of the present area. */
  tolerance: number;
  /** With `cap`: the most. */
  capHa: number | null;
  basis: AreaBasis;
  /** Most that moves in and out together, as a share of the present area; none is no limit. */
  movedShare: number | null;
  movedParcels: number | null;
}

export interface Dials {
  lambda: number;
  minBlockHa: number;
  gapM: number;
  area: AreaDials;
  weights: Record<string, number>;
}

export function dials(policy: PolicyContent): Dials {
  return {
    lambda: policy.objective.lambda,
    minBlockHa: policy.constraints.min_block_ha,
    gapM: policy.contiguity.gap_m,
    area: {
      mode: policy.constraints.area.mode,
      tolerance: policy.constraints.area.tolerance,
      capHa: policy.constraints.area.cap_ha,
      basis: policy.constraints.area.basis,
      movedShare: policy.constraints.max_moved_share,
      movedParcels: policy.constraints.max_moved_parcels,
    },
    weights: Object.fromEntries(Object.entries(policy.indicators).map(([id, i]) => [id, i.weight])),
  };
}

/** What of `now` differs from `then`, as a part of a policy; null where nothing does. */
export function change(then: Dials, now: Dials): PolicyChange | null {
  const parts: PolicyChange = {};
  if (now.lambda !== then.lambda) parts.objective = { lambda: now.lambda };
  const constraints = differing(
    { min_block_ha: then.minBlockHa, ...moved(then.area) },
    { min_block_ha: now.minBlockHa, ...moved(now.area) },
  );
  const area = differing(rule(then.area), rule(now.area));
  if (Object.keys(area).length > 0) constraints.area = area;
  if (Object.keys(constraints).length > 0) parts.constraints = constraints;
  if (now.gapM !== then.gapM) parts.contiguity = { gap_m: now.gapM };
  const weights = Object.entries(now.weights).filter(([id, weight]) => weight !== then.weights[id]);
  if (weights.length > 0) parts.indicators = Object.fromEntries(weights.map(([id, weight]) => [id, { weight }]));
  return Object.keys(parts).length > 0 ? parts : null;
}

/** As the policy writes it: a most has a meaning with `cap` only. */
const rule = ({ mode, tolerance, capHa, basis }: AreaDials) => ({
  mode,
  tolerance,
  cap_ha: mode === 'cap' ? capHa : null,
  basis,
});
const moved = ({ movedShare, movedParcels }: AreaDials) => ({
  max_moved_share: movedShare,
  max_moved_parcels: movedParcels,
});

function differing<T extends PolicyChange>(then: T, now: T): PolicyChange {
  return Object.fromEntries(Object.entries(now).filter(([key, value]) => value !== then[key]));
}
