import { expect, test } from 'vitest';
import { change, type Dials } from './change';
import { Newest } from './newest';

const then: Dials = { lambda: 5, minBlockHa: 3, gapM: 20, tolerance: 0.005, weights: { rd: 30, tax: 15 } };

test('only what was turned is in the change', () => {
  expect(change(then, then)).toBeNull();
  expect(change(then, { ...then, lambda: 8 })).toEqual({ objective: { lambda: 8 } });
  expect(change(then, { ...then, tolerance: 0.01, minBlockHa: 5, gapM: 12, weights: { rd: 30, tax: 0 } })).toEqual({
    constraints: { min_block_ha: 5, area: { tolerance: 0.01 } },
    contiguity: { gap_m: 12 },
    indicators: { tax: { weight: 0 } },
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
