/** The rows of the sub-park table and the dots of its chart. Pure. */

import type { BeforeAfter, SubPark } from '../lib/types';

export const SORTS = ['name', 'area', 'score', 'concentration', 'moves'] as const;
export type Sort = (typeof SORTS)[number];
export const METRICS = ['area', 'score', 'concentration'] as const;
export type Metric = (typeof METRICS)[number];

export interface Order {
  by: Sort;
  down: boolean;
}

export function metricOf(of: SubPark, metric: Metric): BeforeAfter<number | null> {
  switch (metric) {
    case 'area':
      return of.area_m2;
    case 'score':
      return of.score;
    case 'concentration':
      return { before: of.concentration.before.index, after: of.concentration.after.index };
  }
}

const NUMERALS = '零一二三四五六七八九';
/** Numbers below a hundred as Chinese names write them; a collator would sort them by their sound. */
const CHINESE_NUMBER = /[一二三四五六七八九]?十[一二三四五六七八九]?|[一二三四五六七八九]/g;

function counted(name: string): string {
  return name.replace(CHINESE_NUMBER, (number) => {
    const [tens, ones] = number.includes('十') ? number.split('十') : ['零', number];
    const ten = tens === '' ? 1 : NUMERALS.indexOf(tens ?? '');
    return String(10 * ten + (ones ? NUMERALS.indexOf(ones) : 0));
  });
}

const collator = new Intl.Collator('zh', { numeric: true });

/** What is unknown, and the land of no sub-park, goes last whichever way the rest runs. */
export function sorted(all: readonly SubPark[], { by, down }: Order): SubPark[] {
  const turn = down ? -1 : 1;
  const value = (of: SubPark): number | null =>
    by === 'moves' ? of.in.count + of.out.count : by === 'name' ? null : metricOf(of, by).after;
  return [...all].sort((a, b) => {
    if (a.name === null || b.name === null) return Number(a.name === null) - Number(b.name === null);
    if (by === 'name') return turn * collator.compare(counted(a.name), counted(b.name));
    const [x, y] = [value(a), value(b)];
    if (x === null || y === null) return Number(x === null) - Number(y === null);
    return turn * (x - y);
  });
}

/** From 0 to the largest value, with air at its end. */
export function reach(all: readonly SubPark[], metric: Metric): number {
  const values = all.flatMap((of) => Object.values(metricOf(of, metric) as BeforeAfter<number | null>));
  return Math.max(...values.map((v) => v ?? 0), 1e-9) * 1.04;
}
