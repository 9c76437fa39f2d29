import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type * as Leader from '../leader';

/** Web Locks, as far as the tabs use them. */
class FakeLocks {
  #named = new Map<string, OneLock>();

  request(name: string, options: LockOptions, use: (lock: object | null) => unknown): Promise<unknown> {
    const one = this.#named.get(name) ?? new OneLock();
    this.#named.set(name, one);
    return one.request(options, use);
  }
}

class OneLock {
  #free: ((stolen?: boolean) => void) | null = null;
  #line: (() => void)[] = [];

  request(options: LockOptions, use: (lock: object | null) => unknown): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const take = () => {
        const free = (stolen = false) => {
          this.#free = null;
          if (stolen) reject(new DOMException('stolen', 'AbortError'));
          else this.#line.shift()?.();
        };
        this.#free = free;
        void Promise.resolve(use({})).then((value) => {
          resolve(value);
          if (this.#free === free) free();
        });
      };
      options.signal?.addEventListener('abort', () => {
        this.#line = this.#line.filter((one) => one !== take);
        reject(new DOMException('aborted', 'AbortError'));
      });
      if (options.steal) this.#free?.(true);
      if (this.#free === null) take();
      else if (options.ifAvailable) resolve(use(null));
      else this.#line.push(take);
    });
  }
}

const settle = () => new Promise((done) => setTimeout(done, 5));

async function tab(): Promise<typeof Leader> {
  vi.resetModules();
  const leader = await import('../leader');
  leader.joinTabs();
  await settle();
  return leader;
}

const give = (locks: object | undefined) =>
  Object.defineProperty(navigator, 'locks', { value: locks, configurable: true });

beforeEach(() => give(new FakeLocks()));
afterEach(() => give(undefined));

test('one tab leads, whoever comes, goes or takes the lead', async () => {
  const one = await tab();
  const two = await tab();
  const roles = async () => {
    await settle();
    return [one.role.value, two.role.value];
  };
  expect(await roles()).toEqual(['leader', 'follower']);
  two.takeLead();
  expect(await roles()).toEqual(['follower', 'leader']);
  one.takeLead();
  expect(await roles()).toEqual(['leader', 'follower']);
  one.leaveTabs();
  expect(await roles()).toEqual(['unknown', 'leader']);
  one.joinTabs();
  expect(await roles()).toEqual(['follower', 'leader']);
});

test('a tab that lost the server lets another lead, and lines up when it is back', async () => {
  const one = await tab();
  const two = await tab();
  one.yieldLead();
  await settle();
  expect(two.role.value).toBe('leader');
  one.joinTabs();
  await settle();
  expect([one.role.value, two.role.value]).toEqual(['follower', 'leader']);
});

test('lost and back in one moment', async () => {
  const one = await tab();
  one.yieldLead();
  one.joinTabs();
  one.yieldLead();
  one.joinTabs();
  await settle();
  expect(one.role.value).toBe('leader');
});

test('a screen is opened by the first tab only, even if both believe that they lead', async () => {
  const one = await tab();
  const two = await tab();
  expect(await Promise.all([one.isFirst('c1'), two.isFirst('c1'), two.isFirst('c2')])).toEqual([
    true,
    false,
    true,
  ]);
});

test('without locks, or where they are forbidden, every tab leads', async () => {
  give(undefined);
  const one = await tab();
  expect([one.role.value, await one.isFirst('c1')]).toEqual(['leader', true]);
  give({ request: () => Promise.reject(new DOMException('no', 'SecurityError')) });
  const two = await tab();
  expect([two.role.value, await two.isFirst('c1')]).toEqual(['leader', true]);
});
