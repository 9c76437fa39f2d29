import type { BrowserContext, WebSocketRoute } from '@playwright/test';
import { test as base, expect } from './demo';
import { Panel } from './panel';

/** What the panel sends, without its id. */
interface Sent {
  command: string;
  call?: string;
  kind?: string;
  to?: object;
  number?: string;
}

export const seat = { mac: '00:11:22:33:44:55', extension: 'PJSIP/201', description: 'Desk 1' };
const session = { operator: 'ada', fullName: 'Ada Lovelace', seat, demo: false };

/** A call that rings, with what a test changes. */
export function call(changes: object = {}) {
  const now = Date.now();
  return {
    id: 'c1',
    uniqueid: '1.1',
    channel: 'PJSIP/201-1',
    linkedid: '1.0',
    state: 'Ringing',
    phase: 'ringing',
    direction: 'inbound',
    caller: { number: '+33478123456', name: 'Camille Durand' },
    called: '102',
    context: 'support',
    service: 'Support',
    queue: 'support',
    variables: [{ name: 'calldata', value: '12345' }],
    started: now,
    since: now,
    queued: 0,
    answered: 0,
    cause: 0,
    causeText: '',
    ...changes,
  };
}

/**
 * The server's side of the WebSocket, played by the test, for what no call of the demo is like;
 * pages, policy and everything else come from the real binary.
 */
export class Played {
  /** What a snapshot has beside agent and calls. */
  also: object = {};
  /** Those in progress, as the next snapshot tells them. */
  calls: ReturnType<typeof call>[] = [];
  /** By how much the server's clock is ahead of the browser's, in milliseconds. */
  ahead = 0;
  signedIn = true;
  /** Connections are refused as long as this is false. */
  reachable = true;
  /** All commands but pings and looks at who is there. */
  readonly sent: Sent[] = [];
  /** What a command is answered. */
  answer: (command: Sent) => object | Promise<object> = () => ({ ok: true });
  #seq = 0;
  readonly #sockets = new Set<WebSocketRoute>();

  async play(context: BrowserContext): Promise<void> {
    await context.route('**/api/session', (route) =>
      this.signedIn ? route.fulfill({ json: session }) : route.fulfill({ json: { code: 'signed-out' } }),
    );
    await context.route('**/api/sign-in', (route) => {
      this.signedIn = true;
      return route.fulfill({ json: session });
    });
    await context.route('**/api/history?*', (route) =>
      route.fulfill({ json: { calls: [], next: 0, kept: 0 } }),
    );
    await context.routeWebSocket('**/ws', (socket) => this.#connect(socket));
  }

  #connect(socket: WebSocketRoute): void {
    if (!this.reachable || !this.signedIn) return void socket.close({ code: 1011 });
    this.#sockets.add(socket);
    socket.onClose(() => this.#sockets.delete(socket));
    socket.onMessage(async (text) => {
      const { id, ...command } = JSON.parse(String(text)) as Sent & { id: string };
      if (command.command !== 'ping' && command.command !== 'targets') this.sent.push(command);
      const reply = command.command === 'ping' ? { ok: true, now: this.now } : await this.answer(command);
      socket.send(JSON.stringify({ type: 'reply', id, ...reply }));
    });
    const [first] = this.calls;
    const state = first === undefined ? 'available' : first.phase === 'talking' ? 'oncall' : first.phase;
    const since = first?.since ?? this.now;
    const duty = { state: 'available', reason: '', since, until: 0 };
    socket.send(
      JSON.stringify({
        type: 'snapshot',
        seq: this.#seq,
        now: this.now,
        version: '1.0.0',
        demo: false,
        agent: { operator: 'ada', fullName: 'Ada Lovelace', seat, state, since, duty },
        queues: [],
        pauseReasons: [],
        services: [],
        link: { state: 'ready', reason: '', since },
        calls: this.calls,
        ...this.also,
      }),
    );
  }

  get now(): number {
    return Date.now() + this.ahead;
  }

  /** Tells all pages of a call, which the next snapshot has as well. */
  tell(event: string, one: ReturnType<typeof call>, more: object = {}): void {
    this.calls = this.calls.filter(({ uniqueid }) => uniqueid !== one.uniqueid);
    if (one.phase !== 'ended') this.calls.push(one);
    const frame = JSON.stringify({ type: 'event', event, seq: ++this.#seq, call: one, ...more });
    for (const socket of this.#sockets) socket.send(frame);
  }

  /** Cuts all connections. */
  async cut(): Promise<void> {
    await Promise.all([...this.#sockets].map((socket) => socket.close({ code: 1011 })));
    this.#sockets.clear();
  }
}

export const test = base.extend<{ played: Played; open: (more?: Partial<Played>) => Promise<Panel> }>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads which fixtures are asked for.
  played: async ({}, use) => use(new Played()),
  /** Opens the panel when the test has set what it is to find. */
  open: async ({ played, page, context, demo }, use) => {
    await played.play(context);
    await use(async (more = {}) => {
      Object.assign(played, more);
      const panel = new Panel(page);
      await panel.open(demo.address);
      await expect(page.getByText('Connected', { exact: true })).toBeAttached();
      return panel;
    });
  },
});

export { expect };
