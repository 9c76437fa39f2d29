import { signal } from '@preact/signals';
import { t } from './i18n';

/**
 * The browser's windows for customer screens. What this rests on, measured in Chromium and
 * Firefox: a window NAME that one click has opened can be sent to new addresses later without
 * a click, also to other sites and after the panel was reloaded; a name that was never opened
 * by a click, or whose window is gone, gives null. `noopener` and a panel that sends
 * COOP: same-origin both break it. There is no event for any of this, only the handle.
 */

const windowName = 'cti-customer';
/** When a quick page that cuts its opener (COOP) has done so, in milliseconds. */
const settleTime = 1000;
/** A window that is found closed this soon was cut by its page; later the agent closed it. */
const cutTime = 15_000;

/** Whether the customer window is known to stand ready for the next call. */
export const armed = signal(false);

interface Opened {
  handle: Window;
  at: number;
  lost: () => void;
}

let current: Opened | null = null;

function take(handle: Window | null, lost: () => void): boolean {
  current = handle === null ? null : { handle, at: Date.now(), lost };
  armed.value = handle !== null;
  return handle !== null;
}

/**
 * Opens the address in the customer window. False: the browser blocked it. `lost` is called
 * soon after if the page has cut its tie with the panel; then the next call needs a click again.
 */
export function openWindow(url: string, lost: () => void): boolean {
  const opened = take(window.open(url, windowName, placement()), lost);
  if (opened) setTimeout(watchWindow, settleTime);
  return opened;
}

/** Opens the customer window before the first call, on the agent's click, with a few words
 *  in it; from then on calls show there by themselves. */
export function armWindow(): boolean {
  const opened = window.open('about:blank', windowName, placement());
  if (!take(opened, () => {}) || opened === null) return false;
  const page = opened.document;
  page.title = t('window.title');
  const words = page.createElement('p');
  words.textContent = t('window.waiting');
  // Set by script, one by one: the policy allows no style attribute and no style element.
  words.style.font = '1.125rem/1.5 system-ui, sans-serif';
  words.style.maxWidth = '28rem';
  words.style.margin = '20vh auto 0';
  words.style.padding = '0 1.5rem';
  words.style.textAlign = 'center';
  page.documentElement.style.colorScheme = 'light dark';
  page.body.replaceChildren(words);
  return true;
}

/** Opens the address in a tab of its own. False: the browser blocked it, as it does unless
 *  the agent clicked or this site may open pop-ups. The new page cannot reach the panel. */
export function openTab(url: string): boolean {
  const opened = window.open('about:blank', '_blank');
  if (opened === null) return false;
  opened.opener = null;
  opened.location.href = url;
  return true;
}

/** Notices that the customer window is gone. Cheap; called once a second. */
export function watchWindow(): void {
  if (current === null || !current.handle.closed) return;
  const { at, lost } = current;
  current = null;
  armed.value = false;
  if (Date.now() - at < cutTime) lost();
}

/** Beside the panel, not over it: a window that is used again is not brought to the front. */
function placement(): string {
  const { availWidth, availHeight } = screen;
  const width = Math.round(Math.min(1100, availWidth * 0.6));
  const left = availWidth - width;
  return `popup,width=${width},height=${Math.round(availHeight * 0.9)},left=${left},top=0`;
}
