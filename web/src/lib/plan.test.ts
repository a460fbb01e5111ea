import { expect, test } from 'vitest';
import { changingHands, fallsAt } from './plan';

test('what comes in and what goes out change hands together', () => {
  expect(changingHands([{ area_m2: 200 }, { area_m2: 300 }], 2000)).toBe(0.25);
  expect(changingHands([], 2000)).toBe(0);
  expect(changingHands([{ area_m2: 200 }], 0)).toBeNull();
});

test('a fall at another gap is told where the policy’s own shows a rise', () => {
  const of = (index: number) => ({ index, lpi: 0, blocks: 1, small_block_share: 0 });
  const at = (gap_m: number, before: number, after: number) => ({ gap_m, before: of(before), after: of(after) });
  const by_gap = [at(12, 2, 1.9), at(20, 3, 2.9), at(30, 4, 4), at(50, 9, 8)];
  const rising = { gap_m: 20, before: of(3), after: of(3.3), by_gap };
  expect(fallsAt(rising).map((fall) => fall.gap_m)).toEqual([12, 50]);
  expect(fallsAt({ ...rising, after: of(2.9) })).toEqual([]);
});
