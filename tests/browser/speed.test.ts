/** How long a planner waits: printed, not judged. `SPEED=3000 npm run browser speed` with so many parcels. */

import { test } from 'vitest';
import { drawn, opened, park, planned } from './park';

const PARCELS = Number(process.env.SPEED ?? 0);
const OPENED = 5;
const MOVES = 20;

const rank = (values: number[], share: number) =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.ceil(share * values.length) - 1)] ?? Number.NaN;
const told = (what: string, ms: number[]) =>
  console.log(`${what}: median ${rank(ms, 0.5).toFixed(0)} ms, p95 ${rank(ms, 0.95).toFixed(0)} ms, n = ${ms.length}`);

test.runIf(PARCELS > 0)(
  'time to open, and from a slider to the map',
  async () => {
    const there = await park(PARCELS);
    try {
      await planned(there.url);
      const opening: number[] = [];
      for (let i = 0; i < OPENED; i += 1) {
        const { page } = await opened(there);
        await drawn(page);
        // Since the page was asked for: a window of its own, with nothing kept from before.
        opening.push(await page.evaluate(() => performance.now()));
        await page.context().close();
      }
      told(`${PARCELS} parcels: page asked for → map drawn`, opening);

      const { page } = await opened(there, '/?tab=policy');
      await drawn(page);
      // Timed in the page, so that the driver's own time does not count: from the slider to the frame that shows it.
      const moving = await page.evaluate(async (moves) => {
        const { lianpianMap: map } = window as unknown as { lianpianMap: { drawn(): boolean } };
        const slider = document.querySelector<HTMLInputElement>('[data-testid=slider-lambda]');
        const result = () => document.querySelector('[data-testid=preview-moves]')?.textContent ?? '';
        const frame = () => new Promise((next) => requestAnimationFrame(next));
        const took: number[] = [];
        for (let i = 0; slider && i < moves; i += 1) {
          const before = result();
          const from = performance.now();
          // There and back, so that every move changes the plan.
          slider.value = String(Number(slider.min) + (i % 2 ? 0.2 : 0.8) * (Number(slider.max) - Number(slider.min)));
          slider.dispatchEvent(new Event('input', { bubbles: true }));
          while (result() === before) await frame();
          do await frame();
          while (!map.drawn());
          took.push(performance.now() - from);
        }
        return took;
      }, MOVES);
      told(`${PARCELS} parcels: slider moved → map drawn with what it leads to`, moving);
    } finally {
      await there.end();
    }
  },
  600_000,
);
