import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { KeptCall } from '../api';
import {
  behind,
  closeArchive,
  keeps,
  listed,
  loadingOlder,
  older,
  refresh,
  refreshSoon,
  search,
  showOlder,
  stopAsking,
} from '../archive';
import { addToHistory, openHistory, pastCall } from '../history';
import { dayOf, setLanguage } from '../i18n';
import { call } from './fixtures';

/** A server that keeps calls with the ids 1 to `last`, and notes what it is asked. */
let last = 0;
let asked: string[] = [];
let answers = true;
let kept = 86_400;

const one = (id: number, changes: Partial<KeptCall> = {}): KeptCall => ({
  id,
  call: `c${id}`,
  uniqueid: `u${id}`,
  service: 'Support',
  direction: 'inbound',
  outgoing: false,
  caller: { number: `+3905500${id}`, name: `Caller ${id}` },
  called: '101',
  started: id * 1000,
  talked: 65,
  outcome: 'answered',
  ...changes,
});

const serve = async (address: string) => {
  asked.push(address.replace('/api/history?limit=50', ''));
  if (!answers) throw new TypeError('offline');
  const url = new URL(address, 'http://x');
  const before = Number(url.searchParams.get('before') ?? last + 1);
  const text = url.searchParams.get('q') ?? '';
  const all = Array.from({ length: before - 1 }, (_, n) => one(before - 1 - n));
  const calls = all.filter(({ caller }) => caller.name.includes(text)).slice(0, 50);
  const next = calls.length === 50 ? (calls.at(-1)?.id ?? 0) : 0;
  return Response.json({ calls: kept > 0 ? calls : [], next: kept > 0 ? next : 0, kept });
};

const ids = () => listed.value.map(({ id }) => id);

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('fetch', vi.fn(serve));
  sessionStorage.clear();
  openHistory();
  closeArchive();
  last = 0;
  asked = [];
  answers = true;
  kept = 86_400;
});

afterEach(() => {
  closeArchive();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

test('the newest come first, older ones when they are asked for', async () => {
  last = 120;
  await refresh();
  expect(keeps.value).toBe(true);
  expect(ids()).toHaveLength(50);
  expect(ids()[0]).toBe(120);
  expect(older.value).toBe(true);
  expect((await showOlder())?.id).toBe(70);
  await showOlder();
  expect(ids()).toEqual(Array.from({ length: 120 }, (_, n) => 120 - n));
  expect(older.value).toBe(false);
  expect(await showOlder()).toBeUndefined();
  expect(asked).toEqual(['', '&before=71', '&before=21']);
});

test('a refresh keeps older ones on the page, unless some between are missing', async () => {
  last = 120;
  await refresh();
  await showOlder();
  last = 130;
  await refresh();
  expect(ids()).toHaveLength(110);
  expect(new Set(ids()).size).toBe(110);
  last = 300;
  await refresh();
  expect(ids()).toHaveLength(50);
  expect(older.value).toBe(true);
});

test('the calls that come in a day do not grow without bound', async () => {
  for (last = 40; last < 2000; last += 40) await refresh();
  expect(ids().length).toBeLessThanOrEqual(300);
  expect(older.value).toBe(true);
  const lowest = ids().at(-1) ?? 0;
  expect((await showOlder())?.id).toBe(lowest - 1);
});

test('a call of this session shows once, before and after the server has it', async () => {
  const { caller } = one(1);
  const ended = call({ id: 'c1', uniqueid: 'u1', started: 1000, phase: 'ended', caller });
  addToHistory(pastCall({ ...ended, outgoing: false, endedAt: 1 }, false));
  expect(listed.value.map(({ outcome }) => outcome)).toEqual(['unknown']);
  last = 1;
  refreshSoon();
  refreshSoon();
  expect(asked).toEqual([]);
  await vi.advanceTimersByTimeAsync(500);
  expect(asked).toEqual(['']);
  expect(listed.value.map(({ outcome, talked }) => [outcome, talked])).toEqual([['answered', 65_000]]);
});

test('offline, what is there stays and is said', async () => {
  last = 60;
  await refresh();
  answers = false;
  await refresh();
  await showOlder();
  expect(behind.value).toBe(true);
  expect(loadingOlder.value).toBe(false);
  expect(ids()).toHaveLength(50);
  search('caller 60');
  await vi.advanceTimersByTimeAsync(300);
  expect(ids()).toEqual([60]); // of what is here
  answers = true;
  search('');
  await vi.advanceTimersByTimeAsync(0);
  expect(behind.value).toBe(false);
});

test('a search asks once typing has stopped, and shows what is here meanwhile', async () => {
  last = 200;
  await refresh();
  search('Caller');
  search('Caller 12');
  expect(ids()).toEqual([]); // 12 and 120 to 129 are not here
  await vi.advanceTimersByTimeAsync(300);
  expect(asked).toEqual(['', '&q=Caller+12']);
  expect(ids()).toEqual([129, 128, 127, 126, 125, 124, 123, 122, 121, 120, 12]);
  search('+39 (055) 00-199');
  expect(ids()).toEqual([199]);
  search('');
  expect(ids()).toHaveLength(50);
});

test('an answer for whoever was signed in before is nobody’s', async () => {
  last = 10;
  const answer = refresh();
  closeArchive();
  await answer;
  expect(listed.value).toEqual([]);
  expect(keeps.value).toBe(false);
});

test('where the server keeps nothing the list is of the session', async () => {
  kept = 0;
  last = 10;
  await refresh();
  expect(keeps.value).toBe(false);
  expect(listed.value).toEqual([]);
});

test('outgoing and transferred calls', async () => {
  const calls = [
    one(2, { outgoing: true, called: '0551234', direction: 'outbound', outcome: 'busy' }),
    one(1, { outcome: 'transferred', transfer: { kind: 'park', to: '701' } }),
  ];
  vi.stubGlobal(
    'fetch',
    vi.fn(async () => Response.json({ calls, next: 0, kept })),
  );
  await refresh();
  expect(listed.value[0]).toMatchObject({ number: '0551234', name: '', outcome: 'busy', outgoing: true });
  expect(listed.value[1]).toMatchObject({ outcome: 'answered', to: '701', parked: true });
});

test('days have names', async () => {
  await setLanguage('en');
  const now = new Date(2026, 2, 10, 15, 30).getTime();
  expect(dayOf(now, now)).toBe('Today');
  expect(dayOf(new Date(2026, 2, 10, 0, 0).getTime(), now)).toBe('Today');
  expect(dayOf(new Date(2026, 2, 9, 23, 59).getTime(), now)).toBe('Yesterday');
  expect(dayOf(new Date(2026, 2, 8, 12, 0).getTime(), now)).toMatch(/Sunday.*March|March.*Sunday/);
  expect(dayOf(new Date(2025, 11, 31, 12, 0).getTime(), now)).toContain('2025');
});

test('who signs out asks for nothing any more', async () => {
  refreshSoon();
  search('Caller');
  stopAsking();
  await vi.advanceTimersByTimeAsync(5_000);
  expect(asked).toEqual([]);
});
