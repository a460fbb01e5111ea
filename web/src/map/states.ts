/**
 * What the map shows of each parcel, packed into one number a parcel: class, move and flags. What changed since it was last
 * drawn is found by comparing numbers, so that a preview touches only the parcels it moves.
 */

import type { Hatch } from './ids';
import { hatchOf } from './style';

export const MOVE = { none: 0, in: 1, out: 2 } as const;

const SELECTED = 1 << 12;
const HOVERED = 1 << 13;

export function pack(classId: number, move: number): number {
  return classId | (move << 8);
}

export function withFlags(packed: number, selected: boolean, hovered: boolean): number {
  return packed | (selected ? SELECTED : 0) | (hovered ? HOVERED : 0);
}

/** As the paint reads it: c class, m move, s selected, h hovered. */
export function unpack(packed: number): { c: number; m: number; s: boolean; h: boolean } {
  return { c: packed & 0xff, m: (packed >> 8) & 3, s: (packed & SELECTED) !== 0, h: (packed & HOVERED) !== 0 };
}

/** What there is any of: moves, flags and hatches. */
export type Present = Record<'moves' | 'selected' | 'hovered' | Hatch, boolean>;

export const NOTHING: Present = {
  moves: false,
  selected: false,
  hovered: false,
  unknown: false,
  locked: false,
  out: false,
};

export function presentIn(states: Uint16Array): Present {
  let classes = 0;
  let rest = 0;
  for (const packed of states) {
    classes |= 1 << (packed & 0xff);
    rest |= packed;
  }
  const present = {
    ...NOTHING,
    moves: (rest & (3 << 8)) !== 0,
    selected: (rest & SELECTED) !== 0,
    hovered: (rest & HOVERED) !== 0,
  };
  for (let id = 0; id < 32; id += 1) {
    const hatch = classes & (1 << id) ? hatchOf(id) : null;
    if (hatch) present[hatch] = true;
  }
  return present;
}

/** Calls `set` for each parcel whose number differs from `drawn`, at most `most` times; says whether all are done. */
export function reconcile(
  drawn: Uint16Array,
  wanted: Uint16Array,
  most: number,
  set: (fid: number, packed: number) => void,
): boolean {
  let left = most;
  for (let at = 0; at < wanted.length; at += 1) {
    const packed = wanted[at] as number;
    if (packed === drawn[at]) continue;
    if (left === 0) return false;
    left -= 1;
    drawn[at] = packed;
    set(at + 1, packed);
  }
  return true;
}
