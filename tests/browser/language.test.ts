import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { brokenFile, type Folder, firmTable, folder, shapefile, tangle, withoutSystem } from './files';
import { ask, drawn, opened, type Park, park, planned } from './park';

/** What a browser and a service that share a slow machine may take. */
const SLOW = 300_000;
const SOON = { timeout: 60_000 };

type Language = 'zh' | 'en';
const other = (language: Language): Language => (language === 'zh' ? 'en' : 'zh');

let there: Park;
let files: Folder;
beforeAll(async () => {
  files = folder();
  there = await park(60);
  await planned(there.url);
});
afterAll(async () => {
  files?.end();
  await there?.end();
});

/** Members of answers that hold names, units and other people's words, which are the same in every language. */
const NAMES = new Set([
  'title',
  'name',
  'parcel',
  'sub_park',
  'sub_parks',
  'unit',
  'firms',
  'samples',
  'text',
  'layer',
  'by',
  'user',
  'encoding',
]);

function gather(json: unknown, into: Set<string>, named = false): void {
  if (typeof json === 'string') {
    if (named && json.trim()) into.add(json);
  } else if (Array.isArray(json)) for (const one of json) gather(one, into, named);
  else if (json !== null && typeof json === 'object')
    for (const [key, value] of Object.entries(json)) gather(value, into, NAMES.has(key));
}

/** All names that may stand on the page, the longest first. */
async function names(): Promise<string[]> {
  const found = new Set<string>();
  const get = async <T>(path: string): Promise<T> => {
    const answer = await ask<T>(there.url + path);
    gather(answer, found);
    return answer;
  };
  for (const path of ['config', 'project', 'layers', 'scenarios', 'plans/1/transfers', 'plans/1/sub-parks'])
    await get(`/api/v1/${path}`);
  await get('/api/v1/scenarios/1/parcels');
  for (const { id } of await get<{ id: number }[]>('/api/v1/jobs')) await get(`/api/v1/jobs/${id}`);
  return [...found].sort((a, b) => b.length - a.length);
}

/** Everything that is written on the page, and that is read out of it. */
function said(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const own = (element: Element) => !element.closest('[data-testid=language], [data-testid=draft]');
    const attributes = ['aria-label', 'title', 'placeholder', 'alt'];
    const hidden = [...document.querySelectorAll(attributes.map((name) => `[${name}]`).join(','))]
      .filter(own)
      .flatMap((element) => attributes.map((name) => element.getAttribute(name) ?? ''));
    // What switches the language is called what the other language calls itself; a letter in the legend stands for letters.
    const pictures = [...document.querySelectorAll<HTMLElement>('[data-testid=language], .glyph')];
    for (const picture of pictures) picture.style.visibility = 'hidden';
    const lines = document.body.innerText.split('\n');
    for (const picture of pictures) picture.style.visibility = '';
    return [...lines, ...hidden].map((line) => line.trim()).filter((line) => line !== '');
  });
}

/** An ideograph; more than three Latin words in a row. */
const FOREIGN: Record<Language, RegExp> = {
  en: /[\u3400-\u9fff]/,
  zh: /[A-Za-z]{2,}(?:[\s,;:’'-]+[A-Za-z]+){3,}/,
};

function foreign(lines: readonly string[], language: Language, known: readonly string[]): string[] {
  const bare = (line: string) => known.reduce((text, name) => text.replaceAll(name, '·'), line);
  return lines.filter((line) => FOREIGN[language].test(line) && FOREIGN[language].test(bare(line)));
}

/** What is open and speaks another language than the page: as it was opened, after a switch, and after another back. */
async function amiss(page: Page, language: Language, where: string): Promise<string[]> {
  const wrong: string[] = [];
  for (const [nth, now] of [language, other(language), language].entries()) {
    if (nth > 0) await page.getByTestId('language').click();
    await page.locator(`html[lang^=${now}]`).waitFor();
    const known = await names();
    wrong.push(...foreign(await said(page), now, known).map((line) => `${where}, ${now}: ${line}`));
  }
  return wrong;
}

test.each<Language>(['zh', 'en'])(
  'a switch of the language switches all that is open (opened in %s)',
  async (language) => {
    const { page, faults } = await opened(there, '/', language);
    const wrong: string[] = [];
    // A reload would forget this.
    await page.evaluate(() => Object.assign(window, { here: true }));
    await drawn(page);

    await page.getByTestId('row').first().click();
    await page.locator('[data-testid=card][data-fid]').waitFor();
    expect(await page.getByTestId('reasons').locator('li').count()).toBeGreaterThan(1);
    wrong.push(...(await amiss(page, language, 'reasons')));
    await page.getByTestId('card-close').click();
    await page.getByTestId('show-swaps').click();
    wrong.push(...(await amiss(page, language, 'swaps')));

    await page.getByTestId('tab-policy').click();
    await page.getByTestId('slider-lambda').focus();
    await page.keyboard.press('End');
    await page.getByTestId('binding').waitFor(SOON);
    wrong.push(...(await amiss(page, language, 'constraints')));
    await page.getByTestId('policy-reset').click();

    await page.getByTestId('tab-scenarios').click();
    await page.getByTestId('compare-now').click();
    await page.getByTestId('comparison').waitFor();
    wrong.push(...(await amiss(page, language, 'comparison')));
    await page.getByTestId('end-compare').click();
    await page.getByTestId('duplicate-1').click();
    await page.getByTestId('notices').locator('p').first().waitFor();
    // The copy is called what the language called it then, which is a name from now on.
    wrong.push(...(await amiss(page, language, 'notice')));
    await page.getByTestId('scenario').selectOption('1');
    for (const tab of ['subparks', 'years']) {
      await page.getByTestId(`tab-${tab}`).click();
      await page.locator('#panel table').first().waitFor(SOON);
      wrong.push(...(await amiss(page, language, tab)));
    }

    await page.getByTestId('tab-export').click();
    await page.getByTestId('export-encoding').selectOption('GBK');
    await page.getByTestId('make-shp').click();
    await page.locator('[data-testid=format-shp][data-state=done]').waitFor(SOON);
    expect(await page.getByTestId('format-shp').locator('.warnings li').count()).toBeGreaterThan(0);
    wrong.push(...(await amiss(page, language, 'warnings of an export')));

    expect(await page.evaluate(() => 'here' in window)).toBe(true);
    expect(wrong).toEqual([]);
    expect(faults).toEqual([]);
    await page.context().close();
  },
  SLOW,
);

test.each<Language>(['zh', 'en'])(
  'so it does while files come in (opened in %s)',
  async (language) => {
    const { page, faults } = await opened(there, '/?tab=import', language);
    const wrong: string[] = [];
    await page.evaluate(() => Object.assign(window, { here: true }));
    await page.getByTestId('file-input').setInputFiles(tangle(files));
    await page.getByTestId('check-files').click();
    const step = page.getByTestId('import-progress').locator('span');
    await page.locator('[data-testid=import][data-stage=checking]').waitFor(SOON);
    await expect.poll(() => step.textContent(), SOON).toMatch(/检查图形|checking shapes/i);
    wrong.push(...(await amiss(page, language, 'step of a job')));
    await page.getByTestId('import-stop').click();
    await page.locator('[data-testid=import][data-stage=files]').waitFor(SOON);

    for (const [where, chosen] of [
      ['refused', brokenFile(files)],
      ['unknown system', withoutSystem(files)],
    ] as const) {
      await page.getByTestId('import-restart').click();
      await page.getByTestId('file-input').setInputFiles(chosen);
      await page.getByTestId('check-files').click();
      await page.getByTestId('import-failure').waitFor(SOON);
      wrong.push(...(await amiss(page, language, where)));
    }

    await page.getByTestId('import-restart').click();
    await page.getByTestId('file-input').setInputFiles([...shapefile(files, 12), firmTable(files, 12)]);
    await page.getByTestId('check-files').click();
    await page.locator('[data-testid=import][data-stage=checked]').waitFor(SOON);
    for (const kind of await page.locator('[data-testid^=kind-]').all()) {
      await kind.click();
      await page.getByTestId('issue').first().waitFor();
      wrong.push(...(await amiss(page, language, `report, ${await kind.getAttribute('data-testid')}`)));
    }
    expect(await page.evaluate(() => 'here' in window)).toBe(true);
    expect(wrong).toEqual([]);
    expect(faults).toEqual([]);
    await page.context().close();
  },
  SLOW,
);

test('what would be left in another language is noticed', () => {
  expect(foreign(['The plan moves three parcels'], 'zh', [])).toHaveLength(1);
  expect(foreign(['方案 3 宗', 'Shapefile、GeoPackage、GeoJSON', 'CGCS2000 / zone 40'], 'zh', [])).toEqual([]);
  expect(foreign(['Block 3：区块'], 'en', [])).toHaveLength(1);
  expect(foreign(['“青浦” has 3 blocks'], 'en', ['青浦'])).toEqual([]);
  const found = new Set<string>();
  gather({ scenarios: [{ title: 'A', note: 'B', policy: { name: 'C' } }], sub_parks: ['D', 'E'] }, found);
  expect([...found]).toEqual(['A', 'C', 'D', 'E']);
});
