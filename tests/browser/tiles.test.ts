/** Vector tiles as others decode them: @mapbox/vector-tile, MapLibre, and MapLibre's protocol for archives. */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { VectorTile } from '@mapbox/vector-tile';
import { PbfReader } from 'pbf';
import type { Page } from 'playwright-core';
import { PMTiles } from 'pmtiles';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Folder, folder } from './files';
import { answers, ask, freePort, type Park, PROGRAM, park } from './park';

const PARCELS = 700;
const MODULES = join(import.meta.dirname, '../../web/node_modules');

interface TileJson {
  tiles: string[];
  maxzoom: number;
  bounds: [number, number, number, number];
}

let there: Park;
let files: Folder;
let archive: ChildProcess;
let archiveUrl: string;

beforeAll(async () => {
  there = await park(PARCELS);
  files = folder();
  const run = (...args: string[]) =>
    execFileSync(PROGRAM, ['--quiet', ...args], { stdio: ['ignore', 'ignore', 'inherit'] });
  run('generate', '--parcels', String(PARCELS), '--seed', '1', '--out', files.path);
  const made = join(files.path, 'park.pmtiles');
  run('tiles', join(files.path, 'parcels.gpkg'), '--policy', join(files.path, 'policy.toml'), '--out', made);
  archiveUrl = `http://127.0.0.1:${await freePort()}`;
  archive = spawn(PROGRAM, ['--quiet', 'serve', '--tiles', made, '--listen', archiveUrl.slice(7)], { stdio: 'ignore' });
  await answers(`${archiveUrl}/readyz`, archive);
});

afterAll(async () => {
  archive.kill('SIGTERM');
  await new Promise((ended) => (archive.exitCode === null ? archive.once('exit', ended) : ended(null)));
  files.end();
  await there.end();
});

/** Decodes a tile to its last corner; the ids of its parcels. */
function decoded(bytes: ArrayBuffer): Set<number> {
  const ids = new Set<number>();
  const tile = new VectorTile(new PbfReader(new Uint8Array(bytes)));
  for (const [name, layer] of Object.entries(tile.layers)) {
    expect(layer.extent).toBe(4096);
    expect(layer.length).toBeGreaterThan(0);
    for (let n = 0; n < layer.length; n += 1) {
      const feature = layer.feature(n);
      const corners = feature.loadGeometry();
      expect(corners.length).toBeGreaterThan(0);
      for (const ring of corners) expect(ring.length).toBeGreaterThan(feature.type === 3 ? 3 : 1);
      if (name === 'parcels') ids.add(Number(feature.id));
    }
  }
  return ids;
}

/** A tile's name, zoom first. */
type At = [z: number, x: number, y: number];

/** Decodes every tile within bounds, of every zoom; which hold something, and the ids of the parcels by zoom. */
async function everyTile(
  bounds: TileJson['bounds'],
  [least, most]: [number, number],
  get: (...at: At) => Promise<ArrayBuffer | undefined>,
): Promise<{ tiles: Set<string>; parcels: Set<number>[] }> {
  const tiles = new Set<string>();
  const parcels: Set<number>[] = [];
  const [west, south, east, north] = bounds;
  for (let z = least; z <= most; z += 1) {
    const side = 2 ** z;
    const column = (lon: number) => Math.floor(((lon + 180) / 360) * side);
    const row = (lat: number) => Math.floor((0.5 - Math.asinh(Math.tan((lat * Math.PI) / 180)) / (2 * Math.PI)) * side);
    const ids = new Set<number>();
    for (let x = column(west); x <= column(east); x += 1)
      for (let y = row(north); y <= row(south); y += 1) {
        const bytes = await get(z, x, y);
        if (!bytes) continue;
        tiles.add(`${z}/${x}/${y}`);
        for (const id of decoded(bytes)) ids.add(id);
      }
    parcels[z] = ids;
  }
  return { tiles, parcels };
}

async function layer(): Promise<{ id: string; parcels: number }> {
  const [one] = await ask<{ id: string; parcels: number }[]>(`${there.url}/api/v1/layers`);
  if (!one) throw new Error('no layer');
  return one;
}

async function live(): Promise<{ maxzoom: number; bounds: TileJson['bounds']; get: Parameters<typeof everyTile>[2] }> {
  const { tiles, maxzoom, bounds } = await ask<TileJson>(`${there.url}/api/v1/layers/${(await layer()).id}/tiles.json`);
  const get = async (z: number, x: number, y: number) => {
    const place = tiles[0]?.replace('{z}', `${z}`).replace('{x}', `${x}`).replace('{y}', `${y}`);
    const answer = await fetch(`${there.url}${place}`);
    if (answer.status === 204) return;
    expect(answer.status).toBe(200);
    return answer.arrayBuffer();
  };
  return { maxzoom, bounds, get };
}

test('@mapbox/vector-tile decodes every tile of a layer, and finds every parcel', async () => {
  const { maxzoom, bounds, get } = await live();
  const { tiles, parcels } = await everyTile(bounds, [0, maxzoom], get);
  expect(tiles.size).toBeGreaterThan(maxzoom);
  expect(parcels[maxzoom]?.size).toBe((await layer()).parcels);
});

async function archived(): Promise<{ url: string; reader: PMTiles; zooms: [number, number] }> {
  const [one] = await ask<{ archive: string }[]>(`${archiveUrl}/api/v1/tilesets`);
  const url = `${archiveUrl}${one?.archive}`;
  const reader = new PMTiles(url);
  const { minZoom, maxZoom } = await reader.getHeader();
  return { url, reader, zooms: [minZoom, maxZoom] };
}

async function boundsOfArchive(): Promise<TileJson['bounds']> {
  const [one] = await ask<{ bounds: TileJson['bounds'] }[]>(`${archiveUrl}/api/v1/tilesets`);
  if (!one) throw new Error('no archive');
  return one.bounds;
}

test('the reader of pmtiles finds every tile in the file by ranges', async () => {
  const { reader, zooms } = await archived();
  const json = (await reader.getMetadata()) as { vector_layers: { id: string }[] };
  expect(json.vector_layers.map(({ id }) => id)).toContain('parcels');
  const get = async (...at: At) => (await reader.getZxy(...at))?.data;
  const { tiles, parcels } = await everyTile(await boundsOfArchive(), zooms, get);
  expect(tiles.size).toBe((await reader.getHeader()).numAddressedTiles);
  expect(parcels[zooms[1]]?.size).toBe((await layer()).parcels);
});

/** A page of our own at the address of a service, with MapLibre and its protocol for archives on it. */
async function mapPage(url: string): Promise<Page> {
  const context = await there.browser.newContext({ viewport: { width: 1024, height: 768 } });
  const page = await context.newPage();
  const html = `<!DOCTYPE html><body style="margin:0"><div id="map" style="height:768px"></div>
    <script src="/page/pmtiles/dist/pmtiles.js"></script>
    <script type="module">
      import * as maplibre from '/page/maplibre-gl/dist/maplibre-gl.mjs';
      maplibre.setWorkerUrl(location.origin + '/page/maplibre-gl/dist/maplibre-gl-worker.mjs');
      maplibre.addProtocol('pmtiles', new pmtiles.Protocol().tile);
      window.maplibre = maplibre;
    </script>`;
  await page.route('**/page/**', async (route) => {
    const path = new URL(route.request().url()).pathname.slice('/page/'.length);
    const body = path === '' ? html : readFileSync(join(MODULES, path));
    await route.fulfill({ body, contentType: path === '' ? 'text/html' : 'text/javascript' });
  });
  await page.goto(`${url}/page/`);
  await page.waitForFunction(() => 'maplibre' in window);
  return page;
}

/** Looks at every place of every zoom: the tiles that MapLibre has read, and the parcels that it knows at the last zoom. */
async function drawn(
  url: string,
  source: object,
  layers: string[],
  bounds: TileJson['bounds'],
  zooms: [number, number],
): Promise<{ tiles: Set<string>; parcels: number }> {
  const page = await mapPage(url);
  const found = await page.evaluate(
    async ([from, names, [west, south, east, north], [least, most]]) => {
      // biome-ignore lint/suspicious/noExplicitAny: MapLibre as a script has no types here.
      const { maplibre } = window as any;
      const map = new maplibre.Map({
        container: 'map',
        fadeDuration: 0,
        style: {
          version: 8,
          sources: { park: from },
          layers: names.map((id) => ({ id, type: 'line', source: 'park', 'source-layer': id })),
        },
      });
      const tiles = new Set<string>();
      let parcels = new Set<number>();
      let failed: (error: Error) => void = () => {};
      map.on('error', (event: { error: Error }) => failed(event.error));
      map.on('sourcedata', ({ coord }: { coord?: { canonical: { z: number; x: number; y: number } } }) => {
        if (coord) tiles.add(`${coord.canonical.z}/${coord.canonical.x}/${coord.canonical.y}`);
      });
      const idle = (go: () => void) =>
        new Promise((done, fail) => {
          failed = fail;
          map.once('idle', done);
          go();
        });
      await idle(() => {});
      for (let zoom = least; zoom <= most; zoom += 1) {
        parcels = new Set();
        const size = 512 * 2 ** zoom;
        const x = (lon: number) => ((lon + 180) / 360) * size;
        const y = (lat: number) => maplibre.MercatorCoordinate.fromLngLat([0, lat]).y * size;
        // A window's width from one place to the next, so that all is seen.
        for (let px = x(west); px <= x(east) + 1024; px += 1024)
          for (let py = y(north); py <= y(south) + 768; py += 768) {
            const center = new maplibre.MercatorCoordinate(px / size, py / size).toLngLat();
            await idle(() => map.jumpTo({ center, zoom }));
            const known = map.querySourceFeatures('park', { sourceLayer: 'parcels' }) as { id: number }[];
            for (const { id } of known) parcels.add(id);
          }
      }
      return { tiles: [...tiles], parcels: parcels.size };
    },
    [source, layers, bounds, zooms] as const,
  );
  await page.context().close();
  return { tiles: new Set(found.tiles), parcels: found.parcels };
}

test('MapLibre reads every live tile by TileJSON', { timeout: 240_000 }, async () => {
  const { maxzoom, bounds, get } = await live();
  const { tiles } = await everyTile(bounds, [0, maxzoom], get);
  const address = `${there.url}/ogc/collections/parcels/tiles.json`;
  const { vector_layers } = await ask<{ vector_layers: { id: string }[] }>(address);
  const names = vector_layers.map(({ id }) => id);
  const read = await drawn(there.url, { type: 'vector', url: address }, names, bounds, [0, maxzoom]);
  expect([...tiles].filter((tile) => !read.tiles.has(tile))).toEqual([]);
  expect(read.parcels).toBe((await layer()).parcels);
});

test('MapLibre reads every tile of an archive by its protocol', { timeout: 240_000 }, async () => {
  const { url, reader, zooms } = await archived();
  const bounds = await boundsOfArchive();
  const get = async (...at: At) => (await reader.getZxy(...at))?.data;
  const { tiles } = await everyTile(bounds, zooms, get);
  const { vector_layers } = (await reader.getMetadata()) as { vector_layers: { id: string }[] };
  const names = vector_layers.map(({ id }) => id);
  const read = await drawn(archiveUrl, { type: 'vector', url: `pmtiles://${url}` }, names, bounds, zooms);
  expect([...tiles].filter((tile) => !read.tiles.has(tile))).toEqual([]);
  expect(read.parcels).toBe((await layer()).parcels);
});
