import { expect, test } from 'vitest';
import { numbers } from './format';

const zh = numbers('zh');
const en = numbers('en');

test('areas: 15 mu are a hectare', () => {
  expect(zh.ha(10_000)).toBe('1.00');
  expect(zh.mu(10_000)).toBe('15.0');
  expect(en.ha(56_012_345)).toBe('5,601.23');
});

test('signs are as wide as each other, zero has none', () => {
  expect(en.signedHa(12_340)).toBe('+1.23');
  expect(en.signedHa(-12_340)).toBe('−1.23');
  expect(en.signedHa(0)).toBe('0.00');
  expect(en.signedPercent(-0.00004)).toBe('0.00%');
});

test('what is not known is a dash, never zero', () => {
  expect(zh.number(null)).toBe('–');
  expect(zh.percent(undefined)).toBe('–');
  expect(zh.number(Number.NaN)).toBe('–');
});
