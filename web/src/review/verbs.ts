/** What the keyboard and the buttons do to the selected parcels. */

import { session } from '../app/session.svelte';
import type { DecisionKind } from '../lib/types';
import { advance } from './cursor.svelte';

/** Decides on every selected proposal; goes on to the next open one where a single one was decided. */
export async function decideSelected(kind: 'accept' | 'reject', reason?: string): Promise<void> {
  const proposals = session.selected.filter(({ fid }) => session.transferOf.has(fid)).map(({ code }) => code);
  if ((await session.decide(kind, proposals, reason)) && proposals.length === 1) advance();
}

/** A parcel is held where the plan has it; what was locked is freed. */
export async function lockSelected(): Promise<void> {
  const kinds = new Map<DecisionKind, string[]>();
  for (const { fid, code } of session.selected) {
    const verdict = session.verdicts.get(fid);
    const kind: DecisionKind =
      verdict === 'lock_in' || verdict === 'lock_out' ? 'free' : session.after[fid - 1] === 1 ? 'lock_in' : 'lock_out';
    kinds.set(kind, [...(kinds.get(kind) ?? []), code]);
  }
  for (const [kind, parcels] of kinds) await session.decide(kind, parcels);
}

export async function decideAll(kind: DecisionKind, reason?: string): Promise<boolean> {
  return session.decide(
    kind,
    session.selected.map(({ code }) => code),
    reason,
  );
}
