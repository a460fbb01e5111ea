/** What a check found, by kind of defect: the worst first, then the most frequent. */

import type { Inspection, ListedIssue, Severity } from '../lib/types';

export interface Kind {
  kind: string;
  severity: Severity;
  count: number;
  /** Those that are listed, with their place in the whole list. */
  listed: { at: number; issue: ListedIssue }[];
}

const WEIGHT: Record<Severity, number> = { error: 0, warning: 1, note: 2 };

export function kinds(checked: Pick<Inspection, 'issues' | 'issue_counts'>): Kind[] {
  const of = new Map<string, Kind>();
  for (const [kind, count] of Object.entries(checked.issue_counts))
    of.set(kind, { kind, severity: 'note', count, listed: [] });
  checked.issues.forEach((issue, at) => {
    const kind = of.get(issue.kind);
    if (!kind) return;
    kind.listed.push({ at, issue });
    if (WEIGHT[issue.severity] < WEIGHT[kind.severity]) kind.severity = issue.severity;
  });
  return [...of.values()].sort((a, b) => WEIGHT[a.severity] - WEIGHT[b.severity] || b.count - a.count);
}
