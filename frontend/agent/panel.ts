import { batch, computed, effect, signal, untracked } from '@preact/signals';
import { offerScreen, quiet, ring, tellGiven } from './alerts';
import * as api from './api';
import { closeArchive, refresh, refreshSoon } from './archive';
import { refine, setFromSnapshot, tick } from './clock';
import { Connection } from './connection';
import { Control } from './control';
import { Dial } from './dial';
import { Drafts } from './drafts';
import { Wishes } from './duty';
import { addToHistory, clearHistory, dropUnanswered, openHistory, pastCall } from './history';
import { keepLast, last, openLast } from './last';
import { joinTabs, leaveTabs, role, yieldLead } from './leader';
import { Ledger } from './ledger';
import { hearNote, isNotable, noteKey, writing } from './notes';
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
import { popPreference, rememberSeat } from './preferences';
import type { Action, ByeCode, Fact, Target } from './protocol';
import { unlockSound } from './ringtone';
import { openTab, openWindow, watchWindow } from './windows';

/** The panel's own state, and what its buttons do. Components read the signals and call these. */

/** Why the sign-in page is shown. */
export type SignedOutReason = ByeCode | 'start' | 'unconfirmed' | 'expired';

export type Gate =
  | { kind: 'loading' }
  | { kind: 'unreachable' }
  | { kind: 'out'; because: SignedOutReason; demo: api.DemoAccount[]; operator: string }
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

/** The calls that the agent had when his sign-in expired, until he or somebody else signs in. */
export const leftCalls = signal<readonly CallView[]>([]);

/** The calls on the page, the most pressing first. */
export const calls = computed(() => inOrder(shown(picture.value?.calls ?? [], Date.now()).map(dialled)));
export const liveCalls = computed(() => calls.value.filter((call) => call.endedAt === 0));
/** The calls that have a card: those, and after them the last one that may still be noted. */
export const cards = computed(() => {
  const { value: call } = last;
  const gone = call !== null && !calls.value.some((other) => callKey(other) === callKey(call));
  return gone && picture.value?.notes === true ? [...calls.value, call] : calls.value;
});
const ringing = computed(() => liveCalls.value.find((call) => call.phase === 'ringing' && !call.outgoing));

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

/** Whether commands reach Asterisk now. */
export const commandable = computed(
  () => connection.state.value.kind === 'online' && picture.value?.link.state === 'ready',
);

/** Until the agent has answered his own telephone, nobody but he knows whom he calls. */
function dialled(call: CallView): CallView {
  const { value } = dial.state;
  const unknown = call.outgoing && call.called === '' && value.kind !== 'idle';
  return unknown ? { ...call, called: value.number } : call;
}

/** The services over which the agent may call (row C3). */
export const outboundServices = computed(
  () => picture.value?.services.filter(({ direction }) => direction === 'outbound') ?? [],
);

/** Begins the page: who is signed in? Tried again until there is an answer. */
export async function start(): Promise<void> {
  watch();
  await askSession();
}

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

export async function signOut(): Promise<void> {
  await Promise.race([drafts.flush(), new Promise((resolve) => setTimeout(resolve, 1500))]);
  connection.stop();
  clearHistory();
  keepLast(null);
  leave((await api.signOut()) ? 'signed-out' : 'unconfirmed', []);
  await offerDemoAccounts();
}

function enter(session: api.Session): void {
  openHistory(session.operator);
  closeArchive();
  dial.open(session.operator);
  wishes.forget();
  control.forget();
  drafts.open(session.operator);
  openLast(session.operator);
  batch(() => {
    leftCalls.value = [];
    picture.value = null;
    gate.value = { kind: 'in', session };
  });
  joinTabs();
  connection.start();
}

function leave(because: SignedOutReason, demo: api.DemoAccount[]): void {
  const before = gate.value;
  leaveTabs();
  batch(() => {
    closeArchive();
    leftCalls.value = because === 'expired' ? liveCalls.value : [];
    picture.value = null;
    pane.value = null;
    popped.value = null;
    popStatus.value = {};
    const operator = before.kind === 'in' && because !== 'signed-out' ? before.session.operator : '';
    gate.value = because === 'protocol' ? { kind: 'outdated' } : { kind: 'out', because, demo, operator };
  });
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
  leave(answer.code === 'signed-out' ? 'expired' : answer.code, answer.demo);
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
      if (isNotable(wish.call)) keepLast(dialled({ ...wish.call, phase: 'ended', endedAt: Date.now() }));
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
      if (decision.kind === 'open') show(wish.call, decision.url, decision.target, false);
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
function setStatus(call: CallView, status: PopStatus): void {
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

/** What follows by itself from the state: the ring, who leads, the watch over the customer window. */
function watch(): void {
  effect(() => {
    const asked = liveCalls.value.find(({ consult }) => consult !== undefined);
    control.present(
      liveCalls.value.map(({ id }) => id),
      asked?.id,
    );
  });
  const ringingId = computed(() => ringing.value?.id);
  effect(() => {
    const call = ringingId.value === undefined ? undefined : ringing.peek();
    if (call === undefined) return quiet();
    untracked(() => dial.forget());
    ring(
      () => ringing.peek() ?? call,
      liveCalls.peek().some((other) => other.phase === 'talking'),
    );
    return undefined;
  });
  effect(() => {
    if (liveCalls.value.some((call) => call.outgoing)) dial.seen();
  });
  effect(() => {
    if (tick.value > 0) watchWindow();
  });
  effect(() => {
    const way = connection.state.value.kind;
    if (way === 'online') {
      joinTabs();
      void untracked(() => drafts.flush());
      void untracked(refresh);
    } else if (way === 'lost') yieldLead();
  });
  // The last call gives way to the next, once that is taken and nobody is writing of it any more.
  effect(() => {
    const taken = liveCalls.value.some((call) => call.phase !== 'ringing' || call.outgoing);
    const written = last.value !== null && writing.value === noteKey(last.value);
    if (taken && !written) keepLast(null);
  });
  const leaving = () => void drafts.flush();
  addEventListener('pagehide', leaving);
  document.addEventListener('visibilitychange', () => {
    if (document.hidden) leaving();
  });
  addEventListener('beforeunload', (event) => {
    if (drafts.unsaved.value) event.preventDefault();
  });
  document.addEventListener('securitypolicyviolation', (event) => {
    const open = pane.value;
    if (open === null || event.effectiveDirective !== 'frame-src') return;
    pane.value = { ...open, refused: true };
    setStatus(open.call, 'pane-refused');
  });
}
