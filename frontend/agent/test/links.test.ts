import { beforeEach, expect, test, vi } from 'vitest';
import { canTakeLinks, numberOf, startLinks } from '../links';
import { dial, gate } from '../panel';

const session = {
  operator: 'ada',
  fullName: 'Ada Lovelace',
  seat: { mac: '00:11:22:33:44:55', extension: 'PJSIP/201', description: 'Desk 1' },
  demo: false,
};

test.each([
  ['https://cti.example/agent', ''],
  ['https://cti.example/agent?call=', ''],
  ['https://cti.example/agent#call=tel%3A%2B39%20055%2012-34', '+390551234'],
  ['https://cti.example/agent?call=+39(055)1234', '+390551234'],
  ['https://cti.example/agent?a=b&call=tel:0551234;ext=1#top', '0551234'],
  ['https://cti.example/agent#call=%E0%A4%A', '%E0%A4%A'],
  ['https://cti.example/agent#call=%00%0A12', '12'],
  ['https://cti.example/agent#call=%3Cscript%3E', '<script>'],
  [`https://cti.example/agent#call=${'1'.repeat(5000)}`, '1'.repeat(80)],
  ['https://cti.example/agent#recall=12', ''],
])('%s brings %s', (address, number) => expect(numberOf(address)).toBe(number));

beforeEach(() => {
  gate.value = { kind: 'loading' };
  dial.text.value = '';
});

test('a number waits for the sign-in, fills the box, and calls nobody', () => {
  const call = vi.spyOn(dial, 'call');
  location.hash = '#call=tel%3A%2B39055';
  startLinks();
  expect(location.href).not.toContain('call');
  expect(dial.text.value).toBe('');
  gate.value = { kind: 'in', session };
  expect(dial.text.value).toBe('+39055');

  dial.text.value = 'typed';
  location.hash = '#call=12';
  dispatchEvent(new Event('hashchange'));
  expect(dial.text.value).toBe('12');
  expect(call).not.toHaveBeenCalled();
});

test('a browser without protocol handlers is offered none', () => expect(canTakeLinks).toBe(false));
