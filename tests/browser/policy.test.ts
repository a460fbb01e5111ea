/** The policy's panel: what a rule forbids is said, the curve is clicked, and a version is saved and planned. */

import { afterAll, beforeAll, expect, test } from 'vitest';
import { ask, drawn, opened, type Park, park, planned, shareOf } from './park';

interface PlanRecord {
  area: { basis: string; before_m2: number };
  transfers: { area_m2: number }[];
}

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
  // The shortest boundary is what the highest price of boundary leads to.
  await page.mouse.move(box.x + 4, box.y + box.height / 2);
  await page.mouse.click(box.x + 2, box.y + box.height / 2);
  await expect.poll(() => page.getByTestId('slider-lambda').inputValue()).not.toBe(before);
  await page.getByTestId('policy-save').click();
  await expect.poll(() => page.getByTestId('notices').textContent()).toMatch(/version 2/i);
  // It is planned anew at once.
  await expect.poll(async () => (await ask<unknown[]>(`${there.url}/api/v1/scenarios/1/plans`)).length, PLANNED).toBe(2);
  expect(faults).toEqual([]);
  await page.context().close();
});

test('what area counts, how it is measured and how much may move are turned, shown at once, and saved', async () => {
  const { page, faults } = await opened(there, '/?tab=policy');
  await drawn(page);
  const moves = async () => {
    const [into, out] = ((await page.getByTestId('preview-moves').textContent()) ?? '').match(/\d+/g) ?? [];
    return Number(into) + Number(out);
  };
  const haAfter = async () =>
    Number.parseFloat((await page.getByTestId('balance').locator('b').first().textContent()) ?? '');
  const planned = await haAfter();

  await page.getByTestId('moved-parcels').fill('60');
  await page.getByTestId('preview-moves').waitFor();
  await expect.poll(moves).toBeLessThanOrEqual(60);
  await page.getByTestId('moved-parcels').fill('1');
  await page
    .getByTestId('conflict')
    .getByText(/变动 \d+ 宗.*超过上限/)
    .waitFor();
  // Nothing in the field is no limit; the slider beside it is turned, for without any change nothing is tried.
  await page.getByTestId('moved-parcels').fill('');
  await page.getByTestId('slider-tolerance').focus();
  await page.keyboard.press('ArrowRight');
  await expect.poll(moves).toBeGreaterThan(20);

  await page.getByTestId('area-mode').selectOption({ label: '不超过上限' });
  const present = Number(await page.getByTestId('area-cap').inputValue());
  expect(Math.abs(present / planned - 1)).toBeLessThan(0.02);
  const cap = Math.round(present * 0.95);
  await page.getByTestId('area-cap').fill(String(cap));
  await expect.poll(haAfter).toBeLessThanOrEqual(cap);

  await page.getByTestId('area-mode').selectOption({ label: '保持不变（容差内）' });
  await page.getByTestId('area-basis').selectOption({ label: '平面面积' });
  await expect.poll(() => page.getByTestId('balance').textContent()).toContain('平面面积');
  await page.getByTestId('slider-moved-share').fill('50');
  await page.getByTestId('policy-save').click();
  await page
    .getByTestId('notices')
    .getByText(/第 \d+ 版/)
    .waitFor();
  const { content } = await ask<{ content: { constraints: unknown } }>(`${there.url}/api/v1/scenarios/1/policy`);
  expect(content.constraints).toMatchObject({
    area: { mode: 'conserve', tolerance: 0.006, cap_ha: null, basis: 'planar' },
    max_moved_share: 0.5,
    max_moved_parcels: null,
  });
  // The plan that follows is told on the same basis, and keeps to the rule.
  const record = async () => {
    const plans = await ask<{ id: number }[]>(`${there.url}/api/v1/scenarios/1/plans`);
    return (await ask<{ plan: { id: number }; record: PlanRecord }>(`${there.url}/api/v1/plans/${plans.at(-1)?.id}`))
      .record;
  };
  await expect.poll(async () => (await record()).area.basis, PLANNED).toBe('planar');
  const { area, transfers } = await record();
  const moved = transfers.reduce((sum, one) => sum + one.area_m2, 0);
  expect(moved).toBeLessThanOrEqual(0.5 * area.before_m2);
  expect(moved).toBeGreaterThan(0);
  expect(faults).toEqual([]);
  await page.context().close();
});

test('how an indicator is scored is chosen without a file, shown at once, and saved', async () => {
  const { page, faults } = await opened(there, '/?tab=policy');
  await drawn(page);
  const score = page.getByTestId('balance').locator('div', { hasText: '平均得分' }).locator('b');
  const planned = await score.textContent();
  await page.getByTestId('slider-weight-tax_per_mu').focus();
  await page.keyboard.press('End');
  await page.getByTestId('preview-moves').waitFor();
  await page.getByTestId('policy-reset').click();
  await page.getByTestId('preview-moves').waitFor({ state: 'detached' });

  await page.getByTestId('scoring-tax_per_mu').getByText('评分：').click();
  expect(await page.getByTestId('base-tax_per_mu').inputValue()).toBe('24.097');
  await page.getByTestId('method-tax_per_mu').selectOption({ label: '分位排名' });
  await page.getByTestId('base-tax_per_mu').waitFor({ state: 'detached' });
  await page.getByTestId('preview-moves').waitFor();
  await expect.poll(() => score.textContent()).not.toBe(planned);

  // A formula that cannot be read is refused in words, and nothing of it is kept.
  await page.getByTestId('formula-tax_per_mu').fill('tax / ares');
  await page.getByTestId('formula-tax_per_mu').press('Enter');
  await expect.poll(() => page.getByTestId('preview').textContent()).toContain('ares');
  await page.getByTestId('formula-tax_per_mu').fill('tax / area_ha');
  await page.getByTestId('formula-tax_per_mu').press('Enter');
  await page.getByTestId('preview-moves').waitFor();

  await page.getByTestId('scoring-rd_intensity').getByText('评分：').click();
  await page.getByTestId('method-rd_intensity').selectOption({ label: '合格—优秀区间' });
  await page.getByTestId('pass-rd_intensity').fill('1');
  await page.getByTestId('excellent-rd_intensity').fill('6');
  await page.getByTestId('policy-save').click();
  await page
    .getByTestId('notices')
    .getByText(/第 \d+ 版/)
    .waitFor();
  const { content } = await ask<{ content: { indicators: unknown } }>(`${there.url}/api/v1/scenarios/1/policy`);
  expect(content.indicators).toMatchObject({
    tax_per_mu: { formula: 'tax / area_ha', normalise: { method: 'rank' } },
    rd_intensity: { normalise: { method: 'threshold', pass: 1, excellent: 6 } },
  });
  expect(faults).toEqual([]);
  await page.context().close();
});
