import { afterEach, expect, test } from 'vitest';
import { addToHistory, dropUnanswered, history, openHistory, pastCall } from '../history';
import { apply, type Effect, type Picture, questionOpenFor, shown } from '../picture';
import type { Fact, Transfer } from '../protocol';
import { colleague, givenBy, handedOnLine } from '../transfer';
import { call as aCall, callEvent, linkEvent, snapshot } from './fixtures';

const by = (kind: Transfer['kind'], to?: string): Transfer => ({
  kind,
  by: 'ada',
  name: 'Ada Lovelace',
  phone: 'PJSIP/201',
  ...(to === undefined ? {} : { to }),
});

function take(...facts: Fact[]): { picture: Picture | null; effects: Effect[] } {
  let picture: Picture | null = null;
  const effects: Effect[] = [];
  for (const fact of facts) {
    const change = apply(picture, fact, 5000);
    picture = change.picture;
    effects.push(...change.effects);
  }
  return { picture, effects };
}

afterEach(() => openHistory());

const question = {
  id: 'c1c',
  direction: 'internal',
  service: '',
  caller: { number: '201', name: 'Ada Lovelace' },
} as const;

test('a colleague’s question makes room for the caller at once', () => {
  const { picture, effects } = take(
    snapshot(),
    callEvent('Newchannel', 11, question),
    callEvent('Hangup', 12, { ...question, phase: 'ended', cause: 16 }),
    callEvent('Newchannel', 13, { transfer: by('attended') }),
    linkEvent(14, { transfer: by('attended') }),
  );
  expect(picture?.calls.map(({ id }) => id)).toEqual(['c1']);
  expect(picture?.calls[0]?.transfer?.name).toBe('Ada Lovelace');
  expect(effects.map(({ kind }) => kind)).toEqual(['ended', 'replaced', 'pop']);
});

test('an ended question shows as if it went on, a moment long; a customer’s call does not', () => {
  const ended = { phase: 'ended', answered: 2000, cause: 16 } as const;
  const calls = (changes: object) =>
    take(snapshot(), linkEvent(11, changes), callEvent('Hangup', 12, { ...changes, ...ended })).picture
      ?.calls ?? [];
  const phases = (changes: object, at: number) => shown(calls(changes), at).map(({ phase }) => phase);
  const asked = { ...question, caller: { number: '202', name: '' } };
  expect(phases(asked, 5000)).toEqual(['talking']);
  expect(phases(asked, 5000 + questionOpenFor)).toEqual(['ended']);
  expect(phases(asked, 4000)).toEqual(['ended']); // our clock was set back
  expect(phases({}, 5000)).toEqual(['ended']);
  expect(phases(question, 5000)).toEqual(['ended']); // his own phone is the caller
});

test('a question that was never answered is no missed call', () => {
  const { effects } = take(
    snapshot(),
    callEvent('Newchannel', 11, question),
    callEvent('Hangup', 12, { ...question, phase: 'ended', cause: 16 }),
    callEvent('Newchannel', 13, { transfer: by('attended') }),
  );
  for (const effect of effects) {
    if (effect.kind === 'ended') addToHistory(pastCall(effect.call, effect.told));
    if (effect.kind === 'replaced') dropUnanswered(effect.call);
  }
  expect(history.value).toEqual([]);
});

test('who hands a call on keeps how it came to him, and is told where it went', () => {
  const came = by('blind');
  const { picture } = take(
    snapshot(),
    callEvent('Newchannel', 11, { transfer: came }),
    linkEvent(12, { transfer: came }),
    callEvent('Transfer', 13, { phase: 'talking', answered: 2000, transfer: by('park', '701') }),
    callEvent('Hangup', 14, { phase: 'ended', answered: 2000, since: 3000, transfer: came }),
  );
  const call = picture?.calls[0];
  expect(call?.transfer).toEqual(came);
  expect(call?.handedOn).toEqual(by('park', '701'));
  expect(call && pastCall(call, true)).toMatchObject({ to: '701', parked: true, outcome: 'answered' });
});

test('where a call went may be unknown; that it went is listed', () => {
  const { picture } = take(
    snapshot(),
    linkEvent(11),
    callEvent('Transfer', 12, { phase: 'talking', answered: 2000, transfer: by('attended') }),
    callEvent('Hangup', 13, { phase: 'ended', answered: 2000, since: 3000 }),
  );
  const call = picture?.calls[0];
  expect(call && pastCall(call, true)).toMatchObject({ to: '', parked: false });
  expect(pastCall({ ...aCall(), outgoing: false, endedAt: 1 }, true).to).toBeUndefined();
});

test.each([
  ['blind', true],
  ['attended', true],
  ['redirect', true],
  ['pickup', false],
  ['park', false],
] as const)('%s: a colleague gave the call: %s', (kind, given) => {
  expect(givenBy(aCall({ transfer: by(kind) })) !== undefined).toBe(given);
});

test('the words', () => {
  expect(colleague(by('blind'))).toContain('Ada Lovelace');
  expect(colleague({ kind: 'blind', by: '', name: '', phone: 'PJSIP/201' })).toContain('201');
  expect(handedOnLine({ kind: 'blind', to: '202' })).toMatch(/^Transferred to .*202/);
  expect(handedOnLine({ kind: 'park', to: '701' })).toMatch(/^Parked at .*701/);
  expect(handedOnLine({ kind: 'attended', to: '' })).toBe('Transferred');
  expect(handedOnLine({ kind: 'blind', to: '202', toName: 'Grace Hopper' })).toBe(
    'Transferred to \u2068Grace Hopper\u2069',
  );
  expect(handedOnLine({ kind: 'attended', to: 'PJSIP/202' })).toMatch(/^Transferred to \W202\W/);
});
