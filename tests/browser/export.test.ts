import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { opened, type Park, park, planned } from './park';

let there: Park;
beforeAll(async () => {
  there = await park(3000);
  await planned(there.url);
});
afterAll(() => there?.end());

/** What a zip and a GeoPackage (SQLite) begin with. */
const ZIP = 'PK\u0003\u0004';
const SQLITE = 'SQLite format 3\0';

/** The names of the files in a zip, from its central directory. */
function filesIn(zip: Buffer): string[] {
  const names: string[] = [];
  for (let at = zip.indexOf('PK\u0001\u0002'); at >= 0; at = zip.indexOf('PK\u0001\u0002', at + 4))
    names.push(zip.toString('utf8', at + 46, at + 46 + zip.readUInt16LE(at + 28)));
  return names;
}

async function downloaded(page: Page, format: string): Promise<{ name: string; bytes: Buffer; media: string }> {
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByTestId(`make-${format}`).click()]);
  await page.locator(`[data-testid=format-${format}][data-state=done]`).waitFor();
  const answer = await fetch(download.url());
  return {
    name: download.suggestedFilename(),
    bytes: readFileSync(await download.path()),
    media: answer.headers.get('content-type') ?? '',
  };
}

test.each([
  ['shp', 'lianpian-plan-1-shp.zip', 'application/zip', ZIP, 'zone_after.shp'],
  ['gpkg', 'lianpian-plan-1.gpkg', 'application/geopackage+sqlite3', SQLITE, null],
  ['geojson', 'lianpian-plan-1-geojson.zip', 'application/zip', ZIP, 'zone_after.geojson'],
  ['fgb', 'lianpian-plan-1-fgb.zip', 'application/zip', ZIP, 'zone_after.fgb'],
  ['folder', 'lianpian-plan-1.zip', 'application/zip', ZIP, 'plan.json'],
])('the plan is downloaded as %s', async (format, name, media, magic, member) => {
  const { page, faults } = await opened(there, '/?tab=export');
  const file = await downloaded(page, format);
  expect([file.name, file.media]).toEqual([name, media]);
  expect(file.bytes.toString('latin1', 0, magic.length)).toBe(magic);
  expect(file.bytes.length).toBeGreaterThan(10_000);
  if (member) expect(filesIn(file.bytes)).toContain(member);
  expect(await page.getByTestId(`format-${format}`).textContent()).toContain(name);
  expect(faults).toEqual([]);
  await page.context().close();
});

test('a shapefile is asked for with the grid and the encoding chosen', async () => {
  const { page } = await opened(there, '/?tab=export');
  await page.getByTestId('export-crs').selectOption('EPSG:4528');
  await page.getByTestId('export-encoding').selectOption('GBK');
  const [asked] = await Promise.all([
    page.waitForRequest((request) => request.url().endsWith('/exports') && request.method() === 'POST'),
    page.getByTestId('make-shp').click(),
  ]);
  expect(asked.postDataJSON()).toEqual({ format: 'shp', crs: 'EPSG:4528', encoding: 'GBK' });
  await page.locator('[data-testid=format-shp][data-state=done]').waitFor();
  await page.context().close();
});

test('an export shows how far it is, can be stopped, and says why it failed', async () => {
  const { page } = await opened(there, '/?tab=export', 'en');
  const job = {
    id: 901,
    kind: 'export',
    payload: {},
    state: 'running',
    cancel_requested: false,
    step: 'blocks',
    done: 1,
    total: 4,
    result: null,
    error: null as string | null,
  };
  // A job as slow as the test needs it, which the service itself would not make.
  await page.route('**/api/plans/1/exports', (route) => route.fulfill({ status: 202, json: job }));
  await page.route('**/api/jobs/901', (route) => {
    if (route.request().method() === 'DELETE') job.cancel_requested = true;
    else if (job.cancel_requested) job.state = 'cancelled';
    return route.fulfill({ json: job });
  });
  const row = page.getByTestId('format-gpkg');
  await page.getByTestId('make-gpkg').click();
  await expect.poll(() => row.locator('progress').getAttribute('value')).toBe('0.25');
  await page.getByTestId('stop-gpkg').click();
  await page.locator('[data-testid=format-gpkg][data-state=cancelled]').waitFor();
  expect(await row.textContent()).toContain('Stopped');

  await page.unroute('**/api/plans/1/exports');
  await page.route('**/api/plans/1/exports', (route) =>
    route.fulfill({ status: 503, contentType: 'application/problem+json', json: { detail: 'the disk is full' } }),
  );
  await page.getByTestId('make-gpkg').click();
  await page.getByTestId('error-gpkg').waitFor();
  expect(await page.getByTestId('error-gpkg').textContent()).toContain('the disk is full');
  await page.context().close();
});
