import { defineConfig } from 'vitest/config';

// Run from `web/`, whose packages it uses: `npm run browser`. One project, one browser, one test after the other.
export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ['*.test.ts'],
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 180_000,
    // What a machine is slow to do is no mistake.
    expect: { poll: { timeout: 10_000 } },
  },
});
