/** What the dialogs need of htmx. */
interface Net {
  get: (address: string, target: string) => void;
}

const dialog = (id: string) => document.querySelector<HTMLDialogElement>(`dialog#${id}`);

/**
 * The page's dialogs: they open when a part is swapped into them, give the focus back when
 * they close, and ask before typed text is lost.
 */
export function dialogs(net: Net) {
  const main = dialog('dialog');
  const signIn = dialog('sign-in');
  const ask = dialog('ask');
  let opener: HTMLElement | null = null;
  let dirty = false;

  const focusIn = (box: HTMLElement) => {
    const first =
      box.querySelector<HTMLElement>('[aria-invalid="true"]') ??
      box.querySelector<HTMLElement>('[autofocus]') ??
      box.querySelector<HTMLElement>('[data-first]') ??
      box.querySelector<HTMLElement>('input:not([type=hidden]),select,textarea,button');
    first?.focus();
  };

  const openWhenFilled = (box: HTMLDialogElement | null) => {
    const body = box?.querySelector<HTMLElement>(`#${box.id}-body`);
    if (!box || !body || body.childElementCount === 0) return;
    if (!box.open) {
      if (box === main) opener = document.activeElement as HTMLElement | null;
      box.showModal();
    }
    box.classList.toggle('modal-wide', body.querySelector('[data-wide]') !== null);
  };

  const empty = (box: HTMLDialogElement | null) => {
    box?.querySelector(`#${box.id}-body`)?.replaceChildren();
  };

  const leave = () => {
    dirty = false;
    main?.close();
  };

  main?.addEventListener('close', () => {
    empty(main);
    dirty = false;
    // A row that was removed took its link along: from here the arrows go on.
    (opener?.isConnected ? opener : document.querySelector<HTMLElement>('#main'))?.focus();
    opener = null;
  });
  signIn?.addEventListener('close', () => empty(signIn));
  main?.addEventListener('cancel', (e) => {
    if (!dirty) return;
    e.preventDefault();
    ask?.showModal();
  });
  main?.addEventListener('input', () => {
    dirty = main.querySelector('form[data-form]') !== null;
  });
  addEventListener('beforeunload', (e) => {
    if (dirty) e.preventDefault();
  });

  document.addEventListener('click', (e) => {
    const at = e.target as Element;
    const act = at.closest<HTMLElement>('[data-act]')?.dataset.act;
    if (act === 'ask-yes') {
      ask?.close();
      leave();
    } else if (act === 'ask-no') {
      ask?.close();
    } else if (act === 'keys') {
      document.querySelector<HTMLElement>('#user-menu')?.hidePopover();
      dialog('keys')?.showModal();
    } else if (act === 'to-field') {
      e.preventDefault();
      const to = at.closest('a')?.getAttribute('href');
      if (to) document.querySelector<HTMLElement>(to)?.focus();
    } else if (act === 'theirs') {
      takeTheirs(at.closest<HTMLElement>('[data-act]'));
    }
    const closes = at.closest('[data-close]');
    const box = closes?.closest('dialog');
    if (!closes || !box) return;
    e.preventDefault();
    if (box === main && dirty) ask?.showModal();
    else box.close();
  });

  return {
    get: (address: string) => net.get(address, '#dialog-body'),
    /** After every swap: a part may have come into a dialog. */
    swapped: () => {
      for (const box of [main, signIn]) {
        const body = box?.querySelector<HTMLElement>(`#${box.id}-body`);
        const part = body?.firstElementChild as HTMLElement | null | undefined;
        if (!box || !part || part.dataset.shown !== undefined) continue;
        part.dataset.shown = '';
        openWhenFilled(box);
        focusIn(box);
        if (box === main && part.querySelector('[aria-invalid="true"], [role="alert"]') !== null)
          dirty = true;
      }
    },
    /** What was typed is saved; the focus goes to what shows it. */
    close: (shown: HTMLElement | null) => {
      if (shown) opener = shown;
      leave();
    },
    /** Signed in anew, in the middle of a form: it is as it was. */
    signedIn: () => {
      signIn?.close();
      if (!main?.open) location.reload();
      main?.querySelector<HTMLElement>('button[type=submit]')?.focus();
    },
  };
}

/** In a conflict: puts the other one's value into the field. */
function takeTheirs(button: HTMLElement | null): void {
  const field = document.getElementById(button?.dataset.for ?? '');
  const value = button?.dataset.value ?? '';
  if (field instanceof HTMLInputElement && field.type === 'checkbox') field.checked = value === 'true';
  else if (
    field instanceof HTMLInputElement ||
    field instanceof HTMLTextAreaElement ||
    field instanceof HTMLSelectElement
  ) {
    field.value = value;
  }
  field?.focus();
}
