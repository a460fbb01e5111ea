/** What a page shows while it waits, when something fails, when there is nothing yet, and on a tablet. */

import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { drawn, opened, type Park, park, planned, shareOf } from './park';

let there: Park;
beforeAll(async () => {
  there = await park(400);
  await planned(there.url);
});
afterAll(() => there?.end());

const IN: [number, number, number] = [0x00, 0x72, 0xb2];
const OUT: [number, number, number] = [0xd5, 0x5e, 0x00];
/** A browser asks again for a lost stream of events after some seconds. */
const AGAIN = { timeout: 45_000 };

test('the page says that it reads, that it could not, and reads again when asked to', async () => {
  let answer: () => void = () => undefined;
  const held = new Promise<void>((then) => {
    answer = then;
  });
  const { page, faults } = await opened(there, '/', 'zh', async (before) => {
    await before.route('**/api/v1/scenarios/1/parcels', async (route) => {
      await held;
      await route.fulfill({ status: 503, contentType: 'application/problem+json', json: { code: 'disk-full', zh: '磁盘已满', en: 'the disk is full' } });
    });
  });
  await page.locator('#panel [aria-busy=true]').waitFor();
  answer();
  expect(await page.getByTestId('failed').textContent()).toContain('磁盘已满');
  await page.unroute('**/api/v1/scenarios/1/parcels');
  await page.getByTestId('failed').getByRole('button', { name: '重试' }).click();
  await drawn(page);
  expect(await page.getByTestId('row').count()).toBeGreaterThan(0);
  expect(faults).toEqual([]);
  await page.context().close();
});

test('a project without scenarios leads to the import', async () => {
  const { page, faults } = await opened(there, '/', 'en', (before) =>
    before.route('**/api/v1/scenarios', (route) => route.fulfill({ json: [] })),
  );
  await page.getByTestId('empty-import').click();
  await page.getByTestId('choose-files').waitFor();
  expect(faults).toEqual([]);
  await page.context().close();
});

test('a service that is gone is missed, what was read stays, and its return is noticed', async () => {
  const { page } = await opened(there);
  await drawn(page);
  await there.fail();
  await page.getByTestId('offline').waitFor(AGAIN);
  const row = page.getByTestId('row').first();
  const fid = await row.getAttribute('data-fid');
  await row.click();
  expect(await shareOf(page, IN)).toBeGreaterThan(0.001);
  await page.keyboard.press('a');
  await expect.poll(() => page.getByTestId('notices').textContent()).toContain('连接已中断');

  await there.recover();
  await page.getByTestId('offline').waitFor({ state: 'detached', ...AGAIN });
  await page.getByTestId('card-close').click();
  await row.click();
  await page.locator(`[data-testid=card][data-fid="${fid}"]`).waitFor();
  await page.keyboard.press('a');
  await expect.poll(() => row.getByTestId('verdict').textContent()).toBe('同意');
  await page.keyboard.press('Control+z');
  await expect.poll(() => row.getByTestId('verdict').textContent()).toBe('·');
  await page.context().close();
});

/** What sticks out of the page or of the panel, so that a finger cannot reach it. */
const outside = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    const panel = document.querySelector('#panel');
    const wide = document.documentElement.scrollWidth > innerWidth || document.body.scrollWidth > innerWidth;
    const found = wide ? ['the page is wider than the screen'] : [];
    const bound = panel?.getBoundingClientRect();
    if (!panel || !bound) return [...found, 'no panel'];
    if (bound.right > innerWidth + 1 || bound.bottom > innerHeight + 1) found.push('the panel leaves the screen');
    for (const part of panel.querySelectorAll('button, input, select, progress')) {
      const box = part.getBoundingClientRect();
      const hidden = box.width <= 1 || part.closest('.sr') !== null;
      if (!hidden && (box.left < bound.left - 1 || box.right > bound.right + 1))
        found.push(part.outerHTML.slice(0, 120));
    }
    return found;
  });

test.each([
  [1024, 768],
  [820, 1180],
])('on a tablet of %i × %i every panel fits, and map, table and card are used together', async (width, height) => {
  for (const language of ['zh', 'en']) {
    const { page, faults } = await opened(there, '/', language);
    await page.setViewportSize({ width, height });
    await drawn(page);
    const tabs = await page
      .locator('[data-testid^=tab-]')
      .evaluateAll((all) => all.map((tab) => (tab as HTMLElement).dataset.testid ?? ''));
    for (const tab of tabs.filter((id) => id !== 'tab-review')) {
      await page.getByTestId(tab).click();
      await page.locator('#panel h2').first().waitFor();
      expect(await outside(page), `${tab}, ${language}`).toEqual([]);
    }
    await page.getByTestId('tab-review').click();
    expect(await outside(page), `review, ${language}`).toEqual([]);
    const row = page.getByTestId('row').first();
    const fid = await row.getAttribute('data-fid');
    await row.click();
    const card = page.locator(`[data-testid=card][data-fid="${fid}"]`);
    await card.waitFor();
    await page.getByTestId('accept').click();
    await expect.poll(() => row.getByTestId('verdict').textContent()).toMatch(/同意|Accepted/);
    // The next one is open already; back to the first, to free it.
    await row.click();
    await card.waitFor();
    await page.getByTestId('free').click();
    await expect.poll(() => row.getByTestId('verdict').textContent()).toBe('·');
    // The card leaves the map enough room to be read.
    const [map, over] = [await page.getByTestId('map').boundingBox(), await card.boundingBox()];
    if (!map || !over) throw new Error('nothing is shown');
    expect((over.width * over.height) / (map.width * map.height)).toBeLessThan(0.6);
    const moved = async () => (await shareOf(page, IN)) + (await shareOf(page, OUT));
    await expect.poll(moved, AGAIN).toBeGreaterThan(0.0005);
    expect(faults).toEqual([]);
    await page.context().close();
  }
});
