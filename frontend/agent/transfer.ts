import { t } from './i18n';
import type { Key } from './locales/en';
import type { Call, Transfer } from './protocol';
import { extensionNumber, isolated, plain, telephone } from './text';

/** The words for a call that changes hands: from whom it came, and where it went. */

const transferWords: Readonly<Record<Transfer['kind'], Key>> = {
  blind: 'transfer.blind',
  attended: 'transfer.attended',
  redirect: 'transfer.redirect',
  pickup: 'transfer.pickup',
  park: 'transfer.park',
};

/** The colleague a call came from: by name, or else by the number of his phone. */
export function colleague(transfer: Transfer): string {
  const name = plain(transfer.name) === '' ? transfer.by : transfer.name;
  return isolated(plain(name) === '' ? extensionNumber(transfer.phone) : name);
}

/** The colleague who gave the call to this agent. Nobody did when it came to him first, or when he
 *  took it himself, from parking or from another's phone. */
export function givenBy({ transfer }: Call): string | undefined {
  if (transfer === undefined || transfer.kind === 'pickup' || transfer.kind === 'park') return undefined;
  return colleague(transfer);
}

/** From whom the call came, and how. */
export function transferLine(transfer: Transfer): string {
  return t(transferWords[transfer.kind] ?? 'transfer.redirect', { who: colleague(transfer) });
}

/** The title of a call that its agent handed on. */
export function handedWord(kind: string): Key {
  return kind === 'park' ? 'handed.park' : 'handed.on';
}

/** Where the agent's call went: a number, or a phone, which is told by its number. */
export function handedOnLine(handed: {
  kind: string;
  to?: string | undefined;
  toName?: string | undefined;
}): string {
  const { kind, to, toName } = handed;
  if (toName !== undefined && plain(toName) !== '') return t('handed.on.to', { to: isolated(toName) });
  if (to === undefined || plain(to) === '') return t(handedWord(kind));
  return t(kind === 'park' ? 'handed.park.to' : 'handed.on.to', {
    to: isolated(telephone(extensionNumber(to)), 32),
  });
}
