/** From the state of the parcels to what each is drawn as. */

import type { ParcelColumns } from '../lib/types';
import { MOVE, pack, withFlags } from './states';
import { classOf, type Mode } from './style';

export interface Paintable {
  columns: ParcelColumns;
  /** Zone after, by place: as planned or tried out. */
  after: ArrayLike<number>;
  mode: Mode;
  /** Score or values of the indicator, as the mode asks. */
  values: readonly (number | null)[] | null;
  breaks: readonly number[];
  locked: (at: number) => boolean;
  selected: ReadonlySet<number>;
  hovered: number | null;
}

export function paint(of: Paintable): Uint16Array {
  const { columns, after, mode, values, breaks } = of;
  const states = new Uint16Array(columns.count);
  for (let at = 0; at < columns.count; at += 1) {
    const [before, then] = [columns.zone_before[at] === 1, after[at] === 1];
    const standing = { before, after: then, locked: of.locked(at), value: values?.[at] ?? null };
    const move = before === then ? MOVE.none : then ? MOVE.in : MOVE.out;
    const fid = at + 1;
    states[at] = withFlags(pack(classOf(mode, standing, breaks), move), of.selected.has(fid), of.hovered === fid);
  }
  return states;
}
