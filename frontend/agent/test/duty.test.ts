import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { below, dutyAction, isWorking, refusalWords, slowAfter, Wishes } from '../duty';
import { setLanguage } from '../i18n';
import type { AgentInfo, Command, Duty, Reply } from '../protocol';

const available: Duty = { state: 'available', reason: '', since: 1000, until: 0 };
const agent = (state: AgentInfo['state'], duty: Partial<Duty> = {}): AgentInfo => ({
  state,
  since: 1000,
  duty: { ...available, ...duty },
});
const unmarked = (text: string) => text.replace(/[\u2068\u2069]/g, '');

beforeEach(() => setLanguage('en'));

describe('the button beside the state', () => {
  test.each([
    ['available', agent('available'), 'pause', ''],
    ['ringing', agent('ringing'), 'pause', ''],
    ['paused', agent('paused', { state: 'paused', reason: 'Lunch' }), 'unpause', 'Lunch'],
    ['paused without a reason', agent('paused', { state: 'paused' }), 'unpause', ''],
    [
      'on a call in a pause',
      agent('oncall', { state: 'paused', reason: 'Lunch' }),
      'unpause',
      'Paused: Lunch',
    ],
    ['on a call', agent('oncall'), 'pause', ''],
    ['before a pause', agent('held', { next: { reason: 'Lunch' } }), 'cancel', 'Then pause: Lunch'],
    [
      'before a pause without a reason',
      agent('oncall', { next: { reason: '' } }),
      'cancel',
      'Pause after this call',
    ],
    ['after-call work', agent('aftercall', { state: 'aftercall', until: 9000 }), 'ready', ''],
    ['a call in after-call work', agent('oncall', { state: 'aftercall', until: 9000 }), 'pause', ''],
    ['a server that keeps no duties', { state: 'available', since: 1 } as const, 'pause', ''],
  ])('%s', (_, info, action, line) => {
    expect(dutyAction(info)).toBe(action);
    expect(unmarked(below(info))).toBe(line);
  });

  test('after-call work goes on while the phone rings', () => {
    expect(isWorking(agent('ringing', { state: 'aftercall', until: 9000 }))).toBe(true);
    expect(isWorking(agent('held', { state: 'aftercall', until: 9000 }))).toBe(false);
  });
});

describe('wishes', () => {
  let sent: Command[];
  let answer: (reply: Partial<Reply>) => Promise<void>;
  let wishes: Wishes;

  beforeEach(() => {
    vi.useFakeTimers();
    sent = [];
    wishes = new Wishes((command) => {
      sent.push(command);
      return new Promise((resolve) => {
        answer = async (reply) => {
          resolve({ type: 'reply', id: '1', ok: true, ...reply });
          await vi.advanceTimersByTimeAsync(0);
        };
      });
    });
  });
  afterEach(() => vi.useRealTimers());

  test('are sent as the protocol has them', async () => {
    for (const ask of [
      () => wishes.pause('Lunch', '', true),
      () => wishes.pause('', 'support', false),
      () => wishes.unpause('support'),
      () => wishes.ready(),
      () => wishes.moreTime(),
    ]) {
      void ask();
      await answer({});
    }
    expect(sent).toEqual([
      { command: 'pause', reason: 'Lunch', queue: '', afterCall: true },
      { command: 'pause', reason: '', queue: 'support', afterCall: false },
      { command: 'unpause', queue: 'support' },
      { command: 'ready' },
      { command: 'more-time' },
    ]);
  });

  test('go one at a time, and show when they take long', async () => {
    void wishes.ready();
    void wishes.moreTime();
    expect(sent).toHaveLength(1);
    expect(wishes.asking.value).toMatchObject({ command: 'ready', slow: false });
    vi.advanceTimersByTime(slowAfter);
    expect(wishes.asking.value).toMatchObject({ command: 'ready', slow: true });
    await answer({});
    expect(wishes.asking.value).toBeNull();
    vi.advanceTimersByTime(slowAfter);
    expect(wishes.asking.value).toBeNull();
  });

  test('that are refused are told of where they were asked, until the next', async () => {
    void wishes.pause('', 'support', false);
    await answer({ ok: false, code: 'refused', error: 'Interface not found' });
    expect(wishes.refusal.value).toMatchObject({ queue: 'support', reply: { code: 'refused' } });
    void wishes.unpause('');
    expect(wishes.refusal.value).toBeNull();
  });
});

test.each([
  ['no-link', 'Asterisk is not connected'],
  ['unknown-reason', 'no longer in the list'],
  ['unknown-queue', 'no longer one of yours'],
  ['unanswered', 'Asterisk has not answered'],
  ['no-answer', 'server has not answered'],
  ['no-work', 'over already'],
  ['no-service', 'outbound service is no longer yours'],
  ['number', 'not a number'],
  ['policy', 'may not call that number'],
  ['rate', 'many calls'],
  ['busy', 'not over'],
  ['refused', 'Interface not found'],
  ['later-version', 'Interface not found'],
])('why not: %s', (code, words) => {
  const reply: Reply = { type: 'reply', id: '1', ok: false, code, error: 'Interface \u202enot found' };
  expect(refusalWords(reply)).toContain(words);
});

test('a code without words is shown itself', () => {
  expect(unmarked(refusalWords({ type: 'reply', id: '1', ok: false, code: 'odd' }))).toBe(
    'That did not work: odd',
  );
});
