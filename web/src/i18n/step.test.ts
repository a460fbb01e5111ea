import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { zh } from './zh';

/** Steps of commands that the service does not run. */
const ELSEWHERE = ['streets and lots', 'zone and firms', 'order', 'uncapped'];

function steps(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.rs'))
    .flatMap((name) => [...readFileSync(join(folder, name), 'utf8').matchAll(/monitor\.step\("([^"]+)"/g)])
    .map((found) => found[1] ?? '');
}

test('every step that a job can be at has words', () => {
  const root = join(import.meta.dirname, '../../..');
  const named = new Set([...steps(join(root, 'src')), ...steps(join(root, 'parcels/src'))]);
  expect(named.size).toBeGreaterThan(10);
  const missing = [...named].filter((step) => !(step in zh.step) && !ELSEWHERE.includes(step));
  expect(missing).toEqual([]);
});
