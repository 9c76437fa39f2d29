import { computed, effect } from '@preact/signals';
import { dutyAction, isInCall } from './duty';
import { cleanNumber } from './number';
import { dial, expired, gate, picture, popped, wishes } from './panel';
import { type CallView, callKey } from './picture';
import { plain } from './text';
import { currentLook } from './ui/StateBar';

/**
 * The panel in a frame of another site, a CRM: what it tells the page around it, and what that
 * page may ask. docs/embedding.md is the contract. Only the sites of http.frame_ancestors are
 * heard and told anything; the browser shows the panel in no other frame in the first place.
 */

/** Of the messages. Both sides pass over what they do not know. */
export const version = 1;

/** What the host may send. Everything else is passed over. */
export type Asked =
  | { type: 'asteriskcti.hello' }
  | { type: 'asteriskcti.dial'; number: string }
  | { type: 'asteriskcti.pause'; reason: string }
  | { type: 'asteriskcti.ready' };

/** Reads a message of the host; null for what is none. */
export function parseAsked(data: unknown): Asked | null {
  if (typeof data !== 'object' || data === null) return null;
  const { type, number, reason = '' } = data as Record<string, unknown>;
  switch (type) {
    case 'asteriskcti.hello':
    case 'asteriskcti.ready':
      return { type };
    case 'asteriskcti.dial':
      return typeof number === 'string' && number.length <= 80 ? { type, number } : null;
    case 'asteriskcti.pause':
      return typeof reason === 'string' && reason.length <= 80 ? { type, reason } : null;
    default:
      return null;
  }
}

/** Starts to listen to the page around this one, if there is one. `hosts` are origins. */
export function startEmbed(hosts: readonly string[], host: Window = window.parent): void {
  if (host === window || hosts.length === 0) return;
  let origin = ''; // of the host, once it has spoken
  const tell = (type: string, more: object) => {
    if (origin !== '') host.postMessage({ type, version, ...more }, origin);
  };
  addEventListener('message', (event: MessageEvent<unknown>) => {
    if (event.source !== host || !hosts.includes(event.origin)) return;
    const asked = parseAsked(event.data);
    if (asked === null) return;
    if (asked.type !== 'asteriskcti.hello') return carryOut(asked);
    if (origin !== '') return;
    origin = event.origin;
    const states = computed(() => JSON.stringify(state()));
    effect(() => tell('asteriskcti.state', JSON.parse(states.value)));
    followCalls((call) => tell('asteriskcti.call', { call }));
    effect(() => {
      const pop = popped.value;
      if (pop !== null) tell('asteriskcti.action', { call: told(pop.call), action: pop.action });
    });
  });
}

/** Carries out what the host asks, as if the agent had done it himself. */
function carryOut(asked: Exclude<Asked, { type: 'asteriskcti.hello' }>): void {
  const now = picture.value;
  if (gate.value.kind !== 'in' || now === null) return;
  switch (asked.type) {
    case 'asteriskcti.dial':
      dial.offer(plain(cleanNumber(asked.number)));
      break;
    case 'asteriskcti.pause':
      if (now.agent.duty !== undefined) {
        void wishes.pause(asked.reason, '', isInCall(now.agent));
      }
      break;
    case 'asteriskcti.ready':
      if (now.agent.duty === undefined || dutyAction(now.agent) === 'pause') return;
      void (dutyAction(now.agent) === 'ready' ? wishes.ready() : wishes.unpause(''));
  }
}

/** What the state is while no agent is here. */
const without = {
  loading: 'connecting',
  unreachable: 'lost',
  out: 'signed-out',
  outdated: 'signed-out',
} as const;

/** The agent's state as the panel shows it. */
function state() {
  const kind = expired.value ? 'out' : gate.value.kind;
  if (kind !== 'in') return { state: without[kind], reason: '', since: 0, until: 0 };
  const { word, since, until } = currentLook();
  const reason = picture.value?.agent.duty?.reason ?? '';
  return { state: word.slice('state.'.length), reason, since, until };
}

type Told = ReturnType<typeof told>;

/** What the host is told of a call. */
function told(call: CallView) {
  const { id, phase, direction, outgoing, caller, called, service, queue, variables } = call;
  const { started, since, answered, cause } = call;
  const who = { id, phase, direction, outgoing, caller, called, service, queue, variables };
  return { ...who, started, since, answered, cause };
}

/** Reports each call that is new or has changed; the last time as ended, also one that ended
 *  while nothing was heard of the server. */
function followCalls(report: (call: Told) => void): void {
  let before = new Map<string, { text: string; call: Told }>();
  effect(() => {
    const now = new Map<string, { text: string; call: Told }>();
    for (const call of picture.value?.calls ?? []) {
      const one = told(call);
      now.set(callKey(call), { text: JSON.stringify(one), call: one });
    }
    for (const [key, { text, call }] of now) if (before.get(key)?.text !== text) report(call);
    for (const [key, { call }] of before) {
      if (!now.has(key) && call.phase !== 'ended') report({ ...call, phase: 'ended' });
    }
    before = now;
  });
}
