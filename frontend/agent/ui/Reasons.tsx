import { signal } from '@preact/signals';
import { isInCall } from '../duty';
import { t } from '../i18n';
import { picture, wishes } from '../panel';
import { isolated, plain } from '../text';

export const reasonsId = 'reasons';

/** The queue whose pause is being chosen, "" for all; null while the menu is closed. */
export const reasonsOf = signal<string | null>(null);

/** Names what the menu is for. The button that calls this opens it as its `popovertarget`, so that
 *  a second click, Escape and the focus's return come from the browser. */
export function openReasons(queue: string): void {
  reasonsOf.value = queue;
}

/** Opens the menu by a key. */
export function showReasons(queue: string): void {
  openReasons(queue);
  document.getElementById(reasonsId)?.showPopover?.();
}

/** The menu of reasons for a pause. One for all its buttons: it opens at the one that was used. */
export function Reasons() {
  const now = picture.value;
  if (now === null) return null;
  const queue = reasonsOf.value ?? '';
  const afterCall = queue === '' && isInCall(now.agent);
  const choose = (reason: string) => {
    document.getElementById(reasonsId)?.hidePopover?.();
    void wishes.pause(reason, queue, afterCall);
  };
  return (
    <div
      id={reasonsId}
      class="menu reasons"
      popover="auto"
      role="menu"
      aria-labelledby="reasons-title"
      tabIndex={-1}
      onToggle={(event: Event & { newState?: string; currentTarget: HTMLElement }) => {
        if (event.newState === 'open') items(event.currentTarget)[0]?.focus();
        else reasonsOf.value = null;
      }}
      onKeyDown={move}
    >
      <p class="reasons-title" id="reasons-title" role="presentation">
        {title(queue, afterCall)}
      </p>
      {(now.pauseReasons.length === 0 ? [''] : now.pauseReasons).map((reason) => (
        <button
          type="button"
          key={reason}
          class="menu-item"
          role="menuitem"
          tabIndex={-1}
          onClick={() => choose(reason)}
        >
          <span class="dot tone-warn" />
          <bdi dir="auto">{reason === '' ? t('reasons.none') : plain(reason)}</bdi>
        </button>
      ))}
    </div>
  );
}

function title(queue: string, afterCall: boolean): string {
  if (queue !== '') return t('reasons.queue', { queue: isolated(queue, 40) });
  return t(afterCall ? 'duty.next' : 'reasons.all');
}

const items = (menu: Element) => [...menu.querySelectorAll<HTMLElement>('[role=menuitem]')];

/** Arrows, Home, End and first letters, as in every menu; Tab leaves it. */
function move(event: KeyboardEvent & { currentTarget: HTMLElement }): void {
  const list = items(event.currentTarget);
  const at = list.indexOf(document.activeElement as HTMLElement);
  let next: HTMLElement | undefined;
  switch (event.key) {
    case 'ArrowDown':
      next = list[(at + 1) % list.length];
      break;
    case 'ArrowUp':
      next = list.at(at <= 0 ? -1 : at - 1);
      break;
    case 'Home':
      next = list[0];
      break;
    case 'End':
      next = list.at(-1);
      break;
    case 'Tab':
      event.currentTarget.hidePopover?.();
      return;
    default: {
      if (event.key.length !== 1 || event.altKey || event.ctrlKey || event.metaKey) return;
      const letter = event.key.toLocaleLowerCase();
      const later = [...list.slice(at + 1), ...list.slice(0, at + 1)];
      next = later.find((item) => item.textContent?.trim().toLocaleLowerCase().startsWith(letter));
    }
  }
  if (next === undefined) return;
  event.preventDefault();
  next.focus();
}
