/** Where things stand on the printed sheet, and at what scale. Pure; millimetres unless said otherwise. */

import type { Bounds } from '../lib/types';
import type { Camera } from '../map/map';

export const PAPERS = {
  A4: { width: 297, height: 210, side: 64 },
  A3: { width: 420, height: 297, side: 82 },
} as const;
export type Paper = keyof typeof PAPERS;

export const MARGIN = 10;
export const GAP = 4;
export const HEAD = 15;
export const FOOT = 9;

export const SCALES = [2000, 5000, 10_000, 25_000, 50_000, 100_000] as const;

/** CSS pixels in a millimetre: 96 in an inch. */
export const PX_PER_MM = 96 / 25.4;
/** Dots that a pixel of the sheet gets; 3 is 288 dpi. On A3 2.5, so that office graphics still hold the picture. */
export const DENSITY: Record<Paper, number> = { A4: 3, A3: 2.5 };

/** The map's place: what title, side and foot leave of the paper. */
export function frame(paper: Paper): { width: number; height: number } {
  const { width, height, side } = PAPERS[paper];
  return { width: width - 2 * MARGIN - side - GAP, height: height - 2 * MARGIN - HEAD - FOOT - 2 * GAP };
}

const A = 6_378_137;
const E2 = 0.006_694_38;
const TILE = 512;
const rad = (degrees: number) => (degrees * Math.PI) / 180;

/**
 * Metres on the ground for a metre of Web Mercator: the mean of both directions on the ellipsoid, which differ by half a
 * percent. The sphere that maps on screen reckon with is off by a fifth of a percent, which a ruler on A3 can show.
 */
export function shrink(lat: number): number {
  const bulge = 1 - E2 * Math.sin(rad(lat)) ** 2;
  const eastward = Math.cos(rad(lat)) / Math.sqrt(bulge);
  const northward = ((1 - E2) / bulge ** 1.5) * Math.cos(rad(lat));
  return Math.sqrt(eastward * northward);
}

/** Metres that a CSS pixel shows at a scale. */
export const metresPerPixel = (denominator: number): number => denominator / 1000 / PX_PER_MM;

/** The map's zoom that shows a scale. */
export function zoomAt(denominator: number, lat: number): number {
  return Math.log2((2 * Math.PI * A * shrink(lat)) / (TILE * metresPerPixel(denominator)));
}

const north = (lat: number) => Math.asinh(Math.tan(rad(lat))) * A;
const latOf = (y: number) => (Math.atan(Math.sinh(y / A)) * 180) / Math.PI;

/** Two figures at most, never smaller: a scale that people can say. */
export function roundUp(denominator: number): number {
  const step = 10 ** Math.max(0, Math.floor(Math.log10(denominator)) - 1);
  return Math.ceil(denominator / step - 1e-9) * step;
}

/** The middle of a place, and the largest speakable scale at which all of it fits the frame with a little air. */
export function placed(
  bounds: Bounds,
  within: { width: number; height: number },
): { camera: Camera; denominator: number } {
  const [west, south, east, top] = bounds;
  const [low, high] = [north(south), north(top)];
  const [lon, lat] = [(west + east) / 2, latOf((low + high) / 2)];
  const wide = rad(east - west) * A * shrink(lat);
  const tall = (high - low) * shrink(lat);
  const needed = (Math.max(wide / within.width, tall / within.height, 1) * 1000) / 0.94;
  const denominator = roundUp(needed);
  return { camera: { lon, lat, zoom: zoomAt(denominator, lat) }, denominator };
}

/** A place at a given scale. */
export function at(lon: number, lat: number, denominator: number): Camera {
  return { lon, lat, zoom: zoomAt(denominator, lat) };
}
