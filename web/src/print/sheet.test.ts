import { expect, test } from 'vitest';
import { frame, metresPerPixel, PAPERS, PX_PER_MM, placed, roundUp, shrink, zoomAt } from './sheet';

test('a scale is what a ruler finds: 100 m at 1:5000 are 20 mm', () => {
  expect(20 * PX_PER_MM * metresPerPixel(5000)).toBeCloseTo(100, 9);
});

test('a degree of longitude and of latitude at 31° N are as long as the ellipsoid has them, within a third of a percent', () => {
  const mercator = (6_378_137 * Math.PI) / 180;
  const metres = shrink(31) * mercator;
  expect(Math.abs(metres / 95_504 - 1)).toBeLessThan(0.003);
  const meridian = (metres * 1) / Math.cos((31 * Math.PI) / 180);
  expect(Math.abs(meridian / 110_863 - 1)).toBeLessThan(0.003);
  expect(zoomAt(10_000, 31) - zoomAt(20_000, 31)).toBeCloseTo(1, 9);
});

test('a place fits its frame at a speakable scale, and would not at a much larger one', () => {
  const within = frame('A4');
  const { camera, denominator } = placed([121.0, 31.1, 121.2, 31.2], within);
  const metres = { width: (within.width * denominator) / 1000, height: (within.height * denominator) / 1000 };
  expect(metres.width).toBeGreaterThan(19_080);
  expect(metres.height).toBeGreaterThan(11_090);
  expect(denominator).toBe(roundUp(denominator));
  expect(Math.min(metres.width / 19_080, metres.height / 11_090)).toBeLessThan(1.2);
  expect(camera.lon).toBeCloseTo(121.1, 9);
  expect(placed([121, 31, 121, 31], within).denominator).toBeGreaterThan(0);
});

test('scales are rounded to two figures, upwards', () => {
  expect([10_001, 12_000, 99_100, 7, 4_990].map(roundUp)).toEqual([11_000, 12_000, 100_000, 7, 5000]);
});

test('the larger paper has the larger map, and both leave room for the rest', () => {
  for (const paper of ['A4', 'A3'] as const) {
    expect(frame(paper).width).toBeGreaterThan(PAPERS[paper].width * 0.6);
    expect(frame(paper).height).toBeGreaterThan(PAPERS[paper].height * 0.6);
  }
  expect(frame('A3').width).toBeGreaterThan(frame('A4').width);
});
