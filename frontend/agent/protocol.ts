/**
 * The words of the server: the JSON protocol of the WebSocket (subprotocol
 * `asteriskcti.v1.json`, rows F1 and F2). Times are Unix milliseconds of the server's clock.
 * Every text that comes from a caller is hostile and is only ever shown as text.
 *
 * Call events are numbered, each with the next number. States (`agent`, `link`) have none of
 * their own: they carry that of the last call event, and a missed one is made up for by the next.
 */

export const subprotocol = 'asteriskcti.v1.json';

/** What the server holds true of the agent (row D6). */
export type AgentState = 'available' | 'ringing' | 'oncall' | 'held';

/** The server's connection to Asterisk. Until `ready` the picture may be incomplete. */
export type LinkState = 'ready' | 'syncing' | 'down';

/** Where the agent's part of a call stands, in the order a call passes them. */
export type Phase = 'dialing' | 'ringing' | 'talking' | 'held' | 'ended';

export type Direction = 'inbound' | 'outbound' | 'internal';

/** Where a page opens: `window` is one window used again, `tab` a new one each time,
 *  `pane` inside the panel, `button` only when the agent asks for it. */
export type Target = 'window' | 'pane' | 'tab' | 'button';

export interface Variable {
  name: string;
  value: string;
}

export interface BrowserAction {
  type: 'browser';
  url: string;
  target: Target;
}

/** A program that the desktop client runs; the panel only shows it. */
export interface ApplicationAction {
  type: 'application';
  program: string;
  args: string[];
}

export type Action = BrowserAction | ApplicationAction;

/** How a call came to this agent from a colleague; in a Transfer event, how it went on from him. */
export interface Transfer {
  /** `redirect`: nobody told how. */
  kind: 'blind' | 'attended' | 'redirect' | 'pickup' | 'park';
  /** Operator, full name and phone of who had the call; the first two empty when nobody was signed in. */
  by: string;
  name: string;
  phone: string;
  /** Transfer event: the number, phone or parking space it went to. */
  to?: string | undefined;
}

export interface Call {
  id: string;
  uniqueid: string;
  channel: string;
  linkedid: string;
  state: string;
  phase: Phase;
  direction: Direction;
  caller: { number: string; name: string };
  called: string;
  context: string;
  service: string;
  queue: string;
  variables: Variable[];
  started: number;
  since: number;
  /** 0 without a queue. */
  queued: number;
  /** 0 before the answer. */
  answered: number;
  /** Q.850, 0 before the end. */
  cause: number;
  causeText: string;
  /** Absent when the call came to this agent first. */
  transfer?: Transfer | undefined;
  action?: Action | undefined;
}

export interface Seat {
  mac: string;
  extension: string;
  description: string;
}

export interface Service {
  name: string;
  direction: Direction;
  queue: string;
  trigger: 'browser' | 'application';
  target: Target;
}

export interface LinkInfo {
  state: LinkState;
  reason: string;
  since: number;
}

export interface Snapshot {
  type: 'snapshot';
  seq: number;
  now: number;
  version: string;
  demo: boolean;
  agent: { operator: string; fullName: string; state: AgentState; since: number; seat: Seat };
  queues: string[];
  services: Service[];
  link: LinkInfo;
  calls: Call[];
}

export interface CallEvent {
  type: 'event';
  /** Newchannel, Callerid, Dial, Newstate, Newexten, Join, Link, Unlink, Hold, Unhold, Transfer, Hangup. */
  event: string;
  call: Call;
  action?: Action | undefined;
  seq: number;
}

export interface AgentEvent {
  type: 'agent';
  agent: { state: AgentState; since: number };
  seq: number;
}

export interface LinkEvent {
  type: 'link';
  link: LinkInfo;
  seq: number;
}

/** Exactly one per command; it carries no number of the sequence. */
export interface Reply {
  type: 'reply';
  id: string;
  ok: boolean;
  now?: number;
  code?: string;
  error?: string;
}

/** Why the server is about to close. The first four end the sign-in or ask for a new page. */
export type ByeCode =
  | 'replaced'
  | 'signed-out'
  | 'removed'
  | 'protocol'
  | 'slow'
  | 'idle'
  | 'restart'
  | 'busy';

export interface Bye {
  type: 'bye';
  code: ByeCode;
  reason: string;
}

/** What changes the picture. */
export type Fact = Snapshot | CallEvent | AgentEvent | LinkEvent;

export type ServerMessage = Fact | Reply | Bye;

/** The commands this version of the panel sends (row F3 has more to come). */
export type Command = 'ping' | 'sign-out';

/** The close codes that mean the same as a bye, for a bye that was lost on the way. */
export const byeOfCloseCode: Readonly<Record<number, ByeCode>> = {
  1008: 'protocol',
  1012: 'restart',
  1013: 'busy',
  4001: 'replaced',
  4002: 'signed-out',
  4003: 'removed',
  4008: 'slow',
  4009: 'idle',
};

/**
 * Reads one frame. A frame that is not of the protocol, or of a type that a later version
 * added, is null: it is left out, and if it carried a number the gap brings a fresh snapshot.
 */
export function parseMessage(frame: unknown): ServerMessage | null {
  if (typeof frame !== 'string') return null;
  let message: unknown;
  try {
    message = JSON.parse(frame);
  } catch {
    return null;
  }
  if (!isObject(message)) return null;
  switch (message.type) {
    case 'snapshot': {
      if (!isObject(message.agent) || !isObject(message.link) || typeof message.seq !== 'number') return null;
      const snapshot = message as unknown as Snapshot;
      return {
        ...snapshot,
        queues: snapshot.queues ?? [],
        services: snapshot.services ?? [],
        calls: (snapshot.calls ?? []).map(wholeCall),
      };
    }
    case 'event': {
      if (!isObject(message.call) || typeof message.seq !== 'number') return null;
      const event = message as unknown as CallEvent;
      return { ...event, call: wholeCall(event.call) };
    }
    case 'agent':
      return isObject(message.agent) ? (message as unknown as AgentEvent) : null;
    case 'link':
      return isObject(message.link) ? (message as unknown as LinkEvent) : null;
    case 'reply':
    case 'bye':
      return message as unknown as Reply | Bye;
    default:
      return null;
  }
}

/** A call with every list present: a server may leave an empty one out. */
function wholeCall(call: Call): Call {
  return { ...call, caller: call.caller ?? { number: '', name: '' }, variables: call.variables ?? [] };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
