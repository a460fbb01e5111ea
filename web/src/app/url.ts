/** The state of the view as the address carries it: whoever opens the link sees the same. */

import { MODES, type Mode } from '../map/style';

export type Compare = { with: number | 'now'; how: 'side' | 'swipe' };

export interface View {
  scenario: number | null;
  tab: string | null;
  mode: Mode | null;
  indicator: string | null;
  camera: { lon: number; lat: number; zoom: number } | null;
  selection: number[];
  direction: 'in' | 'out' | null;
  decided: 'open' | 'decided' | null;
  search: string;
  compare: Compare | null;
  language: string | null;
}

/** Links with more than this many selected parcels grow too long for mail programs. */
const SELECTION_MAX = 200;

const whole = (text: string | null): number | null => (text && /^\d{1,9}$/.test(text) ? Number(text) : null);
const one = <T extends string>(text: string | null, of: readonly T[]): T | null =>
  of.includes(text as T) ? (text as T) : null;

function camera(text: string | null): View['camera'] {
  const parts = text?.split(',').map(Number);
  if (parts?.length !== 3 || !parts.every(Number.isFinite)) return null;
  const [lon, lat, zoom] = parts as [number, number, number];
  return Math.abs(lon) <= 180 && Math.abs(lat) <= 85 && zoom >= 0 && zoom <= 24 ? { lon, lat, zoom } : null;
}

/** What an address asks for; what makes no sense in it is as if it were not there. */
export function read(search: string): View {
  const q = new URLSearchParams(search);
  const other = q.get('with') === 'now' ? 'now' : whole(q.get('with'));
  return {
    scenario: whole(q.get('scenario')),
    tab: q.get('tab'),
    mode: one(q.get('colour'), MODES),
    indicator: q.get('indicator'),
    camera: camera(q.get('at')),
    selection: (q.get('sel') ?? '')
      .split(',')
      .map(whole)
      .filter((fid): fid is number => fid !== null && fid > 0),
    direction: one(q.get('move'), ['in', 'out']),
    decided: one(q.get('decided'), ['open', 'decided']),
    search: q.get('q') ?? '',
    compare: other === null ? null : { with: other, how: one(q.get('how'), ['side', 'swipe']) ?? 'side' },
    language: q.get('lang'),
  };
}

/** The address of a view, without what is as it is anyway. */
export function write(view: View): string {
  const q = new URLSearchParams();
  const set = (key: string, value: string | number | null) => {
    if (value !== null && value !== '') q.set(key, String(value));
  };
  set('scenario', view.scenario);
  set('tab', view.tab);
  set('colour', view.mode);
  set('indicator', view.indicator);
  if (view.camera) {
    const { lon, lat, zoom } = view.camera;
    set('at', `${lon.toFixed(5)},${lat.toFixed(5)},${zoom.toFixed(2)}`);
  }
  set('sel', view.selection.slice(0, SELECTION_MAX).join(','));
  set('move', view.direction);
  set('decided', view.decided);
  set('q', view.search);
  if (view.compare) {
    set('with', view.compare.with);
    set('how', view.compare.how);
  }
  set('lang', view.language);
  const text = q.toString().replaceAll('%2C', ',');
  return text ? `?${text}` : '';
}
