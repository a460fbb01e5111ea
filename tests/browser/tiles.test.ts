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

test('@mapbox/vector-tile decodes every tile of a layer, and finds every parcel', async () => {
  const [layer] = await ask<{ id: string; parcels: number }[]>(`${there.url}/api/layers`);
  const { tiles, maxzoom } = await ask<TileJson>(`${there.url}/api/layers/${layer?.id}/tiles.json`);
  const template = `${there.url}${tiles[0]}`;
  const at = (z: number, x: number, y: number) =>
    fetch(template.replace('{z}', `${z}`).replace('{x}', `${x}`).replace('{y}', `${y}`));
  // Where a tile holds nothing, those below it do not, either.
  let level: [number, number][] = [[0, 0]];
  for (let z = 0; z <= maxzoom; z += 1) {
    const found: [number, number][] = [];
    const ids = new Set<number>();
    for (const [x, y] of level) {
      const answer = await at(z, x, y);
      if (answer.status === 204) continue;
      expect(answer.status).toBe(200);
      for (const id of decoded(await answer.arrayBuffer())) ids.add(id);
      found.push([x, y]);
    }
    expect(found.length).toBeGreaterThan(0);
    if (z === maxzoom) expect(ids.size).toBe(layer?.parcels);
    level = found.flatMap(([x, y]): [number, number][] =>
      [0, 1, 2, 3].map((n): [number, number] => [2 * x + (n & 1), 2 * y + (n >> 1)]),
    );
  }
});

test('the reader of pmtiles finds every tile in the file by ranges', async () => {
  const [one] = await ask<{ archive: string; maxzoom: number }[]>(`${archiveUrl}/api/tilesets`);
  const reader = new PMTiles(`${archiveUrl}${one?.archive}`);
  const header = await reader.getHeader();
  expect(header.maxZoom).toBe(one?.maxzoom);
  const json = (await reader.getMetadata()) as { vector_layers: { id: string }[] };
  expect(json.vector_layers.map(({ id }) => id)).toContain('parcels');
  const side = 2 ** header.maxZoom;
  const column = (lon: number) => Math.floor(((lon + 180) / 360) * side);
  const row = (lat: number) => Math.floor((0.5 - Math.asinh(Math.tan((lat * Math.PI) / 180)) / (2 * Math.PI)) * side);
  const ids = new Set<number>();
  for (let x = column(header.minLon); x <= column(header.maxLon); x += 1)
    for (let y = row(header.maxLat); y <= row(header.minLat); y += 1) {
      const tile = await reader.getZxy(header.maxZoom, x, y);
      if (tile) for (const id of decoded(tile.data)) ids.add(id);
    }
  const [layer] = await ask<{ parcels: number }[]>(`${there.url}/api/layers`);
  expect(ids.size).toBe(layer?.parcels);
});

/** How many parcels MapLibre draws of a source, on a page of our own at the address of a service. */
async function drawnBy(url: string, source: object): Promise<{ parcels: number; faults: string[] }> {
  const context = await there.browser.newContext({ viewport: { width: 800, height: 600 } });
  const page: Page = await context.newPage();
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(error.message));
  const script = (path: string) => readFileSync(join(MODULES, path));
  await page.route('**/page/**', async (route) => {
    const path = new URL(route.request().url()).pathname.slice('/page/'.length);
    const body = path === '' ? '<!DOCTYPE html><div id="map" style="height:600px"></div>' : script(path);
    await route.fulfill({ body, contentType: path === '' ? 'text/html' : 'text/javascript' });
  });
  await page.goto(`${url}/page/`);
  await page.addScriptTag({ url: `${url}/page/pmtiles/dist/pmtiles.js` });
  const parcels = await page.evaluate(
    async ([from, to]) => {
      const load = (path: string) => import(/* @vite-ignore */ `${location.origin}/page/${path}`);
      const maplibre = await load('maplibre-gl/dist/maplibre-gl.mjs');
      const { Protocol } = (window as unknown as { pmtiles: { Protocol: new () => { tile: unknown } } }).pmtiles;
      maplibre.setWorkerUrl(`${location.origin}/page/maplibre-gl/dist/maplibre-gl-worker.mjs`);
      maplibre.addProtocol('pmtiles', new Protocol().tile);
      const map = new maplibre.Map({
        container: 'map',
        style: {
          version: 8,
          sources: { park: from },
          layers: [{ id: 'parcels', type: 'fill', source: 'park', 'source-layer': 'parcels' }],
        },
        bounds: to,
      });
      await new Promise((done, fail) => {
        map.once('idle', done);
        map.on('error', (event: { error: Error }) => fail(event.error));
      });
      const found = map.querySourceFeatures('park', { sourceLayer: 'parcels' }) as { id: number }[];
      return new Set(found.map(({ id }) => id)).size;
    },
    [source, await boundsOf()] as const,
  );
  await context.close();
  return { parcels, faults };
}

async function boundsOf(): Promise<TileJson['bounds']> {
  const [one] = await ask<{ bounds: TileJson['bounds'] }[]>(`${archiveUrl}/api/tilesets`);
  if (!one) throw new Error('no archive');
  return one.bounds;
}

test('MapLibre draws live tiles by TileJSON, and an archive by its protocol', async () => {
  const [layer] = await ask<{ id: string; parcels: number }[]>(`${there.url}/api/layers`);
  const [one] = await ask<{ archive: string; tiles_json: string }[]>(`${archiveUrl}/api/tilesets`);
  const live = await drawnBy(there.url, { type: 'vector', url: `${there.url}/ogc/collections/parcels/tiles.json` });
  expect(live).toEqual({ parcels: layer?.parcels, faults: [] });
  const byProtocol = await drawnBy(archiveUrl, { type: 'vector', url: `pmtiles://${archiveUrl}${one?.archive}` });
  expect(byProtocol).toEqual({ parcels: layer?.parcels, faults: [] });
});
