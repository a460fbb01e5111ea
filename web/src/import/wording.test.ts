import { expect, test } from 'vitest';
import { fitting, known, systemName, worded } from './wording';

test('what the service found is said in Chinese, with its figures in their places', () => {
  const said: [string, string][] = [
    ['parcels A-1 and B 2 both cover 3.20 m² (mean width 0.01 m)', 'A-1 与 B 2 重叠 3.20 平方米（平均宽 0.01 米）'],
    ['3 of 18 features have heights or measures', '18 个要素中有 3 个含高程或量测值'],
    ['hole 2 of part 1 of 3 has fewer than three distinct points', '第 1 部分的第 2 个内环的界址点不足三个'],
    ['the shell has no points', '外环没有界址点'],
    ['part 2 of 3 dropped', '已舍去第 2 部分（共 3 部分）'],
    ['named 7#2; give it a code of its own', '暂编为 7#2；请给出独立的代码'],
    ['repaired: now 2 valid parts', '已修复，现为 2 个有效部分'],
  ];
  for (const [english, chinese] of said) {
    expect(known(english, 'zh')).toBe(chinese);
    expect(known(english, 'en')).toBe(english);
  }
});

test('the command line is not spoken of, and what is not known stays as it is', () => {
  expect(worded('a.gpkg: it has 3 layers; say which as PATH:LAYER', 'en')).toBe('a.gpkg: it has 3 layers; choose one');
  expect(worded('read as asked, with replacement characters; try another --encoding', 'en')).not.toContain('--');
  expect(worded('something new', 'zh')).toBe('something new');
  expect(known('something new', 'zh')).toBe(null);
});

test('a system that would fit is told by name and place', () => {
  const said = fitting('CGCS2000 / 3-degree Gauss-Kruger CM 117E: the data would lie at 117.0000 E 31.1000 N');
  expect(said).toEqual({ name: 'CGCS2000 / 3-degree Gauss-Kruger CM 117E', lon: 117, lat: 31.1 });
  expect(systemName(said?.name ?? '', 'zh')).toBe('CGCS2000 三度带，中央经线 117°，不加带号');
  expect(systemName('degrees of CGCS2000', 'zh')).toBe('CGCS2000 经纬度');
  expect(fitting('a city’s own grid')).toBe(null);
});
