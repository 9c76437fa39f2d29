import type {
  Abilities,
  Action,
  Call,
  CallEvent,
  Fact,
  LinkInfo,
  NoteEvent,
  Originated,
  QueueState,
  Service,
  Snapshot,
  Transfer,
} from './protocol';
import { extensionNumber } from './text';

/**
 * The picture of one agent as the server told it, and the one pure function that changes it.
 * No browser, no clock and no socket here: the tests feed it messages and look at what comes out.
 */

/** A call as the panel keeps it. */
export interface CallView extends Call {
  /** The agent's phone called out; then the other side is `called`, not `caller`. */
  outgoing: boolean;
  /** How the agent has handed the call on. */
  handedOn?: Transfer | undefined;
  /** Our own time of the hangup, 0 while the call lives. */
  endedAt: number;
}

export interface Picture {
  /** Number of the last call event that was taken in. */
  seq: number;
  version: string;
  demo: boolean;
  agent: Snapshot['agent'];
  queues: QueueState[];
  pauseReasons: string[];
  services: Service[];
  link: LinkInfo;
  /** Live calls in the order they came, and those that ended a moment ago. */
  calls: CallView[];
  /** Whether the server keeps notes. */
  notes: boolean;
  control: Abilities;
}

/** What the picture asks of the rest of the page. */
export type Effect =
  /** A live event carries an action, at the answer or at ring: the one thing that may open a screen. */
  | { kind: 'pop'; call: CallView; action: Action }
  /** A call is over; `told` is false when it ended while the connection was lost. */
  | { kind: 'ended'; call: CallView; told: boolean }
  /** What ended a moment ago was a colleague's question: its caller, `by`, is here now. */
  | { kind: 'replaced'; call: CallView; by: CallView }
  /** How a call that the agent asked for began. */
  | { kind: 'originated'; originated: Originated }
  /** What is noted about a call now. */
  | { kind: 'noted'; note: NoteEvent['note'] }
  /** A message is missing: only a fresh snapshot makes the picture true again. */
  | { kind: 'gap' };

export interface Change {
  picture: Picture | null;
  effects: Effect[];
}

/** How long an ended call stays on the page, in milliseconds. */
export const endedShownFor = 8000;

/** Takes one message in. `at` is our own time. Without a snapshot nothing else is believed. */
export function apply(picture: Picture | null, fact: Fact, at: number): Change {
  if (fact.type === 'snapshot') return fromSnapshot(picture, fact, at);
  if (picture === null) return { picture, effects: [{ kind: 'gap' }] };
  // An event has the next number. A state has the number of the event before it.
  const expected = fact.type === 'event' ? picture.seq + 1 : picture.seq;
  if (fact.seq < expected) return { picture, effects: [] }; // told before, by the snapshot

  const effects: Effect[] = fact.seq > expected ? [{ kind: 'gap' }] : [];
  const next = { ...picture, seq: fact.seq };
  switch (fact.type) {
    case 'agent':
      next.agent = { ...picture.agent, ...fact.agent };
      break;
    case 'queues':
      next.queues = fact.queues;
      break;
    case 'originate':
      effects.push({ kind: 'originated', originated: fact.originate });
      break;
    case 'note':
      effects.push({ kind: 'noted', note: fact.note });
      break;
    case 'link':
      next.link = fact.link;
      break;
    case 'event':
      takeCall(next, fact, at, effects);
      break;
  }
  return { picture: next, effects };
}

/** Lets go of calls whose end was shown long enough. The same picture if there are none. */
export function prune(picture: Picture, at: number): Picture {
  const calls = picture.calls.filter(
    // Ended in the future: our own clock was set back.
    ({ endedAt }) => endedAt === 0 || (at >= endedAt && at - endedAt < endedShownFor),
  );
  return calls.length === picture.calls.length ? picture : { ...picture, calls };
}

const unable: Abilities = { attended: false, hold: false, answer: false };

function fromSnapshot(before: Picture | null, snapshot: Snapshot, at: number): Change {
  const known = before?.calls ?? [];
  const {
    seq,
    version,
    demo,
    agent,
    queues,
    pauseReasons,
    services,
    link,
    notes = false,
    control = unable,
  } = snapshot;
  const calls = snapshot.calls
    .filter((call) => call.phase !== 'ended')
    .map((call) => view(call, sameCall(known, call), agent.seat.extension, at));
  const effects: Effect[] = [];
  for (const call of known) {
    if (call.endedAt !== 0) {
      if (sameCall(calls, call) === undefined) calls.push(call);
    } else if (sameCall(calls, call) === undefined) effects.push({ kind: 'ended', call, told: false });
  }
  return {
    picture: { seq, version, demo, agent, queues, pauseReasons, services, link, calls, notes, control },
    effects,
  };
}

/** After a restart the server names calls anew: the agent's channel, and the one that began the
 *  call, are still the same. The channel alone would not do, nor the call: two phones of a seat
 *  may ring for one call, and a channel may outlive its calls (app_agent_pool). */
function sameCall(calls: readonly CallView[], call: Call): CallView | undefined {
  return calls.find(
    (other) => other.uniqueid === call.uniqueid && (other.id === call.id || other.linkedid === call.linkedid),
  );
}

function takeCall(picture: Picture, event: CallEvent, at: number, effects: Effect[]): void {
  const { id, uniqueid } = event.call;
  const before = picture.calls.find((other) => other.id === id && other.uniqueid === uniqueid);
  const call = view(event.call, before, picture.agent.seat.extension, at);
  if (event.action !== undefined) call.action = event.action;
  if (event.event === 'Transfer') {
    call.handedOn = event.call.transfer;
    call.transfer = before?.transfer;
  }
  const asked = before
    ? undefined
    : picture.calls.find((other) => other.uniqueid === uniqueid && other.endedAt !== 0);
  if (asked !== undefined) effects.push({ kind: 'replaced', call: asked, by: call });
  picture.calls = before
    ? picture.calls.map((other) => (other === before ? call : other))
    : // When two calls become one, the channel ends in the first and begins in the other.
      [...picture.calls.filter((other) => other.endedAt === 0 || other.uniqueid !== uniqueid), call];
  if (call.endedAt !== 0) {
    if (before === undefined || before.endedAt === 0) effects.push({ kind: 'ended', call, told: true });
  } else if (event.action !== undefined) {
    effects.push({ kind: 'pop', call, action: event.action });
  }
}

function view(call: Call, before: CallView | undefined, device: string, at: number): CallView {
  return {
    ...call,
    action: call.action ?? before?.action,
    transfer: call.transfer ?? before?.transfer, // a server that has restarted does not know
    handedOn: before?.handedOn,
    outgoing: before?.outgoing ?? calledOut(call, extensionNumber(device)),
    endedAt: call.phase === 'ended' ? before?.endedAt || at : 0,
  };
}

function calledOut(call: Call, own: string): boolean {
  if (call.phase === 'dialing' || call.direction === 'outbound') return true;
  if (call.phase === 'ringing') return false;
  return call.direction === 'internal' && own !== '' && call.caller.number === own;
}

/** How long an ended question of a colleague may yet become its caller's call, in milliseconds. */
export const questionOpenFor = 300;

/** Whether a call that ended just now may be about to become another one. */
export function isOpenQuestion(call: CallView, at: number): boolean {
  const ago = at - call.endedAt;
  return call.direction === 'internal' && !call.outgoing && ago >= 0 && ago < questionOpenFor;
}

/** The calls as the page shows them: an open question as if it went on, so that nothing says that
 *  a call has ended when its caller comes in the next moment. */
export function shown(calls: readonly CallView[], at: number): CallView[] {
  return calls.map((call) =>
    isOpenQuestion(call, at)
      ? { ...call, phase: call.answered === 0 ? 'ringing' : 'talking', endedAt: 0 }
      : call,
  );
}

const rank: Record<Call['phase'], number> = { talking: 0, ringing: 1, dialing: 2, held: 3, ended: 4 };

/** The calls in the order the page shows them: what needs the agent most comes first. */
export function inOrder(calls: readonly CallView[]): CallView[] {
  return [...calls].sort((a, b) => rankOf(a) - rankOf(b) || b.started - a.started);
}

/** Of a call about which a colleague is asked: the agent talks there, and hands over there. */
function rankOf({ phase, consult, endedAt }: CallView): number {
  return consult !== undefined && endedAt === 0 ? rank.talking : rank[phase];
}

/** Names one part of an agent in one call, also across restarts of the server, which counts
 *  its call ids from the beginning. */
export function callKey(call: Call): string {
  return `${call.id} ${call.uniqueid} ${call.started}`;
}

/** Names a call's screen: the same before and after a restart of the server, and when calls merge. */
export function screenKey(call: Call): string {
  return `${call.uniqueid} ${call.service}`;
}

/** Names what may pop once: the same before and after a restart of the server. */
export function popKey(call: Call): string {
  return `${call.linkedid} ${call.uniqueid} ${call.service}`;
}
