import { signal } from '@preact/signals';

/**
 * One leading tab when several are open (row G10). Every tab shows the same calls; only the
 * leading one opens screens, rings and notifies. The browser's Web Locks choose it: they
 * survive a crash and need no timers. Where they are missing (plain http on a LAN) every
 * tab leads.
 */

export type Role = 'unknown' | 'leader' | 'follower';

export const role = signal<Role>('unknown');

const lockName = 'asteriskcti.panel';

/** This tab's part in the choice; its signal ends it. */
let turn: AbortController | null = null;

/** Null on a page that may not use locks. */
const locks = (navigator.locks as LockManager | null | undefined) ?? null;

/** Takes the lead when no other tab has it, else waits for it. */
export function joinTabs(): void {
  if (turn !== null) return;
  turn = new AbortController();
  if (locks === null) role.value = 'leader';
  else ask(locks, turn.signal, { ifAvailable: true });
}

/** Takes the lead from the tab that has it, on the agent's own click. */
export function takeLead(): void {
  if (locks !== null && turn !== null && role.value === 'follower') ask(locks, turn.signal, { steal: true });
}

/** Lets another tab lead while this one hears nothing of the server. A hidden tab comes back
 *  a minute after one that is seen: the browser slows its timers down. */
export function yieldLead(): void {
  turn?.abort();
  turn = null;
}

/** Gives the lead up, when the agent signs out. */
export function leaveTabs(): void {
  yieldLead();
  role.value = 'unknown';
}

/** How long the first tab at a screen keeps the others from it: none hears of a call so much later. */
const firstFor = 60_000;

/** Whether this tab is the first that would open a call's screen by itself, by its key: while the
 *  lead changes hands two tabs may believe that they have it. */
export function isFirst(key: string): Promise<boolean> {
  return new Promise((resolve) => {
    if (locks === null) return resolve(true);
    locks
      .request(`${lockName} ${key}`, { ifAvailable: true }, (lock) => {
        resolve(lock !== null);
        return lock === null ? undefined : new Promise<void>((over) => setTimeout(over, firstFor));
      })
      .catch(() => resolve(true));
  });
}

function ask(from: LockManager, left: AbortSignal, options: LockOptions): void {
  const queue = () => {
    role.value = 'follower';
    ask(from, left, { signal: left });
  };
  from
    .request(lockName, options, (lock) => {
      if (left.aborted) return undefined;
      if (lock === null) return queue();
      role.value = 'leader';
      return new Promise<void>((resolve) => left.addEventListener('abort', () => resolve()));
    })
    .catch((error: unknown) => {
      if (left.aborted) return;
      // Another tab took the lead: this one lines up again. Anything else, and there are no locks.
      if ((error as DOMException | null)?.name === 'AbortError') queue();
      else role.value = 'leader';
    });
}
