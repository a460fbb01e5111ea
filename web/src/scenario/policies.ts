/** The policies of a project, as far as its scenarios follow them. */

import type { PolicyRef, Scenario } from '../lib/types';

/** Each once, by a key that a choice can carry. */
export function followed(scenarios: readonly Scenario[]): Map<string, PolicyRef> {
  const refs = scenarios.filter((s) => !s.archived).map((s) => s.policy);
  return new Map(refs.map((ref) => [keyOf(ref), ref]));
}

export const keyOf = (ref: PolicyRef): string => `${ref.version} ${ref.name}`;
