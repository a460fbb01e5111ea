/** A reviewer's day: by keyboard alone, a plan handed in, a link sent to a colleague. */

import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { drawn, opened, type Park, park, planned } from './park';

let there: Park;
beforeAll(async () => {
  there = await park(400);
  await planned(there.url);
});
afterAll(() => there?.end());

const verdictOf = (page: Page, fid: string) =>
  page.locator(`[data-testid=row][data-fid="${fid}"] [data-testid=verdict]`);

test('a reviewer goes through the transfers by keyboard alone, with a remark, and takes it all back', async () => {
  const { page, faults } = await opened(there);
  await drawn(page);
  const ids = await page
    .getByTestId('row')
    .evaluateAll((all) => all.slice(0, 3).map((row) => (row as HTMLElement).dataset.fid ?? ''));
  const [one = '', two = '', three = ''] = ids;
  const shown = (fid: string) => page.locator(`[data-testid=card][data-fid="${fid}"]`).waitFor();
  const says = (fid: string, words: RegExp) => expect.poll(() => verdictOf(page, fid).textContent()).toMatch(words);
  await page.keyboard.press('j');
  await shown(one);
  await page.keyboard.press('a');
  await says(one, /同意/);
  // What is decided is behind one: the next open transfer is there already.
  await shown(two);
  await page.keyboard.press('r');
  await says(two, /否决/);
  await shown(three);
  await page.keyboard.press('l');
  await says(three, /锁定/);
  await page.keyboard.press('k');
  await shown(two);

  // Letters are letters where somebody writes.
  await page.getByTestId('comment').focus();
  await page.keyboard.type('all arable land 基本农田');
  await page.keyboard.press('Enter');
  await expect.poll(() => page.getByTestId('comments').textContent()).toContain('all arable land 基本农田');
  await says(two, /否决/);
  await page.keyboard.press('Tab');

  const comments = page.getByTestId('comments');
  await page.keyboard.press('Control+z');
  await comments.waitFor({ state: 'detached' });
  await page.keyboard.press('Control+z');
  await says(three, /·/);
  await page.keyboard.press('Control+z');
  await says(two, /·/);
  await page.keyboard.press('Control+y');
  await says(two, /否决/);
  await page.keyboard.press('Control+z');
  await says(two, /·/);
  await page.keyboard.press('Control+z');
  await says(one, /·/);
  await page.keyboard.press('/');
  expect(await page.getByTestId('search').evaluate((field) => field === document.activeElement)).toBe(true);
  expect(faults).toEqual([]);
  await page.context().close();
});

test('a plan is submitted, and approved', async () => {
  const { page, faults } = await opened(there, '/', 'en');
  await drawn(page);
  expect(await page.getByTestId('status').textContent()).toBe('Draft');
  await page.getByTestId('submit').click();
  await expect.poll(() => page.getByTestId('status').textContent()).toBe('Submitted');
  await page.getByTestId('approve').click();
  await expect.poll(() => page.getByTestId('status').textContent()).toBe('Approved');
  expect(faults).toEqual([]);
  await page.context().close();
});

test('a link opens what its sender saw', async () => {
  const { page, faults } = await opened(there, '/?colour=score', 'en');
  await drawn(page);
  await page.getByTestId('filter-in').click();
  const row = page.getByTestId('row').first();
  const fid = await row.getAttribute('data-fid');
  await row.click();
  await page.locator(`[data-testid=card][data-fid="${fid}"]`).waitFor();
  await page.getByTestId('zoom-in').click();
  await expect.poll(() => page.url()).toMatch(/at=/);
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.getByTestId('share').click();
  await expect.poll(() => page.getByTestId('notices').textContent()).toContain('Link copied');
  const link = new URL(await page.evaluate(() => navigator.clipboard.readText()));
  const other = await opened(there, link.pathname + link.search, 'en');
  await drawn(other.page);
  await other.page.locator(`[data-testid=card][data-fid="${fid}"]`).waitFor();
  expect(await other.page.getByTestId('colour-by').inputValue()).toBe('score');
  expect(await other.page.getByTestId('filter-in').getAttribute('aria-pressed')).toBe('true');
  const camera = (of: Page) =>
    of.evaluate(() =>
      (window as unknown as { lianpianMap: { camera(): Record<string, number> } }).lianpianMap.camera(),
    );
  const [ours, theirs] = [await camera(page), await camera(other.page)];
  expect(theirs.zoom).toBeCloseTo(ours.zoom ?? 0, 1);
  expect(theirs.lon).toBeCloseTo(ours.lon ?? 0, 3);
  expect([...faults, ...other.faults]).toEqual([]);
  await other.page.context().close();
  await page.context().close();
});
