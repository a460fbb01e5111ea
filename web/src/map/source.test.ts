import { expect, test } from 'vitest';
import { boundsOf, onMap } from './source';

test('the bounds hold every ring of every part', () => {
  const square = (x: number, y: number) => [
    [
      [x, y],
      [x + 1, y],
      [x + 1, y + 1],
      [x, y],
    ],
  ];
  const feature = (coordinates: number[][][][]): GeoJSON.Feature => ({
    type: 'Feature',
    properties: {},
    geometry: { type: 'MultiPolygon', coordinates },
  });
  expect(boundsOf([feature([square(120, 30), square(122, 31)]), feature([square(119, 33)])])).toEqual([
    119, 30, 123, 34,
  ]);
});

test('what has no outline on the map is not drawn', () => {
  const ring: [number, number][] = [
    [0, 0],
    [1, 0],
    [1, 1],
    [0, 0],
  ];
  const feature = (geometry: { type: 'Polygon'; coordinates: [number, number][][] } | null) => ({
    type: 'Feature' as const,
    properties: { block: 1 },
    geometry,
  });
  const found = onMap({
    type: 'FeatureCollection',
    features: [feature(null), feature({ type: 'Polygon', coordinates: [ring] })],
  });
  expect(found.features).toEqual([feature({ type: 'Polygon', coordinates: [ring] })]);
});
