// @vitest-environment node
import { expect, test } from 'vitest';
import {
  commandLine,
  duration,
  extensionNumber,
  initials,
  isolated,
  isWithheld,
  plain,
  telephone,
} from '../text';

test.each([
  ['<script>alert(1)</script>', '<script>alert(1)</script>'],
  ['"><img src=x onerror=alert(1)>', '"><img src=x onerror=alert(1)>'],
  ['one\r\ntwo\u0000three', 'one two three'],
  ['abc\u202Egnp.exe', 'abcgnp.exe'],
  ['\u2067شركة\u2069', 'شركة'],
  ['  Ada  ', 'Ada'],
  ['naïve 你好 🙂', 'naïve 你好 🙂'],
])('plain(%j)', (text, shown) => {
  expect(plain(text)).toBe(shown);
});

test('isolated keeps its surroundings safe and short', () => {
  expect(isolated('Ada')).toBe('\u2068Ada\u2069');
  const long = isolated('🙂'.repeat(4096), 10);
  expect(Array.from(long)).toHaveLength(12);
  expect(long.endsWith('…\u2069')).toBe(true);
});

test.each([
  [0, '00:00'],
  [-5, '00:00'],
  [61_999, '01:01'],
  [3_599_000, '59:59'],
  [3_661_000, '1:01:01'],
  [36_000_000, '10:00:00'],
])('duration(%i)', (milliseconds, text) => {
  expect(duration(milliseconds)).toBe(text);
});

test.each([
  ['+33478123456', '+33 4 78 12 34 56'],
  ['+34911222333', '+34 911 22 23 33'],
  ['+393331234567', '+39 333 123 4567'],
  ['+390651234567', '+390651234567'],
  ['+447700900123', '+44 7700 900123'],
  ['+442079460321', '+44 20 7946 0321'],
  ['+12125550123', '+1 212 555 0123'],
  ['+4930123456', '+4930123456'],
  ['203', '203'],
  ['*98', '*98'],
])('telephone(%j)', (number, text) => {
  expect(telephone(number)).toBe(text);
});

test.each(['', 'anonymous', 'Anonymous', '<unknown>', 'Restricted'])('%j is withheld', (number) => {
  expect(isWithheld(number)).toBe(true);
});

test.each([
  ['Ada Lovelace', 'AL'],
  ['Charles A. Babbage', 'CB'],
  ['ada', 'A'],
  ["Seán O'Neill", 'SO'],
  ['Jean-Luc d’Arc', 'JD'],
  ['+33 478', ''],
  ['', ''],
])('initials(%j)', (name, letters) => {
  expect(initials(name)).toBe(letters);
});

test('the number of a device', () => {
  expect(extensionNumber('PJSIP/201')).toBe('201');
  expect(extensionNumber('201')).toBe('201');
});

test('a command line keeps a caller’s value one argument', () => {
  expect(commandLine('crm', ['--id', '12345'])).toBe('crm --id 12345');
  expect(commandLine('crm', ["x'; rm -rf /; '", ''])).toBe(`crm 'x'\\''; rm -rf /; '\\''' ''`);
});
