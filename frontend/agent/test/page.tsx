import { render } from 'preact';
import { afterEach, beforeEach, vi } from 'vitest';
import type * as PanelModule from '../panel';
import { snapshot } from './fixtures';

/**
 * The panel's page in a document without a browser: what the server says in, what the page shows
 * out. The clock stands still but for `settle`, so that no test depends on a machine's speed.
 */

export class FakeSocket {
  static last: FakeSocket;
  static readonly OPEN = 1;
  readyState = 1;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;
  readonly sent: { id: string; command: string; text?: string; disposition?: string }[] = [];
  constructor() {
    FakeSocket.last = this;
  }
  send(text: string): void {
    const sent = JSON.parse(text);
    if (sent.command !== 'ping') this.sent.push(sent);
  }
  close(): void {
    this.readyState = 3;
  }
}

const session = { operator: 'ada', fullName: 'Ada Lovelace', seat: snapshot().agent.seat, demo: false };

/** What the server answers over HTTP: who is signed in, and the calls that it keeps. */
export const server = { status: 200, body: session as object, kept: [] as object[] };

export let root: HTMLElement;
export let panel: typeof PanelModule;

/** Until the page has been drawn, and what follows from that too. */
export const settle = () => vi.advanceTimersByTimeAsync(50);

export async function tell(message: object): Promise<void> {
  FakeSocket.last.onmessage?.({ data: JSON.stringify(message) });
  await settle();
}

/** The connection ends, with the code of the close. */
export async function hangUpOn(code: number): Promise<void> {
  FakeSocket.last.onclose?.({ code, reason: '' });
  await settle();
}

/** What the server was asked for last; and its answer. */
export const asked = () => FakeSocket.last.sent.at(-1);
export const reply = (changes: object = { ok: true }) => tell({ type: 'reply', id: asked()?.id, ...changes });

/** Loads the page anew, as a reload does: fresh modules, the same storage. */
export async function load(): Promise<void> {
  await close();
  vi.resetModules();
  panel = await import('../panel');
  const { App } = await import('../ui/App');
  const { watch } = await import('../watch');
  root = document.createElement('div');
  document.body.replaceChildren(root);
  render(<App />, root);
  watch();
  await panel.askSession();
  await settle();
}

/** The page goes, and with it what it would do later: it must not write into the next one's storage. */
async function close(): Promise<void> {
  panel?.connection.stop();
  if (root !== undefined) render(null, root);
  await settle();
  vi.clearAllTimers();
}

function fetched(path: string): Response {
  if (path.startsWith('/api/history')) {
    return Response.json({ calls: server.kept, next: 0, kept: 86_400 });
  }
  return Response.json(server.body, { status: server.status });
}

/** Every test of the file begins with the page before it, signed in and not yet connected. */
export function setUp(): void {
  beforeEach(async () => {
    vi.useFakeTimers();
    sessionStorage.clear();
    localStorage.clear();
    Object.assign(server, { status: 200, body: session, kept: [] });
    vi.stubGlobal('WebSocket', FakeSocket);
    vi.stubGlobal(
      'fetch',
      vi.fn(async (path: string) => fetched(path)),
    );
    vi.spyOn(window, 'open').mockReturnValue(null);
    await load();
  });
  afterEach(async () => {
    await close();
    vi.unstubAllGlobals();
    vi.useRealTimers();
  });
}
