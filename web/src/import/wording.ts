/**
 * What the service says of a file, in the reader's language. The service words defects, repairs and refusals in English,
 * as it does on a terminal; each of its sentences stands here with what it is in Chinese. A sentence that is not known is
 * shown as it is: better in the other language than not at all.
 */

import type { Language } from '../i18n/index.svelte';
import { interpreter, type Sentence } from '../i18n/sentences';

const SENTENCES: Sentence[] = [
  // Geometry.
  ['the feature has no geometry', '要素没有图形'],
  ['the geometry has no points', '图形没有界址点'],
  ['the geometry is a {}, not a polygon', '图形是 {1}，不是面'],
  ['{} repeated points along the boundary', '边界上有 {1} 个重复的界址点'],
  ['{} repeated point along the boundary', '边界上有 {1} 个重复的界址点'],
  ['the polygon has no area', '面积为零'],
  ['the boundary has curves', '边界含有曲线'],
  ['the boundary crosses, touches or doubles back on itself', '边界自相交、自接触或折返'],
  ['a hole crosses or lies outside its shell, or meets another hole', '内环越出外环，或与其他内环相交'],
  ['parts of the parcel overlap or share an edge', '同一地块的各部分相互重叠或共边'],
  ['{} has a coordinate that is not a finite number', '{1}的坐标不是有效数字'],
  ['{} has no points', '{1}没有界址点'],
  ['{} has fewer than three distinct points', '{1}的界址点不足三个'],
  ['parcels {} and {} both cover {} m² (mean width {} m)', '{1} 与 {2} 重叠 {3} 平方米（平均宽 {4} 米）'],
  ['the same polygon as parcel {}', '与 {1} 图形完全相同'],
  ['the policy says that this is no parcel', '按政策不作为地块'],
  ['the parcel has {} separate parts', '地块由 {1} 个分离的部分组成'],
  ['the parcel has a hole', '地块有一个内环'],
  ['the parcel has {} holes', '地块有 {1} 个内环'],
  ['thinness 4πA/P² is {}, below {}', '形状指数 4πA/P² 为 {1}，低于 {2}'],
  [
    'registered {} m², measured {} m² on the ellipsoid ({} % apart)',
    '登记 {1} 平方米，椭球面积 {2} 平方米，相差 {3} %',
  ],
  ['{} of {} features have heights or measures', '{2} 个要素中有 {1} 个含高程或量测值'],
  ['{} parcels lie where the coordinate system has no longitude and latitude', '{1} 宗地块超出坐标系的适用范围'],
  ['the collection holds {} lines and {} points', '集合中有 {1} 条线和 {2} 个点'],
  // Codes and columns.
  ['no column is named as parcel code', '没有指定地块代码字段'],
  ['the zone flag is missing', '是否入区为空'],
  ['the zone flag "{}" is neither yes nor no', '是否入区的值“{1}”既非是也非否'],
  ['the registered area "{}" is no area', '登记面积“{1}”不是面积'],
  ['another parcel has the code {} too', '另有地块代码也是 {1}'],
  ['the parcel has no code', '地块没有代码'],
  [
    'the code {} is not built as a parcel code (19 characters) or unit code (28)',
    '代码 {1} 不符合宗地代码（19 位）或不动产单元代码（28 位）的格式',
  ],
  ['the column {} holds binary data', '字段 {1} 是二进制数据'],
  ['the column name {} is repeated', '字段名 {1} 重复'],
  // The file as a whole.
  ['the file is damaged: {} of {} features can be read', '文件已损坏：{2} 个要素中只能读出 {1} 个'],
  ['{} texts are not UTF-8', '{1} 处文字不是 UTF-8'],
  ['the text is damaged UTF-8', '文字是损坏的 UTF-8'],
  ['{} values are not {} text, the encoding that was asked for', '{1} 处文字与指定的编码 {2} 不符'],
  ['the file has {} layers and none was chosen', '文件中有 {1} 个图层，尚未选择'],
  ['the .dbf part of the shapefile cannot be read: {}', '.dbf 读不出来：{1}'],
  ['the .dbf part is too short: {} of {} features have no attributes', '.dbf 不完整：{2} 个要素中有 {1} 个没有属性'],
  ['the .dbf part of the shapefile is missing: there are no attributes', '缺少 .dbf，没有属性'],
  ['the .shx part of the shapefile is missing', '缺少 .shx'],
  ['the coordinates are in {}, not in metres on the ground', '坐标为 {1}，不是以米计的平面坐标'],
  ['the file does not state its coordinate reference system', '文件没有说明坐标系'],
  ['the file states {}, but {}', '文件标注为 {1}，但与坐标不符', 'the file states {1}, but {2}'],
  ['the file states {}', '文件标注为 {1}'],
  ['{} was given, but {}', '指定了 {1}，但与坐标不符'],
  // What was done.
  ['set aside', '未采用'],
  ['set aside: nothing usable is left', '未采用：修复后没有可用部分'],
  ['set aside: no repair makes it valid; redraw it', '未采用：无法自动修复，请重新绘制'],
  ['removed', '已去除'],
  ['kept', '保留'],
  ['kept as it is', '保持原样'],
  ['kept; it may be a remnant of a survey', '保留；可能是测量残余'],
  ['{} dropped', '已舍去{1}'],
  ['repaired: now {} valid part', '已修复，现为 {1} 个有效部分'],
  ['repaired: now {} valid parts', '已修复，现为 {1} 个有效部分'],
  ['replaced by chords', '已用折线代替'],
  ['survey noise: left to {}', '属测量误差，归 {1}'],
  ['left as it is: decide which parcel it belongs to', '未作处理：请确定归哪一宗'],
  ['left aside', '未采用'],
  ['parcels are named by their row', '地块按行号编号'],
  ['measured in the plane only; check the coordinate system', '只量算平面面积；请核对坐标系'],
  ['both kept; check the unit, then the boundary', '两者均保留；请先核对单位，再核对边界'],
  ['counted as outside; write 1 or 0', '按区外计；请填 1 或 0'],
  ['counted as not stated', '按未填写计'],
  ['named {}; give it a code of its own', '暂编为 {1}；请给出独立的代码'],
  ['named {}', '暂编为 {1}'],
  ['only its polygons were read', '只读取其中的面'],
  ['the others are missing; get the file again', '其余缺失；请重新获取文件'],
  ['read with replacement characters', '无法识别的字已替换'],
  [
    'read as asked, with replacement characters; try another --encoding',
    '按指定编码读取，无法识别的字已替换',
    'read as asked, with replacement characters',
  ],
  [
    'if names look wrong, say which with --encoding',
    '如文字显示不对，请把文件转存为 UTF-8 再上传',
    'if names look wrong, save the file as UTF-8 and send it again',
  ],
  ['read as it is', '按原样读取'],
  ['read {}, the only one with {}', '读取了唯一合适的图层 {1}'],
  ['read without attributes', '不读属性'],
  ['their attributes are missing', '这些要素没有属性'],
  ['made again from the .shp', '已由 .shp 重建'],
  ['the later one got a number appended', '后者已加序号'],
  ['brought to {}', '已转换到 {1}'],
  ['taken as {}, as asked', '按指定的 {1} 处理'],
  ['the file has the northing or latitude before the easting or longitude', '文件中北坐标（纬度）在前'],
  ['exchanged, as asked', '已按指定对调'],
  ["the file's note of how many features it has is out of date: {}", '文件自记的要素数已过期：{1}'],
  ['all {} features were read', '{1} 个要素已全部读取'],
  ['a program has changes open beside the GeoPackage (-wal or -journal)', '有程序正在编辑该 GeoPackage'],
  ['read with these changes, from a copy', '已连同这些改动从副本读取'],
  [
    "the file is one page of a service's answer: it says exceededTransferLimit",
    '文件只是服务返回的一页（exceededTransferLimit）',
  ],
  [
    'the other features are missing; fetch them page by page (resultOffset) and put them together',
    '其余要素缺失；请分页取全后合并',
  ],
  [
    'column "{}": {} cells hold asterisks (***), which stand for a number that did not fit: {}',
    '字段“{1}”有 {2} 格为星号（数字超出宽度）：{3}',
  ],
  ['these values are missing; write the table again with a wider column', '这些值按缺失处理；请加宽字段后重新导出'],
  ['column "{}": {} cells hold a formula without a stored value: {}', '字段“{1}”有 {2} 格公式没有结果：{3}'],
  ['column "{}": {} cells hold an error such as {}: {}', '字段“{1}”有 {2} 格为错误值（如 {3}）：{4}'],
  ['column "{}": merged cells stand for {} further rows: {}', '字段“{1}”的合并单元格代表另外 {2} 行：{3}'],
  [
    'column "{}": nothing tells whether the comma or point before three digits parts thousands or decimals in {} values: {}',
    '字段“{1}”有 {2} 个值分不清是千位分隔还是小数点：{3}',
  ],
  [
    'column "{}": some values have a decimal comma and others a decimal point; {} are not clear: {}',
    '字段“{1}”小数逗号与小数点混用，{2} 个值不明：{3}',
  ],
  ['column "{}": {} values have a percent sign and {} have none: {}', '字段“{1}”有 {2} 个值带百分号、{3} 个不带：{4}'],
  [
    '{} codes in the column {} went through a floating-point number and have lost their last digits: {}',
    '字段 {2} 有 {1} 个代码经浮点数丢失了末位数字：{3}',
  ],
  ['the column {} states what is neither yes nor no: {}', '字段 {1} 中有既非“是”也非“否”的值：{2}'],
  [
    'the system {} lies far from the data: in its plane lengths are off by {} and areas by {}',
    '坐标系 {1} 的中央子午线离数据太远：长度偏差 {2}，面积偏差 {3}',
  ],
  // Refusals, and what can be done about them.
  [
    '{}: it does not state its coordinate reference system (its coordinates: {})',
    '{1} 没有说明坐标系（坐标范围：{2}）',
  ],
  ['{}: it states {}, but {} (its coordinates: {})', '{1} 标注的坐标系 {2} 与坐标不符（坐标范围：{4}）'],
  [
    '{}: --crs {} cannot be: {} (its coordinates: {})',
    '{1} 不可能是坐标系 {2}（坐标范围：{4}）',
    '{1}: it cannot be in {2}: {3} (its coordinates: {4})',
  ],
  ['{}: it has neither coordinates nor a coordinate reference system', '{1} 既没有坐标，也没有坐标系'],
  [
    '{}: it has {} layers; say which as PATH:LAYER',
    '{1} 有 {2} 个图层，请选择其一',
    '{1}: it has {2} layers; choose one',
  ],
  ['{}: there is no layer in it', '{1} 中没有图层'],
  ['{} cannot be read as {}', '{1} 无法按 {2} 读取'],
  ['cut it to the area of the park and its surroundings', '请裁剪到园区及周边范围'],
  ['cut them to the area of the park and its surroundings', '请裁剪到园区及周边范围'],
  ['unpack it and give the file inside', '请先解压，再上传其中的文件'],
  ['unpack them and upload what is needed', '请先解压，再上传需要的文件'],
  ['open it in a GIS and save it anew, as a GeoPackage', '请用 GIS 软件打开，另存为 GeoPackage'],
  ['name it as a table if it is one', '如果是表格，请作为表格上传'],
  ['another file', '请换一个文件'],
  ['bring it to metres first', '请先换算为米'],
];

/** Names of parts within a sentence. */
const PARTS: [RegExp, string][] = [
  [/^the shell$/, '外环'],
  [/^part (\d+) of (\d+)$/, '第 $1 部分（共 $2 部分）'],
  [/^hole (\d+) of the shell$/, '第 $1 个内环'],
  [/^hole (\d+) of part (\d+) of (\d+)$/, '第 $2 部分的第 $1 个内环'],
];

const part = (text: string) => {
  for (const [pattern, zh] of PARTS) if (pattern.test(text)) return text.replace(pattern, zh);
  return text;
};

/** The service's words in `language`; null where they are not known in it. */
export const known = interpreter(SENTENCES, part);

export function worded(text: string, language: Language): string {
  return known(text, language) ?? text;
}

/** What the service says of a system that would fit: its name, and where the parcels would lie, degrees. */
export interface Fitting {
  name: string;
  lon: number;
  lat: number;
}

export function fitting(text: string): Fitting | null {
  const found = /^(.*): the data would lie at ([\d.]+) ([EW]) ([\d.]+) ([NS])$/.exec(text);
  const [, name, lon, east, lat, north] = found ?? [];
  if (!name || !lon || !lat) return null;
  return { name, lon: Number(lon) * (east === 'W' ? -1 : 1), lat: Number(lat) * (north === 'S' ? -1 : 1) };
}

/** The name of a coordinate system as people in the field say it. */
export function systemName(name: string, language: Language): string {
  if (language === 'en') return name;
  const degrees = /^degrees of (.+)$/.exec(name)?.[1];
  if (degrees) return `${degrees} 经纬度`;
  const plain = /^(.+) \/ 3-degree Gauss-Kr(?:u|ü)ger CM (\d+)E$/.exec(name);
  if (plain) return `${plain[1]} 三度带，中央经线 ${plain[2]}°，不加带号`;
  const prefixed = /^(.+) \/ 3-degree Gauss-Kr(?:u|ü)ger zone (\d+)$/.exec(name);
  if (prefixed) return `${prefixed[1]} 三度带 ${prefixed[2]}，加带号`;
  return name;
}
