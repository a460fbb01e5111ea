/** Which of the files that were chosen holds the parcels, and which go with it. */

/** Endings of files that can hold parcels, the likeliest to be meant first. */
const MAIN = ['.shp', '.gpkg', '.geojson', '.geojson.gz', '.fgb', '.zip', '.json', '.json.gz'];
/** Endings the chooser offers: those, the other parts of a shapefile, and tables. */
export const ACCEPTED = [
  ...MAIN.filter((ending) => !ending.endsWith('.gz')),
  '.gz',
  '.shx',
  '.dbf',
  '.prj',
  '.cpg',
  '.csv',
  '.tsv',
  '.xlsx',
  '.xls',
  '.ods',
].join(',');

const rank = (name: string): number => MAIN.findIndex((ending) => name.toLowerCase().endsWith(ending));

/** Names that can hold the parcels, the likeliest first. */
export function mains(names: readonly string[]): string[] {
  return names.filter((name) => rank(name) >= 0).sort((a, b) => rank(a) - rank(b));
}

/** The parts without which a shapefile says nothing, and which are not there. */
export function missing(main: string, names: readonly string[]): string[] {
  if (!main.toLowerCase().endsWith('.shp')) return [];
  const stem = main.slice(0, -4).toLowerCase();
  const there = new Set(names.map((name) => name.toLowerCase()));
  return ['.dbf', '.prj', '.shx'].filter((part) => !there.has(stem + part));
}

/** A name for people from that of a file. */
export function titleOf(main: string): string {
  return main.replace(/(\.(geo)?json)?\.[a-z]+$/i, '').slice(0, 120);
}
