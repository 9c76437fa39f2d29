import type { Outcome } from './history';
import type { ByeCode, Direction, Note, Seat, Variable } from './protocol';

/** The HTTP side of the server: who is signed in, sign-in, sign-out, the demo's call. */

export interface Session {
  operator: string;
  fullName: string;
  seat: Seat;
  demo: boolean;
}

/** An account of the demo, which is shown on the sign-in page for everyone to use. */
export interface DemoAccount {
  operator: string;
  fullName: string;
  password: string;
  seat: string;
}

export type SessionAnswer =
  | { kind: 'in'; session: Session }
  | { kind: 'out'; code: ByeCode | 'signed-out'; demo: DemoAccount[] }
  /** No answer, or one that tells nothing (a proxy's error page, a server that starts). */
  | { kind: 'unreachable' };

export interface SeatChoice {
  extension: string;
  description: string;
}

/** The server's codes that have words here, and `network` for no answer at all. Of others
 *  (`unexpected`) the server's own words are told. */
export type SignInError =
  | { code: 'malformed' | 'wrong-credentials' | 'seat-taken' | 'operator-used' | 'busy' | 'network' }
  | { code: 'seat-unknown'; seats: SeatChoice[] }
  | { code: 'throttled'; retryAfter: number }
  | { code: 'not-ready' | 'unexpected'; message: string };

const timeout = 20_000;
/** The question is asked between two tries to connect and must not hold them up. */
const sessionTimeout = 5_000;

async function request(path: string, init: RequestInit = {}): Promise<Response> {
  return fetch(path, {
    credentials: 'same-origin',
    cache: 'no-store',
    signal: AbortSignal.timeout(timeout),
    ...init,
  });
}

async function body(response: Response): Promise<Record<string, unknown>> {
  try {
    const value: unknown = await response.json();
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

export async function fetchSession(): Promise<SessionAnswer> {
  try {
    const response = await request('/api/session', { signal: AbortSignal.timeout(sessionTimeout) });
    const answer = await body(response);
    if (response.ok && typeof answer.operator === 'string') {
      return { kind: 'in', session: answer as unknown as Session };
    }
    if (typeof answer.code === 'string' && (response.ok || response.status === 401)) {
      const code = answer.code as ByeCode;
      return { kind: 'out', code, demo: demoAccounts(answer.demo) };
    }
  } catch {
    // Told below: there was no answer.
  }
  return { kind: 'unreachable' };
}

function demoAccounts(demo: unknown): DemoAccount[] {
  const accounts = Array.isArray(demo) ? demo : (demo as { accounts?: unknown } | null | undefined)?.accounts;
  return Array.isArray(accounts) ? (accounts as DemoAccount[]) : [];
}

export async function signIn(
  operator: string,
  password: string,
  seat: string,
): Promise<Session | { error: SignInError }> {
  try {
    const response = await request('/api/sign-in', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ operator, password, seat }),
    });
    const answer = await body(response);
    return response.ok ? (answer as unknown as Session) : { error: signInError(answer, response) };
  } catch {
    return { error: { code: 'network' } };
  }
}

function signInError(answer: Record<string, unknown>, response: Response): SignInError {
  switch (answer.code) {
    case 'malformed':
    case 'wrong-credentials':
    case 'seat-taken':
    case 'operator-used':
    case 'busy':
      return { code: answer.code };
    case 'seat-unknown':
      return { code: 'seat-unknown', seats: Array.isArray(answer.seats) ? answer.seats : [] };
    case 'throttled': {
      const seconds = Number(answer.retryAfter ?? response.headers.get('Retry-After'));
      return {
        code: 'throttled',
        retryAfter: Number.isFinite(seconds) ? Math.max(1, Math.ceil(seconds)) : 30,
      };
    }
    case 'not-ready':
      return { code: 'not-ready', message: String(answer.message ?? '') };
    default:
      if (response.status === 502 || response.status === 504) return { code: 'network' };
      return { code: 'unexpected', message: String(answer.message ?? '') };
  }
}

/** Whether the server confirmed the end of the sign-in. */
export async function signOut(): Promise<boolean> {
  try {
    const response = await request('/api/sign-out', { method: 'POST' });
    return response.ok || response.status === 401;
  } catch {
    return false;
  }
}

/** A call that is over, as the server keeps it. */
export interface KeptCall {
  /** A later one has a higher. */
  id: number;
  call: string;
  uniqueid: string;
  service: string;
  direction: Direction;
  outgoing: boolean;
  caller: { number: string; name: string };
  called: string;
  started: number;
  /** In seconds. */
  talked: number;
  outcome: Exclude<Outcome, 'unknown'> | 'transferred';
  transfer?: { kind: string; to: string; toName?: string };
  variables?: Variable[];
  note?: Note;
}

export interface HistoryAnswer {
  calls: KeptCall[];
  /** Leads to older ones; 0 to none. */
  next: number;
  /** How long calls are kept, in seconds; 0: none is. */
  kept: number;
  /** Our own time of the question. */
  asked: number;
}

/** The agent's calls that are over, the last first: those of a search, and those before another.
 *  Null without an answer. */
export async function fetchHistory(text: string, before: number): Promise<HistoryAnswer | null> {
  const asked = new URLSearchParams({ limit: '50' });
  if (text !== '') asked.set('q', text);
  if (before > 0) asked.set('before', String(before));
  const at = Date.now();
  try {
    const response = await request(`/api/history?${asked}`);
    const answer = await body(response);
    if (!response.ok || !Array.isArray(answer.calls)) return null;
    return { ...(answer as unknown as HistoryAnswer), asked: at };
  } catch {
    return null;
  }
}

export type TicketAnswer = { ticket: string; expires: number } | { error: string };

/** A ticket with which a page of another origin may hold this agent's WebSocket, once. */
export async function ticketFor(origin: string): Promise<TicketAnswer> {
  try {
    const response = await request('/api/ticket', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ origin }),
    });
    const answer = await body(response);
    if (response.ok && typeof answer.ticket === 'string')
      return { ticket: answer.ticket, expires: Number(answer.expires) };
    return { error: String(answer.code ?? 'unexpected') };
  } catch {
    return { error: 'network' };
  }
}

/** Asks the simulated Asterisk for a call. Demo only. `busy`: no agent is free to be called. */
export async function placeDemoCall(): Promise<'done' | 'busy' | 'failed'> {
  try {
    const response = await request('/api/demo/call', { method: 'POST' });
    if (response.ok) return 'done';
    return response.status === 409 ? 'busy' : 'failed';
  } catch {
    return 'failed';
  }
}
