const offKey = 'asteriskcti.admin.single-keys';

/**
 * The keys of a list. Single letters can be turned off, for those who dictate or hit keys by
 * accident (WCAG 2.1.4); arrows and Enter work on the focused row only.
 */
export function keys(): void {
  const toggle = document.querySelector<HTMLInputElement>('[data-act="single-keys"]');
  if (toggle) {
    toggle.checked = localStorage.getItem(offKey) === null;
    toggle.addEventListener('change', () => {
      if (toggle.checked) localStorage.removeItem(offKey);
      else localStorage.setItem(offKey, 'off');
    });
  }
  document.addEventListener('keydown', (e) => {
    const at = e.target as HTMLElement;
    if (e.ctrlKey || e.metaKey || e.altKey || document.querySelector('dialog[open]')) return;
    if (at.matches('input:not([type=checkbox]), select, textarea')) return;
    if (inRow(e, at)) return;
    if (localStorage.getItem(offKey) !== null) return;
    const press = (selector: string) => {
      const button = document.querySelector<HTMLElement>(`${selector}:not(:disabled)`);
      if (!button) return;
      e.preventDefault();
      button.click();
    };
    if (e.key === '/') {
      const search = document.querySelector<HTMLInputElement>('input[type=search]');
      if (search) e.preventDefault();
      search?.focus();
      search?.select();
    } else if (e.key === 'n') press('.toolbar [data-act="add"]');
    else if (e.key === 'Delete') press('.toolbar [data-act="remove"]');
    else if (e.key === '?') press('[data-act="keys"]');
  });
}

/** Up and down between the rows' names, and Space to choose the row. */
function inRow(e: KeyboardEvent, at: HTMLElement): boolean {
  const list = document.querySelector('#list');
  const row = at.closest<HTMLElement>('#list tbody tr');
  if (!list) return false;
  if (e.key === 'ArrowDown' || e.key === 'ArrowUp') {
    const next = row
      ? e.key === 'ArrowDown'
        ? row.nextElementSibling
        : row.previousElementSibling
      : at === document.body || at.id === 'main'
        ? list.querySelector('tbody tr')
        : null;
    const link = next?.querySelector<HTMLElement>('.cell-name a');
    if (!link) return false;
    e.preventDefault();
    link.focus();
    return true;
  }
  if (e.key === ' ' && row && at.closest('.cell-name')) {
    const box = row.querySelector<HTMLInputElement>('input[name="ids"]');
    e.preventDefault();
    box?.click();
    return true;
  }
  return false;
}
