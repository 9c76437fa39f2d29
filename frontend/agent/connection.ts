import { signal } from '@preact/signals';
import {
  type Bye,
  type ByeCode,
  byeOfCloseCode,
  type Command,
  type Fact,
  parseMessage,
  type Reply,
  subprotocol,
} from './protocol';

/**
 * The WebSocket to the server: it stays connected, notices silence, and comes back by itself.
 * Connected means that the snapshot has arrived, not that the socket is open.
 */

export type ConnectionState =
  | { kind: 'stopped' }
  /** The first connection, or a fresh snapshot being fetched: nothing is wrong. */
  | { kind: 'connecting' }
  | { kind: 'online' }
  /** Lost. `retryAt` is our own time of the next try, 0 while one is under way. */
  | { kind: 'lost'; since: number; retryAt: number; because: ByeCode | 'silent' | 'network' };

export interface Handlers {
  /** A message that changes the picture, in order. */
  fact(fact: Fact): void;
  /** The server's time, with our own times of asking and hearing. */
  time(now: number, sentAt: number, receivedAt: number): void;
  /** The sign-in is over; the connection has stopped and will not try again. */
  ended(code: ByeCode, reason: string): void;
  /** After tries that never opened: whether the sign-in still stands. A WebSocket hides the
   *  401 from the page, so this asks over HTTP. False stops the connection; the asked one
   *  shows the sign-in page. */
  stillSignedIn(): Promise<boolean>;
}

/** In milliseconds. The server closes after 90 s of silence. */
export const timing = {
  ping: 10_000,
  silence: 25_000,
  snapshot: 10_000,
  reply: 8_000,
  /** For commands that Asterisk is asked about; the server waits for it 10 s. */
  asterisk: 12_000,
  backoff: 500,
  backoffLimit: 15_000,
  backoffFloor: 250,
};

const stoppers: ReadonlySet<ByeCode> = new Set<ByeCode>(['replaced', 'signed-out', 'removed', 'protocol']);

/**
 * The wait before a try: anywhere between the floor and a limit that doubles with each
 * (full jitter), so that the agents of a restarted server do not return in one instant.
 */
export function retryDelay(tries: number, random: () => number = Math.random): number {
  const limit = Math.min(timing.backoffLimit, timing.backoff * 2 ** tries);
  return timing.backoffFloor + random() * (limit - timing.backoffFloor);
}

export class Connection {
  readonly state = signal<ConnectionState>({ kind: 'stopped' });
  readonly #url: string;
  readonly #handlers: Handlers;
  readonly #waiting = new Map<string, { sentAt: number; settle: (reply: Reply) => void }>();
  #socket: WebSocket | null = null;
  #bye: Bye | null = null;
  #tries = 0;
  #lastId = 0;
  #heardAt = 0;
  #beat: ReturnType<typeof setInterval> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(url: string, handlers: Handlers) {
    this.#url = url;
    this.#handlers = handlers;
    addEventListener('online', () => this.tryNow());
    document.addEventListener('visibilitychange', () => {
      if (!document.hidden) this.tryNow();
    });
  }

  start(): void {
    this.#tries = 0;
    this.state.value = { kind: 'connecting' };
    this.#open();
  }

  stop(): void {
    this.#drop();
    this.state.value = { kind: 'stopped' };
  }

  /** Does not wait for the next try. Nothing while connected or stopped. */
  tryNow(): void {
    if (this.state.value.kind !== 'lost' || this.state.value.retryAt === 0) return;
    this.#open();
  }

  /** A message is missing: leaves and comes back at once for a fresh snapshot. */
  resync(): void {
    if (this.state.value.kind !== 'online') return;
    this.#drop();
    this.state.value = { kind: 'connecting' };
    this.#timer = setTimeout(() => this.#open(), retryDelay(this.#tries++));
  }

  /** Sends a command; its reply, or one that says that none came. */
  send(command: Command): Promise<Reply> {
    const socket = this.#socket;
    const id = String(++this.#lastId);
    if (socket === null || socket.readyState !== WebSocket.OPEN) return Promise.resolve(noReply(id));
    socket.send(JSON.stringify({ id, ...command }));
    const patience = command.command === 'ping' ? timing.reply : timing.asterisk;
    return new Promise((resolve) => {
      const timer = setTimeout(() => settle(noReply(id)), patience);
      const settle = (reply: Reply) => {
        clearTimeout(timer);
        this.#waiting.delete(id);
        resolve(reply);
      };
      this.#waiting.set(id, { sentAt: Date.now(), settle });
    });
  }

  #open(): void {
    this.#drop();
    const { state } = this;
    if (state.value.kind === 'lost') state.value = { ...state.value, retryAt: 0 };
    const socket = new WebSocket(this.#url, subprotocol);
    this.#socket = socket;
    this.#bye = null;
    this.#heardAt = Date.now();
    this.#timer = setTimeout(() => this.#lose('silent'), timing.snapshot);
    socket.onmessage = (message: MessageEvent) => {
      if (socket === this.#socket) this.#hear(message.data);
    };
    socket.onclose = (event: CloseEvent) => {
      if (socket === this.#socket) this.#closed(event);
    };
  }

  #hear(frame: unknown): void {
    this.#heardAt = Date.now();
    const message = parseMessage(frame);
    if (message === null) return;
    switch (message.type) {
      case 'reply': {
        const command = this.#waiting.get(message.id);
        if (command === undefined) return;
        if (message.now !== undefined) this.#handlers.time(message.now, command.sentAt, this.#heardAt);
        command.settle(message);
        return;
      }
      case 'bye':
        this.#bye = message;
        return;
      case 'snapshot':
        this.#online();
        this.#handlers.fact(message);
        return;
      default:
        this.#handlers.fact(message);
    }
  }

  #online(): void {
    clearTimeout(this.#timer);
    clearInterval(this.#beat);
    this.state.value = { kind: 'online' };
    this.#beat = setInterval(() => {
      if (Date.now() - this.#heardAt > timing.silence) this.#lose('silent');
      else void this.send({ command: 'ping' });
      if (this.#tries > 0) this.#tries--; // earned back slowly: a server that greets and drops is not hammered
    }, timing.ping);
  }

  #closed(event: CloseEvent): void {
    const code = this.#bye?.code ?? byeOfCloseCode[event.code];
    if (code !== undefined && stoppers.has(code)) {
      const reason = this.#bye?.reason ?? event.reason;
      this.stop();
      this.#handlers.ended(code, reason);
      return;
    }
    this.#lose(code ?? 'network');
  }

  #lose(because: ByeCode | 'silent' | 'network'): void {
    const before = this.state.value;
    this.#drop();
    const delay = retryDelay(this.#tries++);
    const since = before.kind === 'lost' ? before.since : Date.now();
    this.state.value = {
      kind: 'lost',
      since,
      retryAt: Date.now() + delay,
      because: before.kind === 'lost' && because === 'network' ? before.because : because,
    };
    this.#timer = setTimeout(() => void this.#retry(), delay);
  }

  async #retry(): Promise<void> {
    const { state } = this;
    if (state.value.kind === 'lost') state.value = { ...state.value, retryAt: 0 };
    if (this.#tries % 3 === 2 && !(await this.#handlers.stillSignedIn())) {
      this.stop();
      return;
    }
    if (this.state.value.kind === 'lost') this.#open();
  }

  /** Lets go of the socket without waiting for it: a dead network answers no close. */
  #drop(): void {
    clearTimeout(this.#timer);
    clearInterval(this.#beat);
    const socket = this.#socket;
    this.#socket = null;
    if (socket !== null) {
      socket.onmessage = null;
      socket.onclose = null;
      socket.close(1000);
    }
    for (const { settle } of [...this.#waiting.values()]) settle(noReply(''));
  }
}

function noReply(id: string): Reply {
  return { type: 'reply', id, ok: false, code: 'no-answer', error: '' };
}
