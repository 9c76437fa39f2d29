import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { DemoAccount, SignInError } from '../api';
import { t } from '../i18n';
import { drafts, leftCalls, type SignedOutReason, signIn } from '../panel';
import { callKey } from '../picture';
import { SlimCall } from './CallCard';
import { Icon } from './Icon';
import { LanguageSelect } from './LanguageSelect';
import { Brand } from './Parts';
import { DemoAccounts, type Field, Fields, Seats } from './SignInFields';
import { describe } from './signInTrouble';

interface Props {
  because: SignedOutReason;
  demo: DemoAccount[];
  operator: string;
}

/** The sign-in page (row G1). It also tells why a sign-in ended, and how to go on. */
export function SignIn({ because, demo, operator }: Props) {
  const form = useRef<HTMLFormElement>(null);
  const refused = useSignal<{ error: SignInError; seat: string } | null>(null);
  const busy = useSignal(false);

  useEffect(() => {
    fieldOf(form.current, operator === '' ? 'operator' : 'password')?.focus();
  }, [operator]);

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
    // After the next paint: a field that is being re-drawn would lose the focus again.
    requestAnimationFrame(() => {
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
  const idle = because === 'replaced' ? 'signin.again' : 'signin.submit';
  return (
    <main class="signin">
      <div class="card signin-card">
        <Brand />
        <h1>{t('signin.title')}</h1>
        {trouble === null ? (
          <Notice because={because} />
        ) : (
          <div class="alert tone-bad" role="alert">
            <Icon name="warning" />
            <span>{trouble.text}</span>
          </div>
        )}
        <Left />
        {/* Its key holds it: beside what comes and goes it would be made anew, without what was typed */}
        <form key="form" class="signin-form" ref={form} onSubmit={submit} aria-busy={busy.value}>
          <Fields operator={operator} invalid={trouble?.field ?? null} />
          {trouble !== null && trouble.seats.length > 0 ? (
            <Seats seats={trouble.seats} choose={(seat) => fill({ seat })} />
          ) : null}
          <button type="submit" class="button button-primary button-large" aria-disabled={busy.value}>
            {busy.value ? <span class="spinner" aria-hidden="true" /> : null}
            {t(busy.value ? 'signin.busy' : idle)}
          </button>
        </form>
        {demo.length > 0 ? <DemoAccounts accounts={demo} choose={fill} /> : null}
        <div class="signin-foot">
          <Icon name="globe" small />
          <LanguageSelect id="signin-language" label={false} />
        </div>
      </div>
    </main>
  );
}

/** What goes on without the agent, or waits for him. */
function Left() {
  return (
    <>
      {drafts.unsaved.value ? <p class="hint">{t('out.kept')}</p> : null}
      {leftCalls.value.length === 0 ? null : (
        <ul class="slims" aria-label={t('tab.call')}>
          {leftCalls.value.map((call) => (
            <SlimCall key={callKey(call)} call={{ ...call, action: undefined }} />
          ))}
        </ul>
      )}
    </>
  );
}

const notices = {
  'signed-out': ['out.signed-out', 'ok', 'check'],
  unconfirmed: ['out.unconfirmed', 'warn', 'warning'],
  replaced: ['out.replaced', 'warn', 'tabs'],
  removed: ['out.removed', 'warn', 'warning'],
  expired: ['out.expired', 'warn', 'clock'],
} as const;

/** Why the page stands here, where there is something to tell. */
function Notice({ because }: { because: SignedOutReason }) {
  if (!(because in notices)) return null;
  const [key, tone, icon] = notices[because as keyof typeof notices];
  return (
    <div class={`alert tone-${tone}`} role="status">
      <Icon name={icon} />
      <span>{t(key)}</span>
    </div>
  );
}

function fieldOf(form: HTMLFormElement | null, name: Field): HTMLInputElement | null {
  return (form?.elements.namedItem(name) ?? null) as HTMLInputElement | null;
}
