/** The language of the page: both dictionaries are whole, and a switch shows at once. */

import { en } from './en';
import { type Dictionary, zh } from './zh';

export type Language = 'zh' | 'en';

const DICTIONARIES: Record<Language, Dictionary> = { zh, en };

/** The language to start with: asked for in the address, kept from last time, else the browser's. */
export function firstLanguage(asked: string | null, kept: string | null, browser: readonly string[]): Language {
  for (const wish of [asked, kept]) if (wish === 'zh' || wish === 'en') return wish;
  return browser.some((tag) => tag.toLowerCase().startsWith('zh')) ? 'zh' : 'en';
}

class Words {
  language = $state<Language>('zh');

  get t(): Dictionary {
    return DICTIONARIES[this.language];
  }

  /** The wording of something that carries both. */
  of(both: { zh: string; en: string }): string {
    return both[this.language] || both.en || both.zh;
  }
}

export const i18n = new Words();
