import type { SeatChoice, SignInError } from '../api';
import { t } from '../i18n';
import { plain } from '../text';
import type { Field } from './SignInFields';

/** What the sign-in page tells of an answer that was a no. */
export interface Trouble {
  text: string;
  /** The field to mend, if it is one. */
  field: Field | null;
  seats: SeatChoice[];
}

/** The words for what the server answered, and the field that mends it. */
export function describe(error: SignInError, seat: string): Trouble {
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
