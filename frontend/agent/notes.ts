import { batch, signal } from '@preact/signals';
import type { CallView } from './picture';
import type { Note } from './protocol';

/** What the server has of the agent's notes on his calls; what he is writing is in drafts.ts. */

/** A call as notes name it: a channel may have calls of several services one after another. */
export interface Subject {
  uniqueid: string;
  service: string;
}

export const noteKey = ({ uniqueid, service }: Subject) => `${uniqueid} ${service}`;

interface Heard {
  note: Note | null;
  /** Our own time. */
  at: number;
}

const heard = signal<ReadonlyMap<string, Heard>>(new Map());

/** The note on a call; null when there is none, undefined when that is not known. */
export function noteOf(subject: Subject): Note | null | undefined {
  return heard.value.get(noteKey(subject))?.note;
}

/** Takes a note in. `at` is our own time: of hearing it, or of the question that it answers, so
 *  that a slow answer does not bring back what has changed since. */
export function hearNote(subject: Subject, told: Note | null, at = Date.now()): void {
  const key = noteKey(subject);
  const note = told !== null && told.disposition === '' && told.text === '' ? null : told;
  const before = heard.peek().get(key);
  if (before !== undefined && at < before.at) return;
  if (before !== undefined && same(before.note, note)) before.at = at;
  else heard.value = new Map(heard.peek()).set(key, { note, at });
}

/** Takes in what the server answered about several calls. */
export function hearNotes(calls: readonly (Subject & { note?: Note | undefined })[], at: number): void {
  batch(() => {
    for (const call of calls) hearNote(call, call.note ?? null, at);
  });
}

function same(a: Note | null, b: Note | null): boolean {
  return a?.disposition === b?.disposition && a?.text === b?.text;
}

/** The call whose note has the focus, by its key; "" without one. */
export const writing = signal('');

/** Who signs in next at this browser may be another. */
export function forgetNotes(): void {
  heard.value = new Map();
}

/** Whether its card offers a note: a call of a service that was talked on, or that the agent placed. */
export function isNotable({ service, answered, outgoing }: CallView): boolean {
  return service !== '' && (answered !== 0 || outgoing);
}
