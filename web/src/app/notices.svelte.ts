/** Short messages that come and go at the foot of the map. */

import type { Dictionary } from '../i18n/zh';
import type { Bilingual } from '../lib/types';

/** What is said, worded in the language of the page at the time it is read: a switch may come while it stands. */
export type Saying = Bilingual | ((t: Dictionary) => string);

export interface Notice {
  id: number;
  kind: 'info' | 'done' | 'warning' | 'error';
  text: Saying;
}

const STAYS_MS = { info: 5000, done: 4000, warning: 9000, error: 15_000 };

class Notices {
  list = $state<Notice[]>([]);
  #next = 1;

  say(kind: Notice['kind'], text: Saying): void {
    const id = this.#next;
    this.#next += 1;
    this.list = [...this.list.slice(-2), { id, kind, text }];
    setTimeout(() => this.dismiss(id), STAYS_MS[kind]);
  }

  dismiss(id: number): void {
    this.list = this.list.filter((notice) => notice.id !== id);
  }
}

export const notices = new Notices();
