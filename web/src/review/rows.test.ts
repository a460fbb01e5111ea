import { expect, test } from 'vitest';
import type { Transfer } from '../lib/types';
import { rows, swapRows, windowed } from './rows';

const transfer = (fid: number, more: Partial<Transfer> = {}): Transfer => ({
  fid,
  parcel: `31011800${fid}`,
  name: null,
  direction: fid % 2 ? 'in' : 'out',
  swap: 1,
  area_m2: fid * 1000,
  score: fid * 10,
  delta_objective: -fid,
  veto_price: null,
  veto_price_least: null,
  veto_price_most: null,
  robustness: null,
  reasons: [],
  sub_park: null,
  decision: null,
  bounds: [0, 0, 1, 1],
  ...more,
});
const all = [transfer(1, { name: '青浦智能科技' }), transfer(2), transfer(3, { score: null }), transfer(4)];
const wanted = { direction: null, decided: null, search: '', order: { by: 'area', down: true } } as const;
const fids = (list: Transfer[]) => list.map((t) => t.fid);

test('sorted either way, unknown scores last when the best come first', () => {
  expect(fids(rows(all, new Map(), wanted))).toEqual([4, 3, 2, 1]);
  expect(fids(rows(all, new Map(), { ...wanted, order: { by: 'score', down: true } }))).toEqual([4, 2, 1, 3]);
  expect(fids(rows(all, new Map(), { ...wanted, order: { by: 'direction', down: false } }))).toEqual([1, 3, 2, 4]);
});

test('filtered by direction, decision, code and firm', () => {
  const verdicts = new Map([[2, 'accept']]);
  expect(fids(rows(all, verdicts, { ...wanted, direction: 'in' }))).toEqual([3, 1]);
  expect(fids(rows(all, verdicts, { ...wanted, decided: 'open' }))).toEqual([4, 3, 1]);
  expect(fids(rows(all, verdicts, { ...wanted, decided: 'decided' }))).toEqual([2]);
  expect(fids(rows(all, verdicts, { ...wanted, search: '智能' }))).toEqual([1]);
  expect(fids(rows(all, verdicts, { ...wanted, search: '004' }))).toEqual([4]);
});

test('a swap is listed while one of its parcels is', () => {
  const swap = {
    id: 1,
    parcels: [],
    fids: [2, 9],
    balance_m2: 0,
    balanced: true,
    unbalanced: null,
    delta_objective: 1,
    delta_concentration: 0,
  };
  const better = { ...swap, id: 2, delta_objective: 5, fids: [4] };
  expect(swapRows([swap, better], all).map((s) => s.id)).toEqual([2, 1]);
  expect(swapRows([swap], [transfer(1)])).toEqual([]);
});

test('only rows in sight are drawn, never past the end', () => {
  expect(windowed(0, 440, 44, 10_000)).toEqual({ from: 0, to: 18 });
  expect(windowed(44_000, 440, 44, 10_000)).toEqual({ from: 992, to: 1018 });
  expect(windowed(99_999_999, 440, 44, 5)).toEqual({ from: 5, to: 5 });
});
