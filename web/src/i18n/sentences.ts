/** Sentences that the service says in English, as it does on a terminal, in the reader's language. */

import type { Language } from './index.svelte';

/**
 * The service's words, the same in Chinese, and in English for a page where they speak of the command line. `{}` stands for
 * what differs; `{1}`, `{2}` … for it in the order of the service's words.
 */
export type Sentence = [said: string, zh: string, en?: string];

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** Says what is among the sentences in a language; null where it is not known in it. `part` is for what differs, in Chinese. */
export function interpreter(sentences: readonly Sentence[], part: (text: string) => string = (text) => text) {
  const patterns = sentences.map(([said, zh, en]): [RegExp, string, string | undefined] => [
    new RegExp(`^${said.split('{}').map(escaped).join('(.+?)')}$`, 'u'),
    zh,
    en,
  ]);
  return (text: string, language: Language): string | null => {
    for (const [pattern, zh, en] of patterns) {
      const found = pattern.exec(text);
      if (!found) continue;
      const wanted = language === 'zh' ? zh : en;
      if (wanted === undefined) return text;
      return wanted.replace(/\{(\d)\}/g, (_, at: string) => {
        const said = found[Number(at)] ?? '';
        return language === 'zh' ? part(said) : said;
      });
    }
    return language === 'en' ? text : null;
  };
}
