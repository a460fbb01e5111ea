import { afterAll, beforeAll, expect, test } from 'vitest';
import { violations } from './axe';
import { type Folder, folder } from './files';
import { decimalCommas, type Messy, mergedCells, PARCELS, parcelsFile } from './messy';
import { ask, drawn, opened, type Park, park } from './park';

/** What a browser and a service that share a slow machine may take. */
const SLOW = 180_000;
const SOON = { timeout: 60_000 };

let there: Park;
let files: Folder;
beforeAll(async () => {
  there = await park(60);
  files = folder();
});
afterAll(async () => {
  files?.end();
  await there?.end();
});

interface Words {
  kinds: [text: string, number: string];
  code: string;
  figure: string;
  byName: string;
  assumed: RegExp;
}
const WORDS: Record<'zh' | 'en', Words> = {
  zh: {
    kinds: ['文本', '数字'],
    code: '宗地代码',
    figure: '可用于评分的数值',
    byName: '依据名称',
    assumed: /[㐀-鿿]{4}/,
  },
  en: {
    kinds: ['text', 'numbers'],
    code: 'parcel code',
    figure: 'figure to score by',
    byName: 'by its name',
    assumed: /[a-z]{2,} [a-z]{2,}/,
  },
};

// Each park lies elsewhere: the same parcels would be the same layer.
test.each<['zh' | 'en', string, (within: Folder) => Messy, number]>([
  ['zh', 'merged cells', mergedCells, 121.1],
  ['en', 'decimal commas', decimalCommas, 121.2],
])(
  'somebody’s own files become a scenario that plans (%s, %s)',
  async (language, title, made, west) => {
    const { page, faults } = await opened(there, '/?tab=import', language);
    const words = WORDS[language];
    const table = made(files);
    await page.getByTestId('file-input').setInputFiles([parcelsFile(files, west), table.path]);
    await page.getByTestId('check-files').click();
    await page.locator('[data-testid=import][data-stage=checked]').waitFor(SOON);

    // What is in the columns, and what they are taken for and why: of the parcels, then of the table.
    const [parcels, firms] = [page.getByTestId('found-in').nth(0), page.getByTestId('found-in').nth(1)];
    const cells = async (of: typeof parcels, column: string) =>
      of
        .getByTestId('found-column')
        .filter({ has: page.getByRole('rowheader', { name: column, exact: true }) })
        .locator('td')
        .allTextContents();
    const code = await cells(parcels, '宗地代码');
    expect(code.slice(0, 2)).toEqual([words.kinds[0], '']);
    expect(code[2]).toContain('青浦-1');
    expect(code[3]).toContain(words.code);
    expect(code[3]).toContain(words.byName);
    expect((await cells(parcels, '备注'))[1]).toBe('50.0%');
    const figure = await cells(firms, table.figure);
    expect([figure[0], figure[1]]).toEqual([words.kinds[1], '']);
    expect(figure[2]).toContain('10.5');
    expect(figure[3]).toContain(words.figure);

    // What is taken for granted is said, and the policy can be read.
    const draft = page.getByTestId('draft');
    await page.getByTestId('found').locator('summary').click();
    expect(await draft.textContent()).toMatch(/^registered_area = "宗地面积"/m);
    const found = await violations(page, 'found');
    const assumed = await page.getByTestId('assumed').locator('li').allTextContents();
    expect(assumed.length).toBeGreaterThan(2);
    for (const one of assumed) expect(one).toMatch(words.assumed);

    // The area is not to be held against the registered one, after all: the draft follows.
    await page.getByTestId('use-draft').check();
    await page.getByTestId('column-registered_area').selectOption('');
    expect(await page.getByTestId('import-run').isDisabled()).toBe(true);
    await page.getByTestId('check-again').click();
    await page.getByTestId('remapped').waitFor({ state: 'detached', ...SOON });
    await page.locator('[data-testid=import][data-stage=checked]').waitFor(SOON);
    expect(await draft.textContent()).not.toMatch(/^registered_area = /m);
    expect(await page.getByTestId('use-draft').isChecked()).toBe(true);
    found.push(...(await violations(page, 'corrected')));
    expect(found).toEqual([]);

    await page.getByTestId('import-title').fill(title);
    await page.getByTestId('import-run').click();
    await page.getByTestId('import-done').waitFor(SOON);
    await page.getByTestId('import-open').click();
    await page.getByTestId('first-plan').click(SOON);
    await page.getByTestId('status').waitFor({ timeout: 120_000 });
    await drawn(page);

    // The figure that the score is made of is the sum over the firms of each parcel, to the last decimal.
    const scenarios = await ask<{ id: number; title: string }[]>(`${there.url}/api/v1/scenarios`);
    const id = scenarios.find((scenario) => scenario.title === title)?.id;
    const { area_m2, indicators } = await ask<{ area_m2: number[]; indicators: { id: string; zh: string }[] }>(
      `${there.url}/api/v1/scenarios/${id}/parcels`,
    );
    const scored = indicators.find((one) => one.zh === table.figure);
    const { raw } = await ask<{ raw: (number | null)[] }>(
      `${there.url}/api/v1/scenarios/${id}/indicators/${scored?.id}`,
    );
    expect(raw.length).toBe(PARCELS);
    for (const [at, m2] of area_m2.entries()) {
      const card = await ask<{ parcel: string }>(`${there.url}/api/v1/scenarios/${id}/parcels/${at + 1}`);
      expect(((raw[at] ?? 0) * m2) / 10_000, card.parcel).toBeCloseTo(table.sums.get(card.parcel) ?? -1, 1);
    }
    expect(faults).toEqual([]);
    await page.context().close();
  },
  SLOW,
);
