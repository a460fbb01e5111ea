import { expect, test } from 'vitest';
import type { ListedIssue } from '../lib/types';
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

test('a failure is taken apart, and systems are offered', () => {
  const said = explained(
    [
      'error: a.shp: it does not state its coordinate reference system (its coordinates: x 500000 to 500100)',
      '  because: no .prj',
      '  try: choose by the place the data should lie at:',
      '  try: --crs EPSG:4548 (CGCS2000 / 3-degree Gauss-Kruger CM 117E: the data would lie at 117.0000 E 31.1000 N)',
      '  try: --crs local:NAME (a city’s own grid in metres)',
      '  try: --encoding GBK',
      '  try: first exchange x and y',
    ].join('\n'),
  );
  expect(said.what).toMatch(/^a\.shp: it does not state/);
  expect(said.because).toEqual(['no .prj']);
  expect(said.candidates).toEqual([
    { crs: 'EPSG:4548', place: { name: 'CGCS2000 / 3-degree Gauss-Kruger CM 117E', lon: 117, lat: 31.1 } },
    { crs: 'local:own', place: null },
  ]);
  expect(said.system).toBe(true);
  expect(said.hints).toEqual(['first exchange x and y']);
  expect(explained('plain')).toEqual({
    what: 'plain',
    because: [],
    hints: [],
    candidates: [],
    system: false,
  });
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
  const at = (crs: string, lon: number) => ({ crs, place: { name: 'zone', lon, lat: 31.1 } });
  const some = [at('a', 78), at('b', 114), at('c', 120), { crs: 'local:own', place: null }];
  expect(closestFirst(some, 121.2).map((c) => c.crs)).toEqual(['c', 'b', 'a', 'local:own']);
  expect(closestFirst(some, null)).toEqual(some);
});
