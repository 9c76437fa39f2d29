import { beforeEach, expect, test } from 'vitest';
import { addToHistory, answeredElsewhere, history, openHistory, outcome, pastCall } from '../history';
import { forgetKept, openKept } from '../kept';
import type { CallView } from '../picture';
import { endWords } from '../ui/CallCard';
import { call } from './fixtures';

const ended = (changes: Partial<CallView> = {}): CallView => ({
  ...call({ phase: 'ended', since: 62_000, cause: 16 }),
  outgoing: false,
  endedAt: 5000,
  ...changes,
});

beforeEach(() => {
  sessionStorage.clear();
  openKept('ada');
  openHistory();
});

test.each([
  ['answered', ended({ answered: 2000 }), 'end.normal'],
  ['missed', ended(), 'end.abandoned'],
  ['elsewhere', ended({ cause: answeredElsewhere }), 'end.elsewhere'],
  ['busy', ended({ outgoing: true, cause: 17 }), 'end.busy'],
  ['unanswered', ended({ outgoing: true, cause: 1 }), 'end.unreachable'],
  ['unanswered', ended({ outgoing: true, cause: 127 }), 'end.noanswer'],
] as const)('%s', (how, one, words) => {
  expect(outcome(one)).toBe(how);
  expect(endWords(one)).toBe(words);
});

test('the length of a talk is from answer to end; unknown when the end was not seen', () => {
  expect(pastCall(ended({ answered: 2000 }), true).talked).toBe(60_000);
  expect(pastCall(ended({ answered: 2000, phase: 'talking' }), false).talked).toBeNull();
  expect(pastCall(ended(), true).talked).toBe(0);
  expect(pastCall(ended(), false).outcome).toBe('unknown');
});

test('an outgoing call is listed under the number that was called', () => {
  expect(pastCall(ended({ outgoing: true }), true)).toMatchObject({ name: '', number: '102' });
});

test('the list outlives a reload, is one operator’s, and ends with the sign-out', () => {
  addToHistory(pastCall(ended(), true));
  addToHistory(pastCall(ended(), true));
  expect(history.value).toHaveLength(1);
  openHistory();
  expect(history.value).toHaveLength(1);
  openKept('grace');
  openHistory();
  expect(history.value).toEqual([]);
  addToHistory(pastCall(ended(), true));
  forgetKept();
  openHistory();
  expect(history.value).toEqual([]);
});

test('the list is bounded', () => {
  for (let n = 0; n < 150; n++) addToHistory(pastCall(ended({ id: `c${n}` }), true));
  expect(history.value).toHaveLength(100);
  expect(history.value[0]?.key).toContain('c149');
});
