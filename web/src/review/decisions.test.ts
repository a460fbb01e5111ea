import { expect, test } from 'vitest';
import type { Decision, DecisionKind } from '../lib/types';
import { again, clashing, lastOf, notPlanned, standing, undoing } from './decisions';

let seq = 0;
const made = (kind: DecisionKind, parcel: string | null, more: Partial<Decision> = {}): Decision => {
  seq += 1;
  return { seq, scenario: 1, version: seq, kind, parcel, undoes: null, reason: null, by: '张三', at: seq, ...more };
};
const verdicts = (log: Decision[]) => Object.fromEntries([...standing(log)].map(([parcel, d]) => [parcel, d.kind]));

test('the last verdict stands, a comment changes none, freeing takes it away', () => {
  const log = [made('accept', 'a'), made('reject', 'a'), made('comment', 'a'), made('lock_in', 'b'), made('free', 'b')];
  expect(verdicts(log)).toEqual({ a: 'reject' });
});

test('an undone decision gives way to the one before it', () => {
  const log = [made('accept', 'a'), made('reject', 'a')];
  expect(verdicts([...log, made('undo', null, { undoes: log[1]?.seq ?? 0 })])).toEqual({ a: 'accept' });
});

test('undo goes back through one’s own gestures, redo says them again', () => {
  const log = [
    made('accept', 'a'),
    made('accept', 'b', { at: 900 }),
    made('reject', 'c', { at: 900, reason: '道路' }),
    made('accept', 'd', { by: '李四' }),
  ];
  const last = lastOf(log, '张三');
  expect(last?.map((d) => d.parcel)).toEqual(['b', 'c']);
  if (!last) return;
  expect(undoing(last).map((d) => d.undoes)).toEqual([log[1]?.seq, log[2]?.seq]);
  expect(again(last)).toEqual([
    { kind: 'accept', parcel: 'b' },
    { kind: 'reject', parcel: 'c', reason: '道路' },
  ]);
  const undone = [...log, ...last.map((d) => made('undo', null, { undoes: d.seq }))];
  expect(lastOf(undone, '张三')?.map((d) => d.parcel)).toEqual(['a']);
  expect(lastOf(undone, '王五')).toBeNull();
});

test('a plan is stale by the verdicts that changed since, not by what was said and taken back', () => {
  const log = [made('accept', 'a')];
  const known = log[0]?.seq ?? 0;
  expect(notPlanned(log, known)).toBe(0);
  const reject = made('reject', 'b');
  expect(notPlanned([...log, reject, made('comment', 'c')], known)).toBe(1);
  expect(notPlanned([...log, reject, made('undo', null, { undoes: reject.seq })], known)).toBe(0);
});

test('only a verdict on the same parcel clashes', () => {
  const mine = made('accept', 'a');
  const since = [made('reject', 'a'), made('reject', 'b'), made('comment', 'a')];
  expect(clashing(since, [{ kind: 'accept', parcel: 'a' }], []).map((d) => d.seq)).toEqual([since[0]?.seq]);
  expect(clashing(since, [{ kind: 'undo', undoes: mine.seq }], [mine])).toHaveLength(1);
  expect(clashing(since, [{ kind: 'accept', parcel: 'z' }], [])).toEqual([]);
});
