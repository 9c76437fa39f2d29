const full = new Intl.DateTimeFormat(document.documentElement.lang || undefined, {
  dateStyle: 'medium',
  timeStyle: 'short',
});

/**
 * Writes the times of a page in the reader's zone and form. The server, which knows neither,
 * has written UTC; the title keeps it. A time with data-since counts from then.
 */
export function localTimes(root: ParentNode): void {
  for (const node of root.querySelectorAll<HTMLTimeElement>('time[datetime]:not([data-local])')) {
    const at = new Date(node.dateTime);
    if (Number.isNaN(at.valueOf())) continue;
    node.dataset.local = '';
    if (node.dataset.since !== undefined) continue;
    node.title = node.textContent ?? '';
    node.textContent = full.format(at);
  }
}
