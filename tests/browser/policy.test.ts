/** The policy's panel: what a rule forbids is said, the curve is clicked, and a version is saved and planned. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { ask, drawn, opened, type Park, park, planned, shareOf } from './park';

let there: Park;
beforeAll(async () => {
  there = await park(600);
  await planned(there.url);
});
afterAll(() => there?.end());

const IN: [number, number, number] = [0x00, 0x72, 0xb2];
const PLANNED = { timeout: 60_000 };

test('a rule that holds the plan back is named, in the language of the page', async () => {
  for (const [language, words] of [
    ['zh', /起约束作用的规则.*C1 总面积保持在容差内/],
    ['en', /C1 /],
  ] as const) {
    const { page, faults } = await opened(there, '/?tab=policy', language);
    await drawn(page);
    await page.getByTestId('slider-tolerance').focus();
    await page.keyboard.press('Home');
    await page.getByTestId('binding').waitFor();
    await expect.poll(() => page.getByTestId('binding').textContent()).toMatch(words);
    expect(faults).toEqual([]);
    await page.context().close();
  }
});

test('a slider held down recolours the map before it is let go', async () => {
  const { page, faults } = await opened(there, '/?tab=policy');
  await drawn(page);
  const planned = await shareOf(page, IN);
  const box = await page.getByTestId('slider-lambda').boundingBox();
  if (!box) throw new Error('no slider');
  const y = box.y + box.height / 2;
  await page.mouse.move(box.x + box.width / 2, y);
  await page.mouse.down();
  await page.mouse.move(box.x + 2, y, { steps: 12 });
  await page.getByTestId('preview-moves').waitFor();
  await expect.poll(() => shareOf(page, IN), PLANNED).not.toBe(planned);
  expect(await page.getByTestId('slider-lambda').inputValue()).toBe('0');
  await page.mouse.up();
  expect(faults).toEqual([]);
  await page.context().close();
});

test('the curve of gains and losses is computed, clicked, and its point is saved as the policy', async () => {
  const { page, faults } = await opened(there, '/?tab=policy', 'en');
  await drawn(page);
  const before = await page.getByTestId('slider-lambda').inputValue();
  await page.getByTestId('compute-frontier').click();
  const curve = page.getByTestId('curve');
  await curve.waitFor(PLANNED);
  expect(Number(await curve.getAttribute('data-points'))).toBeGreaterThan(3);
  await curve.scrollIntoViewIfNeeded();
  const box = await curve.locator('.u-over').boundingBox();
  if (!box) throw new Error('no curve');
  // The longest boundary is what the lowest price of boundary leads to.
  await page.mouse.move(box.x + box.width - 12, box.y + box.height / 2);
  await page.mouse.click(box.x + box.width - 6, box.y + box.height / 2);
  await expect.poll(() => page.getByTestId('slider-lambda').inputValue()).not.toBe(before);
  await page.getByTestId('policy-save').click();
  await expect.poll(() => page.getByTestId('notices').textContent()).toMatch(/version 2/i);
  // It is planned anew at once.
  await expect.poll(async () => (await ask<unknown[]>(`${there.url}/api/scenarios/1/plans`)).length, PLANNED).toBe(2);
  expect(faults).toEqual([]);
  await page.context().close();
});
