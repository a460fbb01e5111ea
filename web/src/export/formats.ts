/** The files that the service makes of a plan, and what each may be asked with. */

import type { Bounds } from '../lib/types';

export type FormatId = 'shp' | 'gpkg' | 'geojson' | 'fgb' | 'folder';

export interface Format {
  id: FormatId;
  /** What people who use it call it, in any language. */
  name: string;
  extension: string;
  /** Whether coordinates may be asked for; GeoJSON is always in degrees, and the folder is as the plan wrote it. */
  crs: boolean;
  /** Whether the encoding of texts may be asked for. */
  encoding: boolean;
}

export const FORMATS: readonly Format[] = [
  { id: 'shp', name: 'Shapefile', extension: '.zip', crs: true, encoding: true },
  { id: 'gpkg', name: 'GeoPackage', extension: '.gpkg', crs: true, encoding: false },
  { id: 'geojson', name: 'GeoJSON', extension: '.zip', crs: false, encoding: false },
  { id: 'fgb', name: 'FlatGeobuf', extension: '.zip', crs: true, encoding: false },
  { id: 'folder', name: 'lianpian', extension: '.zip', crs: false, encoding: false },
];

export const ENCODINGS = ['UTF-8', 'GBK'] as const;
export type Encoding = (typeof ENCODINGS)[number];

export type CrsKind = 'degrees' | 'prefixed' | 'plain';

/** CGCS2000 where the park lies: degrees, and the 3-degree zone with and without its number before the easting. */
export function systems(bounds: Bounds): { kind: CrsKind; crs: string; zone: number }[] {
  const zone = Math.round((bounds[0] + bounds[2]) / 2 / 3);
  const degrees = { kind: 'degrees' as const, crs: 'EPSG:4490', zone };
  // EPSG has the 3-degree zones of CGCS2000 from 25 to 45 only.
  if (zone < 25 || zone > 45) return [degrees];
  return [
    { kind: 'prefixed', crs: `EPSG:${4488 + zone}`, zone },
    { kind: 'plain', crs: `EPSG:${4509 + zone}`, zone },
    degrees,
  ];
}

export interface Wish {
  format: FormatId;
  crs?: string;
  encoding?: Encoding;
}

/** What to ask the service for; what a format does not know is left out, since the service refuses it. */
export function wish(format: Format, crs: string, encoding: Encoding): Wish {
  return {
    format: format.id,
    ...(format.crs && crs ? { crs } : {}),
    ...(format.encoding ? { encoding } : {}),
  };
}

/** Bytes as people read them: a first figure and its unit. */
export function size(bytes: number): { value: number; unit: 'kB' | 'MB'; digits: number } {
  const kilo = bytes / 1000;
  if (kilo < 1000) return { value: Math.max(1, Math.round(kilo)), unit: 'kB', digits: 0 };
  return { value: kilo / 1000, unit: 'MB', digits: 1 };
}
