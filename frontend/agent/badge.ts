import { computed, effect } from '@preact/signals';
import { liveCalls } from './panel';
import { theme } from './preferences';

/** What the browser shows of the page beside it: the tab's icon, and the colour of its bar. */

const icons = { none: 'favicon.svg', ring: 'favicon-ring.svg', call: 'favicon-call.svg' } as const;

/** The dot on the tab's icon: a call rings, or the agent is on one. */
export const badge = computed<keyof typeof icons>(() => {
  const live = liveCalls.value;
  if (live.some(({ phase, outgoing }) => phase === 'ringing' && !outgoing)) return 'ring';
  return live.length > 0 ? 'call' : 'none';
});

export function startBadge(): void {
  effect(() => {
    const link = document.querySelector<HTMLLinkElement>('link[rel=icon]');
    const address = `/assets/${icons[badge.value]}`;
    if (link !== null && link.getAttribute('href') !== address) link.setAttribute('href', address);
  });
  // The bar follows the system's theme, unless the agent has chosen one.
  effect(() => {
    const chosen = theme.value;
    for (const meta of document.querySelectorAll<HTMLMetaElement>('meta[name=theme-color]')) {
      meta.dataset.theme ??= meta.getAttribute('media')?.includes('dark') ? 'dark' : 'light';
      const own = meta.dataset.theme;
      const always = chosen === own ? 'all' : 'not all';
      meta.setAttribute('media', chosen === 'system' ? `(prefers-color-scheme: ${own})` : always);
    }
  });
}
