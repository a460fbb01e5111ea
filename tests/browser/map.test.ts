/** The map: what it can show, what it answers to a pointer, and what a page does where there is none. */

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ask, type Bounds, drawn, opened, type Park, park, planned, pointOf, shareOf } from './park';

type Colour = [number, number, number];
interface Moves {
  transfers: { fid: number; parcel: string; bounds: Bounds }[];
}

/** A service of tiles as Tianditu's: every tile of one colour, and every request noted. */
const TILE_COLOUR: Colour = [0xff, 0x00, 0xff];
const TILE = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z/AfAAQAAf8iCjrwAAAAAElFTkSuQmCC',
  'base64',
);
/** What is selected is outlined in ink. */
const INK: Colour = [0x10, 0x18, 0x1d];
const SOON = { timeout: 30_000 };

let tiles: Server;
let tilesAt: string;
const tilesAsked: string[] = [];
let there: Park;
let based: Park;
beforeAll(async () => {
  tiles = createServer((request, answer) => {
    tilesAsked.push(request.url ?? '');
    answer.writeHead(200, { 'content-type': 'image/png', 'access-control-allow-origin': '*' }).end(TILE);
  });
  await new Promise<void>((done) => tiles.listen(0, '127.0.0.1', done));
  tilesAt = `http://127.0.0.1:${(tiles.address() as AddressInfo).port}`;
  there = await park(400);
  await planned(there.url);
  const wmts = `${tilesAt}/vec_w/wmts?SERVICE=WMTS&LAYER=vec&TILEMATRIX={z}&TILEROW={y}&TILECOL={x}&tk=k`;
  based = await park(
    200,
    ...['--basemap-url', wmts, '--basemap-attribution', '天地图', '--review-number', 'GS（2026）0001号'],
  );
});
afterAll(async () => {
  await there?.end();
  await based?.end();
  tiles?.close();
});

/** The colours of the legend's swatches, in its order. */
const legend = (page: Page): Promise<Colour[]> =>
  page
    .getByTestId('legend')
    .locator('li svg')
    .evaluateAll((all) =>
      all.map((swatch) => {
        const fill = getComputedStyle(swatch.querySelector('rect') as Element).fill;
        return (fill.match(/\d+/g) ?? []).slice(0, 3).map(Number) as [number, number, number];
      }),
    );
const transfers = async (): Promise<Moves['transfers']> =>
  (await ask<Moves>(`${there.url}/api/v1/plans/1/transfers`)).transfers;

test('every colouring shows the colours that its legend explains, by day and by night', async () => {
  const { page, faults } = await opened(there);
  await drawn(page);
  const picker = page.getByTestId('colour-by');
  const modes = await picker.locator('option').evaluateAll((all) => all.map((o) => (o as HTMLOptionElement).value));
  expect(modes.length).toBeGreaterThan(5);
  for (const theme of ['light', 'dark']) {
    await page.getByTestId('user-menu').click();
    await page.getByTestId('theme').selectOption(theme);
    await page.getByTestId('user-menu').click();
    // The scheme is one table: by night one mode of each kind is enough.
    for (const mode of theme === 'light' ? modes : ['difference', 'score']) {
      await picker.selectOption(mode);
      const colours = await legend(page);
      expect(colours.length).toBeGreaterThanOrEqual(2);
      // The swatch itself is on the picture too, but is less than this.
      const seen = async () => {
        const shares = await Promise.all(colours.map((colour) => shareOf(page, colour)));
        return shares.filter((share) => share > 0.002).length;
      };
      await expect.poll(seen, { ...SOON, message: `${mode}, ${theme}` }).toBeGreaterThanOrEqual(2);
    }
  }
  expect(faults).toEqual([]);
  await page.context().close();
}, 240_000);

test.each([
  ['transfers', [0x00, 0x4f, 0x7c]],
  ['blocks', [0x16, 0x23, 0x2c]],
  ['subParks', [0xa5, 0x94, 0xc6]],
  ['barriers', [0x8a, 0x6d, 0x3b]],
] as [string, Colour][])('the lines of %s are drawn, and go when they are switched off', async (overlay, colour) => {
  const { page, faults } = await opened(there);
  await drawn(page);
  const on = await shareOf(page, colour);
  await page.getByTestId(`overlay-${overlay}`).uncheck();
  await expect.poll(() => shareOf(page, colour), SOON).toBeLessThan(on / 2);
  await page.getByTestId(`overlay-${overlay}`).check();
  await expect.poll(() => shareOf(page, colour), SOON).toBeGreaterThan(on * 0.9);
  expect(faults).toEqual([]);
  await page.context().close();
});

test('a parcel pointed at says what it is, and is marked in the table; a click explains it', async () => {
  const { page, faults } = await opened(there);
  await drawn(page);
  const row = (fid: number) => page.locator(`[data-testid=row][data-fid="${fid}"]`);
  // Some may lie under the legend, or further down the table than is drawn.
  const inReach: Moves['transfers'] = [];
  for (const one of await transfers()) {
    const { x, y } = await pointOf(page, one.bounds);
    const free = await page.evaluate(([x, y]) => document.elementFromPoint(x, y)?.tagName === 'CANVAS', [
      x,
      y,
    ] as const);
    if (free && (await row(one.fid).count()) > 0) inReach.push(one);
  }
  const [first, second] = inReach;
  if (!first || !second) throw new Error('nothing moves');

  const at = await pointOf(page, first.bounds);
  await page.mouse.move(at.x, at.y);
  await expect.poll(() => page.getByTestId('tip').textContent()).toContain(first.parcel);
  expect(await row(first.fid).getAttribute('class')).toContain('hovered');
  expect(await page.getByTestId('place').textContent()).toMatch(/东经 [\d.]+° 北纬 [\d.]+° · X [\d.]+ Y [\d.]+/);

  await page.mouse.click(at.x, at.y);
  await page.locator(`[data-testid=card][data-fid="${first.fid}"]`).waitFor();
  expect(await row(first.fid).getAttribute('class')).toContain('chosen');
  await page.getByTestId('card-close').click();

  // And back: what is chosen in the table is outlined on the map. The space bar puts the card away.
  await page.mouse.move(at.x, at.y);
  const plain = await shareOf(page, INK);
  await row(second.fid).locator('td').nth(1).click();
  await page.locator(`[data-testid=card][data-fid="${second.fid}"]`).waitFor();
  await page.keyboard.press('Space');
  await page.getByTestId('card').waitFor({ state: 'detached' });
  await expect.poll(() => shareOf(page, INK), SOON).toBeGreaterThan(plain * 1.05);
  expect(faults).toEqual([]);
  await page.context().close();
});

test('a basemap and a review number are there where they are configured, and nobody else is asked', async () => {
  const { page, faults } = await opened(based);
  await drawn(page);
  await expect.poll(() => shareOf(page, TILE_COLOUR), SOON).toBeGreaterThan(0.02);
  expect(tilesAsked.length).toBeGreaterThan(0);
  for (const url of tilesAsked) expect(url).toMatch(/^\/vec_w\/wmts\?.*TILEMATRIX=\d+&TILEROW=\d+&TILECOL=\d+&tk=k$/);
  expect(await page.getByTestId('review-number').textContent()).toBe('审图号: GS（2026）0001号');
  expect(await page.getByText('天地图').count()).toBe(1);
  expect(faults.filter((fault) => !fault.startsWith(`asked ${tilesAt}/`))).toEqual([]);
  await page.context().close();
});

test('without WebGL everything but the map can be used, and the page says so', async () => {
  const { page, faults } = await opened(there, '/', 'zh', (before) =>
    before.addInitScript(() => {
      HTMLCanvasElement.prototype.getContext = () => null;
    }),
  );
  expect(await page.getByTestId('no-webgl').textContent()).toContain('WebGL2');
  const row = page.getByTestId('row').first();
  const fid = await row.getAttribute('data-fid');
  await row.click();
  await page.locator(`[data-testid=card][data-fid="${fid}"]`).waitFor();
  await page.getByTestId('tab-policy').click();
  await page.getByTestId('slider-lambda').focus();
  await page.keyboard.press('End');
  await page.getByTestId('preview-moves').waitFor();
  expect(faults).toEqual([]);
  await page.context().close();
});
