import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const SOURCES = import.meta.dirname;
/** What looks for a pattern in a text: a regular expression, or one of the verbs of strings. */
const LOOKS =
  /(?:\breturn|[=(,?:&|!])\s*\/(?![/*])(?:[^/\\\n]|\\.)+\/[dgimsuvy]*[.,;)]|\bRegExp\b|\.(?:startsWith|endsWith|includes)\('[^']*'\)/;

/** The files that do, each with what it looks at, none of which is a sentence of the service. */
const KNOWN = {
  'app/url.ts': 'numbers in the address',
  'i18n/index.svelte.ts': 'tags of languages',
  'import/OtherSystem.svelte': 'a code that somebody typed',
  'import/failure.ts': 'codes of messages',
  'import/files.ts': 'names of files',
  'map/Legend.svelte': 'values of a choice',
  'policy/change.ts': 'a rule as a policy writes it',
  'print/Paper.svelte': 'a code of a coordinate system',
  'subparks/rows.ts': 'names of sub-parks, to sort them',
};

function looking(): string[] {
  const files = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' });
  const own = files.filter((file) => /\.(ts|svelte)$/.test(file) && !/(\.test|\.d)\.ts$/.test(file));
  return own.filter((file) => LOOKS.test(readFileSync(join(SOURCES, file), 'utf8'))).sort();
}

test('a pattern is looked for in nothing that the service says to people', () => {
  for (const found of [
    'if (/states (\\d+)/.test(why))',
    "new RegExp('x')",
    "text.startsWith('the')",
    'a = /x/u.exec(b)',
  ])
    expect(LOOKS.test(found), found).toBe(true);
  expect(LOOKS.test('a / b; // no / pattern')).toBe(false);
  expect(looking()).toEqual(Object.keys(KNOWN));
});
