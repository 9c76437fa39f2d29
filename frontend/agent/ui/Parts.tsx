import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import type { IconName } from '../../icons/icons';
import { serverNow } from '../clock';
import { t } from '../i18n';
import { duration, initials, plain } from '../text';
import { Icon } from './Icon';

/** The small parts that many others are made of. */

/** A timer since a moment of the server's clock. */
export function Timer({ since }: { since: number }) {
  return (
    <span class="timer" role="timer">
      {duration(serverNow.value - since)}
    </span>
  );
}

/** The time that is left until a moment of the server's clock. */
export function Countdown({ until }: { until: number }) {
  return (
    <span class="timer" role="timer">
      {duration(until - serverNow.value + 500)}
    </span>
  );
}

/** A place with nothing in it: what it is for, and what to do. */
export function Empty(props: {
  icon: IconName;
  tone?: string;
  title: string;
  /** The title is the page's own heading. */
  heading?: boolean;
  children?: ComponentChildren;
}) {
  return (
    <div class="empty">
      <span class={`empty-icon tone-${props.tone ?? 'idle'}`}>
        <Icon name={props.icon} />
      </span>
      {props.heading === true ? <h1>{props.title}</h1> : <strong>{props.title}</strong>}
      {props.children}
    </div>
  );
}

/** From this length on a text may be cut on the page, so it gets a button to see it whole. */
const long = 90;

/**
 * Text from a caller: shown as text, in its own reading direction, isolated from what stands
 * around it. A long one is cut to a few lines; all of it stays in the page for screen readers
 * and search, and behind a button for the eye.
 */
export function CallerText({ text, lines = 3 }: { text: string; lines?: 2 | 3 }) {
  const open = useSignal(false);
  const shown = plain(text);
  if (shown.length <= long) return <bdi dir="auto">{shown}</bdi>;
  return (
    <>
      {open.value ? (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard.
        <bdi dir="auto" class="whole" tabIndex={0}>
          {shown}
        </bdi>
      ) : (
        <bdi dir="auto" class={`clamp clamp-${lines}`}>
          {shown}
        </bdi>
      )}
      <button
        type="button"
        class="link"
        aria-expanded={open.value}
        onClick={() => {
          open.value = !open.value;
        }}
      >
        {open.value ? t('text.less') : t('text.more')}
      </button>
    </>
  );
}

/** A button that puts a text into the clipboard and says so. */
export function Copy({ text, label }: { text: string; label: string }) {
  const done = useSignal(false);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      return; // Plain http on a LAN has no clipboard; the text can still be selected.
    }
    done.value = true;
    setTimeout(() => {
      done.value = false;
    }, 1500);
  };
  if (navigator.clipboard === undefined) return null;
  return (
    <button type="button" class="copy" aria-label={label} title={label} onClick={copy}>
      <Icon name={done.value ? 'check' : 'copy'} small />
      <span class="sr" role="status">
        {done.value ? t('copy.done') : ''}
      </span>
    </button>
  );
}

/** The product's mark and name. */
export function Brand() {
  return (
    <span class="brand">
      <span class="brand-mark">
        <Icon name="asterisk" />
      </span>
      <span class="brand-name">{t('app.name')}</span>
    </span>
  );
}

/** The letters of a name in a circle; a figure when it has none. */
export function Avatar({ name, large = false }: { name: string; large?: boolean }) {
  const letters = initials(name);
  const content = letters === '' ? <Icon name="user" small={!large} /> : letters;
  return (
    <span class={large ? 'avatar avatar-large' : 'avatar'} aria-hidden="true">
      {content}
    </span>
  );
}

/** The keys of a shortcut, as caps. */
export function Keycaps({ keys }: { keys: readonly string[] }) {
  return (
    <span class="keys">
      {keys.map((key) => (
        <kbd key={key}>{key}</kbd>
      ))}
    </span>
  );
}
