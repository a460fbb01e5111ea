/** As much of a PDF as tells what a browser printed: its pages, its letters, its pictures. */

import { inflateSync } from 'node:zlib';

export interface Picture {
  width: number;
  height: number;
  /** Red, green, blue. */
  pixels: Buffer;
}

export interface Printed {
  /** Width and height of every page, mm. */
  pages: [number, number][];
  /** Every character that any font on it is used for. */
  letters: Set<string>;
  pictures: Picture[];
}

// Some fonts name an ideograph by the radical that looks the same.
const utf16 = (hex: string) => Buffer.from(hex, 'hex').swap16().toString('utf16le').normalize('NFKC');

/** The characters of a ToUnicode map. */
function lettersOf(map: string, into: Set<string>): void {
  for (const [, block = ''] of map.matchAll(/beginbfchar([\s\S]*?)endbfchar/g))
    for (const [, to = ''] of block.matchAll(/<[0-9A-Fa-f]+>\s*<([0-9A-Fa-f]+)>/g)) into.add(utf16(to));
  for (const [, block = ''] of map.matchAll(/beginbfrange([\s\S]*?)endbfrange/g))
    for (const [, from = '', last = '', to = ''] of block.matchAll(
      /<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]{4})>/g,
    ))
      for (let i = 0; i <= Number.parseInt(last, 16) - Number.parseInt(from, 16); i += 1)
        into.add(String.fromCharCode(Number.parseInt(to, 16) + i).normalize('NFKC'));
}

export function readPdf(pdf: Buffer): Printed {
  const text = pdf.toString('latin1');
  const printed: Printed = { pages: [], letters: new Set(), pictures: [] };
  for (const [, width, height] of text.matchAll(/\/MediaBox\s*\[\s*0 0 ([\d.]+) ([\d.]+)\s*\]/g))
    printed.pages.push([Math.round((Number(width) / 72) * 25.4), Math.round((Number(height) / 72) * 25.4)]);
  const head = /\d+ 0 obj\s*(<<(?:(?!endobj)[\s\S])*?>>)\s*stream\r?\n/g;
  for (let found = head.exec(text); found; found = head.exec(text)) {
    const dictionary = found[1] ?? '';
    const number = (key: string) => Number(new RegExp(`/${key} (\\d+)`).exec(dictionary)?.[1] ?? 0);
    const from = head.lastIndex;
    head.lastIndex = from + number('Length');
    if (!dictionary.includes('/FlateDecode')) continue;
    const bytes = inflateSync(pdf.subarray(from, head.lastIndex));
    if (/\/Subtype\s*\/Image/.test(dictionary)) {
      const [width, height] = [number('Width'), number('Height')];
      // Masks have one byte a pixel.
      if (bytes.length === 3 * width * height) printed.pictures.push({ width, height, pixels: bytes });
    } else {
      const content = bytes.toString('latin1');
      if (content.includes('begincmap')) lettersOf(content, printed.letters);
    }
  }
  return printed;
}

/** Share of a picture that is, nearly, of a colour. */
export function shareIn(picture: Picture, [r, g, b]: [number, number, number]): number {
  const { pixels } = picture;
  let hits = 0;
  for (let i = 0; i + 2 < pixels.length; i += 3)
    if (Math.abs((pixels[i] ?? 0) - r) + Math.abs((pixels[i + 1] ?? 0) - g) + Math.abs((pixels[i + 2] ?? 0) - b) < 24)
      hits += 1;
  return hits / (pixels.length / 3);
}
