import { beforeEach, describe, expect, test } from 'vitest';
import { Ledger } from '../ledger';
import type { CallView } from '../picture';
import { decide, isMixedContent, safeAddress, targetOf } from '../pop';
import type { PopPreference } from '../preferences';
import { browserAction, call } from './fixtures';

const view = (changes: Partial<CallView> = {}): CallView => ({
  ...call({ phase: 'talking' }),
  outgoing: false,
  endedAt: 0,
  ...changes,
});

const circumstances = (changes: { preference?: PopPreference; leading?: boolean } = {}) => ({
  ledger: new Ledger(),
  preference: 'service' as PopPreference,
  leading: true,
  ...changes,
});

beforeEach(() => sessionStorage.clear());

describe('decide', () => {
  test('opens once, where the service says', () => {
    const around = circumstances();
    const opened = { kind: 'open', url: 'https://crm.example/c?d=12345', target: 'pane' };
    expect(decide(view(), browserAction, around)).toEqual(opened);
    expect(decide(view(), browserAction, around)).toEqual({ kind: 'nothing', because: 'seen' });
  });

  test('not again after a reload of the page: the ledger outlives it', () => {
    decide(view(), browserAction, circumstances());
    expect(decide(view(), browserAction, circumstances())).toEqual({ kind: 'nothing', because: 'seen' });
  });

  test('a second call opens its own', () => {
    decide(view(), browserAction, circumstances());
    const second = view({ id: 'c2', linkedid: '9.9' });
    expect(decide(second, browserAction, circumstances()).kind).toBe('open');
  });

  test('not after a restart of the server, which names and dates the call anew', () => {
    decide(view({ phase: 'ringing' }), browserAction, circumstances());
    const later = view({ id: 'other', started: 5000 });
    expect(decide(later, browserAction, circumstances())).toEqual({ kind: 'nothing', because: 'seen' });
  });

  test('not in a tab that does not lead, and not when it takes the lead later', () => {
    const following = decide(view(), browserAction, circumstances({ leading: false }));
    expect(following).toEqual({ kind: 'nothing', because: 'follower' });
    expect(decide(view(), browserAction, circumstances()).kind).toBe('nothing');
  });

  test('where this browser prefers it', () => {
    const around = circumstances({ preference: 'window' });
    expect(decide(view(), browserAction, around)).toMatchObject({ target: 'window' });
  });

  test('an unsafe address is refused', () => {
    const action = { ...browserAction, url: 'javascript:alert(1)' };
    expect(decide(view(), action, circumstances())).toEqual({ kind: 'refused' });
  });

  test('a program is only shown', () => {
    const action = { type: 'application', program: 'crm', args: ['12345'] } as const;
    expect(decide(view(), { ...action, args: [...action.args] }, circumstances())).toEqual({
      kind: 'application',
    });
  });
});

test.each([
  ['https://crm.example/a?b=c', 'https://crm.example/a?b=c'],
  ['http://localhost:8080/demo/customer?digits=1', 'http://localhost:8080/demo/customer?digits=1'],
  ['javascript:alert(1)', null],
  ['JaVaScRiPt:alert(1)', null],
  ['data:text/html,<script>alert(1)</script>', null],
  ['blob:https://crm.example/1', null],
  ['file:///etc/passwd', null],
  ['https://user:secret@crm.example/', null],
  ['//crm.example/', null],
  ['/customer', null],
  ['', null],
])('safeAddress(%j)', (text, url) => {
  expect(safeAddress(text)).toBe(url);
});

test('the preference of the browser stands above the service', () => {
  expect(targetOf('pane', 'service')).toBe('pane');
  expect(targetOf('pane', 'button')).toBe('button');
});

test('a page without TLS is not put inside a secure panel', () => {
  expect(isMixedContent('http://crm.lan/', { protocol: 'https:' })).toBe(true);
  expect(isMixedContent('http://127.0.0.1:8080/', { protocol: 'https:' })).toBe(false);
  expect(isMixedContent('https://crm.lan/', { protocol: 'https:' })).toBe(false);
  expect(isMixedContent('http://crm.lan/', { protocol: 'http:' })).toBe(false);
});

test('the ledger stays small', () => {
  const ledger = new Ledger();
  for (let n = 0; n < 200; n++) ledger.add(`call ${n}`);
  expect(ledger.has('call 199')).toBe(true);
  expect(ledger.has('call 0')).toBe(false);
});
