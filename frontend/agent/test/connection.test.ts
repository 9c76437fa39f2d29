import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Connection, type Handlers, retryDelay, timing } from '../connection';
import type { Fact } from '../protocol';
import { linkEvent, snapshot } from './fixtures';

/** A WebSocket in the hands of the test. */
class FakeSocket {
  static all: FakeSocket[] = [];
  static readonly OPEN = 1;
  readyState = 1;
  sent: { id: string; command: string }[] = [];
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;
  closed = false;
  constructor(
    readonly url: string,
    readonly protocol: string,
  ) {
    FakeSocket.all.push(this);
  }
  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }
  close(): void {
    this.closed = true;
    this.readyState = 3;
  }
  tell(message: object): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }
  drop(code = 1006): void {
    this.readyState = 3;
    this.onclose?.({ code, reason: '' });
  }
}

const last = () => FakeSocket.all[FakeSocket.all.length - 1] as FakeSocket;

let handlers: { [K in keyof Handlers]: ReturnType<typeof vi.fn> };
let connection: Connection;
let facts: Fact[];

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('WebSocket', FakeSocket);
  vi.spyOn(Math, 'random').mockReturnValue(0.5);
  FakeSocket.all = [];
  facts = [];
  handlers = {
    fact: vi.fn((fact: Fact) => facts.push(fact)),
    time: vi.fn(),
    ended: vi.fn(),
    stillSignedIn: vi.fn(async () => true),
  };
  connection = new Connection('ws://panel.test/ws', handlers as unknown as Handlers);
  connection.start();
});

afterEach(() => {
  connection.stop();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const connect = () => last().tell(snapshot());
const state = () => connection.state.value;

test('asks for the JSON protocol, and is online only with the snapshot', () => {
  expect(last()).toMatchObject({ url: 'ws://panel.test/ws', protocol: 'asteriskcti.v1.json' });
  expect(state().kind).toBe('connecting');
  connect();
  expect(state().kind).toBe('online');
  last().tell(linkEvent(11));
  expect(facts.map((fact) => fact.type)).toEqual(['snapshot', 'event']);
});

test('a frame that is no message is left out', () => {
  connect();
  last().onmessage?.({ data: '{nonsense' });
  last().tell({ type: 'later-version', seq: 11 });
  expect(facts).toHaveLength(1);
  expect(state().kind).toBe('online');
});

describe('loss', () => {
  test('comes back after a jittered wait, and counts it down', () => {
    connect();
    last().drop();
    const wait = retryDelay(0, () => 0.5);
    expect(state()).toMatchObject({ kind: 'lost', because: 'network', retryAt: Date.now() + wait });
    vi.advanceTimersByTime(wait);
    return vi
      .waitFor(() => expect(FakeSocket.all).toHaveLength(2))
      .then(() => {
        expect(state()).toMatchObject({ kind: 'lost', retryAt: 0 });
        connect();
        expect(state().kind).toBe('online');
      });
  });

  test('waits longer with each try, up to a limit, never all at the same instant', () => {
    const limits = [0, 1, 2, 3, 4, 5, 9].map((tries) => retryDelay(tries, () => 1));
    expect(limits).toEqual([500, 1000, 2000, 4000, 8000, 15_000, 15_000]);
    expect(retryDelay(9, () => 0)).toBe(timing.backoffFloor);
    const spread = new Set(Array.from({ length: 50 }, (_, n) => retryDelay(5, () => n / 50)));
    expect(spread.size).toBe(50);
  });

  test('an open socket without a snapshot is no connection', () => {
    vi.advanceTimersByTime(timing.snapshot);
    expect(state()).toMatchObject({ kind: 'lost', because: 'silent' });
    expect(last().closed).toBe(true);
  });

  test('silence is noticed; an answered ping is not silence', async () => {
    connect();
    await vi.advanceTimersByTimeAsync(timing.ping);
    expect(last().sent).toEqual([{ id: '1', command: 'ping' }]);
    last().tell({ type: 'reply', id: '1', ok: true, now: 77 });
    expect(handlers.time).toHaveBeenCalledWith(77, expect.any(Number), Date.now());
    await vi.advanceTimersByTimeAsync(timing.silence + timing.ping);
    expect(state()).toMatchObject({ kind: 'lost', because: 'silent' });
  });

  test('“Try now” does not wait', () => {
    connect();
    last().drop();
    connection.tryNow();
    expect(FakeSocket.all).toHaveLength(2);
    connection.tryNow();
    expect(FakeSocket.all).toHaveLength(2);
  });

  test('the browser coming online does not wait either', () => {
    connect();
    last().drop();
    dispatchEvent(new Event('online'));
    expect(FakeSocket.all).toHaveLength(2);
  });

  test('after two tries it asks whether the sign-in still stands, and stops if not', async () => {
    handlers.stillSignedIn.mockResolvedValue(false);
    connect();
    last().drop();
    await vi.advanceTimersByTimeAsync(retryDelay(0, () => 0.5));
    expect(handlers.stillSignedIn).not.toHaveBeenCalled();
    last().drop();
    await vi.advanceTimersByTimeAsync(retryDelay(1, () => 0.5));
    expect(handlers.stillSignedIn).toHaveBeenCalledTimes(1);
    expect(state().kind).toBe('stopped');
    expect(FakeSocket.all).toHaveLength(2);
  });

  test('a late message of an old socket is not heard', () => {
    connect();
    const old = last();
    const hear = old.onmessage;
    old.drop();
    hear?.({ data: JSON.stringify(linkEvent(11)) });
    expect(facts).toHaveLength(1);
  });
});

test('a gap fetches a fresh snapshot, without a word of loss', () => {
  connect();
  connection.resync();
  expect(state().kind).toBe('connecting');
  expect(last().closed).toBe(true);
  vi.advanceTimersByTime(timing.backoff);
  expect(FakeSocket.all).toHaveLength(2);
  connect();
  expect(state().kind).toBe('online');
});

describe('bye', () => {
  test.each(['replaced', 'signed-out', 'removed', 'protocol'] as const)('%s ends it', (code) => {
    connect();
    last().tell({ type: 'bye', code, reason: 'words' });
    last().drop(4001);
    expect(handlers.ended).toHaveBeenCalledWith(code, 'words');
    expect(state().kind).toBe('stopped');
    vi.advanceTimersByTime(60_000);
    expect(FakeSocket.all).toHaveLength(1);
  });

  test.each(['slow', 'idle', 'restart'] as const)('%s comes back by itself', async (code) => {
    connect();
    last().tell({ type: 'bye', code, reason: '' });
    last().drop(1012);
    expect(state()).toMatchObject({ kind: 'lost', because: code });
    await vi.advanceTimersByTimeAsync(timing.backoffLimit);
    expect(FakeSocket.all.length).toBeGreaterThan(1);
  });

  test.each([
    [4001, 'replaced'],
    [4002, 'signed-out'],
    [4003, 'removed'],
    [1008, 'protocol'],
  ] as const)('the close code %i says the same when the bye was lost', (code, meaning) => {
    connect();
    last().drop(code);
    expect(handlers.ended).toHaveBeenCalledWith(meaning, '');
  });
});

describe('commands', () => {
  test('get the reply with their id', async () => {
    connect();
    const answer = connection.send({ command: 'ready' });
    last().tell({ type: 'reply', id: 'other', ok: true });
    last().tell({ type: 'reply', id: '1', ok: false, code: 'unknown-command', error: 'no' });
    expect(await answer).toMatchObject({ ok: false, code: 'unknown-command' });
  });

  test('are told when none comes', async () => {
    connect();
    const answer = connection.send({ command: 'ready' });
    vi.advanceTimersByTime(timing.asterisk);
    expect(await answer).toMatchObject({ ok: false, code: 'no-answer' });
    connection.stop();
    expect(await connection.send({ command: 'ping' })).toMatchObject({ ok: false, code: 'no-answer' });
  });
});
