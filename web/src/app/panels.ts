/** The panels at the left, in the order of the rail. A feature adds one line here and brings its own component. */

import type { Component } from 'svelte';
import ExportPanel from '../export/ExportPanel.svelte';
import type { Dictionary } from '../i18n/zh';
import ImportPanel from '../import/ImportPanel.svelte';
import PolicyPanel from '../policy/PolicyPanel.svelte';
import ReviewPanel from '../review/ReviewPanel.svelte';
import ScenarioPanel from '../scenario/ScenarioPanel.svelte';
import SubParksPanel from '../subparks/SubParksPanel.svelte';
import YearsPanel from '../years/YearsPanel.svelte';
import type { IconName } from './Icon.svelte';

export interface Panel {
  id: string;
  icon: IconName;
  label: (t: Dictionary) => string;
  component: Component;
  /** Makes sense before there is any scenario. */
  always?: boolean;
}

export const PANELS: readonly Panel[] = [
  { id: 'review', icon: 'review', label: (t) => t.tabs.review, component: ReviewPanel },
  { id: 'policy', icon: 'policy', label: (t) => t.tabs.policy, component: PolicyPanel },
  { id: 'scenarios', icon: 'scenarios', label: (t) => t.tabs.scenarios, component: ScenarioPanel },
  { id: 'subparks', icon: 'subparks', label: (t) => t.tabs.subParks, component: SubParksPanel },
  { id: 'years', icon: 'years', label: (t) => t.tabs.years, component: YearsPanel },
  { id: 'export', icon: 'export', label: (t) => t.tabs.export, component: ExportPanel },
  { id: 'import', icon: 'import', label: (t) => t.tabs.import, component: ImportPanel, always: true },
];
