/** Telephone numbers as people write and paste them, made into what the server dials (row C4). */

/** Spaces of every width, dashes, dots, slashes, parentheses, and marks that nobody sees. */
const separators = /[\s\u00ad\u200b-\u200f\u2010-\u2015\u202a-\u202e\u2060-\u2069\u2212\ufeff().\-/]+/g;

/**
 * The number without what is only there to be read: `tel:+39 (055) 12-34;ext=1` is `+390551234`.
 * The zero of `+49 (0)30 …` goes too, since it is dialled only without the
 * country's code. What is no number stays, so that it can be told.
 */
export function cleanNumber(text: string): string {
  const plain = text
    .normalize('NFKC')
    .trim()
    .replace(/^tel:([^;?]*).*$/is, '$1');
  const international = /^[\s(]*(\+|00)/.test(plain);
  return (international ? plain.replace(/\(\s*0\s*\)/, '') : plain).replace(separators, '');
}

/** Whether the server takes it for a number. */
export function isDialable(number: string): boolean {
  return /^\+?[0-9*#]{1,24}$/.test(number);
}
