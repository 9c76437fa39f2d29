// @vitest-environment node
import { expect, test } from 'vitest';
import { cleanNumber, isDialable } from '../number';

test.each([
  ['0551234', '0551234'],
  [' 055 / 12-34.5 ', '05512345'],
  ['+39 (055) 12 34', '+390551234'],
  ['+49 (0)30 1234', '+49301234'],
  ['0049 ( 0 ) 30 1234', '0049301234'],
  ['(0)30 1234', '0301234'],
  ['tel:+39-055-1234;ext=1?x', '+390551234'],
  ['TEL:112', '112'],
  ['\u202a+33\u00a01\u202f23\u202c', '+33123'],
  ['+33 1‑23–45', '+3312345'],
  ['０５５', '055'],
  ['*21#', '*21#'],
  ['call me', 'callme'],
  ['', ''],
])('%j is read as %j', (typed, number) => {
  expect(cleanNumber(typed)).toBe(number);
});

test.each([
  ['+390551234', true],
  ['*21#', true],
  ['1'.repeat(24), true],
  ['1'.repeat(25), false],
  ['', false],
  ['+', false],
  ['1+2', false],
  ['055a', false],
  ['055,1', false],
  ['055\n1', false],
])('%j can be dialled: %s', (number, can) => {
  expect(isDialable(number)).toBe(can);
});
