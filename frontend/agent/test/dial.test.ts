import { beforeEach, describe, expect, test, vi } from 'vitest';
import { beginsWithin, Dial, failureWords } from '../dial';
import { setLanguage } from '../i18n';
import { openKept } from '../kept';
import type { Command, Originated, Reply } from '../protocol';

let sent: Command[];
let reply: (changes?: Partial<Reply>) => Promise<void>;
let dial: Dial;

const ended = (changes: Partial<Originated> = {}): Originated => ({
  id: 'cti-1',
  number: '0551234',
  service: 'Campaign',
  ok: false,
  reason: 'no-answer',
  text: 'your telephone did not answer',
  ...changes,
});

function fresh(): Dial {
  return new Dial((command) => {
    sent.push(command);
    return new Promise((resolve) => {
      reply = async (changes = {}) => {
        resolve({ type: 'reply', id: '1', ok: true, originate: 'cti-1', ...changes });
        await vi.advanceTimersByTimeAsync(0);
      };
    });
  });
}

beforeEach(() => {
  vi.useFakeTimers();
  setLanguage('en');
  sessionStorage.clear();
  sent = [];
  openKept('ada');
  dial = fresh();
  dial.open();
  return () => vi.useRealTimers();
});

describe('a call', () => {
  test('is asked for once, and comes', async () => {
    dial.text.value = '055 1234';
    void dial.call('0551234', 'Campaign');
    void dial.call('0559999', 'Campaign');
    expect(sent).toEqual([{ command: 'originate', number: '0551234', service: 'Campaign' }]);
    await reply();
    expect(dial.state.value).toEqual({
      kind: 'calling',
      number: '0551234',
      service: 'Campaign',
      id: 'cti-1',
      seen: false,
    });
    expect(dial.busy).toBe(true);
    dial.seen();
    expect(dial.busy).toBe(false);
    expect(dial.text.value).toBe('055 1234');
    dial.told(ended({ ok: true, reason: '', text: '' }));
    expect(dial.state.value).toEqual({ kind: 'idle' });
    expect(dial.text.value).toBe('');
  });

  test('is refused with the number at hand, until the agent types', async () => {
    void dial.call('0551234', 'Campaign');
    await reply({ ok: false, code: 'policy', error: 'this service does not call abroad' });
    expect(dial.state.value).toMatchObject({ kind: 'refused', number: '0551234' });
    expect(failureWords(dial.state.value)).toContain('may not call that number');
    dial.forget();
    expect(failureWords(dial.state.value)).toBe('');
  });

  test('fails by what is told of it, and of no other', async () => {
    void dial.call('0551234', 'Campaign');
    await reply();
    dial.told(ended({ id: 'cti-0' }));
    expect(dial.state.value.kind).toBe('calling');
    dial.forget();
    expect(dial.state.value.kind).toBe('calling');
    dial.told(ended());
    expect(dial.state.value).toMatchObject({ kind: 'failed', number: '0551234' });
    dial.told(ended({ ok: true }));
    expect(dial.state.value.kind).toBe('failed');
  });

  test('may end before the answer that names it', async () => {
    void dial.call('0551234', 'Campaign');
    dial.told(ended({ reason: 'busy' }));
    await reply();
    expect(dial.state.value).toMatchObject({ kind: 'failed', originated: { reason: 'busy' } });
  });

  test('of which nobody tells is given up', async () => {
    void dial.call('0551234', 'Campaign');
    await reply();
    vi.advanceTimersByTime(beginsWithin - 1);
    expect(dial.state.value.kind).toBe('calling');
    vi.advanceTimersByTime(1);
    expect(dial.state.value.kind).toBe('idle');
  });

  test('is forgotten with a lost connection and with another operator', async () => {
    void dial.call('0551234', 'Campaign');
    await reply();
    dial.resume();
    expect(dial.state.value.kind).toBe('idle');
    void dial.call('0551234', 'Campaign');
    openKept('grace');
    dial.open();
    await reply();
    expect(dial.state.value.kind).toBe('idle');
    expect(dial.recent.value).toEqual([]);
  });
});

test('the numbers called come back after a reload, the last one first, for the same operator', async () => {
  for (const number of ['1', '2', '1']) {
    void dial.call(number, 'Campaign');
    await reply({ ok: false, code: 'rate' });
  }
  expect(dial.recent.value).toEqual(['1', '2']);
  const again = fresh();
  again.open();
  expect(again.recent.value).toEqual(['1', '2']);
  openKept('grace');
  again.open();
  expect(again.recent.value).toEqual([]);
});

test.each([
  ['busy', 'Your phone is busy'],
  ['no-answer', 'did not answer your phone'],
  ['unreachable', 'cannot be reached'],
  ['rejected', 'rejected'],
  ['congestion', 'did not get through'],
  ['failed', 'failed'],
  ['later-version', 'failed'],
])('how it went: %s', (reason, words) => {
  const originated = ended({ reason });
  expect(failureWords({ kind: 'failed', number: '0551234', originated })).toContain(words);
});
