import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { violations } from './axe';
import { brokenFile, type Folder, firmTable, folder, shapefile } from './files';
import { drawn, opened, type Park, park, planned } from './park';

let there: Park;
let files: Folder;
beforeAll(async () => {
  files = folder();
  there = await park(400);
  await planned(there.url);
});
afterAll(async () => {
  files?.end();
  await there?.end();
});

async function tabs(page: Page): Promise<string[]> {
  const ids = await page
    .locator('[data-testid^=tab-]')
    .evaluateAll((all) => all.map((tab) => (tab as HTMLElement).dataset.testid ?? ''));
  expect(ids.length).toBeGreaterThanOrEqual(4);
  return ids;
}

test.each(['zh', 'en'])('nothing on any panel keeps anybody out (%s)', async (language) => {
  const { page, faults } = await opened(there, '/', language);
  await drawn(page);
  const found: string[] = [];
  for (const theme of ['light', 'dark']) {
    await page.getByTestId('user-menu').click();
    await page.getByTestId('theme').selectOption(theme);
    found.push(...(await violations(page, `menu, ${theme}`)));
    await page.getByTestId('user-menu').click();
    for (const tab of await tabs(page)) {
      const chosen = await page.getByTestId(tab).getAttribute('aria-pressed');
      if (chosen !== 'true') await page.getByTestId(tab).click();
      await page.locator('#panel h2, #panel [data-testid=row]').first().waitFor();
      found.push(...(await violations(page, `${tab}, ${theme}`)));
    }
  }
  expect(found).toEqual([]);
  expect(faults).toEqual([]);
  await page.context().close();
});

test.each([
  ['zh', 'light'],
  ['en', 'dark'],
])('nor on what opens over them (%s, %s)', async (language, theme) => {
  const { page, faults } = await opened(there, '/', language);
  await page.getByTestId('user-menu').click();
  await page.getByTestId('theme').selectOption(theme);
  await page.getByTestId('user-menu').click();
  await drawn(page);
  const found: string[] = [];
  await page.getByTestId('row').first().click();
  await page.locator('[data-testid=card][data-fid]').waitFor();
  found.push(...(await violations(page, 'card')));
  await page.getByTestId('reject').click();
  await page.getByTestId('stale').waitFor();
  found.push(...(await violations(page, 'decided')));
  await page.getByTestId('undo').click();
  await page.getByTestId('stale').waitFor({ state: 'detached' });
  await page.getByTestId('help').click();
  await page.locator('dialog[open]').waitFor();
  found.push(...(await violations(page, 'help')));
  await page.keyboard.press('Escape');
  await page.getByTestId('tab-scenarios').click();
  await page.getByTestId('new-scenario').click();
  await page.getByTestId('new-form').waitFor();
  found.push(...(await violations(page, 'new scenario')));
  await page.getByTestId('new-scenario').click();
  await page.getByTestId('compare-now').click();
  await page.getByTestId('comparison').waitFor();
  found.push(...(await violations(page, 'comparison')));
  await page.getByTestId('tab-import').click();
  await page.getByTestId('file-input').setInputFiles(brokenFile(files));
  await page.getByTestId('check-files').click();
  await page.getByTestId('import-failure').waitFor({ timeout: 30_000 });
  found.push(...(await violations(page, 'refused')));
  await page.getByTestId('import-restart').click();
  await page.getByTestId('import-failure').waitFor({ state: 'detached' });
  await page.getByTestId('file-input').setInputFiles([...shapefile(files, 12), firmTable(files, 12)]);
  await page.getByTestId('check-files').click();
  await page.getByTestId('firms-parcel_code').waitFor();
  await page.getByTestId('kind-self_crossing').click();
  await page.getByTestId('issue').first().click();
  found.push(...(await violations(page, 'report')));
  await page.getByTestId('tab-export').click();
  await page.getByTestId('open-sheet').click();
  await page.locator('[data-testid=sheet][data-ready=true]').waitFor({ timeout: 30_000 });
  found.push(...(await violations(page, 'sheet')));
  expect(found).toEqual([]);
  expect(faults).toEqual([]);
  await page.context().close();
});

test('a page that would ask somebody else is noticed', async () => {
  const { page, faults } = await opened(there);
  await drawn(page);
  expect(faults).toEqual([]);
  await page.evaluate(() => fetch('http://localhost:9/').catch(() => null));
  await expect.poll(() => faults.length).toBeGreaterThan(0);
  await page.context().close();
});

test('files are chosen, checked and imported without a mouse', async () => {
  const { page } = await opened(there, '/?tab=import', 'en');
  page.on('filechooser', (chooser) => void chooser.setFiles(shapefile(files, 6)));
  await page.getByTestId('choose-files').focus();
  await page.keyboard.press('Enter');
  await page.getByTestId('check-files').focus();
  await page.keyboard.press('Enter');
  await page.getByTestId('report').waitFor();
  await page.getByTestId('kind-self_crossing').focus();
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Space');
  expect(await page.getByTestId('issue').first().getAttribute('aria-pressed')).toBe('true');
  await page.getByTestId('import-title').focus();
  await page.keyboard.press('Enter');
  await page.getByTestId('import-done').waitFor();
  expect(await page.getByTestId('import-done').evaluate((done) => done === document.activeElement)).toBe(true);
  await page.context().close();
});
