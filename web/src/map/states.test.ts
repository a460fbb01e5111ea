import { expect, test } from 'vitest';
import { MOVE, pack, presentIn, reconcile, unpack, withFlags } from './states';
import { ZONE } from './style';

test('what is packed is unpacked', () => {
  for (const c of [0, 1, 6, 15])
    for (const m of Object.values(MOVE))
      for (const s of [true, false])
        for (const h of [true, false]) expect(unpack(withFlags(pack(c, m), s, h))).toEqual({ c, m, s, h });
});

test('what no parcel has is not shown', () => {
  const plain = pack(ZONE.STAY_IN.id, MOVE.none);
  const shown = (...states: number[]) => {
    const present = Object.entries(presentIn(Uint16Array.from(states)));
    return present.flatMap(([what, there]) => (there ? [what] : []));
  };
  expect(shown()).toEqual([]);
  expect(shown(plain, plain, pack(15, MOVE.none))).toEqual([]);
  expect(shown(plain, pack(ZONE.IN.id, MOVE.in))).toEqual(['moves']);
  expect(shown(pack(ZONE.OUT.id, MOVE.out), plain)).toEqual(['moves', 'out']);
  expect(shown(pack(ZONE.UNKNOWN.id, MOVE.none), pack(ZONE.LOCKED.id, MOVE.none))).toEqual(['unknown', 'locked']);
  expect(shown(withFlags(plain, true, false))).toEqual(['selected']);
  expect(shown(plain, withFlags(plain, false, true))).toEqual(['hovered']);
});

test('only what changed is set, in portions, until all is as wanted', () => {
  const wanted = Uint16Array.from({ length: 1000 }, (_, i) => pack(i % 7, i % 3));
  const drawn = new Uint16Array(1000);
  const changed = wanted.filter((packed) => packed !== 0).length;
  const set = new Map<number, number>();
  let rounds = 1;
  while (!reconcile(drawn, wanted, 300, (fid, packed) => set.set(fid, packed))) rounds += 1;
  expect(rounds).toBe(Math.ceil(changed / 300));
  expect(set.size).toBe(changed);
  for (const [fid, packed] of set) expect(packed).toBe(wanted[fid - 1]);
  expect(reconcile(drawn, wanted, 0, () => expect.unreachable())).toBe(true);
});
