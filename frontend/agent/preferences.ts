import { type Signal, signal } from '@preact/signals';
import type { Target } from './protocol';

/**
 * What this browser remembers, in localStorage under `asteriskcti.…`. Nothing here is a
 * secret, and everything works, forgetfully, in a browser that refuses storage.
 */

const prefix = 'asteriskcti.';

export function recall(key: string): string | null {
  try {
    return localStorage.getItem(prefix + key);
  } catch {
    return null;
  }
}

export function remember(key: string, value: string): void {
  try {
    localStorage.setItem(prefix + key, value);
  } catch {
    // A browser without storage forgets; the signal still holds it until the page goes.
  }
}

const followed = new Map<string, (value: string) => void>();

/** A remembered choice of one of `values`. It follows the same choice in other tabs. */
function choice<T extends string>(key: string, values: readonly T[], fallback: T): Signal<T> {
  const known = (value: string | null): value is T => values.includes(value as T);
  const stored = recall(key);
  const result = signal<T>(known(stored) ? stored : fallback);
  result.subscribe((value) => {
    if (recall(key) !== value && !(recall(key) === null && value === fallback)) remember(key, value);
  });
  followed.set(prefix + key, (value) => {
    if (known(value)) result.value = value;
  });
  return result;
}

export type Theme = 'system' | 'light' | 'dark';

/** Where customer screens open here: as each service says, or one way for all of them. */
export type PopPreference = 'service' | Target;

export const theme = choice<Theme>('theme', ['system', 'light', 'dark'], 'system');
export const popPreference = choice<PopPreference>(
  'pop',
  ['service', 'pane', 'window', 'tab', 'button'],
  'service',
);
export const sound = choice('sound', ['on', 'off'], 'on');

/** How loud the ring is, 0 to 100. */
export const volume = signal(volumeOf(recall('volume')) ?? 50);
volume.subscribe((value) => {
  if (recall('volume') !== String(value)) remember('volume', String(value));
});
followed.set(`${prefix}volume`, (value) => {
  volume.value = volumeOf(value) ?? volume.value;
});

function volumeOf(text: string | null): number | null {
  return text !== null && /^(100|[1-9]?\d)$/.test(text) ? Number(text) : null;
}

export const shortcuts = choice('shortcuts', ['on', 'off'], 'on');
/** Whether the advice to turn notifications on was put aside. */
export const notificationAdvice = choice('notification-advice', ['due', 'later'], 'due');

/** Whether the list of queues is unfolded. */
export const queuesOpen = choice('queues', ['yes', 'no'], 'yes');

/** The outbound service that the last call was placed over. */
export const dialService = signal(recall('dial-service') ?? '');
dialService.subscribe((value) => {
  if (value !== '') remember('dial-service', value);
});

/** The seat that was used last in this browser (row G1). */
export const seatUsed = () => recall('seat') ?? '';
export const rememberSeat = (seat: string) => remember('seat', seat);

/** Shows the theme; `public/theme.js` has done the same before the first paint. */
theme.subscribe((value) => {
  const root = document.documentElement;
  if (value === 'system') delete root.dataset.theme;
  else root.dataset.theme = value;
});

addEventListener('storage', (event) => {
  if (event.key !== null && event.newValue !== null) followed.get(event.key)?.(event.newValue);
});
