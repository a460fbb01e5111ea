/** Short messages that come and go at the foot of the map. */

import type { Bilingual } from '../lib/types';

export interface Notice {
  id: number;
  kind: 'info' | 'done' | 'warning' | 'error';
  text: string | Bilingual;
  /** What can be done about it. */
  action?: { label: string; run: () => void };
}

const STAYS_MS = { info: 5000, done: 4000, warning: 9000, error: 15_000 };

class Notices {
  list = $state<Notice[]>([]);
  #next = 1;

  say(kind: Notice['kind'], text: string | Bilingual, action?: Notice['action']): void {
    const id = this.#next;
    this.#next += 1;
    this.list = [...this.list.slice(-2), action ? { id, kind, text, action } : { id, kind, text }];
    setTimeout(() => this.dismiss(id), STAYS_MS[kind]);
  }

  dismiss(id: number): void {
    this.list = this.list.filter((notice) => notice.id !== id);
  }
}

export const notices = new Notices();
