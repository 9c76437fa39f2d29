import { beforeEach, describe, expect, test, vi } from 'vitest';
import { armed, openTab, openWindow, watchWindow } from '../windows';

const handle = () => ({ closed: false, opener: window as Window | null, location: { href: '' } });

beforeEach(() => {
  vi.useFakeTimers();
  armed.value = false;
});

test('the customer window has a name, and no noopener that would break it', () => {
  const open = vi.spyOn(window, 'open').mockReturnValue(handle() as unknown as Window);
  expect(openWindow('https://crm.example/1', () => {})).toBe(true);
  expect(open).toHaveBeenCalledWith(
    'https://crm.example/1',
    'cti-customer',
    expect.not.stringContaining('noopener'),
  );
  expect(armed.value).toBe(true);
});

test('null means that the browser blocked it', () => {
  vi.spyOn(window, 'open').mockReturnValue(null);
  expect(openWindow('https://crm.example/1', () => {})).toBe(false);
  expect(armed.value).toBe(false);
  expect(openTab('https://crm.example/1')).toBe(false);
});

describe('a page that cuts its tie is noticed', () => {
  test.each([
    ['after a second', () => vi.advanceTimersByTime(1000)],
    ['with a tick before that', watchWindow],
  ])('%s, once', (_, when) => {
    const opened = handle();
    vi.spyOn(window, 'open').mockReturnValue(opened as unknown as Window);
    const lost = vi.fn();
    openWindow('https://crm.example/1', lost);
    opened.closed = true;
    expect(lost).not.toHaveBeenCalled();
    when();
    vi.advanceTimersByTime(5000);
    watchWindow();
    expect(lost).toHaveBeenCalledTimes(1);
    expect(armed.value).toBe(false);
  });
});

test('a window that the agent closes later is no fault of its page', () => {
  const opened = handle();
  vi.spyOn(window, 'open').mockReturnValue(opened as unknown as Window);
  const lost = vi.fn();
  openWindow('https://crm.example/1', lost);
  vi.advanceTimersByTime(60_000);
  opened.closed = true;
  watchWindow();
  expect(armed.value).toBe(false);
  expect(lost).not.toHaveBeenCalled();
});

test('a tab of its own cannot reach the panel', () => {
  const opened = handle();
  vi.spyOn(window, 'open').mockReturnValue(opened as unknown as Window);
  expect(openTab('https://crm.example/1')).toBe(true);
  expect(opened.opener).toBeNull();
  expect(opened.location.href).toBe('https://crm.example/1');
});
