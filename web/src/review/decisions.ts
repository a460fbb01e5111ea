/** What stands after a log of decisions, and what can be taken back of it. Pure functions on records. */

import type { Decision, DecisionKind, NewDecision } from '../lib/types';

/** What a parcel can be decided to be; the codes of the service's columns. */
export const CODES = ['none', 'accept', 'reject', 'lock_in', 'lock_out'] as const;
export type Verdict = Exclude<(typeof CODES)[number], 'none'>;

const VERDICTS: readonly DecisionKind[] = ['accept', 'reject', 'lock_in', 'lock_out'];

/** The decisions that are not undone, without the undoing ones, oldest first. */
export function valid(log: readonly Decision[]): Decision[] {
  const undone = new Set(log.filter((d) => d.kind === 'undo').map((d) => d.undoes));
  return log.filter((d) => d.kind !== 'undo' && !undone.has(d.seq));
}

/** The decision that stands for each parcel: the last one that is neither undone nor freed. */
export function standing(log: readonly Decision[]): Map<string, Decision & { kind: Verdict }> {
  const stands = new Map<string, Decision & { kind: Verdict }>();
  for (const decision of valid(log)) {
    if (decision.parcel === null) continue;
    if (VERDICTS.includes(decision.kind)) stands.set(decision.parcel, decision as Decision & { kind: Verdict });
    else if (decision.kind === 'free') stands.delete(decision.parcel);
  }
  return stands;
}

/** Decisions made with one gesture: one actor, one moment. */
export type Gesture = Decision[];

function gestures(decisions: readonly Decision[]): Gesture[] {
  const groups: Gesture[] = [];
  for (const decision of decisions) {
    const last = groups.at(-1)?.[0];
    if (last && last.at === decision.at && last.by === decision.by) groups.at(-1)?.push(decision);
    else groups.push([decision]);
  }
  return groups;
}

/** What `by` did last that still holds. The log is the memory: it outlives the page. */
export function lastOf(log: readonly Decision[], by: string): Gesture | null {
  return gestures(valid(log).filter((d) => d.by === by)).at(-1) ?? null;
}

export function undoing(gesture: Gesture): NewDecision[] {
  return gesture.map((d) => ({ kind: 'undo', undoes: d.seq }));
}

export function again(gesture: Gesture): NewDecision[] {
  return gesture.map(({ kind, parcel, reason }) => ({
    kind,
    ...(parcel === null ? {} : { parcel }),
    ...(reason === null ? {} : { reason }),
  }));
}

/** How many verdicts of the log came, or went, after the decision `known`. */
export function notPlanned(log: readonly Decision[], known: number): number {
  const before = standing(log.filter((d) => d.seq <= known));
  const after = standing(log);
  const parcels = new Set([...before.keys(), ...after.keys()]);
  return [...parcels].filter((parcel) => before.get(parcel)?.kind !== after.get(parcel)?.kind).length;
}

/** What others decided meanwhile on the parcels of `ours`. */
export function clashing(
  since: readonly Decision[],
  ours: readonly NewDecision[],
  log: readonly Decision[],
): Decision[] {
  const undone = new Set(ours.map((d) => d.undoes).filter((seq) => seq !== undefined));
  const parcels = new Set(ours.map((d) => d.parcel).filter((parcel) => parcel !== undefined));
  for (const d of log) if (undone.has(d.seq) && d.parcel !== null) parcels.add(d.parcel);
  return since.filter((d) => d.kind !== 'comment' && d.parcel !== null && parcels.has(d.parcel));
}
