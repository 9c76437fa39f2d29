import { beforeEach, describe, expect, test, vi } from 'vitest';
import { Control, choices, controlFailure, endsWithin } from '../control';
import { setLanguage } from '../i18n';
import type { Command, Reply, Targets } from '../protocol';

beforeEach(() => {
  setLanguage('en');
  vi.useFakeTimers();
});

/** A Control whose commands wait for an answer. */
function room() {
  const sent: Command[] = [];
  let answer: (reply: Reply) => void = () => {};
  const control = new Control((command) => {
    sent.push(command);
    return new Promise((resolve) => {
      answer = resolve;
    });
  });
  const reply = async (changes: Partial<Reply> = {}) => {
    answer({ type: 'reply', id: '1', ok: true, ...changes });
    await vi.advanceTimersByTimeAsync(0);
  };
  return { control, sent, reply };
}

describe('what is done with a call', () => {
  test('a transfer, until the call is over', async () => {
    const { control, sent, reply } = room();
    void control.transfer('c1', { agent: 'bob' });
    expect(sent).toEqual([{ command: 'transfer', call: 'c1', kind: 'blind', to: { agent: 'bob' } }]);
    expect(control.busy).toBe(true);
    await reply();
    expect(control.state.value.kind).toBe('done');
    control.present(['c1']);
    expect(control.busy).toBe(true);
    control.present(['c2']);
    expect(control.state.value).toEqual({ kind: 'idle' });
    await vi.advanceTimersByTimeAsync(endsWithin);
    expect(control.state.value).toEqual({ kind: 'idle' });
  });

  test('one thing at a time', () => {
    const { control, sent } = room();
    void control.order('hangup', 'c1');
    void control.order('answer', 'c1');
    void control.transfer('c2', { queue: 'help' });
    expect(sent).toEqual([{ command: 'hangup', call: 'c1' }]);
  });

  test('hung up while a colleague is being called', async () => {
    const { control, sent, reply } = room();
    void control.consult('c1', { agent: 'bob' });
    void control.order('hold', 'c1');
    void control.order('hangup', 'c2');
    expect(control.free('hangup', 'c1')).toBe(true);
    void control.order('hangup', 'c1');
    expect(control.free('cancel', 'c1')).toBe(false);
    expect(sent.map(({ command }) => command)).toEqual(['transfer', 'hangup']);
    await reply();
    expect(control.state.value).toEqual({ kind: 'done', what: 'hangup', call: 'c1' });
  });

  test('taken back while a colleague is being called, though that has not begun', async () => {
    const { control, sent, reply } = room();
    void control.consult('c1', { agent: 'bob' });
    void control.order('cancel', 'c1');
    expect(sent.map(({ command }) => command)).toEqual(['transfer', 'cancel']);
    await reply({ ok: false, code: 'no-consult', error: '' });
    expect(control.state.value).toEqual({ kind: 'idle' });
    void control.order('cancel', 'c1');
    await reply({ ok: false, code: 'no-consult', error: '' });
    expect(control.state.value.kind).toBe('refused');
  });

  test('the call ends before the answer comes', async () => {
    const { control, reply } = room();
    void control.order('hangup', 'c1');
    control.present([]);
    await reply({ ok: false, code: 'unknown-call', error: '' });
    expect(control.state.value).toEqual({ kind: 'idle' });
  });

  test('a refusal is told of this call, and of no other', async () => {
    const { control, reply } = room();
    void control.transfer('c1', { agent: 'bob' });
    await reply({ ok: false, code: 'target-busy', error: 'busy' });
    expect(controlFailure(control.state.value, 'c1')).toMatch('on a call now');
    expect(controlFailure(control.state.value, 'c2')).toBe('');
    expect(control.busy).toBe(false);
  });

  test('a call that stays is told of', async () => {
    const { control, reply } = room();
    void control.transfer('c1', { agent: 'bob' });
    await reply();
    await vi.advanceTimersByTimeAsync(endsWithin);
    expect(controlFailure(control.state.value, 'c1')).toMatch('still with you');
    expect(control.busy).toBe(false);
  });

  test('whoever is asked first, and then gets the call', async () => {
    const { control, sent, reply } = room();
    void control.consult('c1', { agent: 'bob' });
    control.present(['c1'], 'c1');
    await reply();
    expect(control.state.value).toEqual({ kind: 'idle' });
    void control.order('complete', 'c1');
    await reply();
    control.present(['c1']);
    expect(control.state.value).toEqual({ kind: 'done', what: 'complete', call: 'c1' });
    control.present([]);
    expect(control.state.value).toEqual({ kind: 'idle' });
    expect(sent).toEqual([
      { command: 'transfer', call: 'c1', kind: 'attended', to: { agent: 'bob' } },
      { command: 'complete', call: 'c1' },
    ]);
  });

  test('of a colleague who refuses at once as much is told, whether he was seen to be asked or not', async () => {
    for (const seen of [['c1', undefined], []]) {
      const { control, reply } = room();
      void control.consult('c1', { agent: 'bob' });
      for (const asked of seen) control.present(['c1'], asked);
      await reply();
      expect(controlFailure(control.state.value, 'c1')).toMatch('with you again');
      control.present(['c1'], 'c1');
      expect(controlFailure(control.state.value, 'c1')).toBe('');
    }
  });

  test('that whoever was asked has not taken the call is told, not that the agent went back', async () => {
    const { control, reply } = room();
    control.present(['c1'], 'c1');
    control.present(['c1']);
    expect(controlFailure(control.state.value, 'c1')).toMatch('with you again');
    control.present(['c1'], 'c1');
    expect(controlFailure(control.state.value, 'c1')).toBe('');
    void control.order('cancel', 'c1');
    control.present(['c1']);
    await reply();
    control.present(['c1']);
    expect(controlFailure(control.state.value, 'c1')).toBe('');
    control.present(['c1'], 'c1');
    control.present([]);
    expect(control.state.value).toEqual({ kind: 'idle' });
  });

  test('a telephone that holds is done at once, one that does not says why', async () => {
    const { control, sent, reply } = room();
    void control.order('hold', 'c1');
    expect(control.busy).toBe(true);
    await reply();
    expect(control.state.value).toEqual({ kind: 'idle' });
    void control.order('resume', 'c1');
    await reply({ ok: false, code: 'no-reaction', error: '' });
    expect(controlFailure(control.state.value, 'c1')).toMatch('did not react');
    expect(sent.map(({ command }) => command)).toEqual(['hold', 'resume']);
  });

  test('who is there stays known when there is no answer', async () => {
    const { control, reply } = room();
    void control.look();
    await reply({ targets: { agents: [], queues: [], numbers: true } });
    void control.look();
    await reply({ ok: false, code: 'no-answer' });
    expect(control.targets.value?.numbers).toBe(true);
  });
});

describe('where a call may go', () => {
  const targets: Targets = {
    agents: [
      { operator: 'cem', fullName: 'Cem Öz', state: 'oncall' },
      { operator: 'fay', fullName: '', state: 'paused' },
      { operator: 'bob', fullName: 'Bob Bemer', state: 'available' },
    ],
    queues: [{ queue: 'help', service: 'Support', waiting: 2, available: 1 }],
    numbers: true,
  };
  const names = (text: string, of: Targets | null = targets) =>
    choices(of, text, 'Out').map(({ name, free }) => (free ? name : `(${name})`));

  test.each([
    ['', ['Bob Bemer', 'fay', '(Cem Öz)', 'help']],
    ['BEM', ['Bob Bemer']],
    ['öz', ['(Cem Öz)']],
    ['supp', ['help']],
    ['055 12-34', ['0551234']],
    ['nobody', []],
    ['+', []],
  ])('%s', (text, want) => expect(names(text)).toEqual(want));

  test('no numbers without a service, nothing before it is known', () => {
    expect(names('0551234', { ...targets, numbers: false })).toEqual([]);
    expect(names('', null)).toEqual([]);
  });

  test('nobody is asked whom a telephone cannot dial', () => {
    const asked = (text: string) => choices(targets, text, 'Out', true).map(({ name, free }) => [name, free]);
    expect(asked('help')).toEqual([['help', false]]);
    expect(asked('+39055')).toEqual([['+39055', false]]);
    expect(asked('055')).toEqual([['055', true]]);
    expect(asked('bob')).toEqual([['Bob Bemer', true]]);
  });

  test('a number goes by the chosen service', () => {
    expect(choices(targets, '300', 'Out')[0]?.to).toEqual({ number: '300', service: 'Out' });
  });
});
