import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useRef } from 'preact/hooks';
import type { DemoAccount, SignInError } from '../api';
import { t } from '../i18n';
import { signIn } from '../panel';
import { Icon } from './Icon';
import { DemoAccounts, type Field, Fields, Seats } from './SignInFields';
import { describe } from './signInTrouble';

/** The form by which an agent signs in: on a page of its own, or above a panel whose sign-in has
 *  expired. `children` tell what it is for; a refusal of the server is told in their place. */
export function SignInForm(props: {
  operator: string;
  submit: 'signin.submit' | 'signin.again';
  demo?: DemoAccount[];
  children: ComponentChildren;
}) {
  const { operator, demo = [] } = props;
  const form = useRef<HTMLFormElement>(null);
  const refused = useSignal<{ error: SignInError; seat: string } | null>(null);
  const busy = useSignal(false);

  const submit = async (event: Event) => {
    event.preventDefault();
    if (busy.value) return;
    const value = (name: Field) => fieldOf(form.current, name)?.value ?? '';
    const seat = value('seat').trim();
    busy.value = true;
    const error = await signIn(value('operator').trim(), value('password'), seat);
    busy.value = false;
    if (error === null) return;
    refused.value = { error, seat };
    const field = fieldOf(form.current, describe(error, seat).field ?? 'password');
    // After the next paint: a field that is being re-drawn would lose the focus again. Who has gone
    // on elsewhere meanwhile stays there.
    requestAnimationFrame(() => {
      if (form.current?.contains(document.activeElement) !== true) return;
      field?.focus();
      field?.select();
    });
  };

  const fill = (values: Partial<Record<Field, string>>) => {
    for (const [name, text] of Object.entries(values)) {
      const field = fieldOf(form.current, name as Field);
      if (field !== null) field.value = text;
    }
    refused.value = null;
    form.current?.querySelector<HTMLButtonElement>('button[type=submit]')?.focus();
  };

  // Put into words here and not when it came, so that it follows a change of language.
  const trouble = refused.value === null ? null : describe(refused.value.error, refused.value.seat);
  return (
    <>
      {trouble === null ? (
        props.children
      ) : (
        <div class="alert tone-bad" role="alert">
          <Icon name="warning" />
          <span>{trouble.text}</span>
        </div>
      )}
      {/* Its key holds it: beside what comes and goes it would be made anew, without what was typed */}
      <form key="form" class="signin-form" ref={form} onSubmit={submit} aria-busy={busy.value}>
        <Fields operator={operator} invalid={trouble?.field ?? null} />
        {trouble !== null && trouble.seats.length > 0 ? (
          <Seats seats={trouble.seats} choose={(seat) => fill({ seat })} />
        ) : null}
        <button type="submit" class="button button-primary button-large" aria-disabled={busy.value}>
          {busy.value ? <span class="spinner" aria-hidden="true" /> : null}
          {t(busy.value ? 'signin.busy' : props.submit)}
        </button>
      </form>
      {demo.length > 0 ? <DemoAccounts accounts={demo} choose={fill} /> : null}
    </>
  );
}

function fieldOf(form: HTMLFormElement | null, name: Field): HTMLInputElement | null {
  return (form?.elements.namedItem(name) ?? null) as HTMLInputElement | null;
}
