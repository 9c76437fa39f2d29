// @vitest-environment node
import { describe, expect, test } from 'vitest';
import { apply, callKey, endedShownFor, inOrder, type Picture, prune } from '../picture';
import type { Fact } from '../protocol';
import { browserAction, call, callEvent, linkEvent, snapshot } from './fixtures';

/** Plays facts one after the other and gives the last picture with all effects. */
function play(facts: Fact[], from: Picture | null = null, at = 5000) {
  let picture = from;
  const effects: string[] = [];
  for (const fact of facts) {
    const change = apply(picture, fact, at);
    picture = change.picture;
    effects.push(...change.effects.map((effect) => effect.kind));
  }
  return { picture, effects };
}

describe('snapshot', () => {
  test('is the whole truth and pops nothing, even for a call that has an action', () => {
    const talking = call({ phase: 'talking', answered: 2000, action: browserAction });
    const { picture, effects } = play([snapshot({ calls: [talking] })]);
    expect(effects).toEqual([]);
    expect(picture?.seq).toBe(10);
    expect(picture?.calls).toMatchObject([
      { id: 'c1', phase: 'talking', action: browserAction, outgoing: false },
    ]);
  });

  test('ends the calls it no longer names, untold', () => {
    const before = play([snapshot({ calls: [call(), call({ id: 'c2', uniqueid: 'u2' })] })]).picture;
    const change = apply(before, snapshot({ seq: 40, calls: [call()] }), 6000);
    expect(change.picture?.calls.map((one) => one.id)).toEqual(['c1']);
    expect(change.effects).toMatchObject([{ kind: 'ended', call: { id: 'c2' }, told: false }]);
  });

  test('knows a call again that a restarted server names anew', () => {
    const transfer = { kind: 'attended', by: 'bob', name: 'Bob', phone: 'PJSIP/202' } as const;
    const before = play([snapshot({ calls: [call({ transfer })] })]).picture;
    const change = apply(before, snapshot({ seq: 0, calls: [call({ id: 'c9' })] }), 6000);
    expect(change.effects).toEqual([]);
    expect(change.picture?.calls).toMatchObject([{ id: 'c9', transfer }]);
    const held = apply(change.picture, callEvent('Hold', 1, { id: 'c9', phase: 'held' }), 7000);
    expect(held.picture?.calls).toMatchObject([{ phase: 'held', transfer }]);
  });

  test('leaves an ended call where it is shown', () => {
    const before = play([snapshot(), callEvent('Hangup', 11, { phase: 'ended' })]).picture;
    expect(apply(before, snapshot({ seq: 11 }), 6000).picture?.calls).toMatchObject([{ phase: 'ended' }]);
  });
});

describe('events', () => {
  test('nothing is believed before the snapshot', () => {
    expect(play([callEvent('Dial', 1)])).toEqual({ picture: null, effects: ['gap'] });
  });

  test('a call from ring to end', () => {
    const facts = [
      snapshot(),
      callEvent('Dial', 11),
      { type: 'agent', agent: { state: 'ringing', since: 1000 }, seq: 11 } as const,
      linkEvent(12),
      callEvent('Hold', 13, { phase: 'held', answered: 2000 }),
      callEvent('Hangup', 14, { phase: 'ended', answered: 2000, since: 62_000, cause: 16 }),
    ];
    const { picture, effects } = play(facts);
    expect(effects).toEqual(['pop', 'ended']);
    expect(picture).toMatchObject({ seq: 14, agent: { state: 'ringing', fullName: 'Ada Lovelace' } });
    expect(picture?.calls).toMatchObject([{ phase: 'ended', endedAt: 5000, action: browserAction }]);
  });

  test('an event with an action pops, at the answer or at ring; one without does not, nor the end', () => {
    const ring = { ...callEvent('Newstate', 11, { state: 'Ringing' }), action: browserAction };
    const link = callEvent('Link', 12, { phase: 'talking', action: browserAction });
    const end = { ...callEvent('Hangup', 13, { phase: 'ended' }), action: browserAction };
    expect(play([snapshot(), ring, link, end]).effects).toEqual(['pop', 'ended']);
  });

  test('a message that the snapshot already held is left out', () => {
    const { picture, effects } = play([snapshot(), linkEvent(10)]);
    expect(picture?.calls).toEqual([]);
    expect(effects).toEqual([]);
  });

  test('a missing number asks for a fresh snapshot, and what did come still counts', () => {
    const { picture, effects } = play([snapshot(), linkEvent(13)]);
    expect(effects).toEqual(['gap', 'pop']);
    expect(picture?.seq).toBe(13);
  });

  test('the link to Asterisk', () => {
    const down = { type: 'link', link: { state: 'down', reason: 'refused', since: 5 }, seq: 10 } as const;
    expect(play([snapshot(), down]).picture?.link).toEqual(down.link);
  });

  test('a hangup that is told twice ends the call once', () => {
    const end = { phase: 'ended' } as const;
    expect(play([snapshot(), callEvent('Hangup', 11, end), callEvent('Hangup', 12, end)]).effects).toEqual([
      'ended',
    ]);
  });
});

describe('one call, several channels', () => {
  const second = { uniqueid: '1795644900.13', channel: 'PJSIP/201-00000004' };

  test('of two phones of a seat that ring, the one that is not answered ends alone', () => {
    const facts = [
      snapshot(),
      callEvent('Dial', 11),
      callEvent('Dial', 12, second),
      linkEvent(13),
      callEvent('Hangup', 14, { ...second, phase: 'ended', cause: 26 }),
    ];
    const { picture, effects } = play(facts);
    expect(effects).toEqual(['pop', 'ended']);
    expect(picture?.calls.map((one) => one.phase)).toEqual(['talking', 'ended']);
    const { effects: untold } = play([snapshot({ seq: 14, calls: [call(second)] })], picture);
    expect(untold).toEqual(['ended']);
  });

  test('a call that becomes part of another goes on under that one’s name, once', () => {
    const consult = { id: 'c1', linkedid: 'u8', direction: 'internal', service: '' } as const;
    const facts = [
      snapshot(),
      callEvent('Newchannel', 11, consult),
      callEvent('Hangup', 12, { ...consult, phase: 'ended' }),
      callEvent('Newchannel', 13, { id: 'c0' }),
      linkEvent(14, { id: 'c0' }),
    ];
    const { picture, effects } = play(facts);
    expect(effects).toEqual(['ended', 'replaced', 'pop']);
    expect(picture?.calls).toMatchObject([{ id: 'c0', phase: 'talking' }]);
  });

  test('a channel that outlives its calls brings no action of the last one to the next', () => {
    const { picture } = play([snapshot(), linkEvent(11)]);
    const next = call({ id: 'c2', linkedid: 'u9' });
    const { picture: after, effects } = play([snapshot({ seq: 20, calls: [next] })], picture);
    expect(effects).toEqual(['ended']);
    expect(after?.calls).toMatchObject([{ id: 'c2', action: undefined }]);
  });
});

describe('direction', () => {
  test.each([
    ['a service calls in', call(), false],
    ['the phone dials', call({ phase: 'dialing', direction: 'internal' }), true],
    ['an outbound service rings the agent first', call({ direction: 'outbound' }), true],
    ['a colleague rings', call({ direction: 'internal', caller: { number: '203', name: '' } }), false],
    [
      'talking to a colleague that this phone called',
      call({ direction: 'internal', phase: 'talking', caller: { number: '201', name: '' } }),
      true,
    ],
  ])('%s', (_, one, outgoing) => {
    expect(play([snapshot({ calls: [one] })]).picture?.calls[0]?.outgoing).toBe(outgoing);
  });

  test('is remembered while the call goes on', () => {
    const dialed = callEvent('Newchannel', 11, { phase: 'dialing', direction: 'internal' });
    const up = callEvent('Newstate', 12, { phase: 'talking', direction: 'internal' });
    expect(play([snapshot(), dialed, up]).picture?.calls[0]?.outgoing).toBe(true);
  });
});

test('an ended call goes after its time', () => {
  const picture = play([snapshot(), callEvent('Hangup', 11, { phase: 'ended' })]).picture as Picture;
  expect(prune(picture, 5000 + endedShownFor - 1)).toBe(picture);
  expect(prune(picture, 5000 + endedShownFor).calls).toEqual([]);
  expect(prune(picture, 1000).calls).toEqual([]); // our clock was set back
});

test('the most pressing call comes first', () => {
  const calls = [
    call({ id: 'held', phase: 'held' }),
    call({ id: 'old', uniqueid: '2', started: 1 }),
    call({ id: 'new', uniqueid: '3', started: 2 }),
    call({ id: 'talk', uniqueid: '4', phase: 'talking' }),
  ];
  const picture = play([snapshot({ calls })]).picture as Picture;
  expect(inOrder(picture.calls).map((one) => one.id)).toEqual(['talk', 'new', 'old', 'held']);
  const asked = { to: '202', operator: 'bob', name: 'Bob', phase: 'talking' } as const;
  const consulting = picture.calls.map((one) => (one.id === 'held' ? { ...one, consult: asked } : one));
  expect(inOrder(consulting.filter(({ id }) => id !== 'talk'))[0]?.id).toBe('held');
});

test('the key of a call tells it from one of a restarted server with the same id', () => {
  expect(callKey(call())).toBe(callKey(call({ phase: 'held', since: 9 })));
  expect(callKey(call())).not.toBe(callKey(call({ started: 2000 })));
});

describe('beside calls', () => {
  const support = {
    queue: 'support',
    service: 'Support',
    member: true,
    paused: false,
    penalty: 0,
    waiting: 1,
    error: '',
  };
  const duty = { state: 'paused', reason: 'Lunch', since: 4000, until: 0 } as const;

  test('states are taken as they are told', () => {
    const { picture, effects } = play([
      snapshot({ pauseReasons: ['Lunch'] }),
      { type: 'agent', agent: { state: 'paused', since: 4000, duty }, seq: 10 },
      { type: 'queues', queues: [support], seq: 10 },
    ]);
    expect(effects).toEqual([]);
    expect(picture).toMatchObject({
      agent: { operator: 'ada', state: 'paused', duty },
      queues: [support],
      pauseReasons: ['Lunch'],
      seq: 10,
    });
  });

  test('an older state changes nothing, one from ahead asks for a snapshot', () => {
    expect(play([snapshot(), { type: 'queues', queues: [support], seq: 9 }]).picture?.queues).toEqual([]);
    expect(play([snapshot(), { type: 'queues', queues: [support], seq: 11 }]).effects).toEqual(['gap']);
  });

  test('the end of an originate is told on', () => {
    const originate = { id: 'cti-1', number: '055', service: 'Campaign', ok: true, reason: '', text: '' };
    const before = play([snapshot()]).picture;
    expect(apply(before, { type: 'originate', originate, seq: 10 }, 5000)).toEqual({
      picture: before,
      effects: [{ kind: 'originated', originated: originate }],
    });
  });
});
