import { expect, test } from 'vitest';
import { change, type Dials } from './change';
import { Newest } from './newest';

const area: Dials['area'] = {
  mode: 'conserve',
  tolerance: 0.005,
  capHa: null,
  basis: 'ellipsoidal',
  movedShare: null,
  movedParcels: null,
};
const then: Dials = { lambda: 5, minBlockHa: 3, gapM: 20, area, weights: { rd: 30, tax: 15 } };

test('only what was turned is in the change', () => {
  expect(change(then, then)).toBeNull();
  expect(change(then, { ...then, lambda: 8 })).toEqual({ objective: { lambda: 8 } });
  const turned = { area: { ...area, tolerance: 0.01 }, minBlockHa: 5, gapM: 12, weights: { rd: 30, tax: 0 } };
  expect(change(then, { ...then, ...turned })).toEqual({
    constraints: { min_block_ha: 5, area: { tolerance: 0.01 } },
    contiguity: { gap_m: 12 },
    indicators: { tax: { weight: 0 } },
  });
});

test('a most has a meaning with its mode only, and a limit can be taken away', () => {
  const capped: Dials = { ...then, area: { ...area, mode: 'cap', capHa: 240, movedShare: 0.1, movedParcels: 12 } };
  const cap = { constraints: { area: { mode: 'cap', cap_ha: 240 }, max_moved_share: 0.1, max_moved_parcels: 12 } };
  expect(change(then, capped)).toEqual(cap);
  expect(change(capped, { ...capped, area: { ...capped.area, mode: 'free', movedParcels: null } })).toEqual({
    constraints: { area: { mode: 'free', cap_ha: null }, max_moved_parcels: null },
  });
  expect(change(then, { ...then, area: { ...area, capHa: 240 } })).toBeNull();
});

test('one question at a time, and the newest of those that wait', async () => {
  const asked: number[] = [];
  const answers: number[] = [];
  let release: () => void = () => undefined;
  const done = new Promise<void>((resolve) => {
    const newest = new Newest<number, number>(
      (q) => {
        asked.push(q);
        return new Promise((answer) => {
          release = () => answer(q * 10);
        });
      },
      (answer) => {
        answers.push(answer);
        if (answer === 40) resolve();
        else queueMicrotask(() => queueMicrotask(() => release()));
      },
      () => expect.unreachable(),
    );
    for (const q of [1, 2, 3, 4]) newest.put(q);
  });
  release();
  await done;
  expect(asked).toEqual([1, 4]);
  expect(answers).toEqual([10, 40]);
});
