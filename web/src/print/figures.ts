/** The plan's figures as the sheet lists them. */

import type { Dictionary } from '../i18n/zh';
import type { Numbers } from '../lib/format';
import type { PlanRecord, Transfer } from '../lib/types';

export interface Figure {
  id: string;
  label: string;
  before: string;
  after: string;
}

export function figures(record: PlanRecord, t: Dictionary, n: Numbers): Figure[] {
  const { area, score, concentration } = record;
  return [
    { id: 'area', label: `${t.metric.area} (${t.unit.ha})`, before: n.ha(area.before_m2), after: n.ha(area.after_m2) },
    { id: 'score', label: t.metric.score, before: n.number(score.before, 1), after: n.number(score.after, 1) },
    {
      id: 'concentration',
      label: t.metric.concentration,
      before: n.number(concentration.before.index, 2),
      after: n.number(concentration.after.index, 2),
    },
    {
      id: 'blocks',
      label: t.metric.blocks,
      before: n.number(concentration.before.blocks),
      after: n.number(concentration.after.blocks),
    },
    {
      id: 'small',
      label: t.metric.smallShare,
      before: n.percent(concentration.before.small_block_share),
      after: n.percent(concentration.after.small_block_share),
    },
  ];
}

/** How many parcels move which way, and their area. */
export function moved(transfers: readonly Transfer[], direction: Transfer['direction']): { count: number; m2: number } {
  const moving = transfers.filter((t) => t.direction === direction);
  return { count: moving.length, m2: moving.reduce((sum, t) => sum + t.area_m2, 0) };
}
