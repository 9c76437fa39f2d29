import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { offset, refine, serverNow, setFromSnapshot, startClock, tick } from '../clock';

beforeEach(() => {
  vi.useFakeTimers();
  vi.setSystemTime(1_000_000);
});

afterEach(() => vi.useRealTimers());

test('timers follow the server’s clock, not ours', () => {
  setFromSnapshot(1_060_000);
  expect(serverNow.value).toBe(1_060_000);
  tick.value = 1_005_000;
  expect(serverNow.value).toBe(1_065_000);
});

test('the quickest ping since the snapshot knows best', () => {
  setFromSnapshot(1_060_000);
  refine(1_050_100, 1_000_000, 1_000_200);
  expect(offset.value).toBe(50_000);
  refine(1_050_600, 1_000_000, 1_002_000); // a slow one says less
  expect(offset.value).toBe(50_000);
  refine(1_040_050, 1_000_000, 1_000_100);
  expect(offset.value).toBe(40_000);
  refine(1, 2, 1); // our own clock was set back meanwhile
  expect(offset.value).toBe(40_000);
});

test('a clock that was set right is noticed by a slower ping', () => {
  setFromSnapshot(1_060_000);
  refine(1_050_050, 1_000_000, 1_000_100);
  refine(1_052_100, 1_060_000, 1_060_200); // ours went 8 s ahead
  expect(offset.value).toBe(-8000);
});

test('one tick a second, and one when a sleeping tab is looked at', () => {
  startClock();
  vi.advanceTimersByTime(1000);
  expect(tick.value).toBe(1_001_000);
  vi.setSystemTime(2_000_000);
  document.dispatchEvent(new Event('visibilitychange'));
  expect(tick.value).toBe(2_000_000);
});
