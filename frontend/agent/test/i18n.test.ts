import { readdirSync, readFileSync } from 'node:fs';
import { parseSync } from 'vite';
import { beforeEach, describe, expect, test } from 'vitest';
import { languages, setLanguage, t, timeOfDay, tn } from '../i18n';
import de from '../locales/de';
import en, { type Words } from '../locales/en';
import es from '../locales/es';
import fr from '../locales/fr';
import it from '../locales/it';

const all: Record<string, Words> = { en, it, fr, de, es };
const keys = Object.keys(en) as (keyof Words)[];
const placeholders = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]).sort();

test('there is a dictionary for every language', () => {
  expect(Object.keys(all).sort()).toEqual(Object.keys(languages).sort());
});

describe.each(Object.entries(all))('%s', (code, words) => {
  test('has every key, no other, and none empty', () => {
    expect(Object.keys(words).sort()).toEqual([...keys].sort());
    expect(keys.filter((key) => words[key].trim() === '')).toEqual([]);
  });

  test('has the values of the English text in each', () => {
    const wrong = keys.filter((key) => `${placeholders(words[key])}` !== `${placeholders(en[key])}`);
    expect(wrong).toEqual([]);
  });

  test('is translated', () => {
    const same = keys.filter((key) => words[key] === en[key] && en[key].replace(/\{\w+\}/g, '').length > 13);
    expect(code === 'en' ? [] : same).toEqual([]);
  });
});

/** The files that make the panel, as text. */
const sources = (ending: RegExp) =>
  readdirSync('frontend/agent', { recursive: true, encoding: 'utf8' })
    .filter((file) => ending.test(file) && !/^(test|locales)\//.test(file))
    .map((file) => ({ file, text: readFileSync(`frontend/agent/${file}`, 'utf8') }));

test('no key is left over', () => {
  const text = sources(/\.tsx?$/)
    .map((source) => source.text)
    .join('\n');
  const stems = [...text.matchAll(/[`'"]([\w.-]+\.)\$\{/g)].map((match) => match[1] ?? '');
  const unused = keys.filter((key) => {
    const plural = key.replace(/\.(one|other)$/, '');
    const named = text.includes(`'${key}'`) || text.includes(`'${plural}'`);
    return !named && !stems.some((stem) => key.startsWith(stem));
  });
  expect(unused).toEqual([]);
});

/** Attributes that people read or hear. */
const spoken = new Set(['aria-label', 'aria-description', 'alt', 'placeholder', 'title', 'label']);

interface Node {
  type: string;
  value?: unknown;
  name?: { name?: string };
  [key: string]: unknown;
}

/** Every text in the markup that is not from a dictionary. */
function fixedTexts(node: unknown, found: string[]): string[] {
  if (Array.isArray(node)) {
    for (const child of node) fixedTexts(child, found);
    return found;
  }
  if (typeof node !== 'object' || node === null) return found;
  const { type, value, name } = node as Node;
  if (type === 'JSXText' && /\p{L}/u.test(String(value))) found.push(String(value).trim());
  if (type === 'JSXAttribute' && spoken.has(name?.name ?? '')) {
    const literal = value as Node | null;
    if (literal?.type === 'Literal' && literal.value !== '') found.push(String(literal.value));
  }
  for (const child of Object.values(node)) fixedTexts(child, found);
  return found;
}

test.each(sources(/\.tsx$/))('$file holds no text of its own', ({ file, text }) => {
  const { program, errors } = parseSync(file, text);
  expect(errors).toEqual([]);
  expect(fixedTexts(program, [])).toEqual([]);
});

describe('in use', () => {
  beforeEach(() => setLanguage('en'));

  test('values are put in, and a missing one leaves no trace', () => {
    expect(t('banner.lost.in', { seconds: 4 })).toBe('Next try in 4 s');
    expect(t('banner.lost.in')).toBe('Next try in  s');
  });

  test('a caller’s text that looks like a placeholder is not read again', () => {
    expect(t('screen.last', { who: '{seconds}' })).toBe('Last call: {seconds}');
  });

  test('the language changes at once, and the page says so', async () => {
    await setLanguage('fr');
    expect(t('signin.submit')).toBe('Se connecter');
    expect(document.documentElement.lang).toBe('fr');
    expect(localStorage.getItem('asteriskcti.language')).toBe('fr');
  });

  test('of two quick choices the last one stays', async () => {
    await Promise.all([setLanguage('de'), setLanguage('es')]);
    expect(t('signin.submit')).toBe(es['signin.submit']);
  });

  test('counts as the language does', async () => {
    expect([tn('history.count', 1), tn('history.count', 0)]).toEqual(['1 call', '0 calls']);
    await setLanguage('fr');
    expect([tn('history.count', 0), tn('history.count', 2)]).toEqual(['0 appel', '2 appels']);
  });

  test('tells the time', () => {
    expect(timeOfDay(0)).toMatch(/\d{2}.\d{2}/);
  });
});
