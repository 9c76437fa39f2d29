/** Tells the form that a field which a script has written is another now. */
export const changed = (field: HTMLElement) => field.dispatchEvent(new Event('input', { bubbles: true }));

/**
 * What is typed line by line without a script stays the field that is sent; it is no longer
 * seen. To whoever goes to it, from a message or a label, it gives the way.
 */
export function standIn(area: HTMLTextAreaElement, fill: () => void, first: () => HTMLElement | null): void {
  area.classList.add('sr');
  area.tabIndex = -1;
  area.setAttribute('aria-hidden', 'true');
  area.addEventListener('focus', () => {
    fill(); // the other one's value may have been taken
    first()?.focus();
  });
  fill();
  if (document.activeElement === area) first()?.focus(); // where a fault stands the part came with the focus
}

/** Whether a dialplan variable can be called so; the server has the last word. */
export const isName = (text: string) => /^[A-Za-z_]\w*$/.test(text);

/** A variable's name and its label, of a line "name = label". */
export function parts(line: string): [name: string, label: string] {
  const [name = '', ...label] = line.split('=');
  return [name.trim(), label.join('=').trim()];
}

/**
 * A list that has an order, one row each: what data-rows says, "variables" with a label each
 * or "dispositions".
 */
export function rows(box: HTMLElement): void {
  const area = box.querySelector('textarea');
  const list = box.querySelector('ol');
  const pattern = box.querySelector('template');
  if (!area || !list || !pattern) return;
  const named = box.dataset.rows === 'variables';
  const firsts = () => [...list.querySelectorAll<HTMLInputElement>('li > input:first-child')];

  const row = (line: string): HTMLElement => {
    const item = (pattern.content.cloneNode(true) as DocumentFragment).firstElementChild as HTMLElement;
    const values = named ? parts(line) : [line];
    for (const [i, input] of [...item.querySelectorAll('input')].entries()) input.value = values[i] ?? '';
    return item;
  };
  const written = (item: Element) => {
    const [value = '', label] = [...item.querySelectorAll('input')].map((input) => input.value.trim());
    return label ? `${value} = ${label}` : value;
  };
  const write = () => {
    area.value = [...list.children]
      .map(written)
      .filter((line) => line !== '')
      .join('\n');
  };
  /** Marks what the server found fault with, as far as it shows. */
  const mark = () => {
    const values = firsts().map(({ value }) => (named ? value : value.toLowerCase()));
    for (const [i, input] of firsts().entries()) {
      if (values.indexOf(values[i] ?? '') === i && (!named || isName(input.value))) continue;
      input.setAttribute('aria-invalid', 'true');
      input.setAttribute('aria-describedby', `${area.id}-hint`);
    }
  };
  const add = (after: Element | null) => {
    const item = row('');
    if (after) after.after(item);
    else list.append(item);
    item.querySelector('input')?.focus();
  };
  const move = (item: Element, up: boolean) => {
    const other = up ? item.previousElementSibling : item.nextElementSibling;
    if (!other) return;
    if (up) other.before(item);
    else other.after(item);
    write();
    changed(area);
  };

  const act = (button: HTMLElement) => {
    const item = button.closest('li');
    const what = button.dataset.row;
    if (what === 'add') return add(null);
    if (!item) return;
    if (what !== 'remove') {
      move(item, what === 'up');
      return button.focus();
    }
    const next = item.nextElementSibling ?? item.previousElementSibling;
    item.remove();
    write();
    changed(area);
    (next?.querySelector('input') ?? box.querySelector<HTMLElement>('[data-row="add"]'))?.focus();
  };
  box.addEventListener('click', (e) => {
    const button = (e.target as Element).closest<HTMLElement>('[data-row]');
    if (button) act(button);
  });
  list.addEventListener('input', write);
  list.addEventListener('keydown', (e) => {
    const at = e.target as HTMLElement;
    const item = at.closest('li');
    if (!item || !(at instanceof HTMLInputElement)) return;
    if (e.key === 'Enter' && written(item) !== '') add(item);
    else if (e.altKey && (e.key === 'ArrowUp' || e.key === 'ArrowDown')) {
      move(item, e.key === 'ArrowUp');
      at.focus();
    } else return;
    e.preventDefault();
  });

  standIn(
    area,
    () => {
      list.replaceChildren(...lines(area.value).map(row));
      if (area.getAttribute('aria-invalid') === 'true') mark();
    },
    () =>
      list.querySelector<HTMLElement>('[aria-invalid]') ??
      firsts()[0] ??
      box.querySelector<HTMLElement>('[data-row="add"]'),
  );
}

/** The lines of a text that are not blank. */
export const lines = (text: string) =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
