/** Why a job failed, taken apart: what, why, what can be done, and which coordinate systems would fit. */

import type { Bilingual, Param, Told, ToldFailure } from '../lib/types';

/** A coordinate reference system that the file could be in. */
export interface Candidate {
  /** As the service takes it, such as `EPSG:4549`. */
  crs: string;
  /** What it is, and where the parcels would lie. */
  told: Bilingual;
  /** The longitude where they would lie; none for a grid without a place on the earth. */
  lon: number | null;
}

export interface Explained {
  what: Bilingual;
  because: Bilingual[];
  hints: Bilingual[];
  candidates: Candidate[];
  /** It is the coordinate system that has to be said. */
  system: boolean;
}

/** What the service is told of a grid whose name is for its user to give. */
const OWN = 'local:own';

export function explained(failure: ToldFailure): Explained {
  const candidates: Candidate[] = [];
  const hints: Told[] = [];
  for (const hint of failure.hints) {
    const candidate = candidateOf(hint);
    if (candidate) candidates.push(candidate);
    // What heads the list of systems says nothing beyond them.
    else if (hint.code !== 'choose-by-place') hints.push(hint);
  }
  const system = candidates.length > 0 || failure.code.startsWith('crs-refused-');
  return { what: failure, because: failure.because, hints, candidates, system };
}

/** A failure that has only words. */
export function plainly(what: Bilingual): Explained {
  return { what, because: [], hints: [], candidates: [], system: false };
}

function candidateOf(hint: Told): Candidate | null {
  if (hint.code === 'crs-candidate-local') return { crs: OWN, told: hint, lon: null };
  if (hint.code !== 'crs-candidate' && hint.code !== 'crs-candidate-exchanged') return null;
  const { crs, at } = hint.params;
  return { crs: text(crs), told: hint, lon: longitude(at) };
}

const text = (param: Param | undefined): string => (param && 'text' in param ? String(param.text) : '');

function longitude(at: Param | undefined): number | null {
  if (!at || !('message' in at)) return null;
  const { code, params } = at.message as { code: string; params: Record<string, Param> };
  const { lon } = params;
  if (!lon || !('number' in lon)) return null;
  const { value } = lon.number as { value: number };
  return code.endsWith('-west') ? -value : value;
}

/** The same, those first that lie closest to where the project's parcels lie. */
export function closestFirst(candidates: readonly Candidate[], lon: number | null): Candidate[] {
  if (lon === null) return [...candidates];
  const off = (candidate: Candidate) => (candidate.lon === null ? 360 : Math.abs(candidate.lon - lon));
  return [...candidates].sort((a, b) => off(a) - off(b));
}
