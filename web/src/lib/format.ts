/** Numbers as people read them. Rounding happens here and nowhere before. */

import type { Language } from '../i18n/index.svelte';

const TAGS: Record<Language, string> = { zh: 'zh-CN', en: 'en-GB' };
export const M2_PER_HA = 10_000;
export const M2_PER_MU = 2000 / 3;

const formats = new Map<string, Intl.NumberFormat>();

function format(language: Language, digits: number, signed: boolean): Intl.NumberFormat {
  const key = `${language} ${digits} ${signed}`;
  let made = formats.get(key);
  if (!made) {
    made = new Intl.NumberFormat(TAGS[language], {
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
      signDisplay: signed ? 'exceptZero' : 'negative',
    });
    formats.set(key, made);
  }
  return made;
}

/** A minus sign as wide as the plus, and a dash for what is not known. */
function tidy(text: string): string {
  return text.replace('-', '−');
}

export interface Numbers {
  number(value: number | null | undefined, digits?: number): string;
  signed(value: number | null | undefined, digits?: number): string;
  /** Square metres as hectares. */
  ha(m2: number | null | undefined, digits?: number): string;
  signedHa(m2: number | null | undefined, digits?: number): string;
  mu(m2: number | null | undefined): string;
  /** A share of one as percent. */
  percent(share: number | null | undefined, digits?: number): string;
  signedPercent(share: number | null | undefined, digits?: number): string;
  /** Milliseconds since 1970 as local date and time. */
  time(at: number): string;
}

export function numbers(language: Language): Numbers {
  const say = (value: number | null | undefined, digits: number, signed: boolean) =>
    value === null || value === undefined || !Number.isFinite(value)
      ? '–'
      : tidy(format(language, digits, signed).format(value));
  const scaled = (value: number | null | undefined, by: number) =>
    value === null || value === undefined ? value : value * by;
  const percent = (share: number | null | undefined, digits: number, signed: boolean) => {
    const text = say(scaled(share, 100), digits, signed);
    return text === '–' ? text : `${text}%`;
  };
  const clock = new Intl.DateTimeFormat(TAGS[language], { dateStyle: 'medium', timeStyle: 'short' });
  return {
    number: (value, digits = 0) => say(value, digits, false),
    signed: (value, digits = 0) => say(value, digits, true),
    ha: (m2, digits = 2) => say(scaled(m2, 1 / M2_PER_HA), digits, false),
    signedHa: (m2, digits = 2) => say(scaled(m2, 1 / M2_PER_HA), digits, true),
    mu: (m2) => say(scaled(m2, 1 / M2_PER_MU), 1, false),
    percent: (share, digits = 1) => percent(share, digits, false),
    signedPercent: (share, digits = 2) => percent(share, digits, true),
    time: (at) => clock.format(at),
  };
}
