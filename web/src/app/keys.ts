/** The keyboard. Single letters rest while somebody types. */

import { focusTable, step } from '../review/cursor.svelte';
import { decideSelected, lockSelected } from '../review/verbs';
import { selection } from './selection.svelte';
import { session } from './session.svelte';
import { view } from './view.svelte';

export type ShortcutId =
  | 'accept'
  | 'reject'
  | 'lock'
  | 'next'
  | 'previous'
  | 'open'
  | 'undo'
  | 'redo'
  | 'search'
  | 'help'
  | 'close';

interface Shortcut {
  id: ShortcutId;
  shown: string[];
  /** Matches the key pressed, without or with the control (command) key. */
  key: (key: string, control: boolean, shift: boolean) => boolean;
  run: () => void;
}

const letter = (wanted: string) => (key: string, control: boolean) => !control && key.toLowerCase() === wanted;

export const SHORTCUTS: readonly Shortcut[] = [
  { id: 'accept', shown: ['A'], key: letter('a'), run: () => void decideSelected('accept') },
  { id: 'reject', shown: ['R'], key: letter('r'), run: () => void decideSelected('reject') },
  { id: 'lock', shown: ['L'], key: letter('l'), run: () => void lockSelected() },
  { id: 'next', shown: ['J'], key: letter('j'), run: () => step(1) },
  { id: 'previous', shown: ['K'], key: letter('k'), run: () => step(-1) },
  {
    id: 'open',
    shown: ['Space'],
    key: (key, control) => !control && key === ' ',
    run: () => {
      selection.open = !selection.open;
    },
  },
  {
    id: 'undo',
    shown: ['Ctrl', 'Z'],
    key: (key, control, shift) => control && !shift && key.toLowerCase() === 'z',
    run: () => void session.undo(),
  },
  {
    id: 'redo',
    shown: ['Ctrl', 'Y'],
    key: (key, control, shift) => control && (key.toLowerCase() === 'y' || (shift && key.toLowerCase() === 'z')),
    run: () => void session.redo(),
  },
  { id: 'search', shown: ['/'], key: (key, control) => !control && key === '/', run: focusTable },
  {
    id: 'help',
    shown: ['?'],
    key: (key, control) => !control && key === '?',
    run: () => {
      view.help = !view.help;
    },
  },
  {
    id: 'close',
    shown: ['Esc'],
    key: (key) => key === 'Escape',
    run: () => selection.only(null),
  },
];

/** Elements that take letters, or the key itself, for their own. */
function taken(target: EventTarget | null, key: string): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.closest('dialog[open]')) return true;
  if (target.isContentEditable || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement)
    return true;
  if (target instanceof HTMLInputElement) return !['range', 'checkbox', 'radio'].includes(target.type) || key === ' ';
  return key === ' ' && target.closest('button, a, summary') !== null;
}

export function onKey(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.altKey || event.isComposing || taken(event.target, event.key)) return;
  const control = event.ctrlKey || event.metaKey;
  const shortcut = SHORTCUTS.find((s) => s.key(event.key, control, event.shiftKey));
  if (!shortcut) return;
  event.preventDefault();
  shortcut.run();
}
