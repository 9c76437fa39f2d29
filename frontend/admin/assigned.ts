import { changed, lines, standIn } from './rows';

/** An operator of a service. */
export interface Assigned {
  user: string;
  penalty: string; // as typed
  name: string;
}

/** Rows that are shown at once: there may be ten thousand operators. */
export const mostShown = 100;

/** Reads "username penalty full name", line by line. */
export function read(text: string): Assigned[] {
  return lines(text).map((line) => {
    const [user = '', penalty = '0', ...name] = line.split(/\s+/);
    return { user, penalty, name: name.join(' ') };
  });
}

export const written = (list: readonly Assigned[]) =>
  list.map(({ user, penalty, name }) => `${user} ${penalty || '0'} ${name}`.trim()).join('\n');

const key = (user: string) => user.toLowerCase();

/** Who serves the service, each with a penalty, and the search for others. */
export function assigned(box: HTMLElement): void {
  const area = box.querySelector('textarea');
  const list = box.querySelector<HTMLElement>('[data-assigned]');
  const found = box.querySelector<HTMLElement>('#found-operators');
  const find = box.querySelector<HTMLInputElement>('[type=search]');
  const pattern = box.querySelector('template');
  if (!area || !list || !pattern) return;
  let all: Assigned[] = [];

  const row = (one: Assigned): HTMLElement => {
    const item = (pattern.content.cloneNode(true) as DocumentFragment).firstElementChild as HTMLElement;
    const put = (selector: string, text: string) => {
      const at = item.querySelector<HTMLElement>(selector);
      if (at) at.textContent = text;
    };
    put('[data-name]', one.name || one.user);
    put('[data-login]', one.user);
    const box = item.querySelector<HTMLInputElement>('[data-user]');
    if (box) box.dataset.user = one.user;
    const penalty = item.querySelector<HTMLInputElement>('[data-penalty]');
    if (penalty) {
      penalty.value = one.penalty;
      penalty.dataset.of = one.user;
    }
    return item;
  };
  const counts = () => {
    const count = box.querySelector('[data-count]');
    if (count) count.textContent = String(all.length);
    const rest = box.querySelector<HTMLElement>('[data-rest]');
    if (rest) rest.hidden = all.length <= mostShown;
    list.hidden = all.length === 0;
  };
  const tick = () => {
    const serving = new Set(all.map(({ user }) => key(user)));
    for (const one of found?.querySelectorAll<HTMLInputElement>('[data-user]') ?? [])
      one.checked = serving.has(key(one.dataset.user ?? ''));
  };
  const show = () => {
    list.replaceChildren(...all.slice(0, mostShown).map(row));
    counts();
    tick();
  };
  const write = () => {
    area.value = written(all);
  };

  box.addEventListener('change', (e) => {
    const at = e.target as HTMLInputElement;
    const user = at.dataset.user;
    if (user === undefined) return;
    const was = all.findIndex((one) => key(one.user) === key(user));
    if (at.checked && was < 0) all = [{ user, penalty: '0', name: at.dataset.full ?? '' }, ...all];
    else if (!at.checked && was >= 0) all = all.filter((_, i) => i !== was);
    write();
    show();
    // A row that is gone takes the focus with it.
    if (!at.isConnected) (list.querySelector<HTMLElement>('[data-user]') ?? find)?.focus();
    changed(area);
  });
  list.addEventListener('input', (e) => {
    const at = e.target as HTMLInputElement;
    const one = all.find(({ user }) => user === at.dataset.of);
    if (!one) return;
    one.penalty = at.value.trim();
    write();
  });
  // To look for somebody is no edit: the dialog is not to ask before it closes.
  find?.addEventListener('input', (e) => e.stopPropagation());
  find?.addEventListener('keydown', (e) => {
    if (e.key === 'Enter') e.preventDefault();
  });
  if (found) new MutationObserver(tick).observe(found, { childList: true });

  standIn(
    area,
    () => {
      all = read(area.value);
      show();
    },
    () => find ?? list.querySelector<HTMLElement>('input'),
  );
}
