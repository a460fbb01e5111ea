/** The words of a comparison of scenarios that speak of different parcels. */

type Words = {
  title: string;
  inAll: (n: string) => string;
  besides: (title: string, ha: string) => string;
  differ: (n: string, ha: string) => string;
  common: string;
  end: string;
};

export const words: Record<'zh' | 'en', Words> = {
  en: {
    title: 'By the parcels that both have',
    inAll: (n) => `${n} parcels are in both, and only they can be held against each other.`,
    besides: (title, ha) => `“${title}” has ${ha} ha of other parcels besides.`,
    differ: (n, ha) => `${n} of those in both (${ha} ha) are not on the same side.`,
    common: 'Zone area in common',
    end: 'End comparison',
  },
  zh: {
    title: '按双方共有的地块比较',
    inAll: (n) => `双方共有 ${n} 个地块，只有这些地块可以相互比较。`,
    besides: (title, ha) => `“${title}”另有 ${ha} 公顷其他地块。`,
    differ: (n, ha) => `共有地块中有 ${n} 个（${ha} 公顷）归属不同。`,
    common: '园区面积（共有地块）',
    end: '结束对比',
  },
};
