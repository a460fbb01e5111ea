/** What this browser remembers of its user. */

import { actAs } from '../lib/api';
import type { Theme } from '../map/style';

export type ThemeChoice = 'system' | Theme;

const read = (key: string): string | null => {
  try {
    return localStorage.getItem(`lianpian.${key}`);
  } catch {
    return null;
  }
};

export const keep = (key: string, value: string): void => {
  try {
    localStorage.setItem(`lianpian.${key}`, value);
  } catch {
    // A browser that keeps nothing works as well.
  }
};

export const kept = read;

class Preferences {
  choice = $state<ThemeChoice>('system');
  #dark = $state(false);
  user = $state('');

  readonly theme = $derived<Theme>(this.choice === 'system' ? (this.#dark ? 'dark' : 'light') : this.choice);

  start(): void {
    const system = matchMedia('(prefers-color-scheme: dark)');
    this.#dark = system.matches;
    system.addEventListener('change', () => {
      this.#dark = system.matches;
    });
    const choice = read('theme');
    if (choice === 'light' || choice === 'dark') this.choice = choice;
    this.name(read('user') ?? '');
  }

  choose(choice: ThemeChoice): void {
    this.choice = choice;
    keep('theme', choice);
  }

  name(user: string): void {
    this.user = user;
    actAs(user);
    keep('user', user);
  }
}

export const preferences = new Preferences();
