/** How the page is looked at: tab, colouring, camera, filters. Written into the address, read from it at start. */

import { i18n } from '../i18n/index.svelte';
import { api } from '../lib/api';
import type { Bounds, ParcelColumns, PlanRecord, Transfers } from '../lib/types';
import type { Camera, ParkMap, TileSource } from '../map/map';
import { tileSource } from '../map/source';
import type { Mode, Overlay } from '../map/style';
import { notices } from './notices.svelte';
import { selection } from './selection.svelte';
import { session } from './session.svelte';
import { type Compare, read, type View, write } from './url';

/** The scenario beside or under the current one. */
export interface Other {
  /** None for the present zone, which is called what the page's language calls it. */
  title: string | null;
  columns: ParcelColumns;
  /** Where its parcels are drawn from, where they are of another layer and so have other numbers. */
  tiles: TileSource | null;
  record: PlanRecord | null;
  transfers: Transfers | null;
  /** Zone shown: that after its plan, or the present one. */
  when: 'before' | 'after';
}

class ViewState {
  tab = $state<string | null>('review');
  mode = $state<Mode>('difference');
  indicator = $state<string | null>(null);
  camera = $state.raw<Camera | null>(null);
  direction = $state<'in' | 'out' | null>(null);
  decided = $state<'open' | 'decided' | null>(null);
  search = $state('');
  compare = $state.raw<Compare | null>(null);
  overlays = $state.raw<ReadonlySet<Overlay>>(new Set(['transfers', 'blocks', 'subParks', 'barriers', 'labels']));
  help = $state(false);
  /** The panel was hidden by hand. */
  narrow = $state(false);
  pointer = $state.raw<[number, number] | null>(null);
  metresPerPixel = $state(0);
  zoom = $state(0);
  /** What is found by the search, drawn as selected on request. */
  other = $state.raw<Other | null>(null);

  /** The map, once there is one. */
  map = $state.raw<ParkMap | null>(null);
  #askedLanguage: string | null = null;

  start(search: string): View {
    const asked = read(search);
    this.#take(asked);
    selection.all(asked.selection);
    return asked;
  }

  #take(asked: View): void {
    this.tab = asked.tab ?? 'review';
    this.mode = asked.mode ?? 'difference';
    this.indicator = asked.indicator;
    this.camera = asked.camera;
    this.direction = asked.direction;
    this.decided = asked.decided;
    this.search = asked.search;
    this.compare = asked.compare;
    this.#askedLanguage = asked.language;
  }

  /** The address of what is seen now. */
  address(): string {
    return write({
      scenario: session.id,
      tab: this.tab === 'review' ? null : this.tab,
      mode: this.mode === 'difference' ? null : this.mode,
      indicator: this.mode === 'indicator' ? this.indicator : null,
      camera: this.camera,
      selection: [...selection.fids],
      direction: this.direction,
      decided: this.decided,
      search: this.search,
      compare: this.compare,
      language: this.#askedLanguage === null ? null : i18n.language,
    });
  }

  toggle(overlay: Overlay): void {
    const on = new Set(this.overlays);
    if (!on.delete(overlay)) on.add(overlay);
    this.overlays = on;
  }

  go(bounds: Bounds): void {
    this.map?.fit(bounds, 17);
  }

  /** Copies the address, with the language, so that it opens as it is seen. */
  async share(): Promise<void> {
    const url = new URL(this.address(), location.href);
    try {
      await navigator.clipboard.writeText(url.href);
      notices.say('done', (t) => t.app.shareCopied);
    } catch {
      notices.say('info', () => url.href);
    }
  }

  async readOther(compare: Compare | null): Promise<void> {
    if (!compare) {
      this.other = null;
      return;
    }
    if (compare.with === 'now') {
      const { columns, record } = session;
      if (columns) this.other = { title: null, columns, tiles: null, record, transfers: null, when: 'before' };
      return;
    }
    const id = compare.with;
    const read = await session.attempt(async (): Promise<Other> => {
      const [scenario, columns, plans] = await Promise.all([api.scenario(id), api.parcels(id), api.plans(id)]);
      const newest = plans.at(-1);
      const [plan, transfers] = newest
        ? await Promise.all([api.plan(newest.id), api.transfers(newest.id)])
        : [null, null];
      const tiles = columns.layer === session.columns?.layer ? null : await tileSource(columns.layer);
      return { title: scenario.title, columns, tiles, record: plan?.record ?? null, transfers, when: 'after' };
    });
    if (this.compare !== compare) return;
    if (read) this.other = read;
    else this.compare = null;
  }
}

export const view = new ViewState();
