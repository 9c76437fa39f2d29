import { useEffect, useRef } from 'preact/hooks';
import { t } from '../i18n';
import { drafts, type Gate, type SignedOutReason } from '../panel';
import { Icon } from './Icon';
import { LanguageSelect } from './LanguageSelect';
import { Brand } from './Parts';
import { SignInForm } from './SignInForm';

/** The sign-in page (row G1). It also tells why a sign-in ended, and how to go on. */
export function SignIn({ because, demo, operator, typing }: Extract<Gate, { kind: 'out' }>) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    // What somebody goes on typing must not end in a password.
    if (typing) heading.current?.focus();
    else document.getElementById(operator === '' ? 'operator' : 'password')?.focus();
  }, [operator]);
  return (
    <main class="signin">
      <div class="card signin-card">
        <Brand />
        <h1 tabIndex={-1} ref={heading}>
          {t('signin.title')}
        </h1>
        <SignInForm
          operator={operator}
          submit={because === 'replaced' ? 'signin.again' : 'signin.submit'}
          demo={demo}
        >
          <Notice because={because} />
          {drafts.unsaved.value ? <p class="hint">{t('out.kept')}</p> : null}
        </SignInForm>
        <div class="signin-foot">
          <Icon name="globe" small />
          <LanguageSelect id="signin-language" label={false} />
        </div>
      </div>
    </main>
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
