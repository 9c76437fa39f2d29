import { effect, signal } from '@preact/signals';
import { cleanNumber } from './number';
import { dial, gate } from './panel';
import { plain } from './text';
import { focusDial } from './ui/DialBox';

/**
 * Numbers that a link brings: `tel:` links of other pages, once the agent has made this page the
 * one for them, and links of our own, `/agent#call=+390551234` or `/agent?call=…`. They are put
 * into the dial box. Nothing is ever dialled by a link: it may stand on any page.
 */

/** It waits here while the agent is not signed in. */
const offered = signal('');

/** Longer ones are no telephone numbers, however they are written. */
const most = 80;

export function startLinks(): void {
  take(location.href);
  addEventListener('hashchange', () => take(location.href));
  launches()?.setConsumer(({ targetURL }) => take(targetURL ?? ''));
  effect(() => {
    if (gate.value.kind !== 'in' || offered.value === '') return;
    dial.offer(offered.value);
    offered.value = '';
    focusDial();
  });
}

/** The number of an address, cleaned; "" for none. */
export function numberOf(address: string): string {
  const found = /[?#&]call=([^&#]*)/.exec(address)?.[1];
  if (found === undefined) return '';
  let text = found;
  try {
    text = decodeURIComponent(found); // a plus stays one: +39 is no space and 39
  } catch {
    // Not encoded: as it is.
  }
  return plain(cleanNumber(text)).slice(0, most);
}

function take(address: string): void {
  const number = numberOf(address);
  if (number === '') return;
  offered.value = number;
  // A reload would fill the box again.
  history.replaceState(history.state, '', location.pathname);
}

/** How an installed application is told of a link, where the browser has it (Chromium). */
interface Launches {
  setConsumer(consumer: (launch: { targetURL?: string }) => void): void;
}

const launches = () => (globalThis as { launchQueue?: Launches }).launchQueue;

/** Browsers have it on secure pages only. */
export const canTakeLinks = 'registerProtocolHandler' in navigator && isSecureContext;

/** Makes this page the one for `tel:` links, if the agent agrees; only ever called by a click. The
 *  number is behind a #, so that it never reaches the log of a proxy. */
export function takeLinks(): void {
  navigator.registerProtocolHandler('tel', `${location.origin}/agent#call=%s`);
}
