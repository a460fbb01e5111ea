/** The longest round length that fits: 1, 2 or 5 times a power of ten. */
export function scaleBar(metresPerPixel: number, most: number): { metres: number; pixels: number } {
  if (!(metresPerPixel > 0)) return { metres: 0, pixels: 0 };
  const fits = metresPerPixel * most;
  const ten = 10 ** Math.floor(Math.log10(fits));
  const metres = ([5, 2, 1].find((step) => step * ten <= fits) ?? 1) * ten;
  return { metres, pixels: Math.round(metres / metresPerPixel) };
}
