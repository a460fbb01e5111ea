/** What the service says of a failure, in both languages, so that a switch of the language shows at once. */

import { Failure } from '../lib/api';
import type { Bilingual, ToldFailure } from '../lib/types';
import { en } from './en';
import { zh } from './zh';

/** What failed and why, and what can be done, in one text. */
export function whole(failure: ToldFailure): Bilingual {
  const all = [failure, ...failure.because, ...failure.hints];
  return { zh: all.map((one) => one.zh).join('；'), en: all.map((one) => one.en).join('; ') };
}

/** The same, said to have failed. */
export function failed(what: Bilingual): Bilingual {
  return { zh: `${zh.state.failed}：${what.zh}`, en: `${en.state.failed}: ${what.en}` };
}

/** Why a request failed: what the service said, or that somebody between it and the page answered. */
export function said(why: unknown): Bilingual {
  if (why instanceof Failure) {
    if (why.status === 0) return { zh: zh.state.offline, en: en.state.offline };
    if (why.told) return whole(why.told);
    return { zh: zh.state.answered(why.status), en: en.state.answered(why.status) };
  }
  return { zh: zh.state.fault(String(why)), en: en.state.fault(String(why)) };
}
