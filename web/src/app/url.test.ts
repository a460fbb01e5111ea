import { expect, test } from 'vitest';
import { read, type View, write } from './url';

const full: View = {
  scenario: 3,
  tab: 'policy',
  mode: 'score',
  indicator: 'rd_intensity',
  camera: { lon: 121.12345, lat: 31.2, zoom: 13.5 },
  selection: [1, 20, 300],
  direction: 'in',
  decided: 'open',
  search: '青浦 科技',
  compare: { with: 2, how: 'swipe' },
  language: 'zh',
};

test('what is written is read again', () => {
  expect(read(write(full))).toEqual(full);
  const empty = read('');
  expect(write(empty)).toBe('');
  expect(read(write({ ...full, compare: { with: 'now', how: 'side' } })).compare).toEqual({ with: 'now', how: 'side' });
});

test('nonsense in an address is left out', () => {
  const view = read('?scenario=-1&colour=rainbow&at=900,0,3&sel=1,x,-2,0&move=up&with=no');
  expect(view).toEqual({ ...read(''), selection: [1] });
});

test('a large selection does not make an endless link', () => {
  const many = { ...full, selection: Array.from({ length: 5000 }, (_, i) => i + 1) };
  expect(write(many).length).toBeLessThan(1500);
});
