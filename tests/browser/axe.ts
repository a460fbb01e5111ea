/** What keeps somebody from using a page, as axe finds it. */

import { source } from 'axe-core';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';

interface Violation {
  id: string;
  nodes: { html: string; failureSummary: string }[];
}
interface AxeWindow {
  axe: { run(): Promise<{ violations: Violation[]; passes: unknown[] }> };
}

/** What keeps somebody from using what is shown. */
export async function violations(page: Page, where: string): Promise<string[]> {
  // The page's own policy lets no script in; what a debugger evaluates is none of the page's.
  await page.evaluate(source);
  const { found, checked } = await page.evaluate(async () => {
    const { violations: found, passes } = await (window as unknown as AxeWindow).axe.run();
    return { found, checked: passes.length };
  });
  expect(checked, where).toBeGreaterThan(10);
  return found.flatMap(({ id, nodes }) => nodes.map((node) => `${where}: ${id}: ${node.html}: ${node.failureSummary}`));
}
