import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { brokenFile, type Folder, firmTable, folder, shapefile, tangle, toothed, withoutSystem } from './files';
import { ask, drawn, opened, PROGRAM, type Park, park } from './park';

interface MapWindow {
  lianpianMap?: { parcels(): number };
  lianpianCheckMap?: { camera(): { lon: number; lat: number; zoom: number } };
}

let there: Park;
let files: Folder;
beforeAll(async () => {
  there = await park(200);
  files = folder();
});
afterAll(async () => {
  files?.end();
  await there?.end();
});

const stage = (page: Page, wanted: string) =>
  page.locator(`[data-testid=import][data-stage=${wanted}]`).waitFor({ timeout: 30_000 });
const checkCamera = (page: Page) =>
  page.evaluate(() => (window as unknown as MapWindow).lianpianCheckMap?.camera() ?? null);

test('a shapefile of a land bureau goes from the folder to the drawn layer', async () => {
  const { page, faults } = await opened(there, '/?tab=import');
  const parts = shapefile(files, 18);
  await page.getByTestId('file-input').setInputFiles(parts.slice(0, 1));
  expect(await page.getByTestId('missing-parts').textContent()).toContain('.dbf');
  await page.getByTestId('file-input').setInputFiles(parts.slice(1));
  await page.getByTestId('missing-parts').waitFor({ state: 'detached' });
  await page.getByTestId('check-files').click();
  await stage(page, 'checked');

  expect(await page.getByTestId('report-parcels').textContent()).toMatch(/18 个要素.*GBK/);
  expect(await page.getByTestId('crs').textContent()).toContain('EPSG:4549');
  expect(await page.getByTestId('column-parcel_code').inputValue()).toBe('宗地代码');
  expect(await page.getByTestId('column-in_zone').inputValue()).toBe('是否入区');

  // A defect is where it is said to be.
  await page.locator('[data-testid=check-map][data-drawn=true]').waitFor();
  const before = await checkCamera(page);
  await page.getByTestId('kind-self_crossing').click();
  await page.getByTestId('issue').first().click();
  await expect.poll(async () => (await checkCamera(page))?.zoom).toBeGreaterThan((before?.zoom ?? 0) + 0.5);
  const at = await checkCamera(page);
  expect(Math.abs((at?.lon ?? 0) - 121.1055)).toBeLessThan(0.001);
  expect(Math.abs((at?.lat ?? 0) - 31.1025)).toBeLessThan(0.001);

  // The code is another column, after all; the report follows.
  await page.getByTestId('column-parcel_code').selectOption('旧号');
  await page.getByTestId('check-again').click();
  await page.getByTestId('remapped').waitFor({ state: 'detached' });
  await stage(page, 'checked');
  expect(await page.getByTestId('column-parcel_code').inputValue()).toBe('旧号');

  await page.getByTestId('import-title').fill('青浦来图');
  await page.getByTestId('import-run').click();
  await page.getByTestId('import-done').waitFor({ timeout: 30_000 });
  await page.getByTestId('import-open').click();
  await page.getByTestId('no-plan').waitFor();
  await drawn(page);
  await expect
    .poll(() => page.evaluate(() => (window as unknown as MapWindow).lianpianMap?.parcels()), { timeout: 20_000 })
    .toBe(18);
  const scenarios = await ask<{ id: number; title: string }[]>(`${there.url}/api/v1/scenarios`);
  const made = scenarios.find((s) => s.title === '青浦来图');
  const found = await ask<{ parcel: string }[]>(`${there.url}/api/v1/scenarios/${made?.id}/search?q=Q1&limit=1`);
  expect(found[0]?.parcel).toBe('Q1');
  expect(faults).toEqual([]);
  await page.context().close();
});

test('what does not say its coordinate system is asked for it', async () => {
  const { page, faults } = await opened(there, '/?tab=import', 'en');
  await page.getByTestId('file-input').setInputFiles(withoutSystem(files));
  await page.getByTestId('check-files').click();
  const candidates = page.getByTestId('crs-candidates');
  await candidates.waitFor({ timeout: 30_000 });
  // What was said before the language is switched is said in the other one at once.
  const failure = page.getByTestId('import-failure');
  expect(await failure.textContent()).toMatch(/it states EPSG:4326.*but the coordinates are no degrees.*CGCS2000/s);
  await page.getByTestId('language').click();
  await expect.poll(() => failure.textContent()).toMatch(/EPSG:4326.*坐标不是度数.*CGCS2000/s);
  await page.getByTestId('language').click();
  await candidates.getByRole('radio', { name: /EPSG:4549/ }).check();
  await page.getByTestId('use-candidate').click();
  await stage(page, 'checked');
  expect(await page.getByTestId('import-run').isDisabled()).toBe(true);
  await page.getByTestId('crs-confirm').check();
  expect(await page.getByTestId('import-run').isDisabled()).toBe(false);
  expect(faults).toEqual([]);
  await page.context().close();
});

test('what is no file of parcels is refused in words, and another can be tried', async () => {
  const { page, faults } = await opened(there, '/?tab=import');
  await page.getByTestId('file-input').setInputFiles(brokenFile(files));
  await page.getByTestId('check-files').click();
  await page.getByTestId('import-failure').waitFor({ timeout: 30_000 });
  expect(await page.getByTestId('import-failure').textContent()).toContain('broken.gpkg');
  await page.getByTestId('import-restart').click();
  await page.getByTestId('import-failure').waitFor({ state: 'detached' });
  await page.getByTestId('file-input').setInputFiles(withoutSystem(files));
  expect(await page.getByTestId('check-files').isEnabled()).toBe(true);
  expect(faults).toEqual([]);
  await page.context().close();
});

test('a check that takes long is told of, and stopped', async () => {
  const { page, faults } = await opened(there, '/?tab=import');
  await page.getByTestId('file-input').setInputFiles(tangle(files));
  await page.getByTestId('check-files').click();
  await stage(page, 'checking');
  await page.getByTestId('import-progress').getByText('检查图形').waitFor({ timeout: 30_000 });
  await page.getByTestId('import-stop').click();
  await stage(page, 'files');
  const [job] = await ask<{ kind: string; state: string }[]>(`${there.url}/api/v1/jobs`);
  expect(job).toMatchObject({ kind: 'check', state: 'cancelled' });
  expect(await page.getByTestId('check-files').isEnabled()).toBe(true);
  expect(faults).toEqual([]);
  await page.context().close();
});

test('an import that takes long is told of, and stopped; nothing of it stays, and other files can be brought in', async () => {
  const { page, faults } = await opened(there, '/?tab=import');
  const kept = async () => [
    await ask<{ id: string }[]>(`${there.url}/api/v1/layers`),
    await ask<{ id: number }[]>(`${there.url}/api/v1/scenarios`),
    await ask<{ name: string }[]>(`${there.url}/api/v1/policies`),
  ];
  const before = await kept();
  await page.getByTestId('file-input').setInputFiles(toothed(files));
  await page.getByTestId('check-files').click();
  await stage(page, 'checked');
  await page.getByTestId('import-run').click();
  await stage(page, 'importing');
  const progress = page.getByTestId('import-progress');
  await progress.getByText('分析相邻关系').waitFor({ timeout: 30_000 });
  expect(Number(await progress.getByRole('progressbar').getAttribute('value'))).toBeLessThan(1);
  await page.getByTestId('import-stop').click();
  await stage(page, 'checked');
  await page.getByTestId('notices').getByText('已停止，未导入任何数据。').waitFor();
  const [job] = await ask<{ kind: string; state: string }[]>(`${there.url}/api/v1/jobs`);
  expect(job).toMatchObject({ kind: 'import', state: 'cancelled' });
  expect(await kept()).toEqual(before);

  await page.getByTestId('import-restart').click();
  await page.getByTestId('file-input').setInputFiles(shapefile(files, 12));
  await page.getByTestId('check-files').click();
  await stage(page, 'checked');
  await page.getByTestId('import-run').click();
  await page.getByTestId('import-done').waitFor({ timeout: 30_000 });
  expect((await kept()).map((all) => all.length)).toEqual(before.map((all) => all.length + 1));
  expect(faults).toEqual([]);
  await page.context().close();
});

test('files are dropped onto the page; a table of firms among them becomes the score', async () => {
  const { page, faults } = await opened(there, '/?tab=import');
  const chosen = [...shapefile(files, 18), firmTable(files, 18)];
  const parts = chosen.map((path) => ({ name: basename(path), base64: readFileSync(path).toString('base64') }));
  const dropped = await page.evaluateHandle((all) => {
    const transfer = new DataTransfer();
    for (const { name, base64 } of all)
      transfer.items.add(new File([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))], name));
    return transfer;
  }, parts);
  await page.getByTestId('drop').dispatchEvent('drop', { dataTransfer: dropped });
  await page.getByTestId('check-files').click();
  await stage(page, 'checked');
  expect(await page.getByTestId('tables').textContent()).toContain('企业.csv：18 行');
  // What its columns mean is guessed, and put right where the guess is wrong.
  expect(await page.getByTestId('firms-parcel_code').inputValue()).toBe('宗地代码');
  expect(await page.getByTestId('firms-firm').inputValue()).toBe('统一社会信用代码');
  await page.getByTestId('firms-name').selectOption('企业名称');
  expect(await page.getByTestId('firms').getByLabel('营业收入(万元)').isChecked()).toBe(true);
  await page.getByTestId('firms').getByLabel('用电量').uncheck();
  await page.getByTestId('import-title').fill('带企业');
  await page.getByTestId('import-run').click();
  await page.getByTestId('import-done').waitFor({ timeout: 30_000 });
  await page.getByTestId('import-open').click();
  await drawn(page);
  const options = page.getByTestId('colour-by').locator('optgroup option');
  // What was drawn may still be the scenario before.
  await expect.poll(() => options.allTextContents()).toEqual(['营业收入(万元)（每亩）']);
  const made = (await ask<{ id: number; title: string }[]>(`${there.url}/api/v1/scenarios`)).find(
    (s) => s.title === '带企业',
  );
  const [found] = await ask<{ fid: number; name: string }[]>(
    `${there.url}/api/v1/scenarios/${made?.id}/search?q=青浦-7&limit=1`,
  );
  expect(found?.name).toBe('第7机床厂');
  const { score } = await ask<{ score: (number | null)[] }>(`${there.url}/api/v1/scenarios/${made?.id}/parcels`);
  expect(score.filter((one) => one !== null).length).toBeGreaterThan(15);
  expect(faults).toEqual([]);
  await page.context().close();
});

test('this year’s firms are added to parcels that are there, and scenarios say what they stand on', async () => {
  const { page, faults } = await opened(there, '/?tab=import');
  const park = join(files.path, 'park');
  // The same park as the service's own, whose firms have grown by the row.
  execFileSync(PROGRAM, ['--quiet', 'generate', '--parcels', '200', '--seed', '1', '--out', park]);
  const [head = '', ...rows] = readFileSync(join(park, 'enterprises.csv'), 'utf8').trimEnd().split('\n');
  const rd = head.split(',').indexOf('rd_10k_yuan');
  // Names of firms may hold commas, within quotation marks.
  const split = (row: string) => row.split(/,(?=(?:[^"]*"[^"]*")*[^"]*$)/);
  const grown = rows.map((row, at) => split(row).map((cell, n) => (n === rd ? String(at + 1) : cell)).join(','));
  const table = join(files.path, 'firms-2026.csv');
  writeFileSync(table, `${[head, ...grown].join('\n')}\n`);

  const [first] = await ask<{ id: string; name: string; parcels: number }[]>(`${there.url}/api/v1/datasets`);
  await page.getByTestId('onto').selectOption(first?.id ?? '');
  await page.getByTestId('file-input').setInputFiles(table);
  await page.getByTestId('check-files').click();
  await stage(page, 'checked');
  expect(await page.getByTestId('onto-table').textContent()).toContain('firms-2026.csv');
  expect(await page.getByTestId('import-run').isDisabled()).toBe(true);
  await page.getByTestId('import-day').fill('2026-12-31');
  await page.getByTestId('import-title').fill('二〇二六');
  await page.getByTestId('import-run').click();
  await page.getByTestId('import-done').waitFor({ timeout: 30_000 });
  await page.getByTestId('import-open').click();
  await drawn(page);
  const scenarios = await ask<{ id: number; title: string; data_set: string; layer: string }[]>(
    `${there.url}/api/v1/scenarios`,
  );
  const made = scenarios.find((s) => s.title === '二〇二六');
  expect(made?.layer).toBe(scenarios[0]?.layer);
  expect(made?.data_set).not.toBe(first?.id);
  const score = async (id?: number) =>
    (await ask<{ score: (number | null)[] }>(`${there.url}/api/v1/scenarios/${id}/parcels`)).score;
  expect(await score(made?.id)).not.toEqual(await score(1));

  await page.getByTestId('tab-scenarios').click();
  const row = page.getByTestId('scenarios').locator('li').filter({ hasText: '二〇二六' });
  expect(await row.getByTestId('data-set').textContent()).toMatch(/数据集：.*2026-12-31/);
  expect(faults).toEqual([]);
  await page.context().close();
});
