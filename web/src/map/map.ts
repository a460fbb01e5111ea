/**
 * The one module that drives MapLibre. Geometry comes as vector tiles that never change; everything else is a number a
 * parcel (see `states`), set as feature state, at most so many a frame.
 */

import {
  type ExpressionSpecification,
  GPUInitializationError,
  Map as MapLibre,
  prewarm,
  type SourceSpecification,
  type StyleSpecification,
  setWorkerUrl,
} from 'maplibre-gl';
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?url';
import 'maplibre-gl/dist/maplibre-gl.css';
import type { Bounds, Direction } from '../lib/types';
import { hatch } from './hatch';
import { type Hatch, IMAGE, LAYER, SOURCE, TILE } from './ids';
import { layers, PASSED_OVER, parcelsOnly, SWITCHED } from './layers';
import { NOTHING, presentIn, reconcile, unpack } from './states';
import { LINES, type Overlay, type Theme } from './style';

setWorkerUrl(workerUrl);
// The worker starts while the service is still asked what there is to draw.
prewarm();

/** Feature states set in one frame: about 10 ms of work on an office PC. */
const STATES_A_FRAME = 20_000;

export interface Camera {
  lon: number;
  lat: number;
  zoom: number;
}

export interface Hooks {
  hover(fid: number | null, at: { x: number; y: number } | null): void;
  click(fid: number | null, adding: boolean): void;
  camera(camera: Camera): void;
  pointer(place: [lon: number, lat: number] | null): void;
  /** Metres that a pixel shows, and the zoom, after every move. */
  scale(metresPerPixel: number, zoom: number): void;
  drawn(): void;
  failed(why: 'context' | 'source', detail: string): void;
  restored(): void;
}

/** Geometry of a layer: vector tiles. */
export interface TileSource {
  tiles: string[];
  bounds: Bounds;
  minzoom: number;
  maxzoom: number;
  /** From which zoom on single parcels are in the tiles. */
  parcelsMinzoom: number;
  /** Where there are no tiles: all parcels at once. */
  geojson: GeoJSON.FeatureCollection | null;
}

/** Where a parcel moves, and which way. */
export interface Move {
  direction: Direction;
  bounds: Bounds;
}

export interface Basemap {
  urls: string[];
  attribution: string;
}

export function hasWebGl(): boolean {
  return document.createElement('canvas').getContext('webgl2') !== null;
}

/** Whether a map could not be made for want of it. To try and see is a quarter of a second quicker than to ask before. */
export const lacksWebGl = (why: unknown): boolean => why instanceof GPUInitializationError;

export interface Start {
  source: TileSource;
  theme: Theme;
  camera: Camera | null;
  basemap: Basemap | null;
  overlays: ReadonlySet<Overlay>;
  /** Dots to a pixel, for a picture that is taken rather than looked at. */
  print?: number;
}

/** How much of the map lies under something else at its edges, pixels. */
export interface Covered {
  right: number;
  bottom: number;
}
const UNCOVERED: Covered = { right: 0, bottom: 0 };

/** Pixels that graphics of the last ten years hold, each way. */
const PICTURE_MAX = 8192;

export class ParkMap {
  readonly #map: MapLibre;
  readonly #hooks: Hooks;
  readonly #start: Start;
  #theme: Theme;
  #overlays: ReadonlySet<Overlay>;
  #blocks: GeoJSON.FeatureCollection = { type: 'FeatureCollection', features: [] };
  #moves: GeoJSON.FeatureCollection = { type: 'FeatureCollection', features: [] };
  #drawn: Uint16Array = new Uint16Array(0);
  #wanted: Uint16Array = new Uint16Array(0);
  #frame = 0;
  #styled = false;
  /** What the layers that may be passed over show. */
  #present = NOTHING;
  #subParks: { hovered: string | null; chosen: string | null } = { hovered: null, chosen: null };
  #follows: ((camera: Camera) => void) | null = null;

  constructor(container: HTMLElement, start: Start, hooks: Hooks) {
    this.#hooks = hooks;
    this.#start = start;
    this.#theme = start.theme;
    this.#overlays = start.overlays;
    const where = start.camera
      ? { center: [start.camera.lon, start.camera.lat] as [number, number], zoom: start.camera.zoom }
      : { bounds: start.source.bounds, fitBoundsOptions: { padding: 24 } };
    this.#map = new MapLibre({
      container,
      style: this.#style(),
      ...where,
      attributionControl: false,
      dragRotate: false,
      pitchWithRotate: false,
      touchPitch: false,
      maxPitch: 0,
      fadeDuration: 0,
      renderWorldCopies: false,
      keyboard: true,
      locale: {},
      ...(start.print
        ? {
            interactive: false,
            pixelRatio: start.print,
            maxCanvasSize: [PICTURE_MAX, PICTURE_MAX] as [number, number],
            // A picture is read after the frame that drew it.
            canvasContextAttributes: { preserveDrawingBuffer: true, antialias: true },
          }
        : {}),
    });
    this.#map.touchZoomRotate.disableRotation();
    this.#listen();
  }

  #style(): StyleSpecification {
    const { source, basemap } = this.#start;
    const sources: Record<string, SourceSpecification> = {
      [SOURCE.park]: source.geojson
        ? { type: 'geojson', data: source.geojson, tolerance: 0.2 }
        : {
            type: 'vector',
            tiles: source.tiles,
            bounds: source.bounds,
            minzoom: source.minzoom,
            maxzoom: source.maxzoom,
          },
      [SOURCE.blocksAfter]: { type: 'geojson', data: this.#blocks },
      [SOURCE.moves]: { type: 'geojson', data: this.#moves },
    };
    const made = layers(this.#theme, source.parcelsMinzoom, this.#start.print !== undefined);
    const all = source.geojson ? parcelsOnly(made) : made;
    if (basemap) {
      sources[SOURCE.basemap] = {
        type: 'raster',
        tiles: basemap.urls,
        tileSize: 256,
        attribution: basemap.attribution,
      };
      all.splice(1, 0, { id: LAYER.basemap, type: 'raster', source: SOURCE.basemap });
    }
    for (const [overlay, ids] of Object.entries(SWITCHED)) {
      if (this.#overlays.has(overlay as Overlay)) continue;
      for (const layer of all) if (ids.includes(layer.id)) layer.layout = { ...layer.layout, visibility: 'none' };
    }
    return { version: 8, transition: { duration: 0 }, sources, layers: all };
  }

  #listen(): void {
    const map = this.#map;
    const hooks = this.#hooks;
    map.setMissingStyleImageResolver(async (id) => this.#addHatch(id));
    map.on('style.load', () => {
      this.#styled = true;
      // A new style knows no states.
      this.#drawn = new Uint16Array(this.#wanted.length);
      this.#present = NOTHING;
      this.#soon();
      // What came before the style was there.
      this.#put(SOURCE.blocksAfter, this.#blocks);
      this.#put(SOURCE.moves, this.#moves);
      this.#focus();
    });
    map.on('idle', () => hooks.drawn());
    map.on('move', () => {
      const camera = this.camera();
      hooks.scale(this.metresPerPixel(), map.getZoom());
      this.#follows?.(camera);
    });
    map.on('moveend', () => hooks.camera(this.camera()));
    map.on('mousemove', (event) => {
      hooks.pointer([event.lngLat.lng, event.lngLat.lat]);
      const fid = this.#at(event.point);
      map.getCanvas().style.cursor = fid === null ? '' : 'pointer';
      hooks.hover(fid, fid === null ? null : event.point);
    });
    map.on('mouseout', () => {
      hooks.pointer(null);
      hooks.hover(null, null);
    });
    map.on('click', (event) => {
      const { shiftKey, ctrlKey, metaKey } = event.originalEvent;
      hooks.click(this.#at(event.point), shiftKey || ctrlKey || metaKey);
    });
    map.on('webglcontextlost', () => hooks.failed('context', ''));
    map.on('webglcontextrestored', () => hooks.restored());
    map.on('error', (event) => hooks.failed('source', String(event.error?.message ?? event.error)));
    map.once('load', () => hooks.scale(this.metresPerPixel(), map.getZoom()));
  }

  #addHatch(id: string): void {
    const kind = (Object.keys(IMAGE) as Hatch[]).find((key) => IMAGE[key] === id);
    if (!kind || this.#map.hasImage(id)) return;
    const colour = kind === 'unknown' ? LINES.zone[this.#theme] : LINES.hatch[this.#theme];
    this.#map.addImage(id, hatch(kind, colour), { pixelRatio: 2 });
  }

  #at(point: { x: number; y: number }): number | null {
    if (!this.#styled || !this.#map.getLayer(LAYER.parcels)) return null;
    const found = this.#map.queryRenderedFeatures([point.x, point.y], { layers: [LAYER.parcels] })[0];
    return typeof found?.id === 'number' ? found.id : null;
  }

  #soon(): void {
    if (this.#frame === 0) this.#frame = requestAnimationFrame(() => this.#paint());
  }

  #paint(): void {
    this.#frame = 0;
    if (!this.#styled) return;
    const still = this.#map.loaded();
    let changed = false;
    const done = reconcile(this.#drawn, this.#wanted, STATES_A_FRAME, (id, packed) => {
      const within = this.#start.source.geojson ? {} : { sourceLayer: TILE.parcels };
      this.#map.setFeatureState({ source: SOURCE.park, ...within, id }, unpack(packed));
      changed = true;
    });
    if (!done) this.#soon();
    const present = presentIn(this.#wanted);
    for (const [layer, of, opacity] of PASSED_OVER)
      if (present[of] !== this.#present[of]) this.#map.setPaintProperty(layer, opacity, present[of] ? 1 : 0);
    this.#present = present;
    // In this frame, where the map by itself would wait for the next.
    if (changed && still) this.#map.redraw();
  }

  /** What each parcel is to look like, in the order of their numbers. Drawn within the next frames. */
  show(states: Uint16Array): void {
    if (states.length !== this.#drawn.length) this.#drawn = new Uint16Array(states.length);
    this.#wanted = states;
    this.#soon();
  }

  theme(theme: Theme): void {
    if (theme === this.#theme) return;
    this.#theme = theme;
    this.#styled = false;
    this.#map.setStyle(this.#style(), { diff: false });
  }

  overlays(on: ReadonlySet<Overlay>): void {
    this.#overlays = on;
    if (!this.#styled) return;
    for (const [overlay, ids] of Object.entries(SWITCHED))
      for (const id of ids.filter((layer) => this.#map.getLayer(layer)))
        this.#map.setLayoutProperty(id, 'visibility', on.has(overlay as Overlay) ? 'visible' : 'none');
  }

  /** Outlines of the plan's blocks. */
  blocks(features: GeoJSON.FeatureCollection): void {
    if (features === this.#blocks) return;
    this.#blocks = features;
    this.#put(SOURCE.blocksAfter, features);
  }

  /** Where parcels come in and go out, for a view from far away. */
  moves(of: readonly Move[]): void {
    const features = of.map(({ direction, bounds: [west, south, east, north] }): GeoJSON.Feature => {
      const coordinates = [(west + east) / 2, (south + north) / 2];
      return { type: 'Feature', properties: { in: direction === 'in' }, geometry: { type: 'Point', coordinates } };
    });
    this.#moves = { type: 'FeatureCollection', features };
    this.#put(SOURCE.moves, this.#moves);
  }

  #put(id: string, features: GeoJSON.FeatureCollection): void {
    const source = this.#styled ? this.#map.getSource(id) : undefined;
    if (source && 'setData' in source) (source as { setData(data: GeoJSON.GeoJSON): void }).setData(features);
  }

  /** Points out sub-parks by their names: the parcels of both are outlined, and all others dimmed while one is chosen. */
  subParks(hovered: string | null, chosen: string | null): void {
    this.#subParks = { hovered, chosen };
    this.#focus();
  }

  #focus(): void {
    if (!this.#styled) return;
    const { hovered, chosen } = this.#subParks;
    const name: ExpressionSpecification = ['coalesce', ['get', 'sub_park'], ''];
    const both = [hovered, chosen].filter((one): one is string => one !== null);
    this.#map.setFilter(LAYER.subParkFocus, ['in', name, ['literal', both]]);
    this.#map.setFilter(LAYER.subParkDim, chosen === null ? ['literal', false] : ['!=', name, chosen]);
  }

  camera(): Camera {
    const { lng, lat } = this.#map.getCenter();
    return { lon: lng, lat, zoom: this.#map.getZoom() };
  }

  bounds(): Bounds {
    const seen = this.#map.getBounds();
    return [seen.getWest(), seen.getSouth(), seen.getEast(), seen.getNorth()];
  }

  look(camera: Camera): void {
    this.#map.jumpTo({ center: [camera.lon, camera.lat], zoom: camera.zoom });
  }

  fit(bounds: Bounds, zoomMax = 22, covered: Covered = UNCOVERED): void {
    const { clientWidth, clientHeight } = this.#map.getContainer();
    const margin = Math.min(64, clientWidth / 10, clientHeight / 10);
    this.#map.fitBounds(bounds, {
      padding: { top: margin, left: margin, right: margin + covered.right, bottom: margin + covered.bottom },
      maxZoom: zoomMax,
      animate: !matchMedia('(prefers-reduced-motion: reduce)').matches,
      duration: 400,
    });
  }

  fitAll(): void {
    this.fit(this.#start.source.bounds);
  }

  /** Brings a place into sight without changing the zoom, where it is not in sight yet beside what covers the map. */
  reveal(bounds: Bounds, covered: Covered = UNCOVERED): void {
    const { clientWidth, clientHeight } = this.#map.getContainer();
    const [west, south, east, north] = bounds;
    const [from, to] = [this.#map.project([west, north]), this.#map.project([east, south])];
    const within = from.x >= 0 && from.y >= 0 && to.x <= clientWidth - covered.right;
    if (within && to.y <= clientHeight - covered.bottom && this.#map.getZoom() >= 13) return;
    this.fit(bounds, Math.max(this.#map.getZoom(), 15), covered);
  }

  /** What its part of the page is called. */
  called(name: string): void {
    this.#map.getCanvas().setAttribute('aria-label', name);
  }

  zoomBy(step: number): void {
    this.#map.zoomTo(this.#map.getZoom() + step, { duration: 200 });
  }

  metresPerPixel(): number {
    const lat = (this.#map.getCenter().lat * Math.PI) / 180;
    return (40_075_016.686 * Math.cos(lat)) / (512 * 2 ** this.#map.getZoom());
  }

  /** Calls `then` with the camera at every move, for another map that shows the same place. */
  followed(then: ((camera: Camera) => void) | null): void {
    this.#follows = then;
  }

  resize(): void {
    this.#map.resize();
  }

  /** How many parcels the loaded tiles hold. For tests of the whole. */
  parcels(): number {
    return new Set(this.#map.querySourceFeatures(SOURCE.park, { sourceLayer: TILE.parcels }).map((f) => f.id)).size;
  }

  /** Whether everything asked for is drawn. */
  drawn(): boolean {
    return this.#styled && this.#frame === 0 && this.#map.loaded();
  }

  /** The map as a picture (PNG), once all that was asked for is drawn. */
  async picture(signal: AbortSignal): Promise<Blob> {
    while (!this.drawn()) {
      signal.throwIfAborted();
      await new Promise<void>((done) => {
        void this.#map.once('idle', () => done());
        this.#map.triggerRepaint();
      });
    }
    return new Promise((done, fail) =>
      this.#map.getCanvas().toBlob((blob) => (blob ? done(blob) : fail(new Error('no picture'))), 'image/png'),
    );
  }

  destroy(): void {
    cancelAnimationFrame(this.#frame);
    this.#map.remove();
  }
}
