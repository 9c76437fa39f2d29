import { effect, signal } from '@preact/signals';
import { t } from './i18n';
import { role } from './leader';
import type { CallView } from './picture';
import { burst, ringLoud, unlockSound } from './ringtone';
import { isolated, isWithheld, telephone } from './text';
import { givenBy } from './transfer';

/** Three ways to notice a call, none of them required: sound, notification, title. */

/** Whether the system shows our notifications; `unsupported` where the page may not ask. */
export const notifications = signal<NotificationPermission | 'unsupported'>(
  'Notification' in globalThis && isSecureContext ? Notification.permission : 'unsupported',
);

/** Asks the browser for permission; only ever called by a click. */
export async function askForNotifications(): Promise<void> {
  if (notifications.value === 'default') notifications.value = await Notification.requestPermission();
}

/** Who calls, in one line for a title or a notification. */
export function callerLine(call: CallView): string {
  const { name, number } = call.caller;
  const parts = [
    name === '' ? '' : isolated(name, 60),
    isWithheld(number) ? '' : isolated(telephone(number), 32),
  ];
  return parts.filter((part) => part !== '').join(' · ') || t('call.unknown');
}

const ringEvery = 2500;
const flashEvery = 1000;
let stop: (() => void) | null = null;

/** Draws attention to a ringing call until `quiet`. The caller may become known while it
 *  rings, so the call is asked for anew. `busy`: the agent talks; a soft knock. */
export function ring(current: () => CallView, busy: boolean): void {
  quiet();
  if (role.value === 'follower') return;
  const loud = busy ? ringLoud / 4 : ringLoud;
  void unlockSound().then(() => burst(loud));
  const bursts = setInterval(() => burst(loud), ringEvery);
  let on = false;
  const flashes = setInterval(() => {
    on = !on;
    document.title = on ? `☎ ${callerLine(current())}` : pageTitle();
  }, flashEvery);
  const call = current();
  const notification = document.hidden
    ? notify(ringTitle(call), { body: callerLine(call), onClick: () => window.focus() })
    : null;
  stop = () => {
    clearInterval(bursts);
    clearInterval(flashes);
    notification?.close();
    document.title = pageTitle();
  };
}

/** Ends what `ring` began. */
export function quiet(): void {
  stop?.();
  stop = null;
}

function ringTitle(call: CallView): string {
  const who = givenBy(call);
  if (who !== undefined) return t('notification.transfer', { who });
  return t('notification.call', {
    service: call.service === '' ? t('call.internal') : isolated(call.service),
  });
}

/** Tells an agent who looks elsewhere that his colleague's question has become the caller's call,
 *  which rings no more. */
export function tellGiven(call: CallView): void {
  if (!document.hidden || role.value === 'follower' || givenBy(call) === undefined) return;
  notify(ringTitle(call), { body: callerLine(call), onClick: () => window.focus(), stays: false });
}

/** Offers a blocked screen to an agent who looks elsewhere: a click on a notification may
 *  open a window, which the call itself may not. */
export function offerScreen(call: CallView, open: () => void): void {
  if (document.hidden) notify(t('notification.screen'), { body: callerLine(call), onClick: open });
}

interface NotifyOptions {
  body: string;
  onClick: () => void;
  /** Until it is clicked or closed, which is the default. */
  stays?: boolean;
}

function notify(title: string, options: NotifyOptions): Notification | null {
  if (notifications.value !== 'granted') return null;
  try {
    const notification = new Notification(title, {
      body: options.body,
      tag: 'asteriskcti-call',
      icon: '/assets/favicon.svg',
      requireInteraction: options.stays ?? true,
    });
    notification.onclick = () => {
      options.onClick();
      notification.close();
    };
    return notification;
  } catch {
    return null; // Some phones allow notifications only from a service worker.
  }
}

const pageTitle = () => t('app.name');

/** Keeps the title in the page's language while nothing rings. */
export function startTitle(): void {
  effect(() => {
    const title = pageTitle();
    if (stop === null) document.title = title;
  });
}
