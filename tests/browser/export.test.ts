import { readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ask, drawn, opened, type Park, park, planned, shareOf } from './park';
import { readPdf, shareIn } from './pdf';

let there: Park;
beforeAll(async () => {
  there = await park(3000);
  await planned(there.url);
});
afterAll(() => there?.end());

/** Parcels of a sub-park that move. */
interface Moved {
  count: number;
}

/** The colour that outlines a sub-park. */
const OUTLINE: [number, number, number] = [0x6a, 0x4c, 0x93];

/** What a browser that draws without a graphics card may take. */
const SOON = { timeout: 60_000 };
const SLOW = 180_000;

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
    step_told: null,
    failure: null,
    done: 1,
    total: 4,
    result: null,
    error: null as string | null,
  };
  // A job as slow as the test needs it, which the service itself would not make.
  await page.route('**/api/v1/plans/1/exports', (route) => route.fulfill({ status: 202, json: job }));
  await page.route('**/api/v1/jobs/901', (route) => {
    if (route.request().method() === 'DELETE') job.cancel_requested = true;
    else if (job.cancel_requested) job.state = 'cancelled';
    return route.fulfill({ json: job });
  });
  const row = page.getByTestId('format-gpkg');
  await page.getByTestId('make-gpkg').click();
  await expect.poll(() => row.locator('progress').getAttribute('value'), SOON).toBe('0.25');
  await page.getByTestId('stop-gpkg').click();
  await page.locator('[data-testid=format-gpkg][data-state=cancelled]').waitFor();
  expect(await row.textContent()).toContain('Stopped');

  await page.unroute('**/api/v1/plans/1/exports');
  await page.route('**/api/v1/plans/1/exports', (route) =>
    route.fulfill({
      status: 503,
      contentType: 'application/problem+json',
      json: { code: 'disk-full', params: {}, zh: '磁盘已满', en: 'the disk is full', because: [], hints: [] },
    }),
  );
  const error = page.getByTestId('error-gpkg');
  await page.getByTestId('make-gpkg').click();
  await expect.poll(() => error.textContent(), SOON).toContain('the disk is full');
  await page.getByTestId('language').click();
  await expect.poll(() => error.textContent()).toMatch(/磁盘已满/);

  // What stands between the page and the service answers in words of its own, which are not shown.
  await page.unroute('**/api/v1/plans/1/exports');
  await page.route('**/api/v1/plans/1/exports', (route) =>
    route.fulfill({ status: 502, contentType: 'text/html', body: '<h1>Bad Gateway</h1>' }),
  );
  await page.getByTestId('make-gpkg').click();
  await expect.poll(() => error.textContent(), SOON).toMatch(/答复 502$/);
  await page.context().close();
});

test.each([
  ['A4', 297, 210, 209],
  ['A3', 420, 297, 314],
])(
  'the map sheet prints as one page of %s, with its title and the map at the density of paper',
  async (paper, width, height, frame) => {
    const { page, faults } = await opened(there, '/?tab=export');
    await page.getByTestId('open-sheet').click();
    // Letters that stand nowhere else on the page.
    await page.getByTestId('sheet-title').fill('麒麟獬豸');
    await page.getByTestId('sheet-paper').selectOption(paper);
    await page.locator('[data-testid=sheet][data-ready=true]').waitFor(SOON);
    await page.getByTestId('paper-map').evaluate((image: HTMLImageElement) => image.decode());
    const printed = readPdf(await page.pdf({ preferCSSPageSize: true, printBackground: true }));
    expect(printed.pages).toEqual([[width, height]]);
    expect([...'麒麟獬豸审图号'].filter((letter) => !printed.letters.has(letter))).toEqual([]);
    // The tools above the sheet are not printed.
    expect(printed.letters.has('窗')).toBe(false);
    const map = printed.pictures.reduce((a, b) => (b.width > a.width ? b : a));
    // 230 dots to the inch and more.
    expect((map.width / frame) * 25.4).toBeGreaterThan(230);
    expect(shareIn(map, [0x00, 0x72, 0xb2])).toBeGreaterThan(0.002);
    expect(shareIn(map, [0xd5, 0x5e, 0x00])).toBeGreaterThan(0.001);
    expect(faults).toEqual([]);
    await page.context().close();
  },
  SLOW,
);

test(
  'the scale of the sheet is what is chosen, and Escape goes back to the panel',
  async () => {
    const { page } = await opened(there, '/?tab=export', 'en');
    await page.getByTestId('open-sheet').click();
    await page.getByTestId('sheet-scale').selectOption('25000');
    await page.locator('[data-testid=sheet][data-ready=true]').waitFor(SOON);
    expect(await page.getByTestId('paper-scale').textContent()).toBe('1 : 25,000');
    await page.keyboard.press('Escape');
    await page.getByTestId('sheet').waitFor({ state: 'detached' });
    await expect
      .poll(() => page.evaluate(() => document.activeElement?.getAttribute('data-testid')), SOON)
      .toBe('open-sheet');
    await page.context().close();
  },
  SLOW,
);

test(
  'sub-parks: sorted, pointed at from both sides, and one chosen is shown on the map with what moves in it',
  async () => {
    const { page, faults } = await opened(there, '/?tab=subparks');
    await drawn(page);
    const rows = page.getByTestId('sub-park');
    await rows.first().waitFor();
    const read = await ask<{ name: string | null; area_m2: { after: number }; in: Moved; out: Moved }[]>(
      `${there.url}/api/v1/plans/1/sub-parks`,
    );
    const names = () => rows.evaluateAll((all) => all.map((row) => row.getAttribute('data-name')));
    const byArea = read
      .filter((of) => of.name !== null)
      .sort((a, b) => b.area_m2.after - a.area_m2.after)
      .map((of) => of.name);
    expect((await names()).filter((name) => name !== '')).toEqual(byArea);
    await page.getByTestId('sub-sort-area').click();
    expect((await names()).filter((name) => name !== '')).toEqual([...byArea].reverse());

    // From the table to the chart and the map.
    const most = [...read].sort((a, b) => b.in.count + b.out.count - a.in.count - a.out.count).find((of) => of.name);
    const row = page.locator(`[data-testid=sub-park][data-name="${most?.name}"]`);
    const mark = page.locator(`[data-testid=sub-park-chart] [data-name="${most?.name}"]`);
    const resting = await shareOf(page, OUTLINE);
    await row.hover();
    await expect.poll(() => mark.getAttribute('class'), SOON).toContain('hovered');
    await row.click();
    await expect.poll(() => page.url(), SOON).toMatch(/at=/);
    await expect.poll(() => shareOf(page, OUTLINE), SOON).toBeGreaterThan(resting + 0.001);
    const moves = page.getByTestId('sub-park-moves').locator('li');
    expect(await moves.count()).toBe((most?.in.count ?? 0) + (most?.out.count ?? 0));

    // One of its parcels is selected, and is on the map that was zoomed.
    await moves.first().getByRole('button').click();
    await expect.poll(() => page.url(), SOON).toMatch(/sel=\d+/);

    // From the map to the table: wherever the pointer finds a parcel, the row of its sub-park answers.
    await page.getByTestId('fit').click();
    await page.keyboard.press('Escape');
    const box = await page.getByTestId('map').boundingBox();
    if (!box) throw new Error('no map');
    const answered = page.locator('[data-testid=sub-park].hovered');
    await expect
      .poll(async () => {
        await page.mouse.move(
          box.x + box.width * (0.4 + 0.3 * Math.random()),
          box.y + box.height * (0.3 + 0.3 * Math.random()),
        );
        return answered.count();
      }, SOON)
      .toBe(1);
    expect(faults).toEqual([]);
    await page.context().close();
  },
  SLOW,
);
