/** What a job does at present, in words. */

import type { Dictionary } from './zh';

/** The service names steps for programs; one that the dictionaries do not know yet is work all the same. */
export function stepName(t: Dictionary, step: string | null): string {
  if (step === null) return '';
  return (t.step as Record<string, string>)[step] ?? t.app.working;
}
