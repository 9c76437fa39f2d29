import { batch, computed, signal } from '@preact/signals';
import { offerScreen, tellGiven } from './alerts';
import * as api from './api';
import { closeArchive, refreshSoon, stopAsking } from './archive';
import { refine, setFromSnapshot } from './clock';
import { Connection } from './connection';
import { Control } from './control';
import { Dial } from './dial';
import { Drafts } from './drafts';
import { Wishes } from './duty';
import { addToHistory, dropUnanswered, openHistory, pastCall } from './history';
import { forgetKept, openKept } from './kept';
import { addLast, lastCalls, openLast } from './last';
import { isFirst, joinTabs, leaveTabs, role } from './leader';
import { Ledger } from './ledger';
import { hearNote, isNotable } from './notes';
import {
  apply,
  type CallView,
  callKey,
  type Effect,
  endedShownFor,
  inOrder,
  isOpenQuestion,
  type Picture,
  popKey,
  prune,
  questionOpenFor,
  screenKey,
  shown,
} from './picture';
import { decide, isMixedContent, type PopStatus, safeAddress, targetOf } from './pop';
import { popPreference, rememberSeat, seatUsed } from './preferences';
import type { Action, ByeCode, Fact, Target } from './protocol';
import { unlockSound } from './ringtone';
import { extensionNumber } from './text';
import { isTyping } from './typing';
import { openTab, openWindow } from './windows';

/** The panel's own state, and what its buttons do. Components read the signals and call these. */

/** Why the sign-in page is shown. */
export type SignedOutReason = ByeCode | 'start' | 'unconfirmed' | 'expired';

export type Gate =
  | { kind: 'loading' }
  | { kind: 'unreachable' }
  | {
      kind: 'out';
      because: SignedOutReason;
      demo: api.DemoAccount[];
      operator: string;
      /** The agent was typing: what his fingers go on with is not for these fields. */
      typing?: boolean;
    }
  | { kind: 'in'; session: api.Session }
  /** The server does not understand this page: an older one that stayed open. */
  | { kind: 'outdated' };

/** The embedded screen: one at a time, named after the call that brought it. */
export interface Pane {
  key: string;
  call: CallView;
  url: string;
  /** Counts reloads. */
  round: number;
  /** The browser said that it may not be shown here. */
  refused: boolean;
}

export const gate = signal<Gate>({ kind: 'loading' });
export const picture = signal<Picture | null>(null);
export const pane = signal<Pane | null>(null);
/** The server was updated while this page stayed open. */
export const updated = signal(false);
/** How the last opening of each call's screen went, by call key. */
export const popStatus = signal<Readonly<Record<string, PopStatus>>>({});

/** The last call whose action was due here, now and not on a click, and the action. */
export const popped = signal<{ call: CallView; action: Action } | null>(null);

/** The sign-in has expired in a call or a note: the page stays as it is, and asks for the password
 *  beside it. */
export const expired = signal(false);

/** The agent wants to sign out while the server has not got a note of his. */
export const leaving = signal(false);

/** The calls on the page, the most pressing first. */
export const calls = computed(() => inOrder(shown(picture.value?.calls ?? [], Date.now()).map(dialled)));
export const liveCalls = computed(() => calls.value.filter((call) => call.endedAt === 0));
/** The calls that have a card: those, and after them what is over and may still be noted. During the
 *  work after it that comes before the calls that were missed meanwhile. */
export const cards = computed(() => {
  if (picture.value?.notes !== true) return calls.value;
  const present = new Set(calls.value.map(callKey));
  const last = lastCalls.value.filter((call) => !present.has(callKey(call)));
  if (picture.value.agent.duty?.state !== 'aftercall') return [...calls.value, ...last];
  const after = calls.value.filter((call) => call.endedAt !== 0);
  const missed = after.filter((call) => call.answered === 0);
  return [...liveCalls.value, ...after.filter((call) => call.answered !== 0), ...last, ...missed];
});

const socketAddress = `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/ws`;
const ledger = new Ledger();
let firstVersion: string | undefined;

export const connection = new Connection(socketAddress, {
  fact: receive,
  time: refine,
  ended: (code) => void ended(code),
  stillSignedIn,
});

/** The agent's wishes beside calls, and the call that he dials. */
export const wishes = new Wishes((command) => connection.send(command));
export const dial = new Dial((command) => connection.send(command));
export const control = new Control((command) => connection.send(command));
export const drafts = new Drafts((command) => connection.send(command));

/** Nothing is heard of the server, and the page shows what was known last. */
export const cutOff = computed(() => expired.value || connection.state.value.kind === 'lost');

/** Whether commands reach Asterisk now. */
export const commandable = computed(
  () => connection.state.value.kind === 'online' && picture.value?.link.state === 'ready',
);

/** Until the agent has answered his own telephone, nobody but he knows whom he calls, and for whom. */
function dialled(call: CallView): CallView {
  const { value } = dial.state;
  const unknown = call.outgoing && call.called === '' && value.kind !== 'idle';
  if (!unknown) return call;
  const service = call.service === '' && 'service' in value ? value.service : call.service;
  return { ...call, called: value.number, service };
}

/** The services over which the agent may call (row C3). */
export const outboundServices = computed(
  () => picture.value?.services.filter(({ direction }) => direction === 'outbound') ?? [],
);

/** Begins the page: who is signed in? Tried again until there is an answer. */
export async function askSession(): Promise<void> {
  const answer = await api.fetchSession();
  if (gate.value.kind === 'in') return;
  switch (answer.kind) {
    case 'in':
      enter(answer.session);
      break;
    case 'out':
      leave(answer.code === 'signed-out' ? 'start' : answer.code, answer.demo);
      break;
    case 'unreachable':
      gate.value = { kind: 'unreachable' };
      setTimeout(() => {
        if (gate.value.kind === 'unreachable') void askSession();
      }, 3000);
  }
}

/** Signs in. Null when it went well, else what to tell. */
export async function signIn(
  operator: string,
  password: string,
  seat: string,
): Promise<api.SignInError | null> {
  void unlockSound(); // the click that signs in also unlocks the ring tone
  const answer = await api.signIn(operator, password, seat);
  if ('error' in answer) return answer.error;
  rememberSeat(seat);
  enter(answer);
  return null;
}

/** Signs out. A note that the server has not got keeps the agent here, unless he wants to lose it. */
export async function signOut(losing = false): Promise<void> {
  await Promise.race([drafts.flush(), new Promise((resolve) => setTimeout(resolve, 1500))]);
  if (drafts.pending && !losing) {
    leaving.value = true;
    return;
  }
  connection.stop();
  stopAsking(); // it would be refused
  leave((await api.signOut()) ? 'signed-out' : 'unconfirmed', []);
  await offerDemoAccounts();
}

function enter(session: api.Session): void {
  const before = gate.value;
  const same = expired.value && before.kind === 'in' && before.session.operator === session.operator;
  batch(() => {
    if (!same) {
      clear();
      openKept(session.operator);
      open();
    }
    expired.value = false;
    gate.value = { kind: 'in', session };
    if (seatUsed() === '') rememberSeat(extensionNumber(session.seat.extension));
  });
  joinTabs();
  connection.start();
}

/** Begins with what this tab has kept, if it has. */
function open(): void {
  openHistory();
  dial.open();
  drafts.open();
  openLast();
}

/** Lets go of what the server has told, and of what was said of it. */
function clear(): void {
  closeArchive();
  wishes.forget();
  control.forget();
  leaving.value = false;
  expired.value = false;
  picture.value = null;
  pane.value = null;
  popped.value = null;
  popStatus.value = {};
}

function leave(because: SignedOutReason, demo: api.DemoAccount[]): void {
  const before = gate.value;
  const typing = isTyping();
  const out = because === 'signed-out' || because === 'unconfirmed';
  leaveTabs();
  batch(() => {
    clear();
    if (out) {
      forgetKept();
      open();
    }
    const operator = before.kind === 'in' && because !== 'signed-out' ? before.session.operator : '';
    gate.value =
      because === 'protocol' ? { kind: 'outdated' } : { kind: 'out', because, demo, operator, typing };
  });
}

/** The server knows the sign-in no more. Who is in a call, or writes, keeps what he has before him. */
function expire(demo: api.DemoAccount[]): void {
  if (liveCalls.value.length === 0 && !drafts.pending && !isTyping()) {
    leave('expired', demo);
    return;
  }
  leaveTabs();
  control.forget();
  expired.value = true;
}

/** The server ended the sign-in. If another tab of this browser signed in anew as the same
 *  operator at the same seat, its cookie is ours as well and this tab goes on beside it. */
async function ended(code: ByeCode): Promise<void> {
  const before = gate.value;
  if (code === 'replaced' && before.kind === 'in') {
    const answer = await api.fetchSession();
    const same =
      answer.kind === 'in' &&
      answer.session.operator === before.session.operator &&
      answer.session.seat.mac === before.session.seat.mac;
    if (same) return connection.start();
  }
  leave(code, []);
  await offerDemoAccounts();
}

async function offerDemoAccounts(): Promise<void> {
  const answer = await api.fetchSession();
  if (answer.kind === 'out' && gate.value.kind === 'out') gate.value = { ...gate.value, demo: answer.demo };
}

async function stillSignedIn(): Promise<boolean> {
  const answer = await api.fetchSession();
  if (answer.kind !== 'out') return true;
  // Nobody has signed out here: the server has not heard of this page for too long.
  if (answer.code === 'signed-out') expire(answer.demo);
  else leave(answer.code, answer.demo);
  return false;
}

function receive(fact: Fact): void {
  if (fact.type === 'snapshot') {
    setFromSnapshot(fact.now);
    firstVersion ??= fact.version;
    updated.value = fact.version !== firstVersion;
    dial.resume();
  }
  const before = picture.value?.calls ?? [];
  const change = apply(picture.value, fact, Date.now());
  batch(() => {
    picture.value = change.picture;
    for (const wish of change.effects) carryOut(wish);
    if (fact.type === 'snapshot') offerMissed(before);
  });
}

/** A call that was answered while nothing was heard of the server opens no screen by itself any
 *  more, nor again in the pane after a reload: its button stands out. */
function offerMissed(before: readonly CallView[]): void {
  for (const call of liveCalls.value) {
    const known = before.some((other) => other.uniqueid === call.uniqueid && other.action !== undefined);
    if (call.action?.type !== 'browser' || known) continue;
    const inPane = targetOf(call.action.target, popPreference.value) === 'pane';
    if (inPane || !ledger.has(popKey(call))) setStatus(call, 'button');
  }
}

function carryOut(wish: Effect): void {
  switch (wish.kind) {
    case 'gap':
      connection.resync();
      break;
    case 'ended':
      addToHistory(pastCall(dialled(wish.call), wish.told));
      if (isNotable(wish.call)) addLast(dialled({ ...wish.call, phase: 'ended', endedAt: Date.now() }));
      void drafts.flush();
      refreshSoon();
      setTimeout(() => {
        if (picture.value !== null) picture.value = prune(picture.value, Date.now());
      }, endedShownFor + 50);
      if (isOpenQuestion(wish.call, Date.now())) {
        setTimeout(() => {
          if (picture.value !== null) picture.value = { ...picture.value };
        }, questionOpenFor + 50);
      }
      break;
    case 'replaced':
      dropUnanswered(wish.call);
      if (wish.by.phase === 'talking') tellGiven(wish.by); // else its ring tells
      break;
    case 'noted':
      hearNote(wish.note, wish.note);
      break;
    case 'originated':
      dial.told(wish.originated);
      break;
    case 'pop': {
      const decision = decide(wish.call, wish.action, {
        ledger,
        preference: popPreference.value,
        leading: role.value !== 'follower',
      });
      if (decision.kind === 'open' || decision.kind === 'application') {
        popped.value = { call: wish.call, action: wish.action };
      }
      if (decision.kind === 'open')
        void isFirst(popKey(wish.call)).then((first) => {
          if (first) show(wish.call, decision.url, decision.target, false);
          else setStatus(wish.call, 'follower');
        });
      else if (decision.kind === 'refused') setStatus(wish.call, 'refused');
      else if (decision.kind === 'nothing' && decision.because === 'follower')
        setStatus(wish.call, 'follower');
    }
  }
}

/** Opens a call's screen on the agent's click or key. */
export function openScreen(call: CallView): void {
  if (call.action?.type !== 'browser') return;
  const url = safeAddress(call.action.url);
  if (url === null) setStatus(call, 'refused');
  else show(call, url, targetOf(call.action.target, popPreference.value), true);
}

function show(call: CallView, url: string, target: Target, clicked: boolean): void {
  const inside = target === 'pane' && popStatus.value[screenKey(call)] !== 'pane-refused';
  if (inside && !isMixedContent(url, location)) {
    pane.value = { key: screenKey(call), call, url, round: 0, refused: false };
    setStatus(call, 'pane');
  } else if (target === 'button' && !clicked) {
    setStatus(call, 'button');
  } else if (target === 'tab') {
    setStatus(call, openTab(url) ? 'tab' : 'tab-blocked');
  } else {
    const opened = openWindow(url, () => setStatus(call, 'lost'));
    setStatus(call, opened ? 'window' : 'blocked');
  }
  const status = popStatus.value[screenKey(call)];
  if (status === 'blocked' || status === 'tab-blocked') offerScreen(call, () => openScreen(call));
}

/** Of the calls on the page and the one in the pane: a day's others are forgotten. */
export function setStatus(call: CallView, status: PopStatus): void {
  const present = new Set([...cards.value.map(screenKey), pane.value?.key]);
  const kept = Object.entries(popStatus.value).filter(([key]) => present.has(key));
  popStatus.value = { ...Object.fromEntries(kept), [screenKey(call)]: status };
}

export function reloadPane(): void {
  if (pane.value !== null) pane.value = { ...pane.value, round: pane.value.round + 1, refused: false };
}

export function closePane(): void {
  pane.value = null;
}
