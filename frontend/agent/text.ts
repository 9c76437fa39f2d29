/** Text for people's eyes: what callers send, made harmless to look at; numbers and times. */

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for.
const unseen = /[\u0000-\u001f\u007f-\u009f]+/g;
const bidiControls = /[\u202a-\u202e\u2066-\u2069]/g;

/**
 * A caller's text as it may be shown: control characters become one space, and the marks
 * that turn the reading direction of what follows are left out. Letters of every script
 * stay. Elements that show it carry `dir="auto"` and isolate it from its surroundings.
 */
export function plain(text: string): string {
  return text.replace(bidiControls, '').replace(unseen, ' ').trim();
}

/** The same for places that take no elements (titles, labels, live regions): isolated by
 *  characters, and cut, because a screen reader would read 4 KB to the end. */
export function isolated(text: string, limit = 80): string {
  const letters = Array.from(plain(text));
  const cut = letters.length > limit ? `${letters.slice(0, limit - 1).join('')}…` : letters.join('');
  return `\u2068${cut}\u2069`;
}

/** The letters of an avatar, at most two; empty when the name has none. */
export function initials(name: string): string {
  const words = plain(name).match(/\p{L}[\p{L}\p{M}'’]*/gu) ?? [];
  const chosen = words.length > 1 ? [words[0], words[words.length - 1]] : words;
  return chosen.map((word) => Array.from(word ?? '')[0]?.toLocaleUpperCase() ?? '').join('');
}

/** Prefix, country code in it, group sizes behind the code. Only plans that group all their
 *  numbers alike (of Italy and Britain: the mobile ones, and London); a wrong grouping is worse than none. */
const plans: readonly [prefix: string, code: string, groups: readonly number[]][] = [
  ['+1', '+1', [3, 3, 4]],
  ['+33', '+33', [1, 2, 2, 2, 2]],
  ['+34', '+34', [3, 2, 2, 2]],
  ['+393', '+39', [3, 3, 4]],
  ['+4420', '+44', [2, 4, 4]],
  ['+447', '+44', [4, 6]],
];

/** A telephone number in readable groups, where its country's way is known. */
export function telephone(number: string): string {
  const text = plain(number);
  if (!/^\+\d+$/.test(text)) return text;
  for (const [prefix, code, groups] of plans) {
    const length = code.length + groups.reduce((sum, size) => sum + size, 0);
    if (!text.startsWith(prefix) || text.length !== length) continue;
    const parts = [code];
    let at = code.length;
    for (const size of groups) {
      parts.push(text.slice(at, at + size));
      at += size;
    }
    return parts.join(' ');
  }
  return text;
}

/** What Asterisk and carriers send in place of a number that is not told. */
const withheldWords = new Set([
  '',
  '<unknown>',
  'anonymous',
  'private',
  'restricted',
  'unavailable',
  'unknown',
  'withheld',
]);

/** Whether a caller's number says nothing. */
export function isWithheld(number: string): boolean {
  return withheldWords.has(plain(number).toLowerCase());
}

/** A length of time: `mm:ss`, from one hour on `h:mm:ss`. Never negative. */
export function duration(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const two = (value: number) => String(value).padStart(2, '0');
  const hours = Math.floor(seconds / 3600);
  const rest = `${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return hours > 0 ? `${hours}:${rest}` : rest;
}

/** The part of a device that people call their extension: `201` of `PJSIP/201`. */
export function extensionNumber(device: string): string {
  return device.slice(device.lastIndexOf('/') + 1);
}

/**
 * A program and its arguments as one line that can be read and copied. Each is quoted for a
 * POSIX shell, so that a caller's value that is pasted into one stays one argument.
 */
export function commandLine(program: string, args: readonly string[]): string {
  const quote = (text: string) =>
    /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
  return [program, ...args].map((part) => quote(plain(part))).join(' ');
}
