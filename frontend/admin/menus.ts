/** The key under which theme.js finds the theme, before the first paint. */
const themeKey = 'asteriskcti.theme';

/** The navigation of narrow pages, the theme, and selects that send their form. */
export function menus(): void {
  const nav = document.querySelector<HTMLElement>('#nav');
  const button = document.querySelector<HTMLElement>('[data-act="nav"]');
  const show = (open: boolean) => {
    nav?.classList.toggle('nav-open', open);
    button?.setAttribute('aria-expanded', String(open));
    if (open) nav?.querySelector<HTMLElement>('a[aria-current], .nav-list a')?.focus();
  };
  document.addEventListener('click', (e) => {
    const at = e.target as Element;
    if (at.closest('[data-act="nav"]')) show(!nav?.classList.contains('nav-open'));
    else if (nav?.classList.contains('nav-open') && !at.closest('#nav')) show(false);
    if (at.closest('[data-act="theme"]')) switchTheme();
  });
  document.addEventListener('keydown', (e) => {
    if (e.key !== 'Escape' || !nav?.classList.contains('nav-open')) return;
    show(false);
    button?.focus();
  });
  document.addEventListener('change', (e) => {
    const at = e.target as HTMLElement;
    if (at instanceof HTMLSelectElement && at.dataset.act === 'submit') at.form?.requestSubmit();
  });
}

function switchTheme(): void {
  const root = document.documentElement;
  const dark = root.dataset.theme
    ? root.dataset.theme === 'dark'
    : matchMedia('(prefers-color-scheme: dark)').matches;
  root.dataset.theme = dark ? 'light' : 'dark';
  localStorage.setItem(themeKey, root.dataset.theme);
}
