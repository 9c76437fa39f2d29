import { beforeEach, expect, test, vi } from 'vitest';
import { forgetKept, forgetOld, keep, kept, keptFor, keptList, openKept } from '../kept';

/** Whether anything of it can still be read at this PC. */
const isThere = (text: string) => JSON.stringify(sessionStorage).includes(text);

beforeEach(() => {
  vi.useFakeTimers();
  sessionStorage.clear();
  openKept('ada');
  return () => vi.useRealTimers();
});

test('what is kept comes back after a reload, for the same operator', () => {
  keep('notes', ['of ada']);
  openKept('ada');
  expect(keptList('notes')).toEqual(['of ada']);
});

test('it goes when somebody else signs in', () => {
  keep('notes', ['of ada']);
  openKept('grace');
  expect(isThere('of ada')).toBe(false);
  openKept('ada');
  expect(kept('notes')).toBeNull();
});

test('it goes with the sign-out, and leaves what is not its own', () => {
  keep('notes', ['of ada']);
  sessionStorage.setItem('asteriskcti.popped', '["1"]');
  forgetKept();
  expect(isThere('of ada')).toBe(false);
  expect(sessionStorage.getItem('asteriskcti.popped')).toBe('["1"]');
});

test('it goes after a day, also when the clock has been set back', () => {
  keep('notes', ['of ada']);
  vi.advanceTimersByTime(keptFor - 1);
  forgetOld();
  expect(keptList('notes')).toEqual(['of ada']);
  vi.advanceTimersByTime(1);
  expect(keptList('notes')).toEqual([]);
  forgetOld();
  expect(isThere('of ada')).toBe(false);
  keep('notes', ['of ada']);
  vi.setSystemTime(Date.now() - 2 * keptFor);
  forgetOld();
  expect(isThere('of ada')).toBe(false);
});

test.each(['not json', 'null', '"ada"', '{}', '{"operator":"ada","at":"x","value":[1]}'])(
  'what is not ours is nothing: %s',
  (text) => {
    sessionStorage.setItem('asteriskcti.kept.notes', text);
    expect(keptList('notes')).toEqual([]);
    openKept('ada');
    forgetOld();
    expect(sessionStorage.getItem('asteriskcti.kept.notes')).toBeNull();
  },
);

test('a browser that refuses storage keeps nothing, and nothing breaks', () => {
  const refuse = () => {
    throw new DOMException('no');
  };
  vi.stubGlobal('sessionStorage', { getItem: refuse, setItem: refuse });
  keep('notes', ['of ada']);
  expect(keptList('notes')).toEqual([]);
  forgetKept();
  vi.unstubAllGlobals();
});
