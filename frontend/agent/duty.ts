import { signal } from '@preact/signals';
import { isKey, t } from './i18n';
import type { Key } from './locales/en';
import type { Picture } from './picture';
import type { AgentInfo, Command, Reply } from './protocol';
import { isolated, plain } from './text';

/** What the agent asks for beside calls: pauses, and the end of after-call work (rows D5, D6). */

export type Send = (command: Command) => Promise<Reply>;

/** From this length of waiting on, in milliseconds, a wish is seen to be under way. */
export const slowAfter = 200;

/** A wish that the server has not answered. `queue` is "" for all. */
export interface Asking {
  command: Command['command'];
  queue: string;
  slow: boolean;
}

export interface Refusal {
  queue: string;
  reply: Reply;
}

/**
 * The agent's wishes, one at a time. Nothing is shown as done before the server has said so: the
 * state on the page is always the one that its frames tell.
 */
export class Wishes {
  readonly asking = signal<Asking | null>(null);
  /** Why the last one was not granted, until it is put aside or the next one is asked for. */
  readonly refusal = signal<Refusal | null>(null);
  readonly #send: Send;

  constructor(send: Send) {
    this.#send = send;
  }

  pause(reason: string, queue: string, afterCall: boolean): Promise<void> {
    return this.#ask({ command: 'pause', reason, queue, afterCall }, queue);
  }

  /** Ends a pause, and one that was to begin after this call. */
  unpause(queue: string): Promise<void> {
    return this.#ask({ command: 'unpause', queue }, queue);
  }

  ready(): Promise<void> {
    return this.#ask({ command: 'ready' }, '');
  }

  moreTime(): Promise<void> {
    return this.#ask({ command: 'more-time' }, '');
  }

  /** Puts aside what was said of the last one. */
  forget(): void {
    this.refusal.value = null;
  }

  async #ask(command: Command, queue: string): Promise<void> {
    if (this.asking.value !== null) return;
    const asking: Asking = { command: command.command, queue, slow: false };
    this.asking.value = asking;
    this.refusal.value = null;
    const timer = setTimeout(() => {
      this.asking.value = { ...asking, slow: true };
    }, slowAfter);
    const reply = await this.#send(command);
    clearTimeout(timer);
    this.asking.value = null;
    if (!reply.ok) this.refusal.value = { queue, reply };
  }
}

/** What the button beside the state does now. */
export type DutyAction = 'pause' | 'unpause' | 'cancel' | 'ready';

/** `cancel` takes back the pause after this call. */
export function dutyAction(agent: AgentInfo): DutyAction {
  if (agent.duty?.state === 'paused') return 'unpause';
  if (agent.duty?.next !== undefined) return 'cancel';
  return isWorking(agent) ? 'ready' : 'pause';
}

/** Whether a pause begins only when the call ends. */
export function isInCall({ state }: AgentInfo): boolean {
  return state === 'oncall' || state === 'held';
}

/** After-call work goes on while the phone rings, and ends with the next call. */
export function isWorking(agent: AgentInfo): boolean {
  return agent.duty?.state === 'aftercall' && !isInCall(agent);
}

/** Whether the server keeps other calls away by itself, lest one comes between a call and the work or
 *  the pause after it: Asterisk has the agent paused then, who is not. */
export function isKeptFree({
  agent,
  calls,
  services,
}: Pick<Picture, 'agent' | 'calls' | 'services'>): boolean {
  const { duty } = agent;
  if (duty?.state === 'aftercall') return true;
  if (duty?.state !== 'available' || !isInCall(agent)) return false;
  const leavesWork = (service: string) =>
    services.some(({ name, afterCall = 0 }) => name === service && afterCall > 0);
  return duty.next !== undefined || calls.some((call) => leavesWork(call.service));
}

/** The line under the state: the reason of the pause, or what waits below the call. */
export function below(agent: AgentInfo): string {
  const { duty } = agent;
  if (duty === undefined) return '';
  const { next } = duty;
  if (next !== undefined) return withReason(next.reason, 'duty.next', 'duty.next.reason');
  if (duty.state !== 'paused') return '';
  if (agent.state === 'paused') return plain(duty.reason);
  return withReason(duty.reason, 'state.paused', 'duty.paused.reason');
}

function withReason(reason: string, bare: Key, key: Key): string {
  return plain(reason) === '' ? t(bare) : t(key, { reason: isolated(reason, 40) });
}

/** Why the server did not do what it was asked for, and what to do. */
export function refusalWords({ code = '', error = '' }: Reply): string {
  const key = `refusal.${code}`;
  if (code !== 'unknown' && isKey(key)) return t(key);
  const why = plain(error) === '' ? code : error;
  return t('refusal.unknown', { why: isolated(why, 200) });
}
