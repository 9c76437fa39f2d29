/** A placeholder that may be put in, and what it stands for; a variable needs no words. */
export interface Placeholder {
  name: string;
  about: string;
}

/** The placeholder that is being typed before the caret: where its brace stands, and the name so far. */
export function opened(text: string, caret: number): { at: number; name: string } | null {
  const before = text.slice(0, caret);
  const found = /(\{+)([\w.-]*)$/.exec(before);
  // "{{" is a brace of the text, and each further pair of them.
  if (!found || (found[1] ?? '').length % 2 === 0) return null;
  const name = found[2] ?? '';
  return { at: caret - name.length - 1, name };
}

/** The text with a placeholder put in where one was begun, and where the caret goes then. */
export function put(text: string, caret: number, at: number, name: string): { text: string; caret: number } {
  const rest = text.slice(caret).replace(/^[\w.-]*\}/, '');
  const head = `${text.slice(0, at)}{${name}}`;
  return { text: head + rest, caret: head.length };
}

/** Those that fit what was typed: names that begin with it, then those that hold it. */
export function fitting(list: readonly Placeholder[], typed: string): Placeholder[] {
  const text = typed.toLowerCase();
  const at = ({ name }: Placeholder) => name.toLowerCase().indexOf(text);
  return [...list.filter((one) => at(one) === 0), ...list.filter((one) => at(one) > 0)];
}

/**
 * Offers placeholders while one is typed into a field, as a combobox does: arrows choose,
 * Enter or Tab puts in, Escape closes.
 */
export function completion(input: HTMLInputElement, all: () => Placeholder[]): void {
  const list = document.createElement('ul');
  list.id = `${input.id}-list`;
  list.className = 'completion';
  list.hidden = true;
  list.setAttribute('role', 'listbox');
  list.setAttribute('aria-label', '{ }');
  input.parentElement?.append(list);
  input.setAttribute('role', 'combobox');
  input.setAttribute('aria-autocomplete', 'list');
  input.setAttribute('aria-controls', list.id);
  input.setAttribute('aria-expanded', 'false');

  let offered: Placeholder[] = [];
  let active = 0;

  const close = () => {
    offered = [];
    list.hidden = true;
    list.replaceChildren();
    input.setAttribute('aria-expanded', 'false');
    input.removeAttribute('aria-activedescendant');
  };
  const choose = (to: number) => {
    active = (to + offered.length) % offered.length;
    for (const [i, item] of [...list.children].entries()) {
      item.setAttribute('aria-selected', String(i === active));
      if (i !== active) continue;
      input.setAttribute('aria-activedescendant', item.id);
      item.scrollIntoView?.({ block: 'nearest' });
    }
  };
  const offer = () => {
    const begun = opened(input.value, input.selectionStart ?? 0);
    offered = begun ? fitting(all(), begun.name) : [];
    if (offered.length === 0) return close();
    list.replaceChildren(...offered.map((one, i) => option(`${list.id}-${i}`, one)));
    list.hidden = false;
    input.setAttribute('aria-expanded', 'true');
    choose(0);
  };
  const take = (i: number) => {
    const caret = input.selectionStart ?? 0;
    const begun = opened(input.value, caret);
    const one = offered[i];
    close();
    if (!begun || !one) return;
    const after = put(input.value, caret, begun.at, one.name);
    input.value = after.text;
    input.setSelectionRange(after.caret, after.caret);
    input.dispatchEvent(new Event('input', { bubbles: true }));
  };

  input.addEventListener('input', offer);
  input.addEventListener('blur', close);
  input.addEventListener('keydown', (e) => {
    if (offered.length === 0) {
      if (e.key === 'ArrowDown') offer();
      return;
    }
    if (e.key === 'ArrowDown') choose(active + 1);
    else if (e.key === 'ArrowUp') choose(active - 1);
    else if (e.key === 'Enter' || e.key === 'Tab') take(active);
    else if (e.key === 'Escape') close();
    else return;
    e.preventDefault();
    e.stopPropagation();
  });
  // Before the field loses the focus.
  list.addEventListener('mousedown', (e) => {
    e.preventDefault();
    const item = (e.target as Element).closest('[role=option]');
    if (item) take([...list.children].indexOf(item));
  });
}

function option(id: string, one: Placeholder): HTMLElement {
  const item = document.createElement('li');
  item.id = id;
  item.setAttribute('role', 'option');
  const name = document.createElement('code');
  name.textContent = `{${one.name}}`;
  const about = document.createElement('span');
  about.textContent = one.about;
  item.append(name, about);
  return item;
}
