/** Which sub-park is pointed at and which is chosen: what the panel and the map agree through. */

import { selection } from '../app/selection.svelte';
import { session } from '../app/session.svelte';

/** Of the parcels that belong to no sub-park. */
export const NONE = '';

class Focus {
  /** Pointed at in the table or the chart. */
  pointed = $state<string | null>(null);
  chosen = $state<string | null>(null);

  /** Pointed at on the map: that of the parcel under the pointer. */
  readonly below = $derived.by(() => {
    const { columns } = session;
    const fid = selection.hovered;
    if (!columns || fid === null) return null;
    const at = columns.sub_park[fid - 1] ?? -1;
    return columns.sub_parks[at] ?? NONE;
  });

  readonly hovered = $derived(this.pointed ?? this.below);

  rest(): void {
    this.pointed = null;
    this.chosen = null;
  }
}

export const focus = new Focus();
