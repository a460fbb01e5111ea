/** The layers of the map's style: what is drawn of tiles and states, in which order, and which switches it hangs on. */

import type { ExpressionSpecification, LayerSpecification } from 'maplibre-gl';
import { type Hatch, IMAGE, LAYER, SOURCE, TILE } from './ids';
import { MOVE, type Present } from './states';
import { fills, hatchOf, LINES, OVERLAYS, type Overlay, type Theme, ZONE } from './style';

const FONT = ['Noto Sans CJK SC', 'Microsoft YaHei', 'PingFang SC', 'sans-serif'];

const state = (key: string): ExpressionSpecification => ['feature-state', key];
const is = (key: string): ExpressionSpecification => ['boolean', state(key), false];

function fillColour(theme: Theme): ExpressionSpecification {
  const stops = fills(theme).flat();
  return ['match', ['to-number', state('c'), 0], ...stops, LINES.blank[theme]] as unknown as ExpressionSpecification;
}

function hatched(kind: Hatch, theme: Theme): ExpressionSpecification {
  const ids = fills(theme)
    .map(([id]) => id)
    .filter((id) => hatchOf(id) === kind);
  return ['match', ['to-number', state('c'), 0], ids, 1, 0] as unknown as ExpressionSpecification;
}

const when = (flag: ExpressionSpecification, yes: number): ExpressionSpecification => ['case', flag, yes, 0];
const goes = (which: keyof typeof MOVE): ExpressionSpecification => ['==', ['to-number', state('m'), 0], MOVE[which]];
const moving = (comesIn: number, goesOut: number): ExpressionSpecification => [
  'case',
  goes('in'),
  comesIn,
  goes('out'),
  goesOut,
  0,
];
const byZoom = (...stops: (number | string | ExpressionSpecification)[]): ExpressionSpecification =>
  ['interpolate', ['linear'], ['zoom'], ...stops] as unknown as ExpressionSpecification;

/** Further out a parcel has a few pixels, and its class and the streets around it are all there is to see. */
const HAIRLINES = 12;

/** Edges of parcels, as faint as lines thinner than a pixel: two digits of opacity behind the colour's six. */
const hairline = (theme: Theme): ExpressionSpecification =>
  byZoom(...[HAIRLINES, '22', 14, 'a0', 16, 'ff'].map((at) => (typeof at === 'string' ? LINES.edge[theme] + at : at)));

/**
 * From this zoom on parcels have edges of their own width. Before, where a map shows thousands, they are hairlines drawn with
 * the fill, which take a tenth of the time, and fainter the further out.
 */
const WIDE_EDGES = 16;

/**
 * `far` is the zoom below which tiles hold no single parcels: there the zone is filled as one, and moves are dots. On paper
 * a hairline is too thin.
 */
export function layers(theme: Theme, far: number, paper: boolean): LayerSpecification[] {
  // A limit of nought would be none.
  const fromFar = { maxzoom: Math.max(far, 0.01) } as const;
  const park = { source: SOURCE.park } as const;
  const parcels = { ...park, 'source-layer': TILE.parcels } as const;
  const line = (id: string, layer: string, overlay: Overlay): LayerSpecification => {
    const of = OVERLAYS.find((o) => o.id === overlay);
    return {
      id,
      type: 'line',
      ...park,
      'source-layer': layer,
      paint: {
        'line-color': LINES[of?.line ?? 'ink'][theme],
        'line-width': of?.width ?? 1,
        ...(of?.dash ? { 'line-dasharray': of.dash } : {}),
      },
    };
  };
  const pattern = (id: string, kind: Hatch): LayerSpecification => ({
    id,
    type: 'fill',
    ...parcels,
    paint: {
      'fill-pattern': IMAGE[kind],
      'fill-opacity': hatched(kind, theme),
      'fill-layer-opacity': 0,
      'fill-antialias': false,
    },
  });
  return [
    { id: LAYER.background, type: 'background', paint: { 'background-color': LINES.ground[theme] } },
    {
      id: LAYER.land,
      type: 'fill',
      ...park,
      'source-layer': TILE.land,
      paint: { 'fill-color': LINES.blank[theme] },
    },
    {
      id: LAYER.zoneFill,
      type: 'fill',
      ...park,
      'source-layer': TILE.zone,
      ...fromFar,
      paint: { 'fill-color': ZONE.STAY_IN.fill[theme] },
    },
    {
      id: LAYER.parcels,
      type: 'fill',
      ...parcels,
      paint: {
        'fill-color': fillColour(theme),
        'fill-antialias': paper ? false : ['step', ['zoom'], false, HAIRLINES, true],
        'fill-outline-color': hairline(theme),
      },
    },
    pattern(LAYER.hatchUnknown, 'unknown'),
    pattern(LAYER.hatchLocked, 'locked'),
    pattern(LAYER.hatchOut, 'out'),
    {
      id: LAYER.outline,
      type: 'line',
      ...parcels,
      minzoom: paper ? 0 : WIDE_EDGES,
      paint: { 'line-color': LINES.edge[theme], 'line-width': byZoom(11, 0.2, 14, 0.7, 18, 1.5) },
    },
    {
      id: LAYER.overlayFill,
      type: 'fill',
      ...park,
      'source-layer': TILE.overlays,
      filter: ['==', ['geometry-type'], 'Polygon'],
      paint: { 'fill-color': LINES.overlays[theme], 'fill-opacity': 0.12 },
    },
    line(LAYER.barriers, TILE.barriers, 'barriers'),
    line(LAYER.overlayLine, TILE.overlays, 'overlays'),
    line(LAYER.subParks, TILE.subParks, 'subParks'),
    {
      id: LAYER.subParkDim,
      type: 'fill',
      ...parcels,
      filter: ['literal', false],
      paint: { 'fill-color': LINES.ground[theme], 'fill-opacity': 0.6 },
    },
    {
      id: LAYER.zone,
      type: 'line',
      ...park,
      'source-layer': TILE.zone,
      paint: { 'line-color': LINES.zone[theme], 'line-width': byZoom(11, 1, 16, 2) },
    },
    {
      id: LAYER.blocksAfter,
      type: 'line',
      source: SOURCE.blocksAfter,
      paint: { 'line-color': LINES.blocks[theme], 'line-width': 1.6 },
    },
    {
      id: LAYER.subParkFocus,
      type: 'line',
      ...parcels,
      filter: ['literal', false],
      paint: { 'line-color': LINES.focus[theme], 'line-width': byZoom(11, 1, 15, 2.5) },
    },
    {
      id: LAYER.movesFar,
      type: 'circle',
      source: SOURCE.moves,
      ...fromFar,
      paint: {
        'circle-radius': 4,
        // Full for in and a ring for out, so that colour is not all that tells them apart.
        'circle-color': ['case', ['get', 'in'], ZONE.IN.fill[theme], LINES.paper[theme]],
        'circle-stroke-color': ['case', ['get', 'in'], LINES.paper[theme], ZONE.OUT.fill[theme]],
        'circle-stroke-width': ['case', ['get', 'in'], 1, 2.5],
      },
    },
    {
      id: LAYER.moveLines,
      type: 'line',
      ...parcels,
      paint: {
        'line-color': ['case', goes('out'), LINES.out[theme], LINES.in[theme]],
        // Single for in and double for out, so that colour is not all that tells them apart.
        // What has no width has nothing to fill, unlike what cannot be seen.
        'line-width': byZoom(11, moving(1, 1), 15, moving(2.5, 1.2), 18, moving(4, 1.8)),
        'line-gap-width': byZoom(11, 0, 15, moving(0, 1.6), 18, moving(0, 2.4)),
        'line-layer-opacity': 0,
      },
    },
    {
      id: LAYER.hover,
      type: 'line',
      ...parcels,
      paint: {
        'line-color': LINES.ink[theme],
        'line-width': when(is('h'), 2),
        'line-opacity': 0.8,
        'line-layer-opacity': 0,
      },
    },
    {
      id: LAYER.selectedHalo,
      type: 'line',
      ...parcels,
      layout: { 'line-join': 'round' },
      paint: {
        'line-color': LINES.paper[theme],
        'line-width': when(is('s'), 6),
        'line-layer-opacity': 0,
      },
    },
    {
      id: LAYER.selected,
      type: 'line',
      ...parcels,
      layout: { 'line-join': 'round' },
      paint: {
        'line-color': LINES.ink[theme],
        'line-width': when(is('s'), 3),
        'line-layer-opacity': 0,
      },
    },
    {
      id: LAYER.parcelCodes,
      type: 'symbol',
      ...parcels,
      minzoom: 16,
      layout: { 'text-field': ['get', 'code'], 'text-font': FONT, 'text-size': 11 },
      paint: { 'text-color': LINES.ink[theme], 'text-halo-color': LINES.paper[theme], 'text-halo-width': 1.2 },
    },
    {
      id: LAYER.subParkNames,
      type: 'symbol',
      ...park,
      'source-layer': TILE.subParks,
      layout: { 'text-field': ['get', 'name'], 'text-font': FONT, 'text-size': 14, 'text-letter-spacing': 0.08 },
      paint: { 'text-color': LINES.ink[theme], 'text-halo-color': LINES.paper[theme], 'text-halo-width': 1.8 },
    },
  ];
}

/** The layers that show parcels, for a source that holds nothing else and has no layers within. */
export function parcelsOnly(all: LayerSpecification[]): LayerSpecification[] {
  return all.flatMap((layer) => {
    if (!('source-layer' in layer)) return [layer];
    const { 'source-layer': within, ...rest } = layer;
    return within === TILE.parcels ? [rest as LayerSpecification] : [];
  });
}

type Opacity = 'fill-layer-opacity' | 'line-layer-opacity';

/**
 * Layers that draw every parcel, if only so that nothing shows: half of a frame's time where no card does the drawing. So each
 * is of no opacity as a whole while there is nothing to show, which the map then passes over; to hide a layer would make it lay
 * all tiles out anew when it is shown again.
 */
export const PASSED_OVER: readonly (readonly [layer: string, without: keyof Present, opacity: Opacity])[] = [
  [LAYER.hatchUnknown, 'unknown', 'fill-layer-opacity'],
  [LAYER.hatchLocked, 'locked', 'fill-layer-opacity'],
  [LAYER.hatchOut, 'out', 'fill-layer-opacity'],
  [LAYER.moveLines, 'moves', 'line-layer-opacity'],
  [LAYER.hover, 'hovered', 'line-layer-opacity'],
  [LAYER.selectedHalo, 'selected', 'line-layer-opacity'],
  [LAYER.selected, 'selected', 'line-layer-opacity'],
];

/** Which layers a switch of the legend turns on and off. */
export const SWITCHED: Record<Overlay, string[]> = {
  transfers: [LAYER.moveLines, LAYER.movesFar],
  blocks: [LAYER.blocksAfter, LAYER.zone],
  subParks: [LAYER.subParks],
  barriers: [LAYER.barriers],
  overlays: [LAYER.overlayFill, LAYER.overlayLine],
  labels: [LAYER.subParkNames, LAYER.parcelCodes],
};
