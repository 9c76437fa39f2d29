import { signal } from '@preact/signals';
import { keep, keptList } from './kept';
import { noteKey, writing } from './notes';
import type { CallView } from './picture';

/** The call that ended last and may yet be noted: it stays on the page until the next one, and over
 *  a reload. One whose note is being written stays until that is left. */
export const lastCalls = signal<readonly CallView[]>([]);

/** Begins with the operator's own from before a reload, if there are any. */
export function openLast(): void {
  lastCalls.value = keptList('last');
}

/** A call is over: it takes the place of the last one. */
export function addLast(call: CallView): void {
  put([call, ...lastCalls.peek().filter(isWritten)]);
}

/** Lets go of the last calls, if nobody is writing of them; of all but the newest, when that may stay. */
export function dropLast(newestStays: boolean): void {
  const calls = lastCalls.value.filter((call, n) => (newestStays && n === 0) || isWritten(call));
  if (calls.length < lastCalls.value.length) put(calls);
}

const isWritten = (call: CallView) => writing.value === noteKey(call);

function put(calls: readonly CallView[]): void {
  lastCalls.value = calls;
  keep('last', calls);
}
