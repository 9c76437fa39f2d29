import { signal } from '@preact/signals';
import { keep, keptList } from './kept';
import { type CallView, callKey } from './picture';
import type { Direction, Variable } from './protocol';

/** The calls since the agent signed in, kept over a reload; the server's list is in archive.ts. */

/** How a call ended for this agent. `unknown`: it ended while the connection was lost. */
export type Outcome = 'answered' | 'missed' | 'elsewhere' | 'busy' | 'unanswered' | 'unknown';

export interface PastCall {
  /** Of the server, once it keeps the call. */
  id?: number;
  key: string;
  outgoing: boolean;
  direction: Direction;
  name: string;
  number: string;
  service: string;
  /** Server time of its begin. */
  started: number;
  /** Milliseconds of talk; null when unknown. */
  talked: number | null;
  outcome: Outcome;
  /** Where the agent transferred it, "" when that is unknown, and whether to a parking space. */
  to?: string | undefined;
  /** The full name of the agent there. */
  toName?: string | undefined;
  parked?: boolean | undefined;
  uniqueid: string;
  variables: Variable[];
}

/** Q.850 cause 26, which Asterisk gives to phones whose call another phone took. */
export const answeredElsewhere = 26;

/** Causes by which the telephone that was called is busy, or refuses. */
const busy: readonly number[] = [17, 21];

const most = 100;
const name = 'history';

export const history = signal<PastCall[]>([]);

export function outcome(call: CallView, told = true): Outcome {
  if (call.answered !== 0) return 'answered';
  if (!told) return 'unknown';
  if (busy.includes(call.cause)) return 'busy';
  if (call.outgoing) return 'unanswered';
  return call.cause === answeredElsewhere ? 'elsewhere' : 'missed';
}

/** The line of a call that is over. `told` is false when its end was not seen. */
export function pastCall(call: CallView, told: boolean): PastCall {
  return {
    key: callKey(call),
    outgoing: call.outgoing,
    direction: call.direction,
    name: call.outgoing ? '' : call.caller.name,
    number: call.outgoing ? call.called : call.caller.number,
    service: call.service,
    started: call.started,
    talked: talkTime(call, told),
    outcome: outcome(call, told),
    to: call.handedOn && (call.handedOn.to ?? ''),
    toName: call.handedOn?.toName,
    parked: call.handedOn?.kind === 'park',
    uniqueid: call.uniqueid,
    variables: call.variables,
  };
}

/** Milliseconds from answer to end; 0 without an answer, null when the end was not seen. */
export function talkTime(call: CallView, told = true): number | null {
  if (call.answered === 0) return 0;
  return told ? Math.max(0, call.since - call.answered) : null;
}

export function addToHistory(past: PastCall): void {
  history.value = [past, ...history.value.filter((other) => other.key !== past.key)].slice(0, most);
  keep(name, history.value);
}

/** A question that was never answered, because its caller came at once, was no missed call. */
export function dropUnanswered(call: CallView): void {
  if (call.answered !== 0) return;
  history.value = history.value.filter((other) => other.key !== callKey(call));
  keep(name, history.value);
}

/** Begins with the operator's own from before a reload, if there are any. */
export function openHistory(): void {
  history.value = keptList(name);
}
