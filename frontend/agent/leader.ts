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
let release: (() => void) | null = null;
let wanted = false;

/** Null on a page that may not use locks. */
const locks = (navigator.locks as LockManager | null | undefined) ?? null;

/** Takes the lead when no other tab has it, else waits for it. */
export function joinTabs(): void {
  if (wanted) return;
  wanted = true;
  if (locks === null) {
    role.value = 'leader';
    return;
  }
  locks
    .request(lockName, { ifAvailable: true }, (lock) => {
      if (lock !== null) return hold();
      role.value = 'follower';
      queue({});
      return undefined;
    })
    .catch(lostLead);
}

/** Takes the lead from the tab that has it, on the agent's own click. */
export function takeLead(): void {
  if (role.value === 'follower') queue({ steal: true });
}

/** Gives the lead up, when the agent signs out. */
export function leaveTabs(): void {
  wanted = false;
  release?.();
  release = null;
  role.value = 'unknown';
}

function queue(options: LockOptions): void {
  locks?.request(lockName, options, () => (wanted ? hold() : undefined)).catch(lostLead);
}

function hold(): Promise<void> {
  role.value = 'leader';
  return new Promise((resolve) => {
    release = resolve;
  });
}

/** Another tab took the lead: this one lines up again. */
function lostLead(): void {
  release = null;
  if (!wanted) return;
  role.value = 'follower';
  queue({});
}
