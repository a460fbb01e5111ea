import { expect, test } from 'vitest';
import { change, type Dials } from './change';
import { conflict } from './conflicts';
import { Newest } from './newest';

const area: Dials['area'] = {
  mode: 'conserve',
  tolerance: 0.005,
  capHa: null,
  basis: 'ellipsoidal',
  movedShare: null,
  movedParcels: null,
};
const scoring: Dials['scoring'] = {
  rd: { formula: 'rd / revenue', direction: 'higher', normalise: { method: 'rank' } },
  tax: { formula: 'tax / area_mu', direction: 'higher', normalise: { method: 'base', base: 24, cap: 1.5 } },
};
const then: Dials = { lambda: 5, minBlockHa: 3, gapM: 20, area, weights: { rd: 30, tax: 15 }, scoring };

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

test('another way to score leaves nothing of the one before', () => {
  const to = (id: string, part: Partial<Dials['scoring'][string]>): Dials => ({
    ...then,
    scoring: { ...scoring, [id]: { ...(scoring[id] as Dials['scoring'][string]), ...part } },
  });
  expect(change(then, to('tax', { normalise: { method: 'rank' } }))).toEqual({
    indicators: { tax: { normalise: { method: 'rank', base: null, cap: null } } },
  });
  expect(change(then, to('tax', { normalise: { method: 'base', base: 30, cap: 1.5 } }))).toEqual({
    indicators: { tax: { normalise: { base: 30 } } },
  });
  expect(change(then, to('rd', { formula: 'rd / staff', direction: 'lower' }))).toEqual({
    indicators: { rd: { formula: 'rd / staff', direction: 'lower' } },
  });
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

test('why no plan keeps to the rules is said in Chinese, with its figures in their places', () => {
  const moved = '46 parcels of area 125.9685 move, more than allowed; raise the cap on what moves';
  expect(conflict(moved, 'zh')).toBe('变动 46 宗、125.97 公顷，超过上限：请提高变动上限');
  expect(conflict(moved, 'en')).toBe(moved.replace('125.9685', '125.97'));
  const parcels = 'locks alone move 7 parcels, more than may be moved (5); raise the cap or release locks';
  expect(conflict(parcels, 'zh')).toContain('7 宗地变动，超过上限（5 宗）');
  expect(conflict('something new', 'zh')).toBe('something new');
});
