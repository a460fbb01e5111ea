/** Where a layer's geometry comes from. */

import { ask } from '../lib/api';
import type { Bounds } from '../lib/types';
import type { TileSource } from './map';

interface TileJson {
  tiles: string[];
  bounds: Bounds;
  minzoom: number;
  maxzoom: number;
  'lianpian:parcels_minzoom'?: number;
}

export async function tileSource(layer: string): Promise<TileSource> {
  const json = await ask<TileJson>(`/api/layers/${layer}/tiles.json`);
  return {
    // Addresses may be relative to the page; the template's braces stay as they are.
    tiles: json.tiles.map((url) => decodeURI(new URL(url, location.href).href)),
    bounds: json.bounds,
    minzoom: json.minzoom,
    maxzoom: json.maxzoom,
    parcelsMinzoom: json['lianpian:parcels_minzoom'] ?? json.minzoom,
  };
}
