import { toast } from './toasts';

/** Passwords that can be looked at, links that can be copied, and no token in the address. */
export function accounts(): void {
  // The token of a link is in the page's form now: the address is what others see.
  const holds = /^\/admin\/(setup|reset)$/.test(location.pathname);
  if (holds && location.search !== '') history.replaceState(null, '', location.pathname);

  document.addEventListener('click', (e) => {
    const button = (e.target as Element).closest<HTMLButtonElement>('[data-act]');
    if (button?.dataset.act === 'show') show(button);
    else if (button?.dataset.act === 'copy') void copy(button);
  });
  document.addEventListener('submit', (e) => {
    // A password that is shown is hidden again: browsers offer to keep only hidden ones.
    for (const button of (e.target as Element).querySelectorAll<HTMLButtonElement>(
      '[data-act="show"][aria-pressed="true"]',
    ))
      show(button);
  });
}

function show(button: HTMLButtonElement): void {
  const field = button.parentElement?.querySelector('input');
  if (!field) return;
  const shown = field.type === 'text';
  field.type = shown ? 'password' : 'text';
  button.setAttribute('aria-pressed', String(!shown));
}

/** Copies a field's text. Browsers give the clipboard itself only to pages that come by https. */
async function copy(button: HTMLButtonElement): Promise<void> {
  const field = document.getElementById(button.dataset.for ?? '');
  if (!(field instanceof HTMLInputElement)) return;
  field.select();
  const copied = await (navigator.clipboard?.writeText(field.value) ?? Promise.reject()).then(
    () => true,
    () => document.execCommand('copy'),
  );
  if (copied) toast(button.dataset.done ?? '');
}
