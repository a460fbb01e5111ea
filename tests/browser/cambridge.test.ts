/** A planner's way through a real city: 13,158 parcels of Cambridge, Massachusetts, with their tax roll and zoning. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ask, city, drawn, opened, type Park, real, shareOf } from './park';

interface Moves {
  transfers: { fid: number; parcel: string; direction: 'in' | 'out'; area_m2: number }[];
}
interface MapWindow {
  lianpianMap?: { parcels(): number };
}

const data = real('cambridge-ma-fy2013');
/** Colours of the present zone, as the legend has them. */
const INSIDE: [number, number, number] = [0xa9, 0xc6, 0xda];
const OUTSIDE: [number, number, number] = [0xe9, 0xec, 0xee];
/** What a plan, or a check of every boundary, may take with an unoptimised program. */
const LONG = { timeout: 180_000 };
const SOON = { timeout: 30_000 };

describe.skipIf(data === null)('Cambridge', () => {
  let there: Park;
  beforeAll(async () => {
    there = await city(data ?? '');
  });
  afterAll(() => there?.end());

  const moves = async (): Promise<Moves & { id: number }> => {
    const plan = (await ask<{ id: number }[]>(`${there.url}/api/v1/scenarios/1/plans`)).at(-1);
    if (!plan) throw new Error('no plan');
    return { ...plan, ...(await ask<Moves>(`${there.url}/api/v1/plans/${plan.id}/transfers`)) };
  };
  const counted = (page: Page, count: number) =>
    expect.poll(() => page.getByTestId('count').textContent(), SOON).toContain(String(count));

  test('the city is drawn before anything is planned, its zone apart from the rest', async () => {
    const { page, faults } = await opened(there, '/?colour=before');
    await drawn(page);
    await page.getByTestId('no-plan').waitFor();
    // From as far as the whole city is in sight, the zone stands out.
    expect(await shareOf(page, INSIDE)).toBeGreaterThan(0.005);
    // Closer, every parcel is there, and most of the city is outside.
    await page.getByTestId('zoom-in').click();
    await page.getByTestId('far').waitFor({ state: 'detached', ...SOON });
    await expect
      .poll(() => page.evaluate(() => (window as unknown as MapWindow).lianpianMap?.parcels()), SOON)
      .toBeGreaterThan(3000);
    await expect.poll(() => shareOf(page, OUTSIDE), SOON).toBeGreaterThan(0.05);
    expect(await shareOf(page, INSIDE)).toBeGreaterThan(0.005);
    expect(faults).toEqual([]);
    await page.context().close();
  });

  test('it is planned, a transfer is understood, rejected and planned around, and the result is taken home', async () => {
    const { page, faults } = await opened(there, '/', 'en');
    await drawn(page);
    await page.getByTestId('first-plan').click();
    await page.getByTestId('plan-state').locator('progress').waitFor(SOON);
    await page.getByTestId('row').first().waitFor(LONG);
    const before = await moves();
    await counted(page, before.transfers.length);
    await expect.poll(() => shareOf(page, [0x00, 0x72, 0xb2]), SOON).toBeGreaterThan(0);

    // The card says why, in words and figures, and what the opposite would cost.
    const row = page.getByTestId('row').first();
    const fid = await row.getAttribute('data-fid');
    const parcel = (await row.locator('.code').textContent()) ?? '';
    await row.click();
    const card = page.locator(`[data-testid=card][data-fid="${fid}"]`);
    await card.waitFor();
    expect(await card.getByTestId('reasons').locator('li').count()).toBeGreaterThan(0);
    expect(await card.getByTestId('parts').textContent()).toContain('R&D and high-tech use');
    await card.getByTestId('ask-veto').click();
    await card.getByTestId('ask-veto').waitFor({ state: 'detached', ...LONG });
    await expect
      .poll(() => card.getByTestId('veto-text').textContent(), SOON)
      .toMatch(/Rejecting this[^#]* Instead: [^#]+\./);

    await page.keyboard.press('r');
    await page.getByTestId('stale').waitFor();
    await page.getByTestId('card-close').click();
    await page.getByTestId('replan').click();
    await expect.poll(async () => (await moves()).id, LONG).toBeGreaterThan(before.id);
    const after = await moves();
    expect(before.transfers.map((x) => x.parcel)).toContain(parcel);
    expect(after.transfers.map((x) => x.parcel)).not.toContain(parcel);
    await counted(page, after.transfers.length);

    await page.getByTestId('tab-export').click();
    const [file] = await Promise.all([page.waitForEvent('download', LONG), page.getByTestId('make-gpkg').click()]);
    expect(readFileSync(await file.path()).toString('latin1', 0, 15)).toBe('SQLite format 3');
    expect(faults).toEqual([]);
    await page.context().close();
  }, 400_000);

  test('the assessor’s file itself goes through the wizard: every defect is told, and shown where it is', async () => {
    const { page, faults } = await opened(there, '/?tab=import');
    await page.getByTestId('file-input').setInputFiles(join(data ?? '', 'parcels.gpkg'));
    await page.getByTestId('check-files').click();
    await page.locator('[data-testid=import][data-stage=checked]').waitFor(LONG);
    expect(await page.getByTestId('report-parcels').textContent()).toContain('13,158');
    expect(await page.getByTestId('crs').textContent()).toContain('EPSG:26986');
    expect(await page.getByTestId('column-parcel_code').inputValue()).toBe('ML');
    await page.locator('[data-testid=check-map][data-drawn=true]').waitFor(SOON);
    await page.getByTestId('kind-self_crossing').click();
    const issues = page.getByTestId('issue');
    expect(await issues.count()).toBeGreaterThanOrEqual(20);
    await issues.first().click();
    expect(await issues.first().getAttribute('aria-pressed')).toBe('true');

    await page.getByTestId('import-title').fill('剑桥');
    await page.getByTestId('import-run').click();
    await page.getByTestId('import-done').waitFor(LONG);
    await page.getByTestId('import-open').click();
    await drawn(page);
    await expect.poll(() => page.getByTestId('scenario').locator('option:checked').textContent()).toBe('剑桥');
    expect(faults).toEqual([]);
    await page.context().close();
  }, 400_000);
});
