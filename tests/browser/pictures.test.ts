/** The pictures in the READMEs: `PICTURES=folder npm run browser pictures` writes them, as they are on a screen. */

import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { drawn, opened, park, planned } from './park';

const FOLDER = process.env.PICTURES;
/** As many as `lianpian demo` makes. */
const PARCELS = 3000;

/** The page at rest, with nothing pointed at. */
async function taken(page: Page, folder: string, name: string): Promise<void> {
  await page.mouse.move(640, 20);
  await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
  await expect
    .poll(() => page.evaluate(() => (window as unknown as { lianpianMap: { drawn(): boolean } }).lianpianMap.drawn()))
    .toBe(true);
  await page.screenshot({ path: join(folder, `${name}.png`) });
  await page.context().close();
}

test.runIf(FOLDER)(
  'the map with a proposal explained, the policy with its curve, a sub-park',
  async () => {
    const folder = FOLDER as string;
    const there = await park(PARCELS);
    try {
      await planned(there.url);
      const { page: review } = await opened(there);
      await drawn(review);
      // The camera is there at once.
      await review.emulateMedia({ reducedMotion: 'reduce' });
      await review.getByTestId('row').first().click();
      await review.getByTestId('reasons').waitFor();
      // Far enough away for the neighbourhood to be seen.
      await review.evaluate(() => {
        const { lianpianMap: map } = window as unknown as {
          lianpianMap: { camera(): { lon: number; lat: number; zoom: number }; look(camera: object): void };
        };
        map.look({ ...map.camera(), zoom: 14 });
      });
      await taken(review, folder, 'map');

      const { page: policy } = await opened(there, '/?tab=policy');
      await drawn(policy);
      await policy.getByTestId('compute-frontier').click();
      await policy.getByTestId('curve').waitFor({ timeout: 120_000 });
      await policy.getByTestId('slider-lambda').focus();
      await policy.keyboard.press('PageUp');
      await policy.getByTestId('preview-moves').waitFor();
      await policy.getByTestId('trade-off').scrollIntoViewIfNeeded();
      await taken(policy, folder, 'policy');

      const { page: subParks } = await opened(there, '/?tab=subparks');
      await drawn(subParks);
      await subParks.getByTestId('sub-park').first().click();
      await subParks.getByTestId('sub-park-moves').waitFor();
      await taken(subParks, folder, 'sub-parks');
    } finally {
      await there.end();
    }
  },
  600_000,
);
