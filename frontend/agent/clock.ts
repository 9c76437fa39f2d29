import { computed, signal } from '@preact/signals';

/**
 * The server's clock as this page reckons it. Timers are computed from it and never counted,
 * so that a background tab, whose timers the browser slows down, shows the right time again
 * as soon as it is looked at.
 */

/** Server clock minus ours, in milliseconds. */
export const offset = signal(0);

/** Our own time, moved on once a second; the only thing that makes timers run. */
export const tick = signal(Date.now());

/** The server's time, to the second. */
export const serverNow = computed(() => tick.value + offset.value);

let bestRoundTrip = Number.POSITIVE_INFINITY;

/** How far a better guess may be proven wrong before our own clock must have moved: it was set
 *  right, or it runs a little off all day. */
const tolerance = 250;

/** Takes the time of a snapshot: the first guess, wrong by the frame's time on the way. */
export function setFromSnapshot(now: number): void {
  bestRoundTrip = Number.POSITIVE_INFINITY;
  offset.value = now - Date.now();
  tick.value = Date.now();
}

/** Takes the time of a ping's reply, which lies half a round trip back. The quickest round
 *  trip since the snapshot knows best, until our own clock is set or has drifted away. */
export function refine(now: number, sentAt: number, receivedAt: number): void {
  const roundTrip = receivedAt - sentAt;
  if (roundTrip < 0) return;
  const heard = now - (sentAt + roundTrip / 2);
  const moved = Math.abs(heard - offset.value) > (roundTrip + bestRoundTrip) / 2 + tolerance;
  if (roundTrip > bestRoundTrip && !moved) return;
  bestRoundTrip = roundTrip;
  offset.value = heard;
}

/** Moves `tick` on; whoever has a better timer may call it as well. */
export function beat(): void {
  tick.value = Date.now();
}

/** Starts the one tick of the page. */
export function startClock(): void {
  setInterval(beat, 1000);
  document.addEventListener('visibilitychange', beat);
}
