/**
 * The words of the server: the JSON protocol of the WebSocket (subprotocol
 * `asteriskcti.v1.json`, rows F1 and F2). Times are Unix milliseconds of the server's clock.
 * Every text that comes from a caller is hostile and is only ever shown as text.
 *
 * Call events are numbered, each with the next number. States (`agent`, `queues`, `link`),
 * `originate` and `note` have none of their own: they carry that of the last call event. A missed
 * state is made up for by the next.
 */

export const subprotocol = 'asteriskcti.v1.json';

/** What an agent does beside calls (row D6). */
export type DutyState = 'available' | 'paused' | 'aftercall' | 'lost';

/** What the server holds true of the agent: his calls, and without one his duty. */
export type AgentState = DutyState | 'ringing' | 'oncall' | 'held';

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
  /** Transfer event: the full name of the agent there. */
  toName?: string | undefined;
}

/** Whom the agent asks before he hands his call on; the caller is held meanwhile. */
export interface Consult {
  /** The number that is called. */
  to: string;
  /** Whose telephone that is; "" when nobody is signed in there, or it is not known yet. */
  operator: string;
  name: string;
  phase: 'dialing' | 'ringing' | 'talking';
}

/** What the Asterisk and the telephones of this site can do beside hanging up and handing on. */
export interface Abilities {
  attended: boolean;
  hold: boolean;
  answer: boolean;
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
  /** Absent while nobody is asked. */
  consult?: Consult | undefined;
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
  context?: string;
  /** Seconds of after-call work, 0 for none. */
  afterCall?: number;
  /** When the action of a call is due. */
  openAt?: 'answer' | 'ring';
  /** Those that its calls may carry, with the words for an agent's eyes; "" where there are none. */
  variables?: { name: string; label: string }[];
  /** What may be chosen as a call's result, in the order in which it is offered. */
  dispositions?: string[];
}

/** What the agent has noted about one of his calls. Both texts are empty when he took it back. */
export interface Note {
  disposition: string;
  /** At most `noteLimit` bytes of UTF-8; the only control characters are newlines and tabs. */
  text: string;
  at: number;
}

/** In bytes of UTF-8. */
export const noteLimit = 4000;

/** What lies below the agent's calls. */
export interface Duty {
  state: DutyState;
  /** Of the pause, "" without one. */
  reason: string;
  since: number;
  /** When after-call work ends by itself, else 0. */
  until: number;
  /** Asterisk does not know the agent's telephone: no call can reach him. */
  noPhone?: boolean | undefined;
  /** The pause that begins after this call. */
  next?: { reason: string } | undefined;
}

/** The agent's part in one queue of his services (row D2). */
export interface QueueState {
  queue: string;
  service: string;
  /** Whether he is called from it; when not, `error` may say why, in English. */
  member: boolean;
  paused: boolean;
  penalty: number;
  /** Callers in it. */
  waiting: number;
  error: string;
}

/** How the call to the agent's own telephone went, which comes before the one that he dialled. */
export interface Originated {
  id: string;
  number: string;
  service: string;
  ok: boolean;
  /** busy, no-answer, unreachable, rejected, congestion, failed; "" when it went well. */
  reason: string;
  /** The reason in English. */
  text: string;
}

/** The agent's state as an `agent` frame tells it. A server that keeps no duties sends none. */
export interface AgentInfo {
  state: AgentState;
  since: number;
  duty?: Duty | undefined;
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
  agent: AgentInfo & { operator: string; fullName: string; seat: Seat };
  queues: QueueState[];
  /** Those that a pause may be given, as they are configured. */
  pauseReasons: string[];
  services: Service[];
  link: LinkInfo;
  calls: Call[];
  /** Whether the server keeps notes; absent means that it does not. */
  notes?: boolean;
  /** An older server sends none: then it can do nothing of it. */
  control?: Abilities;
}

export interface CallEvent {
  type: 'event';
  /** Newchannel, Callerid, Dial, Newstate, Newexten, Join, Link, Unlink, Hold, Unhold, Consult,
   *  Transfer, Hangup. */
  event: string;
  call: Call;
  action?: Action | undefined;
  seq: number;
}

export interface AgentEvent {
  type: 'agent';
  agent: AgentInfo;
  seq: number;
}

export interface QueuesEvent {
  type: 'queues';
  queues: QueueState[];
  seq: number;
}

export interface OriginateEvent {
  type: 'originate';
  originate: Originated;
  seq: number;
}

/** A note as it is kept now, to all screens of its agent. A channel may have calls of several
 *  services one after another, so both name the call. */
export interface NoteEvent {
  type: 'note';
  note: Note & { uniqueid: string; call: string; service: string };
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
  /** Of the command `originate`: the id that its `originate` frame will carry. */
  originate?: string;
  /** Of the command `targets`. */
  targets?: Targets;
}

/** Where calls may be handed on to, at one moment. */
export interface Targets {
  agents: { operator: string; fullName: string; state: AgentState }[];
  queues: { queue: string; service: string; waiting: number; available: number }[];
  /** The agent has a service to call out by. */
  numbers: boolean;
}

/** One of them. */
export type TransferTarget = { agent: string } | { queue: string } | { number: string; service: string };

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
export type Fact = Snapshot | CallEvent | AgentEvent | QueuesEvent | OriginateEvent | NoteEvent | LinkEvent;

export type ServerMessage = Fact | Reply | Bye;

/** The commands of the panel (row F3). An empty `queue` is all of them; `afterCall` asks for a pause
 *  that begins when the call ends. */
export type Command =
  | { command: 'ping' }
  | { command: 'pause'; reason: string; queue: string; afterCall: boolean }
  | { command: 'unpause'; queue: string }
  /** Ends after-call work. */
  | { command: 'ready' }
  /** Makes after-call work a minute longer. */
  | { command: 'more-time' }
  | { command: 'originate'; number: string; service: string }
  /** `complete` hands the call on to whom the agent asks, `cancel` takes it back from there. */
  | { command: 'hangup' | 'complete' | 'cancel' | 'hold' | 'resume' | 'answer'; call: string }
  /** `attended`: to be asked first. */
  | { command: 'transfer'; call: string; kind: 'blind' | 'attended'; to: TransferTarget }
  | { command: 'targets' }
  /** Of a call in progress, or of one that is over. */
  | { command: 'note'; uniqueid: string; disposition: string; text: string };

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
        agent: wholeAgent(snapshot.agent),
        queues: wholeQueues(message.queues),
        pauseReasons: snapshot.pauseReasons ?? [],
        services: snapshot.services ?? [],
        calls: (snapshot.calls ?? []).map(wholeCall),
      };
    }
    case 'event': {
      if (!isObject(message.call) || typeof message.seq !== 'number') return null;
      const event = message as unknown as CallEvent;
      return { ...event, call: wholeCall(event.call) };
    }
    case 'agent': {
      if (!isObject(message.agent) || typeof message.seq !== 'number') return null;
      const event = message as unknown as AgentEvent;
      return { ...event, agent: wholeAgent(event.agent) };
    }
    case 'queues':
      if (typeof message.seq !== 'number') return null;
      return { type: 'queues', queues: wholeQueues(message.queues), seq: message.seq };
    case 'originate':
      if (!isObject(message.originate) || typeof message.seq !== 'number') return null;
      return message as unknown as OriginateEvent;
    case 'note':
      if (!isObject(message.note) || typeof message.seq !== 'number') return null;
      return message as unknown as NoteEvent;
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

function wholeAgent<T extends AgentInfo>(agent: T): T {
  const { duty } = agent;
  return duty === undefined
    ? agent
    : { ...agent, duty: { ...duty, reason: duty.reason ?? '', until: duty.until ?? 0 } };
}

/** The queues, whole. An older server sends bare names, which say nothing of the agent's part. */
function wholeQueues(queues: unknown): QueueState[] {
  const list = Array.isArray(queues) ? queues.filter(isObject) : [];
  const unset = { queue: '', service: '', member: false, paused: false, penalty: 0, waiting: 0, error: '' };
  return list.map((queue) => ({ ...unset, ...queue }));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
