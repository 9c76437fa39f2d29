import { calls, gate, openScreen } from './panel';
import { shortcuts } from './preferences';
import { answer, handOn, hangUp, hold } from './ui/Controls';
import { focusDial } from './ui/DialBox';
import { act } from './ui/Duty';
import { showKeys } from './ui/Keys';
import { focusNote } from './ui/Note';

/**
 * The shortcuts: Alt and one more key, so that nothing typed sets one off (WCAG 2.1.4); `?` alone
 * outside of fields shows their list, which turns them off. No AltGr, which Windows reports as
 * Ctrl and Alt. Letters go by their place on the keyboard, signs by what they are, for they stand
 * elsewhere on each keyboard.
 */
export function startKeyboard(): void {
  addEventListener('keydown', (event) => {
    const action = shortcutOf(event);
    if (action === null || shortcuts.value === 'off' || gate.value.kind !== 'in') return;
    event.preventDefault();
    action();
  });
}

type Press = Pick<KeyboardEvent, 'altKey' | 'ctrlKey' | 'metaKey' | 'shiftKey' | 'code' | 'key' | 'target'>;

const isField = (target: EventTarget | null) =>
  target instanceof Element && target.closest('input, textarea, select, [contenteditable]') !== null;

export function shortcutOf(event: Press): (() => void) | null {
  if (event.ctrlKey || event.metaKey) return null;
  if (!event.altKey) return event.key === '?' && !isField(event.target) ? showKeys : null;
  if (event.code === 'KeyO' && !event.shiftKey) return openFirstScreen;
  if (event.code === 'KeyP' && !event.shiftKey) return act;
  if (event.code === 'KeyA' && !event.shiftKey) return answer;
  if (event.code === 'KeyH' && !event.shiftKey) return hangUp;
  if (event.code === 'KeyW' && !event.shiftKey) return hold;
  if (event.code === 'KeyX' && !event.shiftKey) return handOn;
  if (event.code === 'KeyN' && !event.shiftKey) return focusNote;
  if (event.code === 'KeyC' && !event.shiftKey) return focusDial;
  if (event.key === '/' || (event.code === 'Slash' && !event.shiftKey)) return showKeys;
  return null;
}

/** The screen of the call that matters most among those that have one. */
function openFirstScreen(): void {
  const call = calls.value.find((one) => one.action?.type === 'browser');
  if (call !== undefined) openScreen(call);
}
