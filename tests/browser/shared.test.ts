import { afterAll, beforeAll, expect, test } from 'vitest';
import { violations } from './axe';
import { ask, drawn, opened, type Park, planned, SET_ASIDE, twoLayers } from './park';

const SLOW = 180_000;

let there: Park;
beforeAll(async () => {
  there = await twoLayers(60);
  await planned(there.url, 1);
}, SLOW);
afterAll(() => there?.end());

interface Compared {
  in_all: number;
  differ: number[];
  scenarios: { title: string; besides: number; common_m2: number; common_transfers: { in: number; out: number } }[];
}

test.each([
  ['zh', '双方共有', '另有'],
  ['en', 'parcels are in both', 'more ('],
])(
  'scenarios of different layers are held against each other by the parcels of both (%s)',
  async (language, both, more) => {
    const { page, faults } = await opened(there, '/?scenario=1&tab=scenarios', language);
    await drawn(page);
    const said = await ask<Compared>(`${there.url}/api/v1/compare?scenarios=1,2`);
    const [ours, theirs] = said.scenarios;
    expect(said.differ.length).toBeGreaterThan(0);
    expect([ours?.besides, theirs?.besides]).toEqual([SET_ASIDE, 0]);

    await page.getByTestId('compare-2').click();
    const words = page.getByTestId('shared-words');
    await words.waitFor();
    const text = await words.textContent();
    for (const part of [both, String(said.in_all), String(said.differ.length)]) expect(text).toContain(part);
    // Only one of them has parcels that the other lacks.
    expect(await page.getByTestId('besides').count()).toBe(1);
    const besides = await page.getByTestId('besides').textContent();
    for (const part of ['All parcels', String(SET_ASIDE), more]) expect(besides).toContain(part);
    const [shared] = await page.getByTestId('shared').locator('tbody').all();
    const figures = await shared
      ?.locator('tr')
      .evaluateAll((rows) =>
        rows.slice(1).map((row) => [...row.querySelectorAll('td')].map((cell) => cell.textContent)),
      );
    const ha = (m2?: number) => ((m2 ?? 0) / 10_000).toFixed(2);
    expect(figures?.[0]).toEqual([said.in_all, said.in_all].map((n) => n.toLocaleString('en-GB')));
    expect(figures?.[1]).toEqual([ha(ours?.common_m2), ha(theirs?.common_m2)]);
    const moves = [ours, theirs].map((one) => one?.common_transfers);
    expect(figures?.slice(3)).toEqual([moves.map((m) => String(m?.in)), moves.map((m) => String(m?.out))]);
    expect(await violations(page, 'shared')).toEqual([]);

    // Those that differ are shown where they are.
    await page.getByTestId('mark-differing').click();
    const selected = () => new URL(page.url()).searchParams.get('sel')?.split(',').map(Number) ?? [];
    await expect.poll(selected).toEqual(said.differ);
    // Both layers are drawn, each with its own parcels.
    expect(await page.getByTestId('map').locator('canvas').count()).toBe(2);
    await page.getByTestId('end-compare').click();
    await page.getByTestId('shared').waitFor({ state: 'detached' });
    expect(faults).toEqual([]);
    await page.context().close();
  },
  SLOW,
);
