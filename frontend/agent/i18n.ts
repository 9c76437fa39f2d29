import { signal } from '@preact/signals';
import type { Key, Words } from './locales/en';
import { recall, remember } from './preferences';

/**
 * The words of the panel. Only the language that is spoken is fetched; when another is chosen,
 * every text on the page changes with it without a reload.
 */

/** Each language by its own name. */
export const languages = {
  en: 'English',
  it: 'Italiano',
  fr: 'Français',
  de: 'Deutsch',
  es: 'Español',
} as const;

export type Language = keyof typeof languages;

const loaders: Record<Language, () => Promise<{ default: Words }>> = {
  en: () => import('./locales/en'),
  it: () => import('./locales/it'),
  fr: () => import('./locales/fr'),
  de: () => import('./locales/de'),
  es: () => import('./locales/es'),
};

/** Tests begin in English. */
const first = import.meta.env.MODE === 'test' ? (await loaders.en()).default : ({} as Words);
const words = signal<Words>(first);
export const language = signal<Language>('en');
let wanted: Language = 'en';

/** Changes the language of the page and remembers it. A language that cannot be fetched
 *  leaves the page as it is. */
export async function setLanguage(next: Language): Promise<void> {
  wanted = next;
  let dictionary: Words;
  try {
    dictionary = (await loaders[next]()).default;
  } catch {
    return;
  }
  if (wanted !== next) return; // another was chosen meanwhile
  words.value = dictionary;
  language.value = next;
  document.documentElement.lang = next;
  remember('language', next);
}

/** The remembered language, else the first of the browser's that we speak, else English. */
export async function startLanguage(): Promise<void> {
  const wishes = [
    recall('language') ?? '',
    ...navigator.languages.map((tag) => tag.slice(0, 2).toLowerCase()),
  ];
  await setLanguage(wishes.find((tag): tag is Language => Object.hasOwn(languages, tag)) ?? 'en');
  if (words.value === first) await setLanguage('en');
}

/** Whether there is a text for it: of a word that the server may know before this page does. */
export const isKey = (key: string): key is Key => key in words.value;

export type Values = Readonly<Record<string, string | number>>;

/** The text of a key, with `{name}` replaced by its value. Reading it in a component makes
 *  the component follow the language. */
export function t(key: Key, values: Values = {}): string {
  return words.value[key].replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ''));
}

type PluralStem<K> = K extends `${infer Stem}.other` ? Stem : never;

/** The text for a number of things: `….one` or `….other`, as the language counts. */
export function tn(stem: PluralStem<Key>, count: number): string {
  const form = new Intl.PluralRules(language.value).select(count) === 'one' ? 'one' : 'other';
  return t(`${stem}.${form}`, { n: new Intl.NumberFormat(region()).format(count) });
}

/** The browser's own flavour of the language: English on a British browser is en-GB, with a
 *  24-hour clock. */
function region(): string {
  return navigator.languages.find((tag) => tag.split('-')[0] === language.value) ?? language.value;
}

/** A time of day. */
export function timeOfDay(at: number): string {
  return new Intl.DateTimeFormat(region(), { hour: '2-digit', minute: '2-digit' }).format(at);
}

/** A day in words: “Today”, “Monday 2 March”. `now` tells which one is today's. */
export function dayOf(at: number, now: number): string {
  const midnight = new Date(now);
  midnight.setHours(0, 0, 0, 0);
  if (at >= midnight.getTime()) return t('history.today');
  midnight.setDate(midnight.getDate() - 1);
  if (at >= midnight.getTime()) return t('history.yesterday');
  const sameYear = new Date(at).getFullYear() === new Date(now).getFullYear();
  return new Intl.DateTimeFormat(region(), {
    weekday: 'long',
    day: 'numeric',
    month: 'long',
    ...(sameYear ? {} : { year: 'numeric' }),
  }).format(at);
}

/** Several things in a sentence: “Sales, Support and Billing”. */
export function listed(things: readonly string[]): string {
  return new Intl.ListFormat(region(), { type: 'conjunction' }).format(things);
}
