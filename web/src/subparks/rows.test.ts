import { expect, test } from 'vitest';
import type { SubPark } from '../lib/types';
import { metricOf, reach, type Sort, sorted } from './rows';

const concentration = (index: number) => ({ index, lpi: 0, blocks: 1, small_block_share: 0 });
const make = (name: string | null, area: number, score: number | null, moves: number): SubPark => ({
  name,
  parcels: 1,
  area_m2: { before: area / 2, after: area },
  score: { before: score, after: score },
  concentration: { before: concentration(1), after: concentration(area / 10) },
  in: { count: moves, area_m2: 1 },
  out: { count: 0, area_m2: 0 },
  bounds: null,
});
const all = [
  make('示范十园', 30, 50, 1),
  make('示范二园', 10, null, 3),
  make(null, 99, 99, 9),
  make('示范一园', 20, 70, 2),
];
const names = (by: Sort, down: boolean) => sorted(all, { by, down }).map((of) => of.name);

test('names with Chinese numbers are in the order of the numbers', () => {
  expect(names('name', false)).toEqual(['示范一园', '示范二园', '示范十园', null]);
  expect(names('name', true)).toEqual(['示范十园', '示范二园', '示范一园', null]);
  const more = ['二十一园', '十二园', '二十园', '九园', '十园'].map((name) => make(name, 1, 1, 1));
  const order = sorted(more, { by: 'name', down: false }).map((of) => of.name);
  expect(order).toEqual(['九园', '十园', '十二园', '二十园', '二十一园']);
});

test('sorted both ways, with the unknown and the nameless last', () => {
  expect(names('area', true)).toEqual(['示范十园', '示范一园', '示范二园', null]);
  expect(names('area', false)).toEqual(['示范二园', '示范一园', '示范十园', null]);
  expect(names('score', true)).toEqual(['示范一园', '示范十园', '示范二园', null]);
  expect(names('score', false)).toEqual(['示范十园', '示范一园', '示范二园', null]);
  expect(names('moves', true)).toEqual(['示范二园', '示范一园', '示范十园', null]);
});

test('the chart reaches beyond the largest value, before or after', () => {
  expect(reach(all, 'area')).toBeCloseTo(99 * 1.04);
  expect(reach([], 'area')).toBeGreaterThan(0);
  const [first] = all;
  expect(first && metricOf(first, 'concentration')).toEqual({ before: 1, after: 3 });
});
