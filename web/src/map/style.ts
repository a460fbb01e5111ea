/**
 * The classes a parcel can be shown in: one table, from which both the map's paint and the legend are made.
 *
 * Colours are Okabe and Ito's blue for in and vermilion for out, which people with any colour vision tell apart, and
 * nothing is told by colour alone: out and locked parcels are hatched, moves are outlined once or twice.
 */

import type { Dictionary } from '../i18n/zh';
import type { Hatch } from './ids';

export const MODES = ['difference', 'before', 'after', 'score', 'indicator'] as const;
export type Mode = (typeof MODES)[number];
export type Theme = 'light' | 'dark';

export const COLOUR_IN = '#0072B2';
export const COLOUR_OUT = '#D55E00';

interface Shade {
  light: string;
  dark: string;
}

/** A class of parcels: how it is drawn and what it is called. */
export interface Class {
  /** The number the map's state carries; 0 is for what has no state yet. */
  id: number;
  fill: Shade;
  hatch: Hatch | null;
  label: (t: Dictionary) => string;
}

const STAY_OUT: Class = {
  id: 1,
  fill: { light: '#e9ecee', dark: '#2a343b' },
  hatch: null,
  label: (t) => t.zone.stayOut,
};
const STAY_IN: Class = { id: 2, fill: { light: '#a9c6da', dark: '#3f6580' }, hatch: null, label: (t) => t.zone.stayIn };
const IN: Class = { id: 3, fill: { light: COLOUR_IN, dark: '#1a8fd1' }, hatch: null, label: (t) => t.zone.in };
const OUT: Class = { id: 4, fill: { light: COLOUR_OUT, dark: '#e8731a' }, hatch: 'out', label: (t) => t.zone.out };
const LOCKED: Class = {
  id: 5,
  fill: { light: '#9aa3a9', dark: '#6b767d' },
  hatch: 'locked',
  label: (t) => t.zone.locked,
};
const UNKNOWN: Class = {
  id: 6,
  fill: { light: '#f4f5f6', dark: '#222b31' },
  hatch: 'unknown',
  label: (t) => t.zone.unknown,
};
export const ZONE = { STAY_OUT, STAY_IN, IN, OUT, LOCKED, UNKNOWN };

/** Light to dark, low to high; on a dark page dark to light, so that high always stands out. */
const RAMP: Shade[] = [
  { light: '#eef3d2', dark: '#2c3a2e' },
  { light: '#c4dd9b', dark: '#3e5a3c' },
  { light: '#86bd72', dark: '#5b8a52' },
  { light: '#3f9252', dark: '#8dbb6f' },
  { light: '#0b5a36', dark: '#d3e8a2' },
];
export const STEPS = RAMP.length;
const FIRST_STEP = 11;

/** Every class of a mode, in the order of the legend. `breaks` are the inner borders of the ramp. */
export function classes(mode: Mode, breaks: readonly number[] = [], say: (value: number) => string = String): Class[] {
  switch (mode) {
    case 'difference':
      return [IN, OUT, STAY_IN, STAY_OUT, LOCKED];
    case 'before':
    case 'after':
      return [STAY_IN, STAY_OUT, LOCKED];
    case 'score':
    case 'indicator': {
      const steps = RAMP.map((fill, i): Class => {
        const [low, high] = [breaks[i - 1], breaks[i]];
        const label =
          low === undefined
            ? `< ${say(high ?? 0)}`
            : high === undefined
              ? `≥ ${say(low)}`
              : `${say(low)} – ${say(high)}`;
        return { id: FIRST_STEP + i, fill, hatch: null, label: () => label };
      });
      return [...steps.slice(0, breaks.length + 1).reverse(), UNKNOWN];
    }
  }
}

/** The class of a value on the ramp. */
export function stepOf(value: number | null | undefined, breaks: readonly number[]): number {
  if (value === null || value === undefined || !Number.isFinite(value)) return UNKNOWN.id;
  let step = 0;
  while (step < breaks.length && value >= (breaks[step] as number)) step += 1;
  return FIRST_STEP + step;
}

/** Borders that put about as many values into each step; fewer where many values are the same. */
export function quantiles(values: readonly (number | null)[]): number[] {
  const known = values.filter((v): v is number => v !== null && Number.isFinite(v)).sort((a, b) => a - b);
  const breaks: number[] = [];
  for (let i = 1; i < STEPS; i += 1) {
    const at = known[Math.floor((known.length * i) / STEPS)];
    if (at !== undefined && at > (known[0] as number) && at !== breaks.at(-1)) breaks.push(at);
  }
  return breaks;
}

/** What of a parcel its class follows from. */
export interface Standing {
  before: boolean;
  after: boolean;
  /** Locked by policy or decision, other than for want of data. */
  locked: boolean;
  /** Score or indicator, as the mode asks. */
  value: number | null;
}

export function classOf(mode: Mode, of: Standing, breaks: readonly number[]): number {
  switch (mode) {
    case 'difference':
      if (of.before !== of.after) return of.after ? IN.id : OUT.id;
      return of.locked ? LOCKED.id : of.after ? STAY_IN.id : STAY_OUT.id;
    case 'before':
    case 'after':
      if (of.locked) return LOCKED.id;
      return (mode === 'before' ? of.before : of.after) ? STAY_IN.id : STAY_OUT.id;
    case 'score':
    case 'indicator':
      return stepOf(of.value, breaks);
  }
}

/** The hatch that goes with a class, whatever the mode. */
export function hatchOf(id: number): Hatch | null {
  return [OUT, LOCKED, UNKNOWN].find((c) => c.id === id)?.hatch ?? null;
}

/** Every class there is with its fill, for the map's paint. */
export function fills(theme: Theme): [id: number, colour: string][] {
  const all = [STAY_OUT, STAY_IN, IN, OUT, LOCKED, UNKNOWN].map((c): [number, string] => [c.id, c.fill[theme]]);
  return [...all, ...RAMP.map((fill, i): [number, string] => [FIRST_STEP + i, fill[theme]])];
}

/** Lines and grounds of the map. */
export const LINES: Record<
  | 'ground'
  | 'blank'
  | 'edge'
  | 'ink'
  | 'paper'
  | 'zone'
  | 'blocks'
  | 'subParks'
  | 'focus'
  | 'barriers'
  | 'overlays'
  | 'in'
  | 'out'
  | 'hatch',
  Shade
> = {
  ground: { light: '#f7f8f8', dark: '#161d22' },
  blank: { light: '#e9ecee', dark: '#2a343b' },
  edge: { light: '#ffffff', dark: '#161d22' },
  ink: { light: '#10181d', dark: '#ffffff' },
  paper: { light: '#ffffff', dark: '#10181d' },
  zone: { light: '#27506c', dark: '#9cc3dd' },
  blocks: { light: '#16232c', dark: '#e8edf0' },
  // Outlines run along every street, so they whisper; that of the one in focus does not.
  subParks: { light: '#a594c6', dark: '#75649a' },
  focus: { light: '#6a4c93', dark: '#c3a8e6' },
  barriers: { light: '#8a6d3b', dark: '#c9a86a' },
  overlays: { light: '#a3195b', dark: '#ee7bb0' },
  in: { light: '#004f7c', dark: '#7cc7f5' },
  out: { light: '#8f3f00', dark: '#ffb27a' },
  hatch: { light: '#ffffff', dark: '#12191e' },
};

export type Overlay = 'transfers' | 'blocks' | 'subParks' | 'barriers' | 'overlays' | 'labels';

/** The lines that can be switched, as the legend shows them. */
export const OVERLAYS: { id: Overlay; line: keyof typeof LINES | null; dash: number[] | null; width: number }[] = [
  { id: 'transfers', line: 'in', dash: null, width: 2.5 },
  { id: 'blocks', line: 'blocks', dash: null, width: 1.6 },
  { id: 'subParks', line: 'subParks', dash: null, width: 1 },
  { id: 'barriers', line: 'barriers', dash: null, width: 1.2 },
  { id: 'overlays', line: 'overlays', dash: [1, 1.5], width: 1.6 },
  { id: 'labels', line: null, dash: null, width: 0 },
];
