/** Where a layer's geometry comes from: vector tiles, or all parcels at once where the service cuts none. */

import { api, Failure, follow } from '../lib/api';
import type { Areas, Bounds } from '../lib/types';
import type { TileSource } from './map';

interface Page extends GeoJSON.FeatureCollection {
  links: { rel: string; href: string }[];
}

export async function tileSource(layer: string): Promise<TileSource> {
  const json = await api.tiles(layer).catch((why: unknown) => {
    if (why instanceof Failure && why.status === 404) return null;
    throw why;
  });
  if (!json) return allParcels();
  return {
    // Addresses may be relative to the page; the template's braces stay as they are.
    tiles: json.tiles.map((url) => decodeURI(new URL(url, location.href).href)),
    bounds: json.bounds,
    minzoom: json.minzoom,
    maxzoom: json.maxzoom,
    parcelsMinzoom: json['lianpian:parcels_minzoom'] ?? json.minzoom,
    geojson: null,
  };
}

/** The parcels as OGC API – Features has them, page by page. */
async function allParcels(): Promise<TileSource> {
  const features: GeoJSON.Feature[] = [];
  let next: string | undefined = '/ogc/collections/parcels/items?limit=10000';
  while (next) {
    const page: Page = await follow<Page>(next);
    features.push(...page.features);
    const link = page.links.find(({ rel }) => rel === 'next');
    next = link && new URL(link.href).pathname + new URL(link.href).search;
  }
  return {
    tiles: [],
    bounds: boundsOf(features),
    minzoom: 0,
    maxzoom: 22,
    parcelsMinzoom: 0,
    geojson: { type: 'FeatureCollection', features },
  };
}

/** Areas as they are drawn: those on a local grid have no outline on the map. */
export function onMap({ type, features }: Areas): GeoJSON.FeatureCollection {
  return {
    type,
    features: features.flatMap(({ geometry, ...rest }) => (geometry ? [{ ...rest, geometry }] : [])),
  };
}

export function boundsOf(features: readonly GeoJSON.Feature[]): Bounds {
  const bounds: Bounds = [180, 85, -180, -85];
  const take = (part: unknown): void => {
    if (!Array.isArray(part)) return;
    const [x, y] = part;
    if (typeof x !== 'number' || typeof y !== 'number') {
      for (const inner of part) take(inner);
      return;
    }
    bounds[0] = Math.min(bounds[0], x);
    bounds[1] = Math.min(bounds[1], y);
    bounds[2] = Math.max(bounds[2], x);
    bounds[3] = Math.max(bounds[3], y);
  };
  for (const { geometry } of features) if ('coordinates' in geometry) take(geometry.coordinates);
  return bounds;
}
