/** The hatches, drawn once: small squares that repeat. */

import type { Hatch } from './ids';

const SIZE = 16;

/** Lines from the lower left for out, crossed for locked, dots for unknown. */
export function hatch(kind: Hatch, colour: string): ImageData {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = SIZE;
  const pen = canvas.getContext('2d', { willReadFrequently: true });
  if (!pen) return new ImageData(SIZE, SIZE);
  pen.strokeStyle = colour;
  pen.fillStyle = colour;
  pen.lineWidth = kind === 'out' ? 3 : 2;
  const diagonal = (up: boolean) => {
    for (const shift of [-SIZE, 0, SIZE]) {
      pen.beginPath();
      pen.moveTo(shift - 2, up ? SIZE + 2 : -2);
      pen.lineTo(shift + SIZE + 2, up ? -2 : SIZE + 2);
      pen.stroke();
    }
  };
  if (kind === 'unknown') {
    for (const [x, y] of [
      [4, 4],
      [12, 12],
    ] as const) {
      pen.beginPath();
      pen.arc(x, y, 1.4, 0, 2 * Math.PI);
      pen.fill();
    }
  } else {
    diagonal(true);
    if (kind === 'locked') diagonal(false);
  }
  return pen.getImageData(0, 0, SIZE, SIZE);
}
