import { beforeEach, expect, test, vi } from 'vitest';
import type * as Embed from '../embed';
import type * as PanelModule from '../panel';
import type { Fact } from '../protocol';
import { browserAction, callEvent, snapshot } from './fixtures';

const crm = 'https://crm.example';
let host: { postMessage: ReturnType<typeof vi.fn> };
let panel: typeof PanelModule;
let embed: typeof Embed;

/** A message from a page, as the browser hands it over. */
function say(data: unknown, origin = crm, source: object = host): void {
  const event = new MessageEvent('message', { data, origin });
  Object.defineProperty(event, 'source', { value: source });
  dispatchEvent(event);
}

/** What the host was told of one kind since the last question. */
function heard(type: string): Record<string, unknown>[] {
  const list = host.postMessage.mock.calls
    .map(([message, to]) => {
      expect(to).toBe(crm);
      expect(message.version).toBe(1);
      return message;
    })
    .filter((message) => message.type === `asteriskcti.${type}`);
  host.postMessage.mockClear();
  return list;
}

const { apply } = await import('../picture');
const tell = (fact: Fact) => {
  ({ picture: panel.picture.value } = apply(panel.picture.value, fact, Date.now()));
};
const duty = { state: 'available', reason: '', since: 1, until: 0 } as const;
const session = { operator: 'ada', fullName: 'Ada', seat: snapshot().agent.seat, demo: false };

beforeEach(async () => {
  vi.resetModules();
  host = { postMessage: vi.fn() };
  panel = await import('../panel');
  embed = await import('../embed');
  panel.gate.value = { kind: 'in', session };
  tell(snapshot({ agent: { ...snapshot().agent, duty } }));
});

/** Each test has a host of its own: the listeners of those before pass it over. */
const start = (hosts: string[] = [crm]) => embed.startEmbed(hosts, host as unknown as Window);

test('nobody is told anything before an allowed host has spoken', () => {
  start();
  tell(callEvent('Dial', 11));
  say({ type: 'asteriskcti.hello' }, 'https://evil.example');
  say({ type: 'asteriskcti.hello' }, crm, { postMessage: vi.fn() });
  say({ type: 'asteriskcti.dial', number: '12' }, 'https://evil.example');
  expect(host.postMessage).not.toHaveBeenCalled();
  expect(panel.dial.text.value).toBe('');
});

test('without allowed hosts nobody is heard', () => {
  start([]);
  say({ type: 'asteriskcti.hello' });
  expect(host.postMessage).not.toHaveBeenCalled();
});

test('the host is told the state and each call as they change', () => {
  start();
  say({ type: 'asteriskcti.hello' });
  expect(heard('state')).toMatchObject([{ state: 'available', reason: '', since: 999_000 }]);
  tell(callEvent('Dial', 11));
  expect(heard('call')).toMatchObject([
    { call: { id: 'c1', phase: 'ringing', caller: { name: 'Camille Durand' }, service: 'Support' } },
  ]);
  tell(callEvent('Dial', 12)); // nothing has changed
  expect(heard('call')).toEqual([]);
  panel.popped.value = { call: panel.calls.value[0] as never, action: browserAction };
  expect(heard('action')).toMatchObject([
    { call: { id: 'c1' }, action: { type: 'browser', url: browserAction.url } },
  ]);
  // It ended while nothing was heard of the server.
  tell(snapshot({ seq: 20 }));
  expect(heard('call')).toMatchObject([{ call: { id: 'c1', phase: 'ended' } }]);
  panel.gate.value = { kind: 'out', because: 'signed-out', demo: [], operator: '' };
  expect(heard('state')).toMatchObject([{ state: 'signed-out' }]);
  panel.gate.value = { kind: 'unreachable' };
  expect(heard('state')).toMatchObject([{ state: 'lost' }]);
});

test('a second hello changes nothing', () => {
  start();
  say({ type: 'asteriskcti.hello' });
  host.postMessage.mockClear();
  say({ type: 'asteriskcti.hello' });
  expect(host.postMessage).not.toHaveBeenCalled();
});

test('the host fills the number field, and calls nobody', () => {
  start();
  const call = vi.spyOn(panel.dial, 'call');
  say({ type: 'asteriskcti.dial', number: 'tel:+39 (055) 12-34' });
  expect(panel.dial.text.value).toBe('+390551234');
  expect(call).not.toHaveBeenCalled();
});

test('the host asks for a pause and its end', () => {
  start();
  const pause = vi.spyOn(panel.wishes, 'pause').mockResolvedValue();
  const unpause = vi.spyOn(panel.wishes, 'unpause').mockResolvedValue();
  const ready = vi.spyOn(panel.wishes, 'ready').mockResolvedValue();
  say({ type: 'asteriskcti.ready' });
  expect(unpause.mock.calls.length + ready.mock.calls.length).toBe(0); // he is
  say({ type: 'asteriskcti.pause', reason: 'Lunch' });
  expect(pause).toHaveBeenCalledWith('Lunch', '', false);
  const paused = { ...duty, state: 'paused', reason: 'Lunch' } as const;
  tell({ type: 'agent', seq: 10, agent: { state: 'paused', since: 1, duty: paused } });
  say({ type: 'asteriskcti.ready' });
  expect(unpause).toHaveBeenCalledWith('');
  const work = { ...duty, state: 'aftercall', until: 9 } as const;
  tell({ type: 'agent', seq: 10, agent: { state: 'aftercall', since: 1, duty: work } });
  say({ type: 'asteriskcti.ready' });
  expect(ready).toHaveBeenCalledTimes(1);
});

test('without a sign-in nothing is carried out', () => {
  start();
  panel.gate.value = { kind: 'out', because: 'start', demo: [], operator: '' };
  say({ type: 'asteriskcti.dial', number: '12' });
  expect(panel.dial.text.value).toBe('');
});

test.each([
  [null],
  ['asteriskcti.hello'],
  [{}],
  [{ type: 'other' }],
  [{ type: 'asteriskcti.ticket' }],
  [{ type: 'asteriskcti.dial' }],
  [{ type: 'asteriskcti.dial', number: 12 }],
  [{ type: 'asteriskcti.dial', number: '1'.repeat(81) }],
  [{ type: 'asteriskcti.pause', reason: {} }],
  [{ type: 'asteriskcti.state' }],
])('%j is passed over', (data) => expect(embed.parseAsked(data)).toBeNull());
