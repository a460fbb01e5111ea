import { expect, test } from 'vitest';
import { linesOf, MOVE, pack, reconcile, unpack, withFlags } from './states';

test('what is packed is unpacked', () => {
  for (const c of [0, 1, 6, 15])
    for (const m of Object.values(MOVE))
      for (const s of [true, false])
        for (const h of [true, false]) expect(unpack(withFlags(pack(c, m), s, h))).toEqual({ c, m, s, h });
});

test('what no parcel has needs no line', () => {
  const none = { in: false, out: false, selected: false, hovered: false };
  const plain = pack(5, MOVE.none);
  expect(linesOf(Uint16Array.of())).toEqual(none);
  expect(linesOf(Uint16Array.of(plain, plain))).toEqual(none);
  expect(linesOf(Uint16Array.of(plain, pack(5, MOVE.in)))).toEqual({ ...none, in: true });
  expect(linesOf(Uint16Array.of(pack(5, MOVE.out), plain))).toEqual({ ...none, out: true });
  expect(linesOf(Uint16Array.of(withFlags(plain, true, false)))).toEqual({ ...none, selected: true });
  expect(linesOf(Uint16Array.of(plain, withFlags(plain, false, true)))).toEqual({ ...none, hovered: true });
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
