import { beforeEach, expect, test, vi } from 'vitest';
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

test('a page that cuts its tie is noticed after a second', () => {
  const opened = handle();
  vi.spyOn(window, 'open').mockReturnValue(opened as unknown as Window);
  const lost = vi.fn();
  openWindow('https://crm.example/1', lost);
  opened.closed = true;
  expect(lost).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1000);
  expect(lost).toHaveBeenCalledTimes(1);
  expect(armed.value).toBe(false);
});

test('a window that the agent closed is noticed with the next tick', () => {
  const opened = handle();
  vi.spyOn(window, 'open').mockReturnValue(opened as unknown as Window);
  openWindow('https://crm.example/1', () => {});
  opened.closed = true;
  watchWindow();
  expect(armed.value).toBe(false);
});

test('a tab of its own cannot reach the panel', () => {
  const opened = handle();
  vi.spyOn(window, 'open').mockReturnValue(opened as unknown as Window);
  expect(openTab('https://crm.example/1')).toBe(true);
  expect(opened.opener).toBeNull();
  expect(opened.location.href).toBe('https://crm.example/1');
});
