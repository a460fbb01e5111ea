/** Why no plan keeps to the rules, in the reader's language. Areas are in hectares. */

import type { Language } from '../i18n/index.svelte';
import { interpreter, type Sentence } from '../i18n/sentences';

const SENTENCES: Sentence[] = [
  ['the least total area ({}) is above the most ({})', '总面积下限（{1} 公顷）高于上限（{2} 公顷）'],
  [
    'what must be in ({}) is more than the total area may be ({}); release locks of at least {} or raise the limit',
    '必须在内的面积（{1} 公顷）超过总面积上限（{2} 公顷）：请解除至少 {3} 公顷的锁定，或提高上限',
  ],
  [
    'all that may be in ({}) is less than the total area has to be ({}); release locks or eligibility of at least {}, or lower the limit',
    '可以在内的面积（{1} 公顷）不足总面积下限（{2} 公顷）：请放开至少 {3} 公顷的锁定或准入条件，或降低下限',
  ],
  [
    '{}: what must be in ({}) is more than is allowed ({}); release locks or widen the band',
    '{1}：必须在内的面积（{2} 公顷）超过允许值（{3} 公顷）：请解除锁定，或放宽幅度',
  ],
  [
    '{}: all that may be in ({}) is less than is asked for ({}); release locks or widen the band',
    '{1}：可以在内的面积（{2} 公顷）不足要求（{3} 公顷）：请解除锁定，或放宽幅度',
  ],
  [
    'locks alone move {} parcels, more than may be moved ({}); raise the cap or release locks',
    '仅锁定就使 {1} 宗地变动，超过上限（{2} 宗）：请提高上限，或解除锁定',
  ],
  [
    'locks alone move {}, more than may be moved ({}); raise the cap or release locks',
    '仅锁定就使 {1} 公顷变动，超过上限（{2} 公顷）：请提高上限，或解除锁定',
  ],
  [
    'no zone was found whose area is within {} to {} and that keeps the other limits; the nearest has {}; widen the area tolerance',
    '未找到总面积在 {1} 至 {2} 公顷之间且符合其他规则的方案，最接近的为 {3} 公顷：请放宽面积容差',
  ],
  [
    '{} blocks below the least area ({}, a new one inf) could neither leave nor grow because no more may move; raise the cap on what moves, lower the least area or make it soft',
    '{1} 个区块小于最小区块面积（{2} 公顷）或属不得新增的区块，因变动已达上限，既不能调出也不能扩大：请提高变动上限，或放宽区块规则',
    '{1} blocks below the least area ({2}), or new where none may be, could neither leave nor grow because no more may move; raise the cap on what moves, lower the least area or make it soft',
  ],
  [
    '{} blocks below the least area ({}, a new one inf) could neither leave nor grow; lower the least area or make it soft',
    '{1} 个区块小于最小区块面积（{2} 公顷）或属不得新增的区块，既不能调出也不能扩大：请放宽区块规则',
    '{1} blocks below the least area ({2}), or new where none may be, could neither leave nor grow; lower the least area or make it soft',
  ],
  [
    '{} blocks below the least area ({}, a new one {}) could neither leave nor grow because no more may move; raise the cap on what moves, lower the least area or make it soft',
    '{1} 个区块小于最小区块面积（{2} 公顷，新区块 {3} 公顷），因变动已达上限，既不能调出也不能扩大：请提高变动上限，或降低最小区块面积',
  ],
  [
    '{} blocks below the least area ({}, a new one {}) could neither leave nor grow; lower the least area or make it soft',
    '{1} 个区块小于最小区块面积（{2} 公顷，新区块 {3} 公顷），既不能调出也不能扩大：请降低最小区块面积',
  ],
  ['{}: {} is not within {} to {}; widen the band', '{1}：{2} 公顷不在 {3} 至 {4} 公顷之间：请放宽幅度'],
  [
    '{} blocks remain, {} are allowed: the others hold parcels that must be in, or may not move; raise the number or release locks',
    '仍有 {1} 个区块，允许 {2} 个：其余区块含必须在内或不可变动的地块：请增加个数，或解除锁定',
  ],
  [
    'concentration {} stays below the least ({}); raise λ or give up the rule',
    '集中度 {1} 仍低于下限（{2}）：请提高 λ，或放弃此规则',
  ],
  [
    '{} parcels of area {} move, more than allowed; raise the cap on what moves',
    '变动 {1} 宗、{2} 公顷，超过上限：请提高变动上限',
  ],
  [
    'no admissible zone was found near the best one; widen a limit and try again',
    '在最优方案附近未找到可行方案：请放宽某项限制后再试',
  ],
];

const known = interpreter(SENTENCES);

/** With two digits of an area, as everywhere on the page. */
export function conflict(text: string, language: Language): string {
  const said = text.replace(/\b\d+\.\d{4}\b/g, (area) => Number(area).toFixed(2));
  return known(said, language) ?? said;
}
