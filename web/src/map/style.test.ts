import { expect, test } from 'vitest';
import { zh } from '../i18n/zh';
import { classes, classOf, fills, hatchOf, MODES, quantiles, STEPS, stepOf, ZONE } from './style';

const standing = { before: false, after: false, locked: false, value: null };

test('every class of every legend has a fill on the map, and what a parcel can be is in the legend', () => {
  const painted = new Map(fills('light'));
  const breaks = [20, 40, 60, 80];
  for (const mode of MODES) {
    const legend = classes(mode, breaks);
    for (const c of legend) expect(c.fill.light).toBe(painted.get(c.id));
    const ids = new Set(legend.map((c) => c.id));
    for (const before of [false, true])
      for (const after of [false, true])
        for (const locked of [false, true])
          for (const value of [null, 0, 20, 55, 99])
            expect(ids).toContain(classOf(mode, { before, after, locked, value }, breaks));
  }
});

test('a move is told by more than its colour', () => {
  const into = classOf('difference', { ...standing, after: true }, []);
  const out = classOf('difference', { ...standing, before: true }, []);
  expect([into, out]).toEqual([ZONE.IN.id, ZONE.OUT.id]);
  expect(hatchOf(out)).toBe('out');
  expect(hatchOf(into)).toBeNull();
  expect(hatchOf(classOf('difference', { ...standing, locked: true }, []))).toBe('locked');
});

test('a value on a border belongs to the step above; none is unknown, not lowest', () => {
  const breaks = [20, 40, 60, 80];
  expect([0, 19.9, 20, 79, 80, 100].map((v) => stepOf(v, breaks) - stepOf(0, breaks))).toEqual([0, 0, 1, 3, 4, 4]);
  expect(stepOf(null, breaks)).toBe(ZONE.UNKNOWN.id);
});

test('quantiles: as many borders as there are differences, never more than steps allow', () => {
  expect(quantiles(Array.from({ length: 100 }, (_, i) => i))).toEqual([20, 40, 60, 80]);
  expect(quantiles([5, 5, 5, 5])).toEqual([]);
  expect(quantiles([null, null])).toEqual([]);
  expect(quantiles([0, 0, 0, 0, 1])).toHaveLength(1);
  expect(classes('score', quantiles([0, 0, 0, 0, 1]), String)).toHaveLength(3);
  expect(classes('score', [20, 40, 60, 80], String).map((c) => c.label(zh))).toEqual([
    '≥ 80',
    '60 – 80',
    '40 – 60',
    '20 – 40',
    '< 20',
    '无数据',
  ]);
  expect(STEPS).toBe(5);
});
