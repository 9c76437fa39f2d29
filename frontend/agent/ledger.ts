/**
 * The ledger of pops: no call opens its screen twice in this tab, whatever a reload or a
 * reconnection brings. It is small, it lives in sessionStorage, and without storage in memory.
 */

const storageKey = 'asteriskcti.popped';
const kept = 64;

export class Ledger {
  #keys: string[];

  constructor() {
    this.#keys = load();
  }

  has(key: string): boolean {
    return this.#keys.includes(key);
  }

  add(key: string): void {
    if (this.has(key)) return;
    this.#keys = [...this.#keys, key].slice(-kept);
    try {
      sessionStorage.setItem(storageKey, JSON.stringify(this.#keys));
    } catch {
      // Memory will do until the page goes.
    }
  }
}

function load(): string[] {
  try {
    const stored: unknown = JSON.parse(sessionStorage.getItem(storageKey) ?? '[]');
    return Array.isArray(stored) ? stored.filter((key) => typeof key === 'string') : [];
  } catch {
    return [];
  }
}
