import type { DemoAccount, SeatChoice } from '../api';
import { t } from '../i18n';
import { seatUsed } from '../preferences';
import { extensionNumber, plain } from '../text';
import { Icon } from './Icon';
import { Avatar } from './Parts';

/** The fields of the sign-in page, and the two lists that fill them. */

export type Field = 'operator' | 'password' | 'seat';

/** The three fields. `invalid` is the one that an answer of the server asks to mend. */
export function Fields({ operator, invalid }: { operator: string; invalid: Field | null }) {
  return (
    <>
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
          aria-invalid={invalid === 'password'}
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
          aria-invalid={invalid === 'seat'}
        />
        <span class="hint" id="seat-hint">
          {t('signin.seat.hint')}
        </span>
      </div>
    </>
  );
}

/** The seats there are, when the one that was named is none of them. */
export function Seats({ seats, choose }: { seats: SeatChoice[]; choose: (seat: string) => void }) {
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

/** The accounts of the demo, each one click away. */
export function DemoAccounts(props: {
  accounts: DemoAccount[];
  choose: (values: Record<Field, string>) => void;
}) {
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
