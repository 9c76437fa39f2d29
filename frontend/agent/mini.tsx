import { effect, signal } from '@preact/signals';
import { type ComponentType, render } from 'preact';
import { mountSprite } from '../icons/sprite';
import { beat } from './clock';
import { language, t } from './i18n';
import { gate } from './panel';
import { theme } from './preferences';

/**
 * The mini view: a small window that stays above all others (Document Picture-in-Picture), with
 * the state, the call and the two buttons that matter. The browser opens it on a click only;
 * from then on it follows the state without one, also while this tab is behind others.
 */

/** Chromium's; the types of TypeScript do not know it yet. */
interface DocumentPictureInPicture {
  requestWindow(options: { width: number; height: number }): Promise<Window>;
}

const offeredBy = () =>
  (globalThis as { documentPictureInPicture?: DocumentPictureInPicture }).documentPictureInPicture;

/** Whether the browser has it; a page in a frame may not. */
export const canMini = () => offeredBy() !== undefined && window.top === window;

/** The open window, null without one. */
export const mini = signal<Window | null>(null);

/** Opens the mini view, or closes the one that is open. Must be called by a click. What it shows is
 *  loaded then: most agents never open it. */
export async function toggleMini(): Promise<void> {
  if (mini.value !== null) return mini.value.close();
  let opened: Window | undefined;
  try {
    opened = await offeredBy()?.requestWindow({ width: 360, height: 264 });
    const { Mini } = await import('./ui/Mini');
    if (opened !== undefined && !opened.closed) furnish(opened, Mini);
  } catch {
    // The browser was asked without a click, its user does not allow it, or the server is away.
    opened?.close();
  }
}

function furnish(opened: Window, Mini: ComponentType): void {
  const page = opened.document;
  // The policy allows our own style sheets, and none that are written into a page.
  for (const link of document.querySelectorAll<HTMLLinkElement>('link[rel=stylesheet]')) {
    const copy = page.createElement('link');
    copy.rel = 'stylesheet';
    copy.href = link.href;
    page.head.append(copy);
  }
  const root = page.createElement('main');
  root.className = 'mini';
  page.body.replaceChildren(root);
  mountSprite(page);
  render(<Mini />, root);
  const ends = [
    effect(() => {
      page.title = t('app.name');
      page.documentElement.lang = language.value;
    }),
    effect(() => {
      if (theme.value === 'system') delete page.documentElement.dataset.theme;
      else page.documentElement.dataset.theme = theme.value;
    }),
    effect(() => {
      if (gate.value.kind !== 'in') opened.close();
    }),
  ];
  // Its own beat: the browser slows the timers of a tab that is not seen.
  const timer = opened.setInterval(beat, 1000);
  opened.addEventListener(
    'pagehide',
    () => {
      opened.clearInterval(timer);
      for (const end of ends) end();
      render(null, root);
      mini.value = null;
    },
    { once: true },
  );
  mini.value = opened;
}
