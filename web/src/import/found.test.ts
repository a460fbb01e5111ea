import { expect, test } from 'vitest';
import { found, missingShare, said } from './found';

test('every assumption is said in both languages, with the same parameters', () => {
  const codes = Object.keys(found.en.assumed).sort();
  expect(Object.keys(found.zh.assumed).sort()).toEqual(codes);
  for (const code of codes) {
    const asked = { zh: new Set<string>(), en: new Set<string>() };
    for (const language of ['zh', 'en'] as const) {
      const params = new Proxy({} as Record<string, string>, {
        get: (_, key) => {
          asked[language].add(String(key));
          return 'x';
        },
      });
      expect(said({ code, params, text: '' }, language)).not.toBe('');
    }
    expect(asked.zh, code).toEqual(asked.en);
  }
  expect(said({ code: 'of another version', params: {}, text: 'as it is' }, 'zh')).toBe('as it is');
});

test('the share of what is missing', () => {
  const column = { name: 'a', kind: 'text', filled: 3, distinct: 3, samples: [], guess: null } as const;
  expect(missingShare({ ...column, samples: [] }, 4)).toBe(0.25);
  expect(missingShare({ ...column, samples: [] }, 3)).toBeNull();
  expect(missingShare({ ...column, samples: [] }, 0)).toBeNull();
});
