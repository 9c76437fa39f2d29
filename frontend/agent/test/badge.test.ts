import { expect, test } from 'vitest';
import { badge, startBadge } from '../badge';
import { picture } from '../panel';
import { apply } from '../picture';
import { theme } from '../preferences';
import type { Fact } from '../protocol';
import { callEvent, snapshot } from './fixtures';

const tell = (fact: Fact) => {
  ({ picture: picture.value } = apply(picture.value, fact, Date.now()));
};
const media = () => [...document.querySelectorAll('meta')].map((meta) => meta.getAttribute('media'));

document.head.innerHTML = `<link rel="icon" href="/assets/favicon.svg">
  <meta name="theme-color" content="#fff" media="(prefers-color-scheme: light)">
  <meta name="theme-color" content="#000" media="(prefers-color-scheme: dark)">`;
startBadge();

test('the tab’s icon has a dot while a call rings and while the agent talks', () => {
  const icon = () => document.querySelector('link')?.getAttribute('href');
  tell(snapshot());
  expect([badge.value, icon()]).toEqual(['none', '/assets/favicon.svg']);
  tell(callEvent('Dial', 11));
  expect([badge.value, icon()]).toEqual(['ring', '/assets/favicon-ring.svg']);
  tell(callEvent('Newstate', 12, { phase: 'talking', answered: 2000 }));
  expect([badge.value, icon()]).toEqual(['call', '/assets/favicon-call.svg']);
  // A second one rings meanwhile.
  tell(callEvent('Dial', 13, { id: 'c2', uniqueid: '2.1' }));
  expect(badge.value).toBe('ring');
  tell(callEvent('Hangup', 14, { id: 'c2', uniqueid: '2.1', phase: 'ended' }));
  tell(callEvent('Hangup', 15, { phase: 'ended', answered: 2000 }));
  expect([badge.value, icon()]).toEqual(['none', '/assets/favicon.svg']);
  // His own telephone, which he picks up to call, is no call that comes.
  tell(callEvent('Dial', 16, { id: 'c3', uniqueid: '3.1', direction: 'outbound' }));
  expect(badge.value).toBe('call');
});

test('the bar of the browser has the colour of the theme that is chosen', () => {
  expect(media()).toEqual(['(prefers-color-scheme: light)', '(prefers-color-scheme: dark)']);
  theme.value = 'dark';
  expect(media()).toEqual(['not all', 'all']);
  theme.value = 'light';
  expect(media()).toEqual(['all', 'not all']);
  theme.value = 'system';
  expect(media()).toEqual(['(prefers-color-scheme: light)', '(prefers-color-scheme: dark)']);
});
