/** What the list needs of htmx. */
interface Net {
  open: (row: Element) => void;
  get: (address: string) => void;
}

const boxes = () => [...document.querySelectorAll<HTMLInputElement>('#list tbody input[name="ids"]')];
const chosen = () => boxes().filter((box) => box.checked);
const act = <T extends HTMLElement>(name: string) =>
  document.querySelector<T>(`.toolbar [data-act="${name}"]`);

/** The rows of a list: which are chosen, and what the toolbar does with them. */
export function selection(net: Net) {
  const refresh = () => {
    const some = chosen().length;
    const edit = act<HTMLButtonElement>('edit');
    const remove = act<HTMLButtonElement>('remove');
    if (edit) edit.disabled = some !== 1;
    if (remove) {
      remove.disabled = some === 0;
      const count = remove.querySelector<HTMLElement>('.count');
      if (count) {
        count.hidden = some < 2;
        count.textContent = String(some);
      }
    }
    const all = document.querySelector<HTMLInputElement>('#list [data-act="all"]');
    if (all) {
      all.checked = some > 0 && some === boxes().length;
      all.indeterminate = some > 0 && some < boxes().length;
    }
  };

  const only = (box: HTMLInputElement, add: boolean) => {
    const was = box.checked;
    if (!add) for (const other of boxes()) other.checked = false;
    box.checked = !was || (!add && chosen().length > 0);
    refresh();
  };

  document.addEventListener('click', (e) => {
    const at = e.target as Element;
    if (at.closest('.toolbar [data-act="edit"]')) {
      const row = chosen()[0]?.closest('tr');
      if (row) net.open(row);
    } else if (at.closest('.toolbar [data-act="remove"]')) {
      e.preventDefault();
      const button = act<HTMLButtonElement>('remove');
      const address = button?.getAttribute('formaction');
      if (address)
        net.get(
          `${address}?${chosen()
            .map((box) => `ids=${box.value}`)
            .join('&')}`,
        );
    } else if (!at.closest('a, button, input, label')) {
      const box = at.closest('#list tbody tr')?.querySelector<HTMLInputElement>('input[name="ids"]');
      if (box) only(box, e.ctrlKey || e.metaKey);
    }
  });
  document.addEventListener('change', (e) => {
    const box = e.target as HTMLInputElement;
    if (box.dataset.act === 'all') for (const one of boxes()) one.checked = box.checked;
    if (box.dataset.act === 'all' || box.name === 'ids') refresh();
  });

  return {
    refresh,
    /** Shows which row was just saved, and returns what of it can have the focus. */
    flash: (id: string | undefined): HTMLElement | null => {
      const row = id ? document.getElementById(id) : null;
      if (!row) return null;
      row.classList.add('flash');
      row.addEventListener('animationend', () => row.classList.remove('flash'), { once: true });
      return row.querySelector<HTMLElement>('.cell-name a');
    },
  };
}
