/** Whether this computer can write Chinese: without a font, MapLibre draws the same empty box for every ideograph. */
export function writesChinese(): boolean {
  const drawn = ['园', '区'].map((ideograph) => {
    const canvas = document.createElement('canvas');
    canvas.width = canvas.height = 32;
    const pen = canvas.getContext('2d', { willReadFrequently: true });
    if (!pen) return null;
    pen.font = '24px sans-serif';
    pen.textBaseline = 'top';
    pen.fillText(ideograph, 2, 2);
    return pen.getImageData(0, 0, 32, 32).data.join();
  });
  return drawn[0] === null || drawn[0] !== drawn[1];
}
