import { computed, effect, untracked } from '@preact/signals';
import { quiet, ring } from './alerts';
import { refresh } from './archive';
import { tick } from './clock';
import { forgetOld } from './kept';
import { dropLast } from './last';
import { joinTabs, yieldLead } from './leader';
import { connection, control, dial, drafts, expired, liveCalls, pane, setStatus } from './panel';
import { watchWindow } from './windows';

/** What follows by itself from the state: the ring, who leads, the watch over the customer window. */
export function watch(): void {
  forgetOld();
  setInterval(forgetOld, 3_600_000);
  effect(() => {
    const asked = liveCalls.value.find(({ consult }) => consult !== undefined);
    control.present(
      liveCalls.value.map(({ id }) => id),
      asked?.id,
    );
  });
  const ringing = computed(() =>
    expired.value ? undefined : liveCalls.value.find((call) => call.phase === 'ringing' && !call.outgoing),
  );
  const ringingId = computed(() => ringing.value?.id);
  effect(() => {
    const call = ringingId.value === undefined ? undefined : ringing.peek();
    if (call === undefined) return quiet();
    untracked(() => dial.forget());
    ring(
      () => ringing.peek() ?? call,
      liveCalls.peek().some((other) => other.phase === 'talking'),
    );
    return undefined;
  });
  effect(() => {
    if (liveCalls.value.some((call) => call.outgoing)) dial.seen();
  });
  effect(() => {
    if (tick.value > 0) watchWindow();
  });
  effect(() => {
    const way = connection.state.value.kind;
    if (way === 'online') {
      joinTabs();
      void untracked(() => drafts.flush());
      void untracked(refresh);
    } else if (way === 'lost') yieldLead();
  });
  // The last call gives way to the next, once that is taken.
  effect(() => dropLast(!liveCalls.value.some((call) => call.phase !== 'ringing' || call.outgoing)));
  const leaving = () => void drafts.flush();
  addEventListener('pagehide', leaving);
  document.addEventListener('visibilitychange', () => {
    if (document.hidden) leaving();
  });
  addEventListener('beforeunload', (event) => {
    if (drafts.unsaved.value) event.preventDefault();
  });
  document.addEventListener('securitypolicyviolation', (event) => {
    const open = pane.value;
    if (open === null || event.effectiveDirective !== 'frame-src') return;
    pane.value = { ...open, refused: true };
    setStatus(open.call, 'pane-refused');
  });
}
