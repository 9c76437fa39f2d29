import { signal } from '@preact/signals';
import { type Refusal, refusalWords, type Send } from './duty';
import { isKey, t } from './i18n';
import { keep, keptList } from './kept';
import { cleanNumber } from './number';
import type { Originated } from './protocol';

/** The dial box (row G5): a call that the server places, and what becomes of it until it rings. */

/**
 * The server calls the agent's own telephone first, and the number when he has answered it.
 * `calling`: that call is on its way; `seen` once its card is on the page, which tells the rest.
 */
export type DialState =
  | { kind: 'idle' }
  | { kind: 'asking'; number: string; service: string }
  | { kind: 'calling'; number: string; service: string; id: string; seen: boolean }
  | { kind: 'refused'; number: string; reply: Refusal['reply'] }
  | { kind: 'failed'; number: string; originated: Originated };

/** How long a call may take to begin, in milliseconds: the longest the server may be set to wait
 *  for a telephone, with a margin. */
export const beginsWithin = 140_000;

const most = 20;

export class Dial {
  readonly state = signal<DialState>({ kind: 'idle' });
  /** What stands in the box, until it has become a call. */
  readonly text = signal('');
  /** The numbers dialled in this session, the last one first. */
  readonly recent = signal<readonly string[]>([]);
  readonly #send: Send;
  /** The outcome may overtake the answer that says what it belongs to. */
  #early: Originated | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(send: Send) {
    this.#send = send;
  }

  /** Whether a call is asked for that cannot be seen yet: until then there is no other. */
  get busy(): boolean {
    const { value } = this.state;
    return value.kind === 'asking' || (value.kind === 'calling' && !value.seen);
  }

  /** Begins for an operator: with his own numbers from before a reload, else with none. */
  open(): void {
    this.recent.value = keptList('dialled');
    this.text.value = '';
    this.#settle({ kind: 'idle' });
  }

  /** Puts a number into the box: to be looked at, never to be called by itself. */
  offer(number: string): void {
    if (this.busy) return;
    this.text.value = number;
    this.forget();
  }

  /** Calls a number that `isDialable` over one of the agent's outbound services. */
  async call(number: string, service: string): Promise<void> {
    if (this.busy) return;
    this.#remember(number);
    this.#early = null;
    const asking: DialState = { kind: 'asking', number, service };
    this.#settle(asking);
    const reply = await this.#send({ command: 'originate', number, service });
    if (this.state.value !== asking) return;
    if (!reply.ok) return this.#settle({ kind: 'refused', number, reply });
    const id = reply.originate ?? '';
    this.#settle({ kind: 'calling', number, service, id, seen: false });
    this.#timer = setTimeout(() => this.#settle({ kind: 'idle' }), beginsWithin);
    const early = this.#early as Originated | null; // it may have come while the answer was awaited
    if (early?.id === id) this.told(early);
  }

  /** How a call began. */
  told(originated: Originated): void {
    const { value } = this.state;
    if (value.kind === 'asking') this.#early = originated;
    if (value.kind !== 'calling' || value.id !== originated.id) return;
    this.#settle(originated.ok ? { kind: 'idle' } : { kind: 'failed', number: value.number, originated });
    if (originated.ok && cleanNumber(this.text.value) === value.number) this.text.value = '';
  }

  /** The call's card is on the page. */
  seen(): void {
    const { value } = this.state;
    if (value.kind === 'calling' && !value.seen) this.state.value = { ...value, seen: true };
  }

  /** The connection was lost meanwhile: nobody will tell how the call began. */
  resume(): void {
    if (this.state.value.kind === 'calling') this.#settle({ kind: 'idle' });
  }

  /** Puts aside what was said of the last call. */
  forget(): void {
    if (!this.busy && this.state.value.kind !== 'calling') this.#settle({ kind: 'idle' });
  }

  #settle(state: DialState): void {
    clearTimeout(this.#timer);
    this.state.value = state;
  }

  #remember(number: string): void {
    this.recent.value = [number, ...this.recent.value.filter((other) => other !== number)].slice(0, most);
    keep('dialled', this.recent.value);
  }
}

/** Why the last call did not begin, and what to do; "" when there is nothing to tell. */
export function failureWords(state: DialState): string {
  if (state.kind === 'refused') return refusalWords(state.reply);
  if (state.kind !== 'failed') return '';
  const key = `originate.${state.originated.reason}`;
  return t(isKey(key) ? key : 'originate.failed');
}
