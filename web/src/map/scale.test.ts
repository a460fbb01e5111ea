import { expect, test } from 'vitest';
import { scaleBar } from './scale';

test('a round length, no longer than there is room', () => {
  for (const metresPerPixel of [0.3, 1, 4.78, 19, 152]) {
    const { metres, pixels } = scaleBar(metresPerPixel, 110);
    expect(String(metres)).toMatch(/^[125]0*$/);
    expect(pixels).toBeLessThanOrEqual(110);
    expect(pixels).toBeGreaterThan(40);
  }
  expect(scaleBar(0, 110).pixels).toBe(0);
});
