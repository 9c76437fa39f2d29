import { signal } from '@preact/signals';
import type { CallView } from './picture';

/** The call that ended last and may yet be noted: it stays on the page until the next call, and over
 *  a reload. */

const storageKey = 'asteriskcti.last';

export const last = signal<CallView | null>(null);

let owner = '';

/** Begins with an operator's own from before a reload, if there is one. */
export function openLast(operator: string): void {
  owner = operator;
  last.value = null;
  try {
    const stored = JSON.parse(sessionStorage.getItem(storageKey) ?? 'null') as {
      operator: string;
      call: CallView | null;
    } | null;
    if (stored?.operator === operator) last.value = stored.call;
  } catch {
    // No storage, or not ours: there is none.
  }
}

export function keepLast(call: CallView | null): void {
  if (call === null && last.peek() === null) return;
  last.value = call;
  try {
    sessionStorage.setItem(storageKey, JSON.stringify({ operator: owner, call }));
  } catch {
    // Without storage it lives as long as the page.
  }
}
