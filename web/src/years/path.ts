/** The path over years as the page shows it: what has moved up to a year, and the rows of its table. Pure. */

import type { Years, ZoneFigures } from '../lib/types';

export interface Moves {
  enter: number[];
  leave: number[];
}

/** What has moved from today up to the end of a year; whoever came in and went out again has not. */
export function movedBy(path: Years, year: number): Moves {
  const sides = new Map<number, 'in' | 'out'>();
  const move = (fids: readonly number[], way: 'in' | 'out') => {
    for (const fid of fids) {
      // A second move can only be the way back.
      if (!sides.delete(fid)) sides.set(fid, way);
    }
  };
  for (const one of path.years.filter((y) => y.year <= year)) {
    move(one.enter, 'in');
    move(one.leave, 'out');
  }
  const to = (way: 'in' | 'out') => [...sides].filter(([, w]) => w === way).map(([fid]) => fid);
  const ascending = (a: number, b: number) => a - b;
  return { enter: to('in').sort(ascending), leave: to('out').sort(ascending) };
}

export interface Row {
  /** 0 is today; null is all at once. */
  year: number | null;
  /** Land that moves in the year, in and out, m². */
  moved_m2: { in: number; out: number } | null;
  zone: ZoneFigures;
}

/** Today, every year, and what could be had at once, where there is such a plan. */
export function rows(path: Years): Row[] {
  const moved = (of: Years['uncapped']) => ({ in: of.moved_in.area_m2, out: of.moved_out.area_m2 });
  return [
    { year: 0, moved_m2: null, zone: path.today },
    ...path.years.map((y) => ({ year: y.year, moved_m2: moved(y), zone: y.zone })),
    ...(path.uncapped.status === 'infeasible'
      ? []
      : [{ year: null, moved_m2: moved(path.uncapped), zone: path.uncapped.zone }]),
  ];
}

/** The year that a slider at `wanted` shows: the path may have ended before. */
export function within(path: Years, wanted: number): number {
  return Math.max(0, Math.min(Math.round(wanted), path.years.at(-1)?.year ?? 0));
}
