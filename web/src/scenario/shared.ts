/** The words of a comparison of scenarios that speak of different parcels. */

type Words = {
  title: string;
  inAll: (n: string) => string;
  besides: (title: string, n: string, ha: string) => string;
  differ: (n: string, ha: string) => string;
  mark: string;
  common: string;
  shared: string;
  all: string;
  own: string;
};

export const words: Record<'zh' | 'en', Words> = {
  en: {
    title: 'By the parcels that both have',
    inAll: (n) => `${n} parcels are in both, and only they can be held against each other.`,
    besides: (title, n, ha) => `“${title}” has ${n} more (${ha} ha) that the other lacks.`,
    differ: (n, ha) => `${n} of those in both (${ha} ha) are not on the same side.`,
    mark: 'Show those on the map',
    common: 'The parcels in both',
    shared: 'Parcels',
    all: 'Each as a whole',
    own: 'Parcels that the other lacks',
  },
  zh: {
    title: '按双方共有的地块比较',
    inAll: (n) => `双方共有 ${n} 个地块，只有这些地块可以相互比较。`,
    besides: (title, n, ha) => `“${title}”另有 ${n} 个地块（${ha} 公顷）为对方所无。`,
    differ: (n, ha) => `共有地块中有 ${n} 个（${ha} 公顷）归属不同。`,
    mark: '在地图上显示这些地块',
    common: '共有地块',
    shared: '地块数',
    all: '各自全部地块',
    own: '对方所无的地块数',
  },
};
