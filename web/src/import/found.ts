/** What a check found in the files, and the policy that it drafted, in words. */

import type { Assumed, ColumnProfile } from '../lib/types';

type Words = {
  title: string;
  hint: string;
  column: string;
  holds: string;
  missing: string;
  samples: string;
  taken: string;
  kind: Record<ColumnProfile['kind'], string>;
  role: Record<string, string>;
  ground: Record<'name' | 'content', string>;
  draft: string;
  draftHint: string;
  noDraft: string;
  show: string;
  use: string;
  used: string;
  assumed: Record<string, (p: Record<string, string>) => string>;
};

const en: Words = {
  title: 'What the columns hold',
  hint: 'What each column is taken for is a guess; confirm it below.',
  column: 'Column',
  holds: 'Holds',
  missing: 'Missing',
  samples: 'For example',
  taken: 'Taken for',
  kind: { empty: 'nothing', whole: 'whole numbers', number: 'numbers', text: 'text' },
  role: {
    id: 'parcel code',
    in_zone: 'in the zone now',
    sub_park: 'sub-park',
    registered_area: 'registered area',
    land_use: 'land use',
  },
  ground: { name: 'by its name', content: 'by its content' },
  draft: 'Drafted policy',
  draftHint: 'It plans as it is. This is what it takes for granted:',
  noDraft: 'No policy could be drafted, because of one of the other files:',
  show: 'Show the policy',
  use: 'Start with the drafted policy',
  used: 'Drafted policy',
  assumed: {
    column: (p) =>
      `${en.role[p.key === 'parcel_code' ? 'id' : (p.key ?? '')] ?? p.key}: column “${p.column}”, ${p.ground === 'name' ? en.ground.name : en.ground.content}`,
    area_unit: (p) => `registered areas are in ${p.unit}, which fits the measured ones best`,
    no_code: () => 'no column looks like a parcel code: parcels go by their row',
    no_zone: () => 'no column says which parcels are in the zone: all of them count as inside',
    empty_zone: () => 'by that column no parcel is in the zone: nothing can be planned before one is',
    one_table: (p) => `of the tables only ${p.used} is used; ${p.left} is left aside`,
    table_without_codes: (p) => `${p.table}: no column holds the parcels’ codes, so the table is not used`,
    join: (p) => `the firms of ${p.table} belong to parcels by column “${p.column}”`,
    firm_column: (p) =>
      `${p.key === 'share' ? 'share of a firm on a parcel' : 'key of the firm'}: column “${p.column}”`,
    first_figures: (p) => `of ${p.all} figures the first ${p.used} are indicators`,
    no_figures: () => 'nothing was found to score parcels by, so the larger one scores higher',
    figures: (p) => `parcels score by these figures per hectare, higher is better: ${p.figures}`,
    barrier: (p) => `${p.layer} parts parcels, ${p.half_width_m} m to either side`,
    streets: (p) =>
      `${p.parcels} parcels whose land use looks like streets or water (${p.uses}) are planned as parcels`,
    unknown_layer: (p) => `${p.layer}: its name does not say what it is, so it is left aside`,
    overlay: (p) => `${p.layer} is taken for ${p.key}, rule “${p.rule}”`,
  },
};

const zh: Words = {
  title: '各字段的内容',
  hint: '字段含义为推断，请在下面确认。',
  column: '字段',
  holds: '内容',
  missing: '缺失',
  samples: '例如',
  taken: '视为',
  kind: { empty: '空', whole: '整数', number: '数字', text: '文本' },
  role: {
    id: '宗地代码',
    in_zone: '现状是否在园区内',
    sub_park: '子园',
    registered_area: '登记面积',
    land_use: '土地用途',
  },
  ground: { name: '依据名称', content: '依据内容' },
  draft: '草拟的政策',
  draftHint: '可直接试算，其中的假设如下：',
  noDraft: '因其他文件有问题，未能草拟政策：',
  show: '查看政策全文',
  use: '采用草拟的政策',
  used: '草拟的政策',
  assumed: {
    column: (p) =>
      `${zh.role[p.key === 'parcel_code' ? 'id' : (p.key ?? '')] ?? p.key}：字段“${p.column}”（${p.ground === 'name' ? zh.ground.name : zh.ground.content}）`,
    area_unit: (p) => `登记面积的单位为 ${p.unit}，与实测面积最相符`,
    no_code: () => '没有像宗地代码的字段，地块按行号命名',
    no_zone: () => '没有字段说明现状范围，所有地块视为在园区内',
    empty_zone: () => '按该字段没有地块在园区内，无法规划',
    one_table: (p) => `只使用表格 ${p.used}，未使用 ${p.left}`,
    table_without_codes: (p) => `${p.table}：没有字段与宗地代码对应，未使用`,
    join: (p) => `${p.table} 中的企业按字段“${p.column}”对应地块`,
    firm_column: (p) => `${p.key === 'share' ? '企业在地块上的份额' : '企业代码'}：字段“${p.column}”`,
    first_figures: (p) => `${p.all} 项数字中取前 ${p.used} 项作为指标`,
    no_figures: () => '没有可作指标的数字，以面积代替，大者得分高',
    figures: (p) => `按每公顷数值评分，越高越好：${p.figures}`,
    barrier: (p) => `${p.layer} 视为分隔线，两侧各 ${p.half_width_m} 米`,
    streets: (p) => `${p.parcels} 个地块的用途像道路或水域（${p.uses}），仍作为地块`,
    unknown_layer: (p) => `${p.layer}：名称看不出含义，未使用`,
    overlay: (p) => `${p.layer} 视为 ${p.key}，规则 ${p.rule}`,
  },
};

export const found: Record<'zh' | 'en', Words> = { zh, en };

/** An assumption in a language; one that is not known here, as the service says it. */
export function said(assumed: Assumed, language: 'zh' | 'en'): string {
  return found[language].assumed[assumed.code]?.(assumed.params) ?? assumed.text;
}

/** What share of the rows says nothing; none where every row says something. */
export function missingShare(column: ColumnProfile, rows: number): number | null {
  return rows > 0 && column.filled < rows ? 1 - column.filled / rows : null;
}
