import { expect, test } from 'vitest';
import { FORMATS, size, systems, wish } from './formats';

const of = (id: string) => {
  const format = FORMATS.find((f) => f.id === id);
  if (!format) throw new Error(id);
  return format;
};

test('the grids offered are those of the zone that the park lies in', () => {
  const qingpu = systems([121.0, 31.1, 121.2, 31.2]);
  expect(qingpu.map((s) => s.crs)).toEqual(['EPSG:4528', 'EPSG:4549', 'EPSG:4490']);
  expect(qingpu[0]?.zone).toBe(40);
  expect(systems([122, 31, 122.2, 31.2])[0]?.crs).toBe('EPSG:4529');
  expect(systems([-71.2, 42.3, -71, 42.4]).map((s) => s.crs)).toEqual(['EPSG:4490']);
});

test('a format is asked only for what it knows', () => {
  expect(wish(of('shp'), 'EPSG:4528', 'GBK')).toEqual({ format: 'shp', crs: 'EPSG:4528', encoding: 'GBK' });
  expect(wish(of('gpkg'), 'EPSG:4528', 'GBK')).toEqual({ format: 'gpkg', crs: 'EPSG:4528' });
  expect(wish(of('geojson'), 'EPSG:4528', 'GBK')).toEqual({ format: 'geojson' });
  expect(wish(of('folder'), 'EPSG:4528', 'GBK')).toEqual({ format: 'folder' });
  expect(wish(of('fgb'), '', 'UTF-8')).toEqual({ format: 'fgb' });
});

test('sizes have a unit that suits them', () => {
  expect(size(12)).toEqual({ value: 1, unit: 'kB', digits: 0 });
  expect(size(345_678)).toEqual({ value: 346, unit: 'kB', digits: 0 });
  expect(size(2_340_000)).toEqual({ value: 2.34, unit: 'MB', digits: 1 });
});
