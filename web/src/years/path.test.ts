import { expect, test } from 'vitest';
import type { YearStep, Years } from '../lib/types';
import { movedBy, rows, within } from './path';

const zone = (gain_share: number | null) => ({
  area_m2: 1e6,
  score: 50,
  concentration: 20,
  blocks: 3,
  worth: 100,
  gain_share,
});

function year(nth: number, enter: number[], leave: number[], share = 0.25 * nth): YearStep {
  return {
    year: nth,
    status: 'optimal',
    objective: 1,
    gap: 0,
    moved_in: { parcels: enter.length, area_m2: 1e4 * enter.length },
    moved_out: { parcels: leave.length, area_m2: 1e4 * leave.length },
    zone: zone(share),
    enter,
    leave,
  };
}

const path: Years = {
  today: zone(0),
  years: [year(1, [9, 4], [2]), year(2, [7], [4]), year(3, [4, 2], [])],
  uncapped: { ...year(0, [1, 2, 3], [5, 6]), zone: zone(1) },
  ended: 'asked',
};

test('what has moved up to a year adds up, and who is back has not moved', () => {
  expect(movedBy(path, 0)).toEqual({ enter: [], leave: [] });
  expect(movedBy(path, 1)).toEqual({ enter: [4, 9], leave: [2] });
  expect(movedBy(path, 2)).toEqual({ enter: [7, 9], leave: [2] });
  expect(movedBy(path, 3)).toEqual({ enter: [4, 7, 9], leave: [] });
  expect(movedBy(path, 8)).toEqual(movedBy(path, 3));
});

test('the table begins with today and ends with all at once', () => {
  const all = rows(path);
  expect(all.map((r) => r.year)).toEqual([0, 1, 2, 3, null]);
  expect(all[0]?.moved_m2).toBeNull();
  expect(all[2]?.moved_m2).toEqual({ in: 1e4, out: 1e4 });
  expect(all.map((r) => r.zone.gain_share)).toEqual([0, 0.25, 0.5, 0.75, 1]);
  const hopeless: Years = { ...path, uncapped: { ...path.uncapped, status: 'infeasible' } };
  expect(rows(hopeless).at(-1)?.year).toBe(3);
});

test('the slider ends where the path does', () => {
  expect([-1, 0, 2, 7].map((wanted) => within(path, wanted))).toEqual([0, 0, 2, 3]);
  expect(within({ ...path, years: [] }, 4)).toBe(0);
});
