// @vitest-environment node
import { describe, expect, test } from 'vitest';
import { parseMessage } from '../protocol';
import { snapshot } from './fixtures';

const parse = (message: object) => parseMessage(JSON.stringify(message));
const available = { state: 'available', reason: '', since: 1000, until: 0 };
const support = {
  queue: 'support',
  service: 'Support',
  member: true,
  paused: false,
  penalty: 2,
  waiting: 1,
  error: '',
};

describe('what an agent does beside calls', () => {
  test('comes with his state, whole', () => {
    const duty = { ...available, state: 'paused', reason: 'Lunch', noPhone: true, next: { reason: '' } };
    const message = { type: 'agent', agent: { state: 'oncall', since: 5, duty }, seq: 7 };
    expect(parse(message)).toEqual(message);
  });

  test('has every text, though a server leaves an empty one out', () => {
    const duty = { state: 'available', since: 1000 };
    expect(parse({ type: 'agent', agent: { state: 'available', since: 5, duty }, seq: 7 })).toMatchObject({
      agent: { duty: available },
    });
  });

  test('may be missing', () => {
    const message = { type: 'agent', agent: { state: 'available', since: 5 }, seq: 7 };
    expect(parse(message)).toEqual(message);
  });
});

describe('queues', () => {
  test('come with the agent’s part in each', () => {
    const message = { type: 'queues', queues: [support], seq: 7 };
    expect(parse(message)).toEqual(message);
    expect(parse(snapshot({ queues: [support] }))).toMatchObject({ queues: [support] });
  });

  test('have every member, whatever is left out', () => {
    const bare = { ...support, service: '', member: false, penalty: 0, waiting: 0 };
    expect(parse({ type: 'queues', queues: [{ queue: 'support' }], seq: 7 })).toMatchObject({
      queues: [bare],
    });
  });

  test.each([[undefined], [null], [{}], [['support']]])('%j is none', (queues) => {
    expect(parse({ type: 'queues', queues, seq: 7 })).toMatchObject({ queues: [] });
    expect(parse({ ...snapshot(), queues })).toMatchObject({ type: 'snapshot', queues: [] });
  });
});

test('the end of an originate comes with its id', () => {
  const originate = {
    id: 'cti-1',
    number: '055',
    service: 'Campaign',
    ok: false,
    reason: 'busy',
    text: 'busy',
  };
  expect(parse({ type: 'originate', originate, seq: 7 })).toEqual({ type: 'originate', originate, seq: 7 });
  expect(parse({ type: 'reply', id: '3', ok: true, originate: 'cti-1' })).toMatchObject({
    originate: 'cti-1',
  });
});

test('a snapshot without reasons has none', () => {
  const { pauseReasons: _, ...older } = snapshot();
  expect(parse(older)).toMatchObject({ pauseReasons: [] });
});

test.each([
  [{ type: 'agent', agent: { state: 'available', since: 5 } }],
  [{ type: 'agent', agent: null, seq: 7 }],
  [{ type: 'queues', queues: [] }],
  [{ type: 'originate', originate: 'cti-1', seq: 7 }],
  [{ type: 'originate', originate: { id: 'cti-1' } }],
  [{ type: 'weather', seq: 7 }],
])('%j is nothing', (message) => {
  expect(parse(message)).toBeNull();
});
