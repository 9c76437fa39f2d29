import { effect, signal } from '@preact/signals';
import { t } from './i18n';
import { role } from './leader';
import type { CallView } from './picture';
import { sound } from './preferences';
import { isolated, isWithheld, telephone } from './text';
import { givenBy } from './transfer';

/** Three ways to notice a call, none of them required: sound, notification, title. */

export type SoundState = 'unknown' | 'ready' | 'locked';

/** `locked`: the browser keeps the page silent until it is clicked, again after each reload. */
export const soundState = signal<SoundState>('unknown');

/** Whether the system shows our notifications; `unsupported` where the page may not ask. */
export const notifications = signal<NotificationPermission | 'unsupported'>(
  'Notification' in globalThis && isSecureContext ? Notification.permission : 'unsupported',
);

let audio: AudioContext | null = null;

/** Makes sound possible. Works inside a click; elsewhere it finds out whether one is needed. */
export async function unlockSound(): Promise<void> {
  if (!('AudioContext' in globalThis)) return;
  audio ??= new AudioContext();
  await Promise.race([audio.resume(), new Promise((done) => setTimeout(done, 300))]);
  soundState.value = audio.state === 'running' ? 'ready' : 'locked';
}

/** Asks the browser for permission; only ever called by a click. */
export async function askForNotifications(): Promise<void> {
  if (notifications.value === 'default') notifications.value = await Notification.requestPermission();
}

/** Two tones that rise and fade, 0.9 s. `loud` is 0 to 1. */
function burst(loud: number): void {
  if (audio === null || audio.state !== 'running' || sound.value === 'off') return;
  const begin = audio.currentTime;
  for (const frequency of [440, 554]) {
    const tone = audio.createOscillator();
    const gain = audio.createGain();
    tone.frequency.value = frequency;
    gain.gain.setValueAtTime(0, begin);
    gain.gain.linearRampToValueAtTime(loud, begin + 0.03);
    gain.gain.setValueAtTime(loud, begin + 0.5);
    gain.gain.exponentialRampToValueAtTime(0.0001, begin + 0.9);
    tone.connect(gain).connect(audio.destination);
    tone.start(begin);
    tone.stop(begin + 0.95);
  }
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
  const loud = busy ? 0.03 : 0.12;
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
