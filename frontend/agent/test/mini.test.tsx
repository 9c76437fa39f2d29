import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { canMini, mini, toggleMini } from '../mini';
import { control, gate, picture, wishes } from '../panel';
import { apply } from '../picture';
import { theme } from '../preferences';
import type { Fact, Snapshot } from '../protocol';
import { callEvent, linkEvent, snapshot } from './fixtures';
import { settle } from './page';

/** The small window, as far as the panel uses it. */
class FakeWindow extends EventTarget {
  readonly document = document.implementation.createHTMLDocument();
  setInterval = vi.fn(() => 7);
  clearInterval = vi.fn();
  close = vi.fn(() => this.dispatchEvent(new Event('pagehide')));
}

let opened: FakeWindow;
const requestWindow = vi.fn(async () => opened);
const tell = async (fact: Fact) => {
  ({ picture: picture.value } = apply(picture.value, fact, Date.now()));
  await settle();
};
const page = () => opened.document.body;
const button = (words: string) =>
  [...page().querySelectorAll('button')].find((one) => one.textContent?.includes(words));

const duty = { state: 'available', reason: '', since: 1, until: 0 } as const;
const onDuty = (changes: Partial<Snapshot> = {}) =>
  snapshot({ agent: { ...snapshot().agent, duty }, pauseReasons: ['Break', 'Lunch'], ...changes });

beforeEach(async () => {
  vi.useFakeTimers();
  opened = new FakeWindow();
  vi.stubGlobal('documentPictureInPicture', { requestWindow });
  document.head.innerHTML = '<link rel="stylesheet" href="/assets/agent.css">';
  const session = { operator: 'ada', fullName: 'Ada', seat: snapshot().agent.seat, demo: false };
  gate.value = { kind: 'in', session };
  picture.value = null;
  await tell(onDuty());
});
afterEach(() => {
  mini.value?.close();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

test('it is offered only where the browser has it', () => {
  expect(canMini()).toBe(true);
  vi.unstubAllGlobals();
  expect(canMini()).toBe(false);
});

test('it shows state and call, and follows them by itself', async () => {
  await toggleMini();
  expect(opened.document.title).toBe('AsteriskCTI');
  expect(opened.document.documentElement.lang).toBe('en');
  expect(opened.document.querySelector('link')?.getAttribute('href')).toContain('/assets/agent.css');
  expect(opened.document.querySelectorAll('style, [style]')).toHaveLength(0);
  expect(page().querySelector('[data-state]')?.getAttribute('data-state')).toBe('available');
  expect(page().textContent).toContain('No call');
  await tell(callEvent('Dial', 11));
  const card = page().querySelector('article');
  expect(card?.getAttribute('aria-label')).toBe('Incoming call');
  expect(card?.textContent).toContain('Camille Durand');
  expect(card?.textContent).toContain('Support');
  expect(button('Open customer screen')).toBeUndefined();
  const open = vi.spyOn(window, 'open').mockReturnValue(null);
  await tell(linkEvent(12));
  button('Open customer screen')?.click();
  expect(open.mock.calls.length + document.querySelectorAll('iframe').length).toBeLessThan(2);
  theme.value = 'dark';
  expect(opened.document.documentElement.dataset.theme).toBe('dark');
  theme.value = 'system';
  expect(opened.document.documentElement.dataset.theme).toBeUndefined();
});

test('a call is answered and hung up, and why not is said', async () => {
  const order = vi.spyOn(control, 'order').mockResolvedValue();
  const ready = vi.spyOn(await import('../panel'), 'commandable', 'get');
  ready.mockReturnValue({ value: true } as never);
  await toggleMini();
  await tell(onDuty({ control: { attended: false, hold: false, answer: true } }));
  await tell(callEvent('Dial', 11));
  button('Answer')?.click();
  expect(order).toHaveBeenLastCalledWith('answer', 'c1');
  const reply = { type: 'reply', id: '1', ok: false, code: 'no-reaction' } as const;
  control.state.value = { kind: 'refused', what: 'answer', call: 'c1', reply };
  await settle();
  expect(page().querySelector('article [role=alert]')?.textContent).toContain('did not react');
  await tell(linkEvent(12));
  button('Hang up')?.click();
  expect(order).toHaveBeenLastCalledWith('hangup', 'c1');
});

test('a pause has its reason, and ends', async () => {
  const pause = vi.spyOn(wishes, 'pause').mockResolvedValue();
  const unpause = vi.spyOn(wishes, 'unpause').mockResolvedValue();
  const ready = vi.spyOn(await import('../panel'), 'commandable', 'get');
  ready.mockReturnValue({ value: true } as never);
  await toggleMini();
  expect(button('Lunch')).toBeUndefined();
  button('Pause')?.click();
  await settle();
  expect(button('Pause')?.getAttribute('aria-expanded')).toBe('true');
  button('Lunch')?.click();
  expect(pause).toHaveBeenCalledWith('Lunch', '', false);
  await settle();
  expect(button('Lunch')).toBeUndefined();
  await tell({
    type: 'agent',
    seq: 10,
    agent: { state: 'paused', since: 1, duty: { ...duty, state: 'paused', reason: 'Lunch' } },
  });
  expect(page().textContent).toContain('Lunch');
  button('Ready')?.click();
  expect(unpause).toHaveBeenCalledWith('');
});

test('it goes when the agent signs out, by a second click, and leaves nothing behind', async () => {
  await toggleMini();
  gate.value = { kind: 'out', because: 'signed-out', demo: [], operator: '' };
  expect(opened.close).toHaveBeenCalledTimes(1);
  expect(mini.value).toBeNull();
  expect(page().textContent).toBe('');
  expect(opened.clearInterval).toHaveBeenCalledWith(7);
  gate.value = {
    kind: 'in',
    session: { operator: 'ada', fullName: 'Ada', seat: snapshot().agent.seat, demo: false },
  };
  opened = new FakeWindow();
  await toggleMini();
  await toggleMini();
  expect(opened.close).toHaveBeenCalledTimes(1);
  expect(mini.value).toBeNull();
});

test('a browser that refuses is left alone', async () => {
  requestWindow.mockRejectedValueOnce(new DOMException('no click', 'NotAllowedError'));
  await toggleMini();
  expect(mini.value).toBeNull();
});
