import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ask, drawn, opened, type Park, park, planned, shareOf } from './park';

interface Moves {
  transfers: { fid: number; parcel: string; direction: 'in' | 'out' }[];
}
interface Stored {
  id: number;
  decided: number;
}

let there: Park;
beforeAll(async () => {
  there = await park(1200);
  await planned(there.url);
});
afterAll(() => there?.end());

const REPLANNED_MS = 60_000;
const verdictOf = (page: Page, fid: string) =>
  page.locator(`[data-testid=row][data-fid="${fid}"] [data-testid=verdict]`);

async function newestPlan(scenario: number): Promise<Stored & Moves> {
  const plan = (await ask<Stored[]>(`${there.url}/api/v1/scenarios/${scenario}/plans`)).at(-1);
  if (!plan) throw new Error('no plan');
  return { ...plan, ...(await ask<Moves>(`${there.url}/api/v1/plans/${plan.id}/transfers`)) };
}

/** Selects the transfer with the largest gain, and says which it is. */
async function firstRow(page: Page): Promise<{ fid: string; parcel: string }> {
  const row = page.getByTestId('row').first();
  await row.waitFor();
  const fid = (await row.getAttribute('data-fid')) ?? '';
  await row.click();
  await page.locator(`[data-testid=card][data-fid="${fid}"]`).waitFor();
  return { fid, parcel: (await row.locator('.code').textContent()) ?? '' };
}

test('a transfer is rejected, taken back, rejected again, and planned around', async () => {
  const { page, faults } = await opened(there);
  await drawn(page);
  const before = await newestPlan(1);
  const { fid, parcel } = await firstRow(page);
  await page.getByTestId('reject').click();
  await expect.poll(() => verdictOf(page, fid).textContent()).toBe('否决');
  await page.getByTestId('stale').waitFor();
  expect(await page.getByTestId('submit').isDisabled()).toBe(true);

  await page.getByTestId('undo').click();
  await expect.poll(() => verdictOf(page, fid).textContent()).toBe('·');
  await page.getByTestId('redo').click();
  await expect.poll(() => verdictOf(page, fid).textContent()).toBe('否决');

  await page.getByTestId('replan').click();
  await page.getByTestId('stale').waitFor({ state: 'detached', timeout: REPLANNED_MS });
  await expect.poll(async () => (await newestPlan(1)).id, { timeout: REPLANNED_MS }).toBeGreaterThan(before.id);
  const after = await newestPlan(1);
  expect(before.transfers.map((x) => x.parcel)).toContain(parcel);
  expect(after.transfers.map((x) => x.parcel)).not.toContain(parcel);
  await page.locator(`[data-testid=row][data-fid="${fid}"]`).waitFor({ state: 'detached' });
  await expect.poll(() => page.getByTestId('count').textContent()).toContain(String(after.transfers.length));
  expect(faults).toEqual([]);
  await page.context().close();
});

test('what somebody else decides shows at once', async () => {
  const [ours, theirs] = [await opened(there), await opened(there, '/', 'en')];
  await theirs.page.getByTestId('user-menu').click();
  await theirs.page.getByTestId('user').fill('王工');
  await theirs.page.getByTestId('user').blur();
  await theirs.page.getByTestId('user-menu').click();
  await ours.page.getByTestId('row').first().waitFor();
  const { fid, parcel } = await firstRow(theirs.page);
  expect(await verdictOf(ours.page, fid).textContent()).toBe('·');
  await theirs.page.getByTestId('accept').click();
  await expect.poll(() => verdictOf(ours.page, fid).textContent()).toBe('同意');
  await expect.poll(() => ours.page.getByTestId('notices').textContent()).toContain(`王工：同意 ${parcel}`);
  // And one's own next decision goes through, although it was made before the page heard of anything.
  await ours.page.getByTestId('row').nth(1).click();
  const second = (await ours.page.getByTestId('row').nth(1).getAttribute('data-fid')) ?? '';
  await ours.page.locator(`[data-testid=card][data-fid="${second}"]`).waitFor();
  await ours.page.getByTestId('reject').click();
  await expect.poll(() => verdictOf(theirs.page, second).textContent()).toBe('Rejected');
  expect([...ours.faults, ...theirs.faults]).toEqual([]);
  await ours.page.context().close();
  await theirs.page.context().close();
});

test('a scenario is duplicated, changed, and compared with the first', async () => {
  const { page, faults } = await opened(there, '/?tab=scenarios');
  await drawn(page);
  await page.getByTestId('duplicate-1').click();
  await page.getByTestId('open-1').waitFor();
  const copy = Number(await page.getByTestId('scenario').inputValue());
  expect(copy).not.toBe(1);

  await page.getByTestId('tab-review').click();
  const first = page.getByTestId('first-plan').or(page.getByTestId('replan'));
  await first.first().click();
  await expect
    .poll(async () => (await ask<Stored[]>(`${there.url}/api/v1/scenarios/${copy}/plans`)).length, {
      timeout: REPLANNED_MS,
    })
    .toBeGreaterThan(0);
  const { fid } = await firstRow(page);
  const plans = (await ask<Stored[]>(`${there.url}/api/v1/scenarios/${copy}/plans`)).length;
  await page.getByTestId('reject').click();
  await expect.poll(() => verdictOf(page, fid).textContent()).toBe('否决');
  await page.getByTestId('card-close').click();
  await page.getByTestId('replan').click();
  await expect
    .poll(async () => (await ask<Stored[]>(`${there.url}/api/v1/scenarios/${copy}/plans`)).length, {
      timeout: REPLANNED_MS,
    })
    .toBeGreaterThan(plans);
  await page.locator(`[data-testid=row][data-fid="${fid}"]`).waitFor({ state: 'detached' });

  await page.getByTestId('tab-scenarios').click();
  await page.getByTestId('compare-1').click();
  await page.getByTestId('map-other').waitFor();
  const { differ } = await ask<{ differ: number[] }>(`${there.url}/api/v1/compare?scenarios=${copy},1`);
  expect(differ.length).toBeGreaterThan(0);
  await expect.poll(() => page.getByTestId('differ').textContent()).toContain(`${differ.length} 宗`);
  expect(await page.getByTestId('comparison').locator('tbody tr').count()).toBe(5);
  // Side by side: the parcel that was rejected moves on one of the maps alone.
  const halves = await page.getByTestId('map').locator('canvas').count();
  expect(halves).toBe(2);
  expect(await page.getByTestId('map-other').evaluate((map) => map.getBoundingClientRect().width)).toBeGreaterThan(300);
  await page.getByTestId('how-swipe').click();
  const swipe = page.getByTestId('swipe');
  await swipe.focus();
  await page.keyboard.press('ArrowRight');
  expect(await swipe.getAttribute('aria-valuenow')).toBe('52');
  // Against the present zone nothing moves: to the right of the handle is what is compared with, to its left the own map.
  const own = await shareOf(page, [0x00, 0x72, 0xb2]);
  await page.getByTestId('compare-now').click();
  await swipe.focus();
  for (let i = 0; i < 26; i += 1) await page.keyboard.press('ArrowLeft');
  await expect.poll(() => shareOf(page, [0x00, 0x72, 0xb2]), { timeout: 30_000 }).toBeLessThan(own / 2);
  for (let i = 0; i < 48; i += 1) await page.keyboard.press('ArrowRight');
  await expect.poll(() => shareOf(page, [0x00, 0x72, 0xb2]), { timeout: 30_000 }).toBeGreaterThan(own / 2);
  await page.getByTestId('end-compare').click();
  await page.getByTestId('map-other').waitFor({ state: 'detached' });
  expect(faults).toEqual([]);
  await page.context().close();
});

test('a scenario is begun anew on a layer that was imported, named, and put away', async () => {
  const { page, faults } = await opened(there, '/?tab=scenarios', 'en');
  await drawn(page);
  await page.getByTestId('new-scenario').click();
  await page.getByTestId('new-title').fill('From scratch');
  await page.getByTestId('new-make').click();
  await expect.poll(() => page.getByTestId('scenario').locator('option:checked').textContent()).toBe('From scratch');
  const id = Number(await page.getByTestId('scenario').inputValue());
  expect(await ask<unknown[]>(`${there.url}/api/v1/scenarios/${id}/decisions`)).toEqual([]);
  await page.getByTestId(`rename-${id}`).click();
  await page.getByTestId('rename-field').fill('Renamed');
  await page.keyboard.press('Enter');
  await expect.poll(() => page.getByTestId('scenarios').textContent()).toContain('Renamed');
  await page.getByTestId('open-1').click();
  await page.getByTestId(`archive-${id}`).click();
  await page.getByTestId(`archive-${id}`).waitFor({ state: 'detached' });
  expect(faults).toEqual([]);
  await page.context().close();
});
