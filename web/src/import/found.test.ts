import { expect, test } from 'vitest';
import { missingShare } from './found';

test('the share of what is missing', () => {
  const column = { name: 'a', kind: 'text', filled: 3, distinct: 3, samples: [], guess: null } as const;
  expect(missingShare({ ...column, samples: [] }, 4)).toBe(0.25);
  expect(missingShare({ ...column, samples: [] }, 3)).toBeNull();
  expect(missingShare({ ...column, samples: [] }, 0)).toBeNull();
});
