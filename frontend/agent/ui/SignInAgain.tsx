import { useEffect, useRef } from 'preact/hooks';
import { t } from '../i18n';
import { isTyping } from '../typing';
import { Icon } from './Icon';
import { SignInForm } from './SignInForm';

/** Asks for the password of a sign-in that has expired, above a panel that stays as it was. It takes
 *  the focus from nobody who types, and gives it back where it was. */
export function SignInAgain({ operator }: { operator: string }) {
  const strip = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const before = document.activeElement;
    if (!isTyping()) document.getElementById('password')?.focus();
    const { current } = strip;
    return () => {
      const { activeElement: now, body } = document;
      if (now !== body && current?.contains(now) !== true) return;
      const known = before instanceof HTMLElement && before !== body && before.isConnected;
      (known ? before : document.getElementById('call'))?.focus({ preventScroll: true });
    };
  }, []);
  return (
    <div class="banner signin-again tone-warn" ref={strip}>
      <SignInForm operator={operator} submit="signin.submit">
        <p class="banner-text">
          <Icon name="clock" />
          <span>{t('out.expired')}</span>
        </p>
      </SignInForm>
    </div>
  );
}
