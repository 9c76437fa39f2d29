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
/** When a page that cuts its opener (COOP) has done so. */
const settleTime = 1000;

/** Whether the customer window is known to stand ready for the next call. */
export const armed = signal(false);
let handle: Window | null = null;

/**
 * Opens the address in the customer window. False: the browser blocked it. `lost` is called
 * a second later if the page has cut its tie with the panel or the window was closed; then
 * the next call needs a click again.
 */
export function openWindow(url: string, lost: () => void): boolean {
  const opened = window.open(url, windowName, placement());
  handle = opened;
  armed.value = opened !== null;
  if (opened === null) return false;
  setTimeout(() => {
    if (handle !== opened || !opened.closed) return;
    forget();
    lost();
  }, settleTime);
  return true;
}

/** Opens the customer window before the first call, on the agent's click, with a few words
 *  in it; from then on calls show there by themselves. */
export function armWindow(): boolean {
  const opened = window.open('about:blank', windowName, placement());
  handle = opened;
  armed.value = opened !== null;
  if (opened === null) return false;
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

/** Notices that the agent closed the customer window. Cheap; called once a second. */
export function watchWindow(): void {
  if (handle?.closed) forget();
}

function forget(): void {
  handle = null;
  armed.value = false;
}

/** Beside the panel, not over it: a window that is used again is not brought to the front. */
function placement(): string {
  const { availWidth, availHeight } = screen;
  const width = Math.round(Math.min(1100, availWidth * 0.6));
  const left = availWidth - width;
  return `popup,width=${width},height=${Math.round(availHeight * 0.9)},left=${left},top=0`;
}
