import { readFile } from 'node:fs/promises';
import openapiTS, { astToString } from 'openapi-typescript';
import { expect, test } from 'vitest';

test('the generated types are those of the service’s description; `npm run schema` makes them anew', async () => {
  const description = new URL('../../../tests/serve/api.json', import.meta.url);
  const generated = astToString(await openapiTS(description, { arrayLength: true, defaultNonNullable: false }));
  const kept = await readFile(new URL('./schema.d.ts', import.meta.url), 'utf8');
  expect(kept.replace(/^\/\*\*[\s\S]*?\*\/\s*/, '').trim()).toBe(generated.trim());
});
