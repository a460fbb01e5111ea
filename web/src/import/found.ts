/** What a check found in the files, and the policy that it drafted, in words. */

import type { ColumnProfile } from '../lib/types';

type Words = {
  title: string;
  parcels: string;
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
};

const en: Words = {
  title: 'What the columns hold',
  parcels: 'Parcels',
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
    parcel_code: 'code of the parcel',
    firm: 'code of the firm',
    share: 'share of the firm',
    indicator: 'figure to score by',
  },
  ground: { name: 'by its name', content: 'by its content' },
  draft: 'Drafted policy',
  draftHint: 'It plans as it is. This is what it takes for granted:',
  noDraft: 'No policy could be drafted, because of one of the other files:',
  show: 'Show the policy',
  use: 'Start with the drafted policy',
  used: 'Drafted policy',
};

const zh: Words = {
  title: '各字段的内容',
  parcels: '地块',
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
    parcel_code: '所在宗地代码',
    firm: '企业代码',
    share: '分摊比例',
    indicator: '可用于评分的数值',
  },
  ground: { name: '依据名称', content: '依据内容' },
  draft: '草拟的政策',
  draftHint: '可直接试算，其中的假设如下：',
  noDraft: '因其他文件有问题，未能草拟政策：',
  show: '查看政策全文',
  use: '采用草拟的政策',
  used: '草拟的政策',
};

export const found: Record<'zh' | 'en', Words> = { zh, en };

/** What share of the rows says nothing; none where every row says something. */
export function missingShare(column: ColumnProfile, rows: number): number | null {
  return rows > 0 && column.filled < rows ? 1 - column.filled / rows : null;
}
