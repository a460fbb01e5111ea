/** Longitude and latitude as people read them, on either side of Greenwich and the equator. */

import type { Dictionary } from '../i18n/zh';

export function lonText(t: Dictionary, lon: number, digits: number): string {
  return (lon < 0 ? t.degrees.west : t.degrees.east)(Math.abs(lon).toFixed(digits));
}

export function latText(t: Dictionary, lat: number, digits: number): string {
  return (lat < 0 ? t.degrees.south : t.degrees.north)(Math.abs(lat).toFixed(digits));
}
