/** The map of files that are looked into: outlines as GeoJSON, and what is wrong with them as points. */

import { Map as MapLibre, type StyleSpecification } from 'maplibre-gl';
import type { Bounds, ListedIssue, Place } from '../lib/types';
import { SOURCE } from './ids';
// Sets up the workers and the look of the controls.
import './map';
import { LINES, type Theme, ZONE } from './style';

const SEVERITIES = ['note', 'warning', 'error'] as const;
/** Severities differ in size and filling, not in colour alone. */
const MARK = {
  error: { radius: 7, fill: 'ink', line: 'paper' },
  warning: { radius: 6, fill: 'paper', line: 'ink' },
  note: { radius: 3.5, fill: 'paper', line: 'ink' },
} as const;

export interface CheckStart {
  parcels: GeoJSON.FeatureCollection;
  issues: readonly ListedIssue[];
  bounds: Bounds;
  theme: Theme;
}

function points(issues: readonly ListedIssue[]): GeoJSON.FeatureCollection {
  const features = issues.flatMap(({ place, severity }, at): GeoJSON.Feature[] =>
    place
      ? [{ type: 'Feature', properties: { at, severity }, geometry: { type: 'Point', coordinates: [...place] } }]
      : [],
  );
  return { type: 'FeatureCollection', features };
}

function style({ parcels, issues, theme }: CheckStart): StyleSpecification {
  return {
    version: 8,
    sources: {
      [SOURCE.park]: { type: 'geojson', data: parcels, tolerance: 0.2 },
      [SOURCE.issues]: { type: 'geojson', data: points(issues) },
    },
    layers: [
      { id: 'background', type: 'background', paint: { 'background-color': LINES.ground[theme] } },
      {
        id: 'parcels',
        type: 'fill',
        source: SOURCE.park,
        paint: {
          'fill-color': ['case', ['==', ['get', 'in_zone'], true], ZONE.STAY_IN.fill[theme], ZONE.STAY_OUT.fill[theme]],
          'fill-antialias': false,
        },
      },
      {
        id: 'outlines',
        type: 'line',
        source: SOURCE.park,
        paint: { 'line-color': LINES.zone[theme], 'line-width': 0.7 },
      },
      ...SEVERITIES.map((severity) => ({
        id: severity,
        type: 'circle' as const,
        source: SOURCE.issues,
        filter: ['==', ['get', 'severity'], severity] as ['==', unknown, unknown] as never,
        paint: {
          'circle-radius': MARK[severity].radius,
          'circle-color': LINES[MARK[severity].fill][theme],
          'circle-stroke-color': LINES[MARK[severity].line][theme],
          'circle-stroke-width': 2,
        },
      })),
      {
        id: 'chosen',
        type: 'circle',
        source: SOURCE.issues,
        filter: ['==', ['get', 'at'], -1],
        paint: {
          'circle-radius': 13,
          'circle-color': 'rgba(0,0,0,0)',
          'circle-stroke-color': LINES.overlays[theme],
          'circle-stroke-width': 3,
        },
      },
    ],
  };
}

export class CheckMap {
  readonly #map: MapLibre;
  readonly #bounds: Bounds;

  constructor(container: HTMLElement, start: CheckStart, chosen: (at: number) => void, drawn: () => void) {
    this.#bounds = start.bounds;
    this.#map = new MapLibre({
      container,
      style: style(start),
      bounds: start.bounds,
      fitBoundsOptions: { padding: 48 },
      attributionControl: false,
      dragRotate: false,
      maxPitch: 0,
      fadeDuration: 0,
      renderWorldCopies: false,
      locale: {},
    });
    const marks = [...SEVERITIES];
    this.#map.on('click', marks, (event) => {
      const at: unknown = event.features?.at(0)?.properties.at;
      if (typeof at === 'number') chosen(at);
    });
    this.#map.on('mouseenter', marks, () => {
      this.#map.getCanvas().style.cursor = 'pointer';
    });
    this.#map.on('mouseleave', marks, () => {
      this.#map.getCanvas().style.cursor = '';
    });
    this.#map.on('idle', drawn);
  }

  /** Marks an issue, and goes there. */
  choose(at: number | null, place: Place | null): void {
    const mark = () => this.#map.setFilter('chosen', ['==', ['get', 'at'], at ?? -1]);
    if (this.#map.isStyleLoaded()) mark();
    else this.#map.once('load', mark);
    if (place) this.#map.jumpTo({ center: [...place], zoom: Math.max(this.#map.getZoom(), 17) });
  }

  camera(): { lon: number; lat: number; zoom: number } {
    const { lng, lat } = this.#map.getCenter();
    return { lon: lng, lat, zoom: this.#map.getZoom() };
  }

  fitAll(): void {
    this.#map.fitBounds(this.#bounds, { padding: 48, animate: false });
  }

  /** What its part of the page is called. */
  called(name: string): void {
    this.#map.getCanvas().setAttribute('aria-label', name);
  }

  resize(): void {
    this.#map.resize();
  }

  destroy(): void {
    this.#map.remove();
  }
}
