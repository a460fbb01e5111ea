/** Tables as offices keep them: a workbook with merged cells, and figures with decimal commas. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import type { Folder } from './files';

/** Parcels in the layer. */
export const PARCELS = 18;

const codeOf = (n: number): string => `青浦-${n}`;

/** The parcels: a code, whether it is in the zone, an area as registered, and remarks that half of them lack. */
export function parcelsFile(within: Folder, west: number): string {
  const path = join(within.path, '地块.geojson');
  const side = 0.001;
  const features = Array.from({ length: PARCELS }, (_, at) => {
    const [x, y] = [west + (at % 6) * side, 31.1 + Math.floor(at / 6) * side];
    const ring = [
      [x, y],
      [x + side, y],
      [x + side, y + side],
      [x, y + side],
      [x, y],
    ];
    const properties = {
      宗地代码: codeOf(at + 1),
      是否入区: at % 6 < 3 ? '是' : '否',
      宗地面积: 10_580 + at,
      备注: at % 2 ? `第${at}户` : null,
    };
    return { type: 'Feature', properties, geometry: { type: 'Polygon', coordinates: [ring] } };
  });
  writeFileSync(path, JSON.stringify({ type: 'FeatureCollection', features }));
  return path;
}

/** A table, and what the figure comes to on each parcel. */
export interface Messy {
  path: string;
  /** What the column of figures is called. */
  figure: string;
  sums: Map<string, number>;
}

/** The figures of the firms on each parcel: several on every third, one on the others. */
function firms(): { code: string; figures: number[] }[] {
  return Array.from({ length: PARCELS }, (_, at) => ({
    code: codeOf(at + 1),
    figures: at % 3 === 0 ? [10.5 + at, 11.25 * (at + 1), 1012.75] : [1234.5 / (at + 1)],
  }));
}

const sums = (digits: number) =>
  new Map(
    firms().map(({ code, figures }) => [code, figures.reduce((sum, one) => sum + Number(one.toFixed(digits)), 0)]),
  );

/** Semicolons between cells, a decimal comma, points between thousands, as an office in Germany saves it. */
export function decimalCommas(within: Folder): Messy {
  const path = join(within.path, 'firms.csv');
  const written = (value: number) => {
    const [whole = '', decimals] = value.toFixed(2).split('.');
    return `${whole.replace(/\B(?=(\d{3})+$)/g, '.')},${decimals}`;
  };
  let firm = 0;
  const rows = firms().flatMap(({ code, figures }) =>
    figures.map((value) => {
      firm += 1;
      return `F${firm};${code};${written(value)}`;
    }),
  );
  writeFileSync(path, ['firm_id;parcel_code;rd_expense', ...rows, ''].join('\r\n'));
  return { path, figure: 'rd_expense', sums: sums(2) };
}

/** A workbook in which the code of a parcel stands once for all its firms, in merged cells. */
export function mergedCells(within: Folder): Messy {
  const path = join(within.path, '企业.xlsx');
  const figure = '研发费用(万元)';
  const text = (cell: string, said: string) => `<c r="${cell}" t="inlineStr"><is><t>${said}</t></is></c>`;
  const rows = [`<row r="1">${text('A1', '宗地代码')}${text('B1', '企业名称')}${text('C1', figure)}</row>`];
  const merged: string[] = [];
  for (const { code, figures } of firms()) {
    const first = rows.length + 1;
    figures.forEach((value, nth) => {
      const row = first + nth;
      // What a merged cell covers is written without a value.
      const head = nth === 0 ? text(`A${row}`, code) : `<c r="A${row}"/>`;
      rows.push(`<row r="${row}">${head}${text(`B${row}`, `第${row}厂`)}<c r="C${row}"><v>${value}</v></c></row>`);
    });
    if (figures.length > 1) merged.push(`<mergeCell ref="A${first}:A${first + figures.length - 1}"/>`);
  }
  const main = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main';
  const office = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships';
  const packed = 'http://schemas.openxmlformats.org/package/2006';
  const type = 'application/vnd.openxmlformats-officedocument.spreadsheetml';
  const head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>';
  writeFileSync(
    path,
    zipped({
      '[Content_Types].xml': `${head}<Types xmlns="${packed}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType="${type}.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="${type}.worksheet+xml"/></Types>`,
      '_rels/.rels': `${head}<Relationships xmlns="${packed}/relationships"><Relationship Id="r1" Type="${office}/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
      'xl/workbook.xml': `${head}<workbook xmlns="${main}" xmlns:r="${office}"><sheets><sheet name="企业" sheetId="1" r:id="r1"/></sheets></workbook>`,
      'xl/_rels/workbook.xml.rels': `${head}<Relationships xmlns="${packed}/relationships"><Relationship Id="r1" Type="${office}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`,
      'xl/worksheets/sheet1.xml': `${head}<worksheet xmlns="${main}"><sheetData>${rows.join('')}</sheetData><mergeCells count="${merged.length}">${merged.join('')}</mergeCells></worksheet>`,
    }),
  );
  return { path, figure, sums: sums(12) };
}

/** A zip of these files, stored as they are. */
function zipped(files: Record<string, string>): Buffer {
  const [bodies, heads]: [Buffer[], Buffer[]] = [[], []];
  let at = 0;
  for (const [name, content] of Object.entries(files)) {
    const [title, body] = [Buffer.from(name), Buffer.from(content)];
    // Version, flags, method, time, date, checksum, sizes, length of the name, none of more.
    const about = Buffer.alloc(26);
    about.writeUInt16LE(20, 0);
    about.writeUInt16LE(0x21, 8);
    about.writeUInt32LE(crc32(body), 10);
    about.writeUInt32LE(body.length, 14);
    about.writeUInt32LE(body.length, 18);
    about.writeUInt16LE(title.length, 22);
    bodies.push(Buffer.from('PK\u0003\u0004'), about, title, body);
    const place = Buffer.alloc(14);
    place.writeUInt32LE(at, 10);
    heads.push(Buffer.from('PK\u0001\u0002\u0014\u0000'), about, place, title);
    at += 4 + about.length + title.length + body.length;
  }
  const [count, size] = [Object.keys(files).length, heads.reduce((sum, part) => sum + part.length, 0)];
  const end = Buffer.alloc(18);
  end.writeUInt16LE(count, 4);
  end.writeUInt16LE(count, 6);
  end.writeUInt32LE(size, 8);
  end.writeUInt32LE(at, 12);
  return Buffer.concat([...bodies, ...heads, Buffer.from('PK\u0005\u0006'), end]);
}
