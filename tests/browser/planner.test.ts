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

test('no figure of the header is cut, whatever else stands there', async () => {
  const long = '高新区地块动态调整年度方案（征求意见稿）Annual adjustment, draft for comment';
  for (const language of ['zh', 'en']) {
    const { page } = await opened(there, '/', language, async (before) => {
      await before.route('**/api/v1/config', async (route) => {
        const config = (await (await route.fetch()).json()) as object;
        await route.fulfill({ json: { ...config, title: long, user: 'A planner with a long name' } });
      });
      await before.route('**/api/v1/scenarios', async (route) => {
        const all = (await (await route.fetch()).json()) as object[];
        await route.fulfill({ json: all.map((scenario) => ({ ...scenario, title: long })) });
      });
    });
    await drawn(page);
    for (const width of [1280, 1366, 1920]) {
      await page.setViewportSize({ width, height: 800 });
      const cut = await page.getByTestId('balance').evaluate((list) => {
        const room = list.getBoundingClientRect();
        return [...list.children].filter((figure) => {
          const box = figure.getBoundingClientRect();
          const within = box.bottom <= room.bottom + 1 && box.right <= room.right + 1;
          return !within || figure.scrollWidth > figure.clientWidth;
        }).length;
      });
      const figures = await page.getByTestId('balance').locator('dt').count();
      expect({ language, width, cut, figures }).toEqual({ language, width, cut: 0, figures: 5 });
    }
    await page.context().close();
  }
});
