import { computed, signal } from '@preact/signals';
import * as api from './api';
import { history, type PastCall } from './history';
import { forgetNotes, hearNotes, noteOf } from './notes';
import { cleanNumber } from './number';
import { plain } from './text';

/**
 * The calls that the server keeps (row G6): today's first, older ones when they are asked for. What
 * is on the page stays there while the server is away; the calls of this session, which the page
 * has seen end itself, are shown among them until the server has them too.
 */

/** A stretch of the list, the last call that ended first; `next` leads to older ones, 0 to none. */
interface Shelf {
  calls: readonly PastCall[];
  next: number;
}

const nothing: Shelf = { calls: [], next: 0 };

/** Of the calls that come by themselves, as many stay on the page. */
const most = 300;

const kept = signal<Shelf>(nothing);
const found = signal<{ text: string; shelf: Shelf } | null>(null);

/** The server keeps calls, and has said so. */
export const keeps = signal(false);
/** The last question found no answer: what is on the page may not be all. */
export const behind = signal(false);
export const loadingOlder = signal(false);
/** What is searched for, as it was typed. */
export const query = signal('');

/** The calls on the page. Before the server has answered a search, it is of what is here. */
export const listed = computed<readonly PastCall[]>(() => {
  const text = query.value.trim();
  if (text !== '' && found.value?.text === text) return together([], found.value.shelf.calls);
  const all = together(history.value, kept.value.calls);
  return text === '' ? all : all.filter((call) => matches(call, text));
});

/** Whether the server has older ones. */
export const older = computed(() => shelfOf(query.value.trim()).next !== 0);

/** Counts the openings: an answer to a question of before is nobody's. */
let round = 0;
let soon: ReturnType<typeof setTimeout> | undefined;
let typed: ReturnType<typeof setTimeout> | undefined;

/** Asks for nothing that it was about to ask for. */
export function stopAsking(): void {
  clearTimeout(soon);
  clearTimeout(typed);
}

/** Forgets all calls: who signs in next at this browser may be another. */
export function closeArchive(): void {
  round++;
  stopAsking();
  kept.value = nothing;
  found.value = null;
  keeps.value = false;
  behind.value = false;
  loadingOlder.value = false;
  query.value = '';
  forgetNotes();
}

/** Asks for the newest calls, and for what is searched for. */
export async function refresh(): Promise<void> {
  const mine = round;
  const answer = await api.fetchHistory('', 0);
  if (mine !== round) return;
  behind.value = answer === null;
  if (answer === null) return;
  keeps.value = answer.kept > 0;
  kept.value = joined(shelve(answer), kept.value);
  if (query.value.trim() !== '') await find();
}

/** A call has ended: the server writes it within a moment. */
export function refreshSoon(): void {
  clearTimeout(soon);
  soon = setTimeout(() => void refresh(), 400);
}

/** Searches, when nothing more has been typed for a moment. */
export function search(text: string): void {
  query.value = text;
  clearTimeout(typed);
  if (text.trim() !== '') typed = setTimeout(() => void find(), 250);
  else if (behind.value) void refresh();
}

async function find(): Promise<void> {
  const mine = round;
  const text = query.value.trim();
  if (text === '' || !keeps.value) return;
  const answer = await api.fetchHistory(text, 0);
  if (mine !== round || text !== query.value.trim()) return;
  behind.value = answer === null;
  found.value = answer === null ? null : { text, shelf: shelve(answer) };
}

/** Brings older calls to the page; the first of them, or undefined when none came. */
export async function showOlder(): Promise<PastCall | undefined> {
  const mine = round;
  const text = query.value.trim();
  const before = shelfOf(text).next;
  if (loadingOlder.value || before === 0) return undefined;
  loadingOlder.value = true;
  const answer = await api.fetchHistory(text, before);
  if (mine !== round) return undefined;
  loadingOlder.value = false;
  behind.value = answer === null;
  const shelf = shelfOf(text);
  if (answer === null || text !== query.value.trim() || shelf.next !== before) return undefined;
  const { calls, next } = shelve(answer);
  const longer = { calls: [...shelf.calls, ...calls], next };
  if (text === '') kept.value = longer;
  else found.value = { text, shelf: longer };
  return calls[0];
}

/** Takes an answer of the server in. */
function shelve({ calls, next, asked }: api.HistoryAnswer): Shelf {
  hearNotes(calls, asked);
  return { calls: calls.map(past), next };
}

function shelfOf(text: string): Shelf {
  if (text === '') return kept.value;
  return found.value?.text === text ? found.value.shelf : nothing;
}

/** The newest calls before those that are here; in place of them, where some between are missing. */
function joined(newest: Shelf, here: Shelf): Shelf {
  const last = newest.calls.at(-1)?.id ?? 0;
  const rest = here.calls.filter(({ id = 0 }) => id < last);
  const touching = newest.next === 0 || here.calls.some(({ id }) => id === last);
  if (!touching || rest.length === 0) return newest;
  const calls = [...newest.calls, ...rest];
  if (calls.length <= most || here.calls.length > most) return { calls, next: here.next };
  return { calls: calls.slice(0, most), next: calls[most - 1]?.id ?? 0 };
}

/** Both lists as one, by the time at which the calls began. */
function together(session: readonly PastCall[], server: readonly PastCall[]): readonly PastCall[] {
  const known = new Set(server.map(({ key }) => key));
  const own = session.filter(({ key }) => !known.has(key));
  return [...own, ...server].sort((a, b) => b.started - a.started);
}

/** As the server searches: each word, or the number that they write. */
function matches(call: PastCall, text: string): boolean {
  const note = noteOf(call);
  const place =
    `${call.number}\n${plain(call.name)}\n${call.service}\n${note?.disposition ?? ''}\n${note?.text ?? ''}`.toLowerCase();
  const number = cleanNumber(text);
  const words = text.toLowerCase().split(/\s+/);
  return words.every((word) => place.includes(word)) || (/^\+?\d+$/.test(number) && place.includes(number));
}

function past(call: api.KeptCall): PastCall {
  return {
    id: call.id,
    key: `${call.call} ${call.uniqueid} ${call.started}`,
    outgoing: call.outgoing,
    direction: call.direction,
    name: call.outgoing ? '' : call.caller.name,
    number: call.outgoing ? call.called : call.caller.number,
    service: call.service,
    started: call.started,
    talked: call.talked * 1000,
    outcome: call.outcome === 'transferred' ? 'answered' : call.outcome,
    to: call.transfer?.to,
    toName: call.transfer?.toName,
    parked: call.transfer?.kind === 'park',
    uniqueid: call.uniqueid,
    variables: call.variables ?? [],
  };
}
