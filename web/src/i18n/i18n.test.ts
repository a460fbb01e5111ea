import { expect, test } from 'vitest';
import { en } from './en';
import { firstLanguage } from './index.svelte';
import { zh } from './zh';

type Entry = string | ((...args: never[]) => string) | Entry[] | { [key: string]: Entry };

function leaves(entry: Entry, path = ''): Map<string, string | ((...args: never[]) => string)> {
  if (typeof entry === 'string' || typeof entry === 'function') return new Map([[path, entry]]);
  return new Map(Object.entries(entry).flatMap(([key, value]) => [...leaves(value, `${path}.${key}`)]));
}

test('both dictionaries have the same entries of the same kind, none empty', () => {
  const [chinese, english] = [leaves(zh), leaves(en)];
  expect([...english.keys()]).toEqual([...chinese.keys()]);
  for (const [key, value] of chinese) {
    const other = english.get(key);
    expect(typeof other, key).toBe(typeof value);
    if (typeof value === 'function') expect((other as typeof value).length, key).toBeLessThanOrEqual(value.length);
    else expect(value && other, key).toBeTruthy();
  }
});

test('Chinese is Chinese, English is not', () => {
  const ideograph = /[㐀-鿿]/;
  for (const [key, value] of leaves(en)) {
    if (key === '.app.languageSwitch') continue;
    if (typeof value === 'string') expect(value, key).not.toMatch(ideograph);
  }
  const same = [...leaves(zh)].filter(([key, value]) => typeof value === 'string' && leaves(en).get(key) === value);
  expect(same.map(([key]) => key)).toEqual(['.unit.percent']);
});

test('the language asked for goes before the kept one, that before the browser’s', () => {
  expect(firstLanguage('en', 'zh', ['zh-CN'])).toBe('en');
  expect(firstLanguage('fr', 'zh', ['en'])).toBe('zh');
  expect(firstLanguage(null, null, ['de', 'zh-TW'])).toBe('zh');
  expect(firstLanguage(null, null, ['de'])).toBe('en');
});
