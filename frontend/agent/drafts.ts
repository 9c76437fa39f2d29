import { computed, signal } from '@preact/signals';
import { refusalWords, type Send } from './duty';
import { t } from './i18n';
import { isFresh, keep, keptList } from './kept';
import { hearNote, noteKey, noteOf, type Subject } from './notes';
import { noteLimit, type Reply } from './protocol';

/** What the agent writes about his calls, from the first letter until the server has it. */

export interface Fields {
  disposition: string;
  text: string;
}

/**
 * How the saving goes. `clean`: nothing was written here. `saving`: soon, or under way. `waiting`:
 * the server was not reached, and is asked again by itself. `long`: more than a note may hold.
 */
export type Saving =
  | { kind: 'clean' | 'saving' | 'saved' | 'waiting' | 'long' }
  | { kind: 'refused'; reply: Reply };

interface Draft {
  subject: Subject;
  /** What the server had when the writing began. */
  base: Fields;
  /** What was written since; the rest is as the server has it. */
  change: Partial<Fields>;
  saving: Saving;
  /** Our own time of the last letter. */
  at: number;
}

/** From the last letter to the saving, and from one that did not reach the server to the next, in milliseconds. */
export const savesAfter = 1000;
export const triesAfter = 3000;

const clean: Saving = { kind: 'clean' };
/** Refusals that pass by themselves. */
const passing: readonly string[] = ['no-answer', 'busy'];

/**
 * The drafts of one operator. They are kept in this tab until they are saved, so that neither a
 * lost connection, nor a reload, nor a sign-in that expires takes what was typed.
 */
export class Drafts {
  readonly #all = signal<ReadonlyMap<string, Draft>>(new Map());
  readonly #send: Send;
  /** Those that the server is being asked about; a new set for each operator. */
  #asked = new Set<string>();
  #timers = new Map<string, ReturnType<typeof setTimeout>>();

  /** Whether something written here would be lost with this tab. */
  readonly unsaved = computed(() =>
    [...this.#all.value.values()].some(
      ({ saving }) =>
        saving.kind === 'waiting' ||
        saving.kind === 'long' ||
        (saving.kind === 'refused' && saving.reply.code !== 'unknown-call'),
    ),
  );

  /** The same, and what is on its way to the server. */
  get pending(): boolean {
    return [...this.#all.value.values()].some(
      (draft) =>
        isChanged(draft) && !(draft.saving.kind === 'refused' && draft.saving.reply.code === 'unknown-call'),
    );
  }

  constructor(send: Send) {
    this.#send = send;
  }

  /** Begins with what the operator left unsaved in this tab. */
  open(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    this.#asked = new Set();
    this.#all.value = new Map(load().map((draft) => [noteKey(draft.subject), draft]));
  }

  /** A note as the agent sees it: what the server has, and over it what he has written. */
  of(subject: Subject): Fields & { saving: Saving } {
    const draft = this.#all.value.get(noteKey(subject));
    const known = noteOf(subject);
    const { disposition, text } = (known === undefined ? draft?.base : known) ?? {
      disposition: '',
      text: '',
    };
    return { disposition, text, ...draft?.change, saving: draft?.saving ?? clean };
  }

  /** Takes down what was typed or chosen. It is saved by itself. */
  edit(subject: Subject, change: Partial<Fields>): void {
    const key = noteKey(subject);
    const { disposition, text } = this.of(subject);
    const before = this.#all.value.get(key);
    const all = { ...before?.change, ...change };
    if (all.text !== undefined) all.text = harmless(all.text);
    const long = room(all.text ?? text) < 0;
    this.#put(key, {
      subject: { uniqueid: subject.uniqueid, service: subject.service }, // what else a call has is not kept
      base: before?.base ?? { disposition, text },
      change: all,
      saving: long ? { kind: 'long' } : ongoing(before?.saving),
      at: Date.now(),
    });
    this.#later(key, savesAfter);
  }

  /** Saves at once what waits: the agent has left the field, or the server is back. */
  async flush(): Promise<void> {
    await Promise.all([...this.#all.value.keys()].map((key) => this.#save(key)));
  }

  /** Tries once more what the server has refused. */
  async again(subject: Subject): Promise<void> {
    const key = noteKey(subject);
    const draft = this.#all.value.get(key);
    if (draft === undefined) return;
    this.#put(key, { ...draft, saving: { kind: 'saving' } });
    await this.#save(key);
  }

  async #save(key: string): Promise<void> {
    clearTimeout(this.#timers.get(key));
    const draft = this.#all.value.get(key);
    if (draft === undefined || Object.keys(draft.change).length === 0 || this.#asked.has(key)) return;
    const { subject } = draft;
    const { disposition, text, saving } = this.of(subject);
    if (saving.kind === 'long') return;
    const asked = this.#asked;
    asked.add(key);
    this.#put(key, { ...draft, saving: ongoing(saving) });
    const reply = await this.#send({ command: 'note', uniqueid: subject.uniqueid, disposition, text });
    if (asked !== this.#asked) return;
    asked.delete(key);
    if (reply.ok) hearNote(subject, { disposition, text, at: Date.now() });
    this.#settle(key, reply, { disposition, text });
  }

  /** Puts down what came of it; more may have been written meanwhile. */
  #settle(key: string, reply: Reply, sent: Fields): void {
    const draft = this.#all.value.get(key);
    if (draft === undefined) return;
    if (!reply.ok) {
      const passes = passing.includes(reply.code ?? '');
      if (draft.saving.kind !== 'long')
        this.#put(key, { ...draft, saving: passes ? { kind: 'waiting' } : { kind: 'refused', reply } });
      if (passes) this.#later(key, triesAfter);
      return;
    }
    const change = { ...draft.change };
    if (change.disposition === sent.disposition) delete change.disposition;
    if (change.text === sent.text) delete change.text;
    const more = Object.keys(change).length > 0;
    this.#put(key, { ...draft, base: sent, change, saving: more ? draft.saving : { kind: 'saved' } });
    if (more) this.#later(key, savesAfter);
  }

  #later(key: string, after: number): void {
    clearTimeout(this.#timers.get(key));
    this.#timers.set(
      key,
      setTimeout(() => void this.#save(key), after),
    );
  }

  #put(key: string, draft: Draft): void {
    this.#all.value = new Map(this.#all.value).set(key, draft);
    keep(
      'notes',
      [...this.#all.value.values()].filter((one) => isChanged(one) && isFresh(one.at)),
    );
  }
}

const isChanged = ({ change }: Draft) => Object.keys(change).length > 0;

/** What hinders the saving stays told until it is saved. */
function ongoing(saving: Saving = clean): Saving {
  return saving.kind === 'waiting' || saving.kind === 'refused' ? saving : { kind: 'saving' };
}

function load(): Draft[] {
  return keptList<Draft>('notes')
    .filter(({ at }) => isFresh(at))
    .map((draft) => ({ ...draft, saving: { kind: room(draft.change.text ?? '') < 0 ? 'long' : 'waiting' } }));
}

/** A text without what notes may not hold: control characters that a paste may bring along. */
function harmless(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for.
  return text.replace(/\r\n?/g, '\n').replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '');
}

/** How many characters like those of the text there is room for; below 0, how many are too many. */
export function room(text: string): number {
  const letters = Array.from(text);
  const sizes = letters.map((letter) => new TextEncoder().encode(letter).length);
  const used = sizes.reduce((sum, size) => sum + size, 0);
  if (used === 0) return noteLimit;
  if (used <= noteLimit) return Math.floor(((noteLimit - used) * letters.length) / used);
  let over = 0;
  for (let left = used; left > noteLimit; over++) left -= sizes.at(-1 - over) ?? left;
  return -over;
}

/** Why a note was not saved, and what to do. */
export function noteRefusal(reply: Reply): string {
  if (reply.code === 'disposition') return t('note.refused.result');
  if (reply.code === 'no-notes') return t('note.refused.none');
  if (reply.code === 'refused') return t('note.refused.server');
  if (reply.code === 'unknown-call') return t('note.refused.call');
  return t('note.refused', { why: refusalWords(reply) });
}
