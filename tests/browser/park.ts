/** The program itself on a park, synthetic or real, and a browser before it. */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';

export const PROGRAM = process.env.LIANPIAN ?? join(import.meta.dirname, '../../target/debug/lianpian');
/** What makes Chromium draw WebGL2 without a graphics card, and ask nobody outside. */
const FLAGS = [
  '--no-sandbox',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--use-gl=angle',
  '--use-angle=swiftshader',
  '--enable-unsafe-swiftshader',
];

export type Bounds = [west: number, south: number, east: number, north: number];

export interface Park {
  url: string;
  browser: Browser;
  /** Ends the program without warning, as a crash or a cut cable would. */
  fail(): Promise<void>;
  /** Starts it again at the same address. */
  recover(): Promise<void>;
  end(): Promise<void>;
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  await new Promise((done) => server.close(done));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

export async function answers(url: string, program: ChildProcess): Promise<void> {
  for (;;) {
    if (program.exitCode !== null) throw new Error(`the program ended with ${program.exitCode}`);
    const answer = await fetch(url).catch(() => null);
    if (answer?.ok) return;
    await new Promise((next) => setImmediate(next));
  }
}

/** Runs the program with the arguments. */
function run(...args: string[]): void {
  execFileSync(PROGRAM, ['--quiet', ...args], { stdio: ['ignore', 'ignore', 'inherit'] });
}

/** Has a project made in a folder of its own, serves it, and opens a browser. */
async function served(make: (folder: string, project: string) => void, options: string[] = []): Promise<Park> {
  const folder = mkdtempSync(join(tmpdir(), 'lianpian-browser-'));
  const project = join(folder, 'park.gpkg');
  make(folder, project);
  const url = `http://127.0.0.1:${await freePort()}`;
  const start = async (): Promise<ChildProcess> => {
    const how = ['--quiet', 'serve', '--project', project, '--listen', url.slice(7), ...options];
    const program = spawn(PROGRAM, how, { stdio: 'ignore' });
    await answers(`${url}/readyz`, program);
    return program;
  };
  const stop = async (signal: 'SIGTERM' | 'SIGKILL'): Promise<void> => {
    if (program.exitCode !== null || program.signalCode !== null) return;
    const ended = new Promise((then) => program.once('exit', then));
    program.kill(signal);
    await ended;
  };
  let program = await start();
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', headless: true, args: FLAGS });
  return {
    url,
    browser,
    fail: () => stop('SIGKILL'),
    recover: async () => {
      program = await start();
    },
    end: async () => {
      await browser.close();
      await stop('SIGTERM');
      rmSync(folder, { recursive: true });
    },
  };
}

/** A synthetic park of so many parcels, not planned yet, served with further options. */
export function park(parcels: number, ...options: string[]): Promise<Park> {
  return served((folder, project) => {
    run('generate', '--parcels', String(parcels), '--seed', '1', '--out', folder);
    run('import', join(folder, 'parcels.gpkg'), '--policy', join(folder, 'policy.toml'), '--project', project);
  }, options);
}

/** How many parcels the second layer of `twoLayers` lacks. */
export const SET_ASIDE = 3;

/** A park twice, the second time without its first parcels: two layers that share all others. Neither is planned yet. */
export function twoLayers(parcels: number): Promise<Park> {
  return served((folder, project) => {
    run('generate', '--parcels', String(parcels), '--seed', '1', '--out', folder);
    const [all, some] = [join(folder, 'policy.toml'), join(folder, 'some.toml')];
    const codes = Array.from({ length: SET_ASIDE }, (_, at) => `"310118001001GB0000${at + 1}"`).join(', ');
    const policy = readFileSync(all, 'utf8');
    const aside = policy.replace(/^not_parcels = \[/m, `not_parcels = [{ column = "parcel_code", is = [${codes}] }, `);
    if (aside === policy) throw new Error('the policy says of nothing that it is no parcel');
    writeFileSync(some, aside);
    const input = join(folder, 'parcels.gpkg');
    run('import', input, '--policy', all, '--title', 'All parcels', '--project', project);
    run('import', input, '--policy', some, '--title', 'Some parcels', '--project', project);
  });
}

/** Real data beside the project, where they are there. In CI their absence is a failure. */
export function real(name: string): string | null {
  const path = join(import.meta.dirname, '../../../shared/data/real', name);
  if (existsSync(path)) return path;
  if (process.env.CI) throw new Error(`${path} is missing`);
  console.log(`skipped: ${path} is not there`);
  return null;
}

/** A city as its assessor hands it out: parcels, tax roll and zoning in one folder, under `tests/fixtures/cambridge.toml`. */
export function city(data: string): Promise<Park> {
  return served((folder, project) => {
    const fixture = readFileSync(join(import.meta.dirname, '../fixtures/cambridge.toml'), 'utf8');
    // The policy names what lies beside it.
    const policy = fixture.replace(/"[^"]*\/([^"/]+\.gz)"/g, (_, name: string) => {
      copyFileSync(join(data, name), join(folder, name));
      return `"${name}"`;
    });
    writeFileSync(join(folder, 'policy.toml'), policy);
    run('import', join(data, 'parcels.gpkg'), '--policy', join(folder, 'policy.toml'), '--project', project);
  });
}

/** Asks the service as a program would. */
export async function ask<T>(url: string, body?: unknown): Promise<T> {
  const answer = await fetch(
    url,
    body === undefined
      ? {}
      : { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) },
  );
  if (!answer.ok) throw new Error(`${url}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as T;
}

/** Plans the scenario, and waits until it is planned. */
export async function planned(url: string, scenario = 1): Promise<void> {
  const { id } = await ask<{ id: number }>(`${url}/api/v1/scenarios/${scenario}/plans`, {});
  for (;;) {
    const job = await ask<{ state: string; error: string | null }>(`${url}/api/v1/jobs/${id}`);
    if (job.state === 'done') return;
    if (job.state === 'failed') throw new Error(job.error ?? 'failed');
  }
}

/** Where the middle of a place is on the page, as the map shows it now. */
export async function pointOf(page: Page, [west, south, east, north]: Bounds): Promise<{ x: number; y: number }> {
  const camera = await page.evaluate(() =>
    (
      window as unknown as { lianpianMap: { camera(): { lon: number; lat: number; zoom: number } } }
    ).lianpianMap.camera(),
  );
  const box = await page.getByTestId('map').boundingBox();
  if (!box) throw new Error('no map');
  const world = 512 * 2 ** camera.zoom;
  const down = (lat: number) => (world / (2 * Math.PI)) * Math.log(Math.tan(Math.PI / 4 + (lat * Math.PI) / 360));
  return {
    x: box.x + box.width / 2 + (((west + east) / 2 - camera.lon) * world) / 360,
    y: box.y + box.height / 2 + down(camera.lat) - down((south + north) / 2),
  };
}

/** A page that fails the test when it asks anybody but the service, breaks its policy, or throws. */
export async function opened(
  park: Park,
  path = '/',
  language = 'zh',
  before?: (page: Page) => Promise<void>,
): Promise<{ page: Page; faults: string[] }> {
  const context = await park.browser.newContext({
    viewport: { width: 1280, height: 800 },
    locale: language === 'zh' ? 'zh-CN' : 'en-GB',
  });
  const page = await context.newPage();
  const faults: string[] = [];
  page.on('request', (request) => {
    const own = request.url().startsWith(park.url) || /^(blob|data):/.test(request.url());
    if (!own) faults.push(`asked ${request.url()}`);
  });
  page.on('pageerror', (error) => faults.push(`threw ${error.message}`));
  page.on('console', (message) => {
    if (message.text().includes('Content Security Policy')) faults.push(message.text());
  });
  await before?.(page);
  await page.goto(park.url + path);
  return { page, faults };
}

export async function drawn(page: Page): Promise<void> {
  await page.locator('[data-testid=map][data-drawn=true]').waitFor();
}

/** Share of the map's pixels that are, nearly, of a colour. */
export async function shareOf(page: Page, colour: [number, number, number]): Promise<number> {
  const picture = (await page.getByTestId('map').screenshot()).toString('base64');
  return page.evaluate(
    async ([data, [r, g, b]]) => {
      const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
      const bitmap = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
      const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
      const pen = canvas.getContext('2d');
      if (!pen) return 0;
      pen.drawImage(bitmap, 0, 0);
      const { data: px } = pen.getImageData(0, 0, bitmap.width, bitmap.height);
      let hits = 0;
      for (let i = 0; i < px.length; i += 4)
        if (Math.abs((px[i] ?? 0) - r) + Math.abs((px[i + 1] ?? 0) - g) + Math.abs((px[i + 2] ?? 0) - b) < 24)
          hits += 1;
      return hits / (px.length / 4);
    },
    [picture, colour] as [string, [number, number, number]],
  );
}
