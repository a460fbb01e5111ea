/** Small files of parcels, as somebody would bring them. */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Folder {
  path: string;
  end(): void;
}

export function folder(): Folder {
  const path = mkdtempSync(join(tmpdir(), 'lianpian-files-'));
  return { path, end: () => rmSync(path, { recursive: true }) };
}

type Ring = [number, number][];

/** Squares of about 90 m side by side, the last one's boundary crossing itself. */
function rings(count: number): Ring[] {
  const side = 0.001;
  return Array.from({ length: count }, (_, n): Ring => {
    const [x, y] = [121.1 + (n % 6) * side, 31.1 + Math.floor(n / 6) * side];
    const [a, b, c, d]: Ring = [
      [x, y],
      [x + side, y],
      [x + side, y + side],
      [x, y + side],
    ];
    return n === count - 1 ? [a, c, b, d, a] : [a, b, c, d, a];
  });
}

function geojson(all: Ring[]): string {
  const features = all.map((ring, n) => ({
    type: 'Feature',
    properties: { 宗地代码: `青浦-${n + 1}`, 是否入区: n % 3 === 0 ? 1 : 0, 旧号: `Q${n + 1}`, 宗地面积: 9500 },
    geometry: { type: 'Polygon', coordinates: [ring] },
  }));
  return JSON.stringify({ type: 'FeatureCollection', features });
}

/** The parts of a shapefile as a land bureau hands it out: in zone 40, its text in GBK. */
export function shapefile(within: Folder, count: number): string[] {
  const plain = join(within.path, 'plain.geojson');
  writeFileSync(plain, geojson(rings(count)));
  const target = join(within.path, '地块.shp');
  const how = ['-t_srs', 'EPSG:4549', '-lco', 'ENCODING=CP936'];
  execFileSync('ogr2ogr', ['-f', 'ESRI Shapefile', target, plain, ...how], { stdio: 'inherit' });
  return ['shp', 'shx', 'dbf', 'prj'].map((part) => join(within.path, `地块.${part}`));
}

/** Parcels in metres that do not say of which grid. */
export function withoutSystem(within: Folder): string {
  const path = join(within.path, 'plane.geojson');
  const metres = rings(6).map((ring) => ring.map(([x, y]): [number, number] => [(x - 116) * 1e5, y * 1e5 + 3.4e5]));
  writeFileSync(path, geojson(metres.slice(0, 5)));
  return path;
}

/** Parcels that take a while to be checked: each crosses itself a thousand times. */
export function tangle(within: Folder): string {
  const path = join(within.path, 'tangle.geojson');
  const ring = (n: number): Ring => {
    const at = (k: number): [number, number] => [
      121 + 0.01 * n + 0.004 * Math.cos(k * 2.399963),
      31.1 + 0.004 * Math.sin(k * 2.399963),
    ];
    return [...Array.from({ length: 2000 }, (_, k) => at(k)), at(0)];
  };
  writeFileSync(path, geojson(Array.from({ length: 120 }, (_, n) => ring(n))));
  return path;
}

/**
 * Parcels that are soon checked, and then take half a minute to be brought in: across narrow streets their edges face each
 * other with 400 teeth a side, so that which of them are contiguous is long to tell.
 */
export function toothed(within: Folder): string {
  const path = join(within.path, 'toothed.geojson');
  const [teeth, side, street, depth] = [200, 0.001, 0.00002, 0.00003];
  const ring = (n: number): Ring => {
    const [x, y] = [121.1 + (n % 20) * (side + street), 31.1 + Math.floor(n / 20) * (side + street)];
    // Along each side in turn, every other point a tooth's depth inside.
    const at = (k: number): [number, number] => {
      const [along, off] = [((k % (2 * teeth)) / (2 * teeth)) * side, (k % 2) * depth];
      const turned: Ring = [
        [x + along, y + off],
        [x + side - off, y + along],
        [x + side - along, y + side - off],
        [x + off, y + side - along],
      ];
      return turned[Math.floor(k / (2 * teeth))] as [number, number];
    };
    return [...Array.from({ length: 8 * teeth }, (_, k) => at(k)), at(0)];
  };
  writeFileSync(path, geojson(Array.from({ length: 120 }, (_, n) => ring(n))));
  return path;
}

/** A table of the firms on the shapefile's parcels, as a statistics office hands it out. */
export function firmTable(within: Folder, count: number): string {
  const path = join(within.path, '企业.csv');
  const row = (n: number) => `9131${n},第${n + 1}机床厂,青浦-${n + 1},${(n + 1) * 100},${(count - n) * 10}`;
  const rows = Array.from({ length: count }, (_, n) => row(n));
  writeFileSync(path, ['统一社会信用代码,企业名称,宗地代码,营业收入(万元),用电量', ...rows, ''].join('\n'));
  return path;
}

/** What is called a GeoPackage and is none. */
export function brokenFile(within: Folder): string {
  const path = join(within.path, 'broken.gpkg');
  writeFileSync(path, 'no database');
  return path;
}
