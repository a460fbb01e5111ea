/** Why a job failed, taken apart: what, why, and what can be done. The service writes it as lines for people. */

import { type Fitting, fitting } from './wording';

/** A coordinate reference system that the file could be in. */
export interface Candidate {
  /** As the service takes it, such as `EPSG:4549`. */
  crs: string;
  /** What it is, and where the parcels would lie; none for a grid without a place on the earth. */
  place: Fitting | null;
}

export interface Explained {
  what: string;
  because: string[];
  hints: string[];
  candidates: Candidate[];
  /** It is the coordinate system that has to be said. */
  system: boolean;
}

/** What the service calls a grid whose name is for its user to give. */
const UNNAMED = 'local:NAME';
/** An option of the command line, which helps nobody here. */
const OPTION = /(^|\s)--[a-z]/;

export function explained(text: string): Explained {
  const lines = text.split('\n').map((line) => line.trim());
  const [what = '', ...rest] = lines;
  const after = (start: string) => rest.filter((l) => l.startsWith(start)).map((l) => l.slice(start.length).trim());
  const candidates: Candidate[] = [];
  const hints: string[] = [];
  for (const hint of after('try:')) {
    const system = /^--crs (EPSG:\d+|local:\S+) \((.*)\)$/.exec(hint);
    if (system?.[1] && system[2])
      candidates.push({ crs: system[1] === UNNAMED ? 'local:own' : system[1], place: fitting(system[2]) });
    // What heads the list of systems says nothing beyond them.
    else if (!hint.endsWith(':') && !OPTION.test(hint)) hints.push(hint);
  }
  const asked = candidates.length > 0 || what.includes('(its coordinates: ');
  return { what: what.replace(/^error: /, ''), because: after('because:'), hints, candidates, system: asked };
}

/** The same, those first that lie closest to where the project's parcels lie. */
export function closestFirst(candidates: readonly Candidate[], lon: number | null): Candidate[] {
  if (lon === null) return [...candidates];
  const off = ({ place }: Candidate) => (place ? Math.abs(place.lon - lon) : 360);
  return [...candidates].sort((a, b) => off(a) - off(b));
}
