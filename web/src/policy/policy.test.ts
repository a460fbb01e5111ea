import { expect, test } from 'vitest';
import { change, type Dials, dials, rise, risen, smallBlocks, type Turned } from './change';
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
const blocks: Dials['blocks'] = {
  minBlockHa: 3,
  small: null,
  newHa: 25,
  holes: 'report',
  holeHa: 0.2,
  concentration: { at_least: 'before', strictness: 'hard' },
};
const then: Dials = { lambda: 5, blocks, gapM: 20, area, weights: { rd: 30, tax: 15 }, scoring };

test('only what was turned is in the change', () => {
  expect(change(then, then)).toBeNull();
  expect(change(then, { ...then, lambda: 8 })).toEqual({ objective: { lambda: 8 } });
  const turned = {
    area: { ...area, tolerance: 0.01 },
    blocks: { ...blocks, minBlockHa: 5 },
    gapM: 12,
    weights: { rd: 30, tax: 0 },
  };
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
  // Taken away, the share would be the policy's own again: the word for no limit is another.
  expect(change(capped, { ...capped, area: { ...capped.area, movedShare: null } })).toEqual({
    constraints: { max_moved_share: 'free' },
  });
});

test('rules for blocks are sent as a policy writes them', () => {
  const to = (part: Partial<Dials['blocks']>): Dials => ({ ...then, blocks: { ...blocks, ...part } });
  expect(change(then, to({ small: 'soft', newHa: 'forbid' }))).toEqual({
    constraints: { min_block: 'soft', new_block_ha: 'forbid' },
  });
  expect(change(to({ newHa: 'forbid' }), to({ newHa: 0 }))).toEqual({ constraints: { new_block_ha: 0 } });
  expect(change(then, to({ holes: 'fill', holeHa: 0.5 }))).toEqual({
    constraints: { holes: 'fill', min_hole_ha: 0.5 },
  });
  // A rule for concentration goes as a whole, and says that there is one.
  const off = to({ concentration: { at_least: 'before', strictness: 'off' } });
  expect(change(off, to({ concentration: { at_least: '+10 %', strictness: 'hard' } }))).toEqual({
    constraints: { keep_concentration: true, concentration: { at_least: '+10 %', strictness: 'hard' } },
  });
  expect(change(then, off)).toEqual({
    constraints: { keep_concentration: true, concentration: { at_least: 'before', strictness: 'off' } },
  });
  const only = { concentration: { at_least: '+10 %', strictness: 'hard' } } as const;
  expect(change(to(only), to({ concentration: { ...only.concentration } }))).toBeNull();
});

test('what a policy does not state holds as the service has it', () => {
  expect(smallBlocks(then)).toBe('hard');
  expect(smallBlocks({ ...then, area: { ...area, movedParcels: 9 } })).toBe('no_new');
  expect(smallBlocks({ ...then, blocks: { ...blocks, small: 'off' } })).toBe('off');
  const constraints = {
    area: { mode: 'conserve', tolerance: 0.005, cap_ha: null, basis: 'ellipsoidal' },
    min_block_ha: 3,
    new_block_ha: 25,
    holes: 'report',
    min_hole_ha: 0.2,
    max_moved_share: 'free',
    max_moved_parcels: null,
    keep_concentration: false,
  } as const;
  const policy: Turned = {
    indicators: {},
    contiguity: { gap_m: 20 },
    objective: { lambda: 5 },
    constraints,
  };
  const read = dials(policy);
  expect(read.area.movedShare).toBeNull();
  expect(read.blocks).toEqual({ ...blocks, concentration: { at_least: 'before', strictness: 'off' } });
  expect(dials({ ...policy, constraints: { ...constraints, keep_concentration: true } }).blocks).toEqual(blocks);
});

test('a rise of concentration is written and read as a policy has it', () => {
  const of = (at_least: Dials['blocks']['concentration']['at_least']) => rise({ at_least, strictness: 'hard' });
  expect([risen(0.1), risen(0), risen(0.29), risen(-0.025)]).toEqual(['+10 %', '+0 %', '+29 %', '-2.5 %']);
  for (const share of [0.1, 0, 0.29, -0.025]) expect(of(risen(share))).toBeCloseTo(share, 12);
  expect([of('before'), of(3.5)]).toEqual([null, null]);
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
