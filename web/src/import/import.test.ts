import { expect, test } from 'vitest';
import type { ListedIssue, Told } from '../lib/types';
import { closestFirst, explained } from './failure';
import { mains, missing, titleOf } from './files';
import { kinds } from './issues';

test('the parcels are looked for where they are likeliest to be', () => {
  const names = ['企业.csv', '地块.prj', '其他.ZIP', '地块.DBF', '地块.SHP', 'a.geojson.gz'];
  expect(mains(names)).toEqual(['地块.SHP', 'a.geojson.gz', '其他.ZIP']);
  expect(mains(['企业.csv', 'a.dbf'])).toEqual([]);
  expect(missing('地块.SHP', names)).toEqual(['.shx']);
  expect(missing('a.shp', ['a.shp', 'A.SHX', 'a.Dbf'])).toEqual(['.prj']);
  expect(missing('a.gpkg', ['a.gpkg'])).toEqual([]);
});

test('a title is the name without endings', () => {
  expect(['地块.shp', 'a.b.gpkg', 'x.geojson.gz', 'x.json', 'plain'].map(titleOf)).toEqual([
    '地块',
    'a.b',
    'x',
    'x',
    'plain',
  ]);
});

const told = (code: string, params: Told['params'] = {}): Told => ({ code, params, zh: `${code} 中文`, en: code });

test('a failure is taken apart, and systems are offered', () => {
  const lon = { number: { value: 117, digits: 4 } };
  const at = (side: string) => ({ message: { code: `place-north-${side}`, params: { lon } } });
  const zone = told('crs-candidate', { crs: { text: 'EPSG:4548' }, at: at('east') });
  const west = told('crs-candidate-exchanged', { crs: { text: 'yx:EPSG:32611' }, at: at('west') });
  const local = told('crs-candidate-local');
  const because = [told('as-said')];
  const hints = [told('choose-by-place'), zone, west, local, told('another-crs')];
  const failure = explained({ ...told('crs-refused-not-stated'), because, hints });
  expect(failure.what.en).toBe('crs-refused-not-stated');
  expect(failure.because).toEqual(because);
  expect(failure.candidates).toEqual([
    { crs: 'EPSG:4548', told: zone, lon: 117 },
    { crs: 'yx:EPSG:32611', told: west, lon: -117 },
    { crs: 'local:own', told: local, lon: null },
  ]);
  expect(failure.system).toBe(true);
  expect(failure.hints).toEqual([told('another-crs')]);
  expect(explained({ ...told('file-empty'), because: [], hints: [] }).system).toBe(false);
});

test('issues are told by kind, the worst first, and all are counted', () => {
  const issue = (kind: string, severity: ListedIssue['severity']) => ({ kind, severity }) as ListedIssue;
  const issues = [issue('overlap', 'error'), issue('holes', 'note'), issue('overlap', 'warning')];
  const found = kinds({ issues, issue_counts: { holes: 1, curves: 9, overlap: 2 } });
  expect(found.map((k) => [k.kind, k.severity, k.count, k.listed.map((l) => l.at)])).toEqual([
    ['overlap', 'error', 2, [0, 2]],
    ['curves', 'note', 9, []],
    ['holes', 'note', 1, [1]],
  ]);
});

test('of the systems that would fit, that of the place where the project lies comes first', () => {
  const at = (crs: string, lon: number | null) => ({ crs, told: { zh: '带', en: 'zone' }, lon });
  const some = [at('a', 78), at('b', 114), at('c', 120), at('local:own', null)];
  expect(closestFirst(some, 121.2).map((c) => c.crs)).toEqual(['c', 'b', 'a', 'local:own']);
  expect(closestFirst(some, null)).toEqual(some);
});
