/** The map as it is seen, drawn once more out of sight at the size and density of paper. */

import { session } from '../app/session.svelte';
import { view } from '../app/view.svelte';
import { type Camera, ParkMap } from '../map/map';
import { paint } from '../map/paint';
import { shown } from '../map/shown.svelte';
import type { Overlay } from '../map/style';

export interface Wanted {
  camera: Camera;
  /** CSS pixels. */
  width: number;
  height: number;
  /** Dots to a pixel. */
  density: number;
  overlays: ReadonlySet<Overlay>;
}

const nothing = () => undefined;

/** A picture of the plan (never of what is only tried out), in light colours whatever the page wears. */
export async function picture(wanted: Wanted, signal: AbortSignal): Promise<Blob | null> {
  const { tiles, columns } = session;
  if (!tiles || !columns) return null;
  const box = document.createElement('div');
  box.className = 'print-stage';
  box.setAttribute('aria-hidden', 'true');
  box.style.width = `${wanted.width}px`;
  box.style.height = `${wanted.height}px`;
  document.body.append(box);
  let failure = '';
  const map = new ParkMap(
    box,
    {
      source: tiles,
      theme: 'light',
      camera: wanted.camera,
      basemap: session.config?.basemap ?? null,
      overlays: wanted.overlays,
      print: wanted.density,
    },
    {
      hover: nothing,
      click: nothing,
      camera: nothing,
      pointer: nothing,
      scale: nothing,
      drawn: nothing,
      restored: nothing,
      failed: (_, detail) => {
        failure = detail;
      },
    },
  );
  try {
    if (session.blocks) map.blocks(session.blocks);
    map.show(
      paint({
        columns,
        after: columns.zone_after,
        mode: view.mode,
        values: shown.values,
        breaks: shown.breaks,
        locked: shown.locked,
        selected: new Set(),
        hovered: null,
      }),
    );
    const taken = await map.picture(signal);
    if (failure) throw new Error(failure);
    return taken;
  } finally {
    map.destroy();
    box.remove();
  }
}
