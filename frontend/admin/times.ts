const language = document.documentElement.lang || undefined;
const full = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short' });

/**
 * Writes the times of a page in the reader's zone and form. The server, which knows neither,
 * has written UTC; the title keeps it.
 */
export function localTimes(root: ParentNode): void {
  for (const node of root.querySelectorAll<HTMLTimeElement>(
    'time[datetime]:not([data-local], [data-since])',
  )) {
    const at = new Date(node.dateTime);
    if (Number.isNaN(at.valueOf())) continue;
    node.dataset.local = '';
    node.title = node.textContent ?? '';
    node.textContent = full.format(at);
  }
}

/** "04:05", or "1:04:05" from one hour on; what lies ahead is "00:00". */
export function elapsed(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const two = (n: number) => String(n).padStart(2, '0');
  const minutes = `${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return seconds < 3600 ? minutes : `${Math.floor(seconds / 3600)}:${minutes}`;
}

/** Milliseconds of a text that `elapsed` or the server has written. */
export function stood(text: string): number {
  return text.split(':').reduce((sum, part) => sum * 60 + Number(part), 0) * 1000;
}

const begun = new WeakMap<HTMLTimeElement, { stamp: string; at: number }>();

/**
 * Lets the clocks of a page run. Each goes on from what the server wrote, by this machine's
 * steady clock: a PC whose time of day is wrong shows the right figures all the same.
 */
export function runClocks(): void {
  setInterval(() => {
    const now = performance.now();
    for (const node of document.querySelectorAll<HTMLTimeElement>('time[data-since]')) {
      let from = begun.get(node);
      if (from?.stamp !== node.dateTime) {
        from = { stamp: node.dateTime, at: now - stood(node.textContent ?? '') };
        begun.set(node, from);
      }
      const text = elapsed(now - from.at);
      if (node.textContent !== text) node.textContent = text;
    }
  }, 500);
}
