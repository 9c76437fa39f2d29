/**
 * What this tab keeps of one operator over a reload, in its sessionStorage: his calls, the numbers
 * he dialled, the notes that are not saved. Anybody at this PC can read it there, so it goes with
 * the sign-out, with the sign-in of somebody else, and a day after it was written.
 */

const prefix = 'asteriskcti.kept.';

/** In milliseconds. */
export const keptFor = 86_400_000;

interface Entry {
  operator: string;
  /** Our own time of the writing. */
  at: number;
  value: unknown;
}

let owner = '';

/** Begins with what an operator has kept; what others have goes. */
export function openKept(operator: string): void {
  owner = operator;
  drop((entry) => entry.operator !== operator);
}

/** Keeps a value in place of the one before. Without storage it lives as long as the page. */
export function keep(name: string, value: unknown): void {
  try {
    const entry: Entry = { operator: owner, at: Date.now(), value };
    sessionStorage.setItem(prefix + name, JSON.stringify(entry));
  } catch {
    // The page still has it.
  }
}

/** What was kept under a name; null without it. */
export function kept<T>(name: string): T | null {
  const entry = read(prefix + name);
  return entry !== null && entry.operator === owner && !isOld(entry) ? (entry.value as T) : null;
}

/** A list that was kept; an empty one without it. */
export function keptList<T>(name: string): T[] {
  const list = kept<T[]>(name);
  return Array.isArray(list) ? list : [];
}

/** Forgets all, when the operator signs out. */
export function forgetKept(): void {
  drop(() => true);
}

/** Forgets what has been here too long. */
export function forgetOld(): void {
  drop(isOld);
}

/** Whether something was written, at our own time `at`, less than a day ago. */
export const isFresh = (at: number) => Math.abs(Date.now() - at) < keptFor;

const isOld = ({ at }: Entry) => !isFresh(at);

function read(key: string): Entry | null {
  try {
    return JSON.parse(sessionStorage.getItem(key) ?? 'null') as Entry | null;
  } catch {
    return null;
  }
}

function drop(goes: (entry: Entry) => boolean): void {
  try {
    for (const key of Object.keys(sessionStorage)) {
      if (!key.startsWith(prefix)) continue;
      const entry = read(key);
      if (entry === null || goes(entry)) sessionStorage.removeItem(key);
    }
  } catch {
    // A browser that gives no storage has kept nothing.
  }
}
