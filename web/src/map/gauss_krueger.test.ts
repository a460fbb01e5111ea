import { expect, test } from 'vitest';
import { grid } from './gauss_krueger';

// By PROJ 9.1, EPSG:4326 to EPSG:4528, and its tmerc for a point far from the meridian.
test.each([
  [120.95, 31.1, 40, 40590636.1842, 3442449.5024],
  [121.3, 31.22, 40, 40623874.5489, 3456094.509],
  [118.6, 45, 40, 40389614.4134, 4985898.0877],
])('%f, %f', (lon, lat, zone, east, north) => {
  const found = grid(lon, lat);
  expect(found.zone).toBe(zone);
  expect(found.east).toBeCloseTo(east, 3);
  expect(found.north).toBeCloseTo(north, 3);
});
