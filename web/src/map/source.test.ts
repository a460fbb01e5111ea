import { expect, test } from 'vitest';
import { boundsOf } from './source';

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
