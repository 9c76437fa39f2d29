import { signal } from '@preact/signals';
import { refusalWords, type Send } from './duty';
import { t } from './i18n';
import { cleanNumber, isDialable } from './number';
import type { Reply, Targets, TransferTarget } from './protocol';
import { plain } from './text';

/** What the agent does with a call at a click: answer it, hold it, hang it up, hand it on (row F3). */

/**
 * `asking`: the server has not answered. `done`: Asterisk has agreed, and the call is about to
 * end here. `kept`: it has not ended all the same; or whoever was asked has not taken it. `call`
 * is the call's id.
 */
export type ControlState =
  | { kind: 'idle' }
  | { kind: 'asking' | 'done' | 'kept'; what: What; call: string }
  | { kind: 'refused'; what: What; call: string; reply: Reply };

/** `consult` asks a colleague first, `complete` then hands over, `cancel` goes back to the caller. */
export type What = 'hangup' | 'transfer' | 'consult' | 'complete' | 'cancel' | 'hold' | 'resume' | 'answer';

/** After these the call ends here. The others are answered when the picture shows them. */
const ending: ReadonlySet<What> = new Set<What>(['hangup', 'transfer', 'complete']);

/** What the server may take seconds for, and what it does meanwhile. */
const between: Partial<Record<What, readonly What[]>> = {
  consult: ['hangup', 'cancel'],
  hold: ['hangup'],
  resume: ['hangup'],
  answer: ['hangup'],
};

/** From Asterisk's word until the call's end is told, in milliseconds, at most. */
export const endsWithin = 5000;

export class Control {
  readonly state = signal<ControlState>({ kind: 'idle' });
  /** Where calls may go, as it was told last; null before. */
  readonly targets = signal<Targets | null>(null);
  readonly #send: Send;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** The call about which somebody was asked when `present` was told last. */
  #asked: string | undefined;

  constructor(send: Send) {
    this.#send = send;
  }

  /** Whether something is being done with a call: until then nothing else is. */
  get busy(): boolean {
    const { kind } = this.state.value;
    return kind === 'asking' || kind === 'done';
  }

  /** Whether this can be asked for now: nothing else is being done, or nothing that it has to wait for. */
  free(what: What, call: string): boolean {
    const { value } = this.state;
    return (
      !this.busy ||
      (value.kind === 'asking' && value.call === call && between[value.what]?.includes(what) === true)
    );
  }

  /** What needs nothing but the call. */
  order(what: Exclude<What, 'transfer' | 'consult'>, call: string): Promise<void> {
    return this.#ask(what, call, { command: what, call });
  }

  transfer(call: string, to: TransferTarget): Promise<void> {
    return this.#ask('transfer', call, { command: 'transfer', call, kind: 'blind', to });
  }

  consult(call: string, to: TransferTarget): Promise<void> {
    return this.#ask('consult', call, { command: 'transfer', call, kind: 'attended', to });
  }

  /** Asks who is there. What was known before stays when there is no answer. */
  async look(): Promise<void> {
    const reply = await this.#send({ command: 'targets' });
    if (reply.ok && reply.targets !== undefined) this.targets.value = reply.targets;
  }

  /** The calls that are in progress, and the one about which somebody is asked: what was said of
   *  another is over. */
  present(calls: readonly string[], asked?: string): void {
    const before = this.#asked;
    this.#asked = asked;
    const { value } = this.state;
    const past = value.kind === 'kept' && asked !== undefined; // of a question before this one
    if (value.kind !== 'idle' && (past || !calls.includes(value.call))) this.forget();
    else if (before !== undefined && before !== asked && calls.includes(before) && !this.busy)
      this.state.value = { kind: 'kept', what: 'consult', call: before };
  }

  forget(): void {
    clearTimeout(this.#timer);
    this.state.value = { kind: 'idle' };
  }

  async #ask(what: What, call: string, command: Parameters<Send>[0]): Promise<void> {
    if (!this.free(what, call)) return;
    const back = what === 'cancel' && this.busy; // from what may not even have begun
    clearTimeout(this.#timer);
    const asking: ControlState = { kind: 'asking', what, call };
    this.state.value = asking;
    const reply = await this.#send(command);
    if (this.state.value !== asking) return; // the call is over, or something else was asked for
    if (!reply.ok && !(back && reply.code === 'no-consult')) {
      this.state.value = { kind: 'refused', what, call, reply };
      return;
    }
    if (what === 'consult' && this.#asked !== call) {
      this.state.value = { kind: 'kept', what, call }; // who was asked refused before it could be told
      return;
    }
    if (!ending.has(what)) return this.forget();
    this.state.value = { kind: 'done', what, call };
    this.#timer = setTimeout(() => {
      this.state.value = { kind: 'kept', what, call };
    }, endsWithin);
  }
}

/** Why the last wish was not done; "" when there is nothing to tell of this call. */
export function controlFailure(state: ControlState, call: string): string {
  if (state.kind === 'idle' || state.call !== call) return '';
  if (state.kind === 'refused') return refusalWords(state.reply);
  if (state.kind !== 'kept') return '';
  return t(state.what === 'consult' ? 'control.back' : 'control.kept');
}

/** One line of the list of where a call may go. `blind`: only without asking there first. */
export type Choice =
  | {
      kind: 'agent';
      key: string;
      name: string;
      to: TransferTarget;
      state: Targets['agents'][number]['state'];
      free: boolean;
      blind?: undefined;
    }
  | {
      kind: 'queue';
      key: string;
      name: string;
      to: TransferTarget;
      waiting: number;
      available: number;
      free: boolean;
      blind: boolean;
    }
  | { kind: 'number'; key: string; name: string; to: TransferTarget; free: boolean; blind: boolean };

const busyStates: readonly string[] = ['ringing', 'oncall', 'held'];

/** What fits the text: a number that can be called first, then agents, the free ones first, then
 *  queues. Asterisk asks by keys, so nobody is asked (`ask`) whom a telephone cannot dial. */
export function choices(targets: Targets | null, text: string, service: string, ask = false): Choice[] {
  if (targets === null) return [];
  const number = cleanNumber(text);
  const asked = text.trim().toLocaleLowerCase();
  const fits = (...words: string[]) => words.some((word) => plain(word).toLocaleLowerCase().includes(asked));
  const list: Choice[] = [];
  if (targets.numbers && isDialable(number) && /\d/.test(number)) {
    const blind = ask && number.startsWith('+');
    const to = { number, service };
    list.push({ kind: 'number', key: `n ${number}`, name: number, to, free: !blind, blind });
  }
  const rank = { available: 0, aftercall: 1, paused: 2 } as Readonly<Record<string, number>>;
  const agents = targets.agents.filter(({ operator, fullName }) => fits(operator, fullName));
  agents.sort((a, b) => (rank[a.state] ?? 3) - (rank[b.state] ?? 3));
  for (const { operator, fullName, state } of agents) {
    const name = plain(fullName) === '' ? operator : fullName;
    list.push({
      kind: 'agent',
      key: `a ${operator}`,
      name,
      to: { agent: operator },
      state,
      free: !busyStates.includes(state),
    });
  }
  for (const { queue, service: of, waiting, available } of targets.queues) {
    if (fits(queue, of))
      list.push({
        kind: 'queue',
        key: `q ${queue}`,
        name: queue,
        to: { queue },
        waiting,
        available,
        free: !ask,
        blind: ask,
      });
  }
  return list;
}
