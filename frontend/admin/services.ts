import { assigned } from './assigned';
import { completion, type Placeholder } from './placeholders';
import { isName, lines, parts, rows } from './rows';

/** Makes the form of a service quick to fill in, where there is one that is not yet. */
export function services(root: ParentNode): void {
  for (const form of root.querySelectorAll<HTMLFormElement>('form[data-service]:not([data-ready])')) {
    form.dataset.ready = '';
    const show = () => applies(form);
    form.addEventListener('change', show);
    show();
    for (const box of form.querySelectorAll<HTMLElement>('[data-rows]')) rows(box);
    for (const box of form.querySelectorAll<HTMLElement>('[data-operators]')) assigned(box);
    for (const box of form.querySelectorAll<HTMLElement>('[data-completes]')) {
      const field = box.querySelector<HTMLInputElement>('input');
      if (field) completion(field, () => known(form, box));
    }
  }
  for (const form of root.querySelectorAll<HTMLFormElement>('form[data-service]')) {
    marks(form);
    retry(form);
    for (const part of form.querySelectorAll<HTMLElement>('.trial, #service-sent > *')) {
      if (part.dataset.seen !== undefined) continue;
      part.dataset.seen = '';
      part.scrollIntoView?.({ block: 'nearest' }); // it may have come below the edge
    }
  }
}

function known(form: HTMLFormElement, box: HTMLElement): Placeholder[] {
  if (!holds(form, box.dataset.completes ?? '')) return [];
  const own = lines(field(form, 'variables'))
    .map((line) => parts(line)[0])
    .filter(isName);
  const builtin = [...form.querySelectorAll<HTMLElement>('[data-placeholder]')].map((at) => ({
    name: at.dataset.placeholder ?? '',
    about: at.textContent ?? '',
  }));
  return [...own.map((name) => ({ name, about: '' })), ...builtin.filter(({ name }) => !own.includes(name))];
}

/** Shows what concerns the service as it is, by data-when="field=value value". */
export function applies(form: HTMLFormElement): void {
  for (const part of form.querySelectorAll<HTMLElement>('[data-when]'))
    part.hidden = !holds(form, part.dataset.when ?? '');
}

function holds(form: HTMLFormElement, when: string): boolean {
  const [name = '', values = ''] = when.split('=');
  return values.split(' ').includes(field(form, name));
}

function field(form: HTMLFormElement, name: string): string {
  return form.querySelector<HTMLInputElement>(`[name="${name}"]`)?.value ?? '';
}

/** Marks the field that the check, which came with the last part, finds fault with. */
function marks(form: HTMLFormElement): void {
  const fault = form.querySelector<HTMLElement>('#service-check [data-fault]')?.dataset.fault;
  for (const name of ['application', 'param_string']) {
    const at = form.querySelector<HTMLElement>(`[name="${name}"]`);
    if (!at || document.querySelector(`#f-${name}-hint.error`)) continue;
    if (fault === name) at.setAttribute('aria-invalid', 'true');
    else at.removeAttribute('aria-invalid');
  }
}

/** Asks anew for the values to try when the check, which came with the last part, knows others. */
function retry(form: HTMLFormElement): void {
  const check = form.querySelector<HTMLElement>('#service-check [data-names]:not([data-seen])');
  if (!check || !form.querySelector('.trial')) return;
  check.dataset.seen = '';
  const asked = [...form.querySelectorAll<HTMLInputElement>('.trial [name^="sample-"]')].map(
    ({ name }) => name,
  );
  if (
    asked.join(' ') !== (check.dataset.names ?? '').trim() &&
    !form.querySelector('#service-check [data-fault]')
  )
    form.querySelector<HTMLElement>('[data-try]')?.click();
}
