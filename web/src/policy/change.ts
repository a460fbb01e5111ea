/** The sliders' values, and the change to the policy (RFC 7386) that they make. Pure. */

import type { AreaBasis, AreaMode, PolicyChange, PolicyContent, Scoring } from '../lib/types';

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
  scoring: Record<string, Scoring>;
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
    scoring: Object.fromEntries(
      Object.entries(policy.indicators).map(([id, { formula, direction, normalise }]) => [
        id,
        { formula, direction, normalise },
      ]),
    ),
  };
}

/** What of `now` differs from `then`, as a part of a policy; null where nothing does. */
export function change(then: Dials, now: Dials): PolicyChange | null {
  const parts: PolicyChange = {};
  if (now.lambda !== then.lambda) parts.objective = { lambda: now.lambda };
  const constraints = differing(rules(then), rules(now));
  if (Object.keys(constraints).length > 0) parts.constraints = constraints;
  if (now.gapM !== then.gapM) parts.contiguity = { gap_m: now.gapM };
  const indicators: PolicyChange = {};
  for (const id of Object.keys(now.weights)) {
    const part = differing(indicator(then, id), indicator(now, id));
    if (Object.keys(part).length > 0) indicators[id] = part;
  }
  if (Object.keys(indicators).length > 0) parts.indicators = indicators;
  return Object.keys(parts).length > 0 ? parts : null;
}

/** As the policy writes them: a most has a meaning with `cap` only. */
function rules({ minBlockHa, area }: Dials): PolicyChange {
  const { mode, tolerance, capHa, basis, movedShare, movedParcels } = area;
  return {
    min_block_ha: minBlockHa,
    area: { mode, tolerance, cap_ha: mode === 'cap' ? capHa : null, basis },
    max_moved_share: movedShare,
    max_moved_parcels: movedParcels,
  };
}

function indicator(of: Dials, id: string): PolicyChange {
  const { formula, direction, normalise } = of.scoring[id] ?? {};
  return {
    weight: of.weights[id] ?? null,
    formula: formula ?? null,
    direction: direction ?? null,
    normalise: { ...normalise },
  };
}

/** What `now` has otherwise; null takes away what it does not have. */
function differing(then: PolicyChange, now: PolicyChange): PolicyChange {
  const parts: PolicyChange = {};
  for (const key of new Set([...Object.keys(then), ...Object.keys(now)])) {
    const [one, other] = [then[key], now[key] ?? null];
    if (isObject(one) && isObject(other)) {
      const within = differing(one, other);
      if (Object.keys(within).length > 0) parts[key] = within;
    } else if (other !== (one ?? null)) parts[key] = other;
  }
  return parts;
}

const isObject = (value: unknown): value is PolicyChange => typeof value === 'object' && value !== null;
