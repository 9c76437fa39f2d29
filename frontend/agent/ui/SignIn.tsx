import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { DemoAccount, SeatChoice, SignInError } from '../api';
import { t } from '../i18n';
import { type SignedOutReason, signIn } from '../panel';
import { seatUsed } from '../preferences';
import { extensionNumber, plain } from '../text';
import { Icon } from './Icon';
import { LanguageSelect } from './LanguageSelect';
import { Avatar, Brand } from './Parts';

type Field = 'operator' | 'password' | 'seat';

interface Trouble {
  text: string;
  /** The field to mend, if it is one. */
  field: Field | null;
  seats: SeatChoice[];
}

interface Props {
  because: SignedOutReason;
  demo: DemoAccount[];
  operator: string;
}

/** The sign-in page (row G1). It also tells why a sign-in ended, and how to go on. */
export function SignIn({ because, demo, operator }: Props) {
  const form = useRef<HTMLFormElement>(null);
  const trouble = useSignal<Trouble | null>(null);
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
    trouble.value = describe(error, seat);
    const field = fieldOf(form.current, trouble.value.field ?? 'password');
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
    trouble.value = null;
    form.current?.querySelector<HTMLButtonElement>('button[type=submit]')?.focus();
  };

  const invalid = (name: Field) => trouble.value?.field === name;
  const again = because === 'replaced';
  return (
    <main class="signin">
      <div class="card signin-card">
        <Brand />
        <h1>{t('signin.title')}</h1>
        {trouble.value === null && because in notices ? <Notice because={because} /> : null}
        {trouble.value === null ? null : (
          <div class="alert tone-bad" role="alert">
            <Icon name="warning" />
            <span>{trouble.value.text}</span>
          </div>
        )}
        <form class="signin-form" ref={form} onSubmit={submit} aria-busy={busy.value}>
          <div class="field">
            <label for="operator">{t('signin.operator')}</label>
            <input
              class="input"
              id="operator"
              name="operator"
              autocomplete="username"
              autocapitalize="none"
              spellcheck={false}
              required
              defaultValue={operator}
            />
          </div>
          <div class="field">
            <label for="password">{t('signin.password')}</label>
            <input
              class="input"
              id="password"
              name="password"
              type="password"
              autocomplete="current-password"
              required
              aria-invalid={invalid('password')}
            />
          </div>
          <div class="field">
            <label for="seat">{t('signin.seat')}</label>
            <input
              class="input"
              id="seat"
              name="seat"
              autocomplete="off"
              autocapitalize="none"
              spellcheck={false}
              defaultValue={seatUsed()}
              aria-describedby="seat-hint"
              aria-invalid={invalid('seat')}
            />
            <span class="hint" id="seat-hint">
              {t('signin.seat.hint')}
            </span>
          </div>
          {trouble.value !== null && trouble.value.seats.length > 0 ? (
            <Seats seats={trouble.value.seats} choose={(seat) => fill({ seat })} />
          ) : null}
          <button type="submit" class="button button-primary button-large" aria-disabled={busy.value}>
            {busy.value ? <span class="spinner" aria-hidden="true" /> : null}
            {busy.value ? t('signin.busy') : again ? t('signin.again') : t('signin.submit')}
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

const notices = {
  'signed-out': ['out.signed-out', 'ok', 'check'],
  unconfirmed: ['out.unconfirmed', 'warn', 'warning'],
  replaced: ['out.replaced', 'warn', 'tabs'],
  removed: ['out.removed', 'warn', 'warning'],
} as const;

function Notice({ because }: { because: SignedOutReason }) {
  const [key, tone, icon] = notices[because as keyof typeof notices];
  return (
    <div class={`alert tone-${tone}`} role="status">
      <Icon name={icon} />
      <span>{t(key)}</span>
    </div>
  );
}

function Seats({ seats, choose }: { seats: SeatChoice[]; choose: (seat: string) => void }) {
  return (
    <fieldset class="choices">
      <legend>{t('signin.seat.choose')}</legend>
      <div class="choice-list">
        {seats.map((seat) => (
          <button
            type="button"
            class="choice"
            key={seat.extension}
            onClick={() => choose(extensionNumber(seat.extension))}
          >
            <b>{extensionNumber(seat.extension)}</b>
            <small>{seat.description === '' ? seat.extension : plain(seat.description)}</small>
          </button>
        ))}
      </div>
    </fieldset>
  );
}

function DemoAccounts(props: { accounts: DemoAccount[]; choose: (values: Record<Field, string>) => void }) {
  return (
    <fieldset class="choices demo-accounts">
      <legend>
        <Icon name="demo" small />
        {t('signin.demo')}
      </legend>
      <p class="hint">{t('signin.demo.hint')}</p>
      <div class="choice-list">
        {props.accounts.map(({ operator, fullName, password, seat: device }) => (
          <button
            type="button"
            class="choice choice-person"
            key={operator}
            onClick={() => props.choose({ operator, password, seat: extensionNumber(device) })}
          >
            <Avatar name={fullName} />
            <b>{plain(fullName)}</b>
            <small>
              {operator} · {t('signin.demo.seat', { seat: extensionNumber(device) })}
            </small>
          </button>
        ))}
      </div>
    </fieldset>
  );
}

function fieldOf(form: HTMLFormElement | null, name: Field): HTMLInputElement | null {
  return (form?.elements.namedItem(name) ?? null) as HTMLInputElement | null;
}

/** The words for what the server answered, and the field that mends it. */
function describe(error: SignInError, seat: string): Trouble {
  const seats = error.code === 'seat-unknown' ? error.seats : [];
  switch (error.code) {
    case 'wrong-credentials':
      return { text: t('error.wrong-credentials'), field: 'password', seats };
    case 'malformed':
      return { text: t('error.malformed'), field: 'operator', seats };
    case 'seat-unknown': {
      if (seat === '') return { text: t('error.seat-missing'), field: 'seat', seats };
      const key = seats.length > 0 ? 'error.seat-unknown.choose' : 'error.seat-unknown';
      return { text: t(key, { seat: plain(seat) }), field: 'seat', seats };
    }
    case 'seat-taken':
      return { text: t('error.seat-taken', { seat: plain(seat) }), field: 'seat', seats };
    case 'throttled':
      return { text: t('error.throttled', { seconds: error.retryAfter }), field: null, seats };
    case 'not-ready': {
      const why = plain(error.message);
      return {
        text: why === '' ? t('error.not-ready.plain') : t('error.not-ready', { why }),
        field: null,
        seats,
      };
    }
    case 'unexpected':
      return { text: plain(error.message) || t('error.unexpected'), field: null, seats };
    default:
      return { text: t(`error.${error.code}`), field: null, seats };
  }
}
