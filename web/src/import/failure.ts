/** Why a job failed, taken apart: what, why, and what can be done. The service writes it as lines for people. */

/** A coordinate reference system that the file could be in. */
export interface Candidate {
  /** As the service takes it, such as `EPSG:4549`. */
  crs: string;
  /** What it is, and where the parcels would lie. */
  text: string;
}

export interface Explained {
  what: string;
  because: string[];
  hints: string[];
  candidates: Candidate[];
}

export function explained(text: string): Explained {
  const lines = text.split('\n').map((line) => line.trim());
  const [what = '', ...rest] = lines;
  const after = (start: string) => rest.filter((l) => l.startsWith(start)).map((l) => l.slice(start.length).trim());
  const candidates: Candidate[] = [];
  const hints: string[] = [];
  for (const hint of after('try:')) {
    const system = /^--crs (EPSG:\d+|local:\S+) \((.*)\)$/.exec(hint);
    if (system?.[1] && system[2]) candidates.push({ crs: system[1], text: system[2] });
    // What heads the list of systems says nothing beyond them; what names an option of the command line helps nobody here.
    else if (!hint.endsWith(':') && !hint.startsWith('--')) hints.push(hint);
  }
  return { what: what.replace(/^error: /, ''), because: after('because:'), hints, candidates };
}

/** The same, those first that lie closest to where the project's parcels lie. */
export function closestFirst(candidates: readonly Candidate[], lon: number | null): Candidate[] {
  if (lon === null) return [...candidates];
  const off = ({ text }: Candidate) => {
    const at = / lie at ([\d.]+) ([EW])/.exec(text);
    return at ? Math.abs((at[2] === 'W' ? -1 : 1) * Number(at[1]) - lon) : 360;
  };
  return [...candidates].sort((a, b) => off(a) - off(b));
}
