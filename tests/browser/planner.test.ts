import { afterAll, beforeAll, expect, test } from 'vitest';
import { drawn, opened, type Park, park, planned, shareOf } from './park';

let there: Park;
beforeAll(async () => {
  there = await park(3000);
  await planned(there.url);
});
afterAll(() => there?.end());

test('the park is drawn: what comes in blue, what goes out vermilion', async () => {
  const { page, faults } = await opened(there);
  await drawn(page);
  expect(await shareOf(page, [0x00, 0x72, 0xb2])).toBeGreaterThan(0.002);
  expect(await shareOf(page, [0xd5, 0x5e, 0x00])).toBeGreaterThan(0.001);
  await page.getByTestId('colour-by').selectOption('before');
  await expect.poll(() => shareOf(page, [0x00, 0x72, 0xb2]), { timeout: 20_000 }).toBeLessThan(0.002);
  expect(await page.getByTestId('legend').textContent()).toContain('园区内');
  expect(faults).toEqual([]);
  await page.context().close();
});

test('the policy is tried while a slider moves, and the map follows', async () => {
  const { page, faults } = await opened(there, '/?tab=policy');
  await drawn(page);
  const slider = page.getByTestId('slider-lambda');
  await slider.focus();
  await page.keyboard.press('End');
  await page.getByTestId('preview-moves').waitFor();
  expect(await page.getByTestId('gap-words').textContent()).toMatch(/证明|可行/);
  await page.getByTestId('policy-reset').click();
  await page.getByTestId('preview-moves').waitFor({ state: 'detached' });
  expect(faults).toEqual([]);
  await page.context().close();
});
