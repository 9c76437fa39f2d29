import { expect, test, vi } from 'vitest';
import { shortcutOf } from '../keyboard';
import { callKey } from '../picture';
import { popPreference } from '../preferences';
import type { Duty, QueueState } from '../protocol';
import { call, callEvent, linkEvent, snapshot } from './fixtures';
import { asked, FakeSocket, hangUpOn, load, panel, reply, root, server, settle, setUp, tell } from './page';

/** The panel as a whole. */

setUp();

test('without a session the sign-in page stands there, and says why', async () => {
  Object.assign(server, { status: 401, body: { code: 'replaced' } });
  await load();
  expect(root.textContent).toContain('signed in somewhere else');
  expect(root.querySelector('button[type=submit]')?.textContent).toContain('Sign in here again');
});

test('the demo shows its accounts', async () => {
  const account = { operator: 'ada', fullName: 'Ada Lovelace', password: 'demo', seat: '201' };
  Object.assign(server, { status: 401, body: { code: 'signed-out', demo: { accounts: [account] } } });
  await load();
  root.querySelector<HTMLButtonElement>('.choice-person')?.click();
  expect(root.querySelector<HTMLInputElement>('#password')?.value).toBe('demo');
});

test('a call rings, pops when it is answered, and is listed when it ends', async () => {
  await tell(snapshot());
  await tell(callEvent('Dial', 11));
  expect(root.querySelector('article')?.getAttribute('aria-label')).toBe('Incoming call');
  expect(root.querySelector('article')?.textContent).toContain('12345');
  expect(root.querySelector('iframe')).toBeNull();
  await tell(linkEvent(12));
  expect(root.querySelector('iframe')?.getAttribute('src')).toBe('https://crm.example/c?d=12345');
  await tell(callEvent('Hangup', 13, { phase: 'ended', answered: 2000, since: 5000, cause: 16 }));
  expect(root.querySelector('article')?.getAttribute('aria-label')).toBe('Call ended');
  expect(root.querySelectorAll('.history li')).toHaveLength(1);
});

test('the same call pops no second time: not from a snapshot, not after a reload', async () => {
  await tell(snapshot());
  await tell(linkEvent(11));
  expect(root.querySelector('iframe')).not.toBeNull();
  await load();
  const going = { ...linkEvent(0).call, action: linkEvent(0).action };
  await tell(snapshot({ seq: 11, calls: [going] }));
  await tell(linkEvent(12));
  expect(root.querySelector('iframe')).toBeNull();
  root.querySelector<HTMLButtonElement>('.call-foot button')?.click();
  await settle();
  expect(root.querySelector('iframe')).not.toBeNull();
});

test('a call that was answered while the server was not heard has its button stand out', async () => {
  await tell(snapshot({ calls: [call()] }));
  const missed = { ...linkEvent(0).call, action: linkEvent(0).action };
  await tell(snapshot({ seq: 14, calls: [missed] }));
  expect(root.querySelector('iframe')).toBeNull();
  expect(root.querySelector('.call-foot .button-primary')).not.toBeNull();
  await tell(snapshot({ seq: 2, calls: [{ ...missed, id: 'c9' }] })); // of a server that restarted
  expect(panel.popStatus.value).not.toHaveProperty(callKey({ ...missed, id: 'c9' }));
});

test('a blocked window leaves a notice and the button', async () => {
  await tell(snapshot());
  const event = linkEvent(11);
  await tell({ ...event, action: { ...event.action, target: 'window' } });
  expect(window.open).toHaveBeenCalledTimes(1);
  expect(root.querySelector('.call-foot [role=alert]')?.textContent).toContain('blocked');
  expect(root.querySelector('.call-foot .button-primary')).not.toBeNull();
});

test('a site that may not be shown inside is told of, and the next click opens the window', async () => {
  await tell(snapshot());
  await tell(linkEvent(11));
  document.dispatchEvent(
    Object.assign(new Event('securitypolicyviolation'), { effectiveDirective: 'frame-src' }),
  );
  await settle();
  expect(root.querySelector('iframe')).toBeNull();
  expect(root.querySelector('.call-foot [role=alert]')?.textContent).toContain('inside the panel');
  root.querySelector<HTMLButtonElement>('.call-foot button')?.click();
  expect(window.open).toHaveBeenCalledWith(
    'https://crm.example/c?d=12345',
    'cti-customer',
    expect.anything(),
  );
});

test('hostile text stays text', async () => {
  const hostile = '"><img src=x onerror=alert(1)><script>alert(1)</script>';
  await tell(snapshot());
  await tell(
    callEvent('Dial', 11, {
      caller: { number: hostile, name: hostile },
      variables: [{ name: 'calldata', value: hostile }],
    }),
  );
  expect(root.querySelector('img, script')).toBeNull();
  expect(root.querySelector('h2')?.textContent).toBe(hostile);
});

test('a name of 4 KB is cut for the eye and whole for everyone else', async () => {
  const name = 'Wolfeschlegelsteinhausenbergerdorff '.repeat(114).trim();
  await tell(snapshot({ calls: [call({ caller: { number: '1', name } })] }));
  expect(root.querySelector('h2 .clamp')?.textContent).toBe(name);
  root.querySelector<HTMLButtonElement>('h2 button')?.click();
  await settle();
  expect(root.querySelector('h2 .whole')?.textContent).toBe(name);
});

const ada = { kind: 'attended', by: 'ada', name: 'Ada Lovelace', phone: 'PJSIP/201' } as const;
const alertText = () => root.querySelector('.sr [role=alert]')?.textContent?.replace(/[\u2068\u2069]/g, '');

test('a call that a colleague gives is told of once, also when another one rings meanwhile', async () => {
  const given = 'Ada Lovelace has transferred a call from Camille Durand to you';
  await tell(snapshot());
  await tell(callEvent('Dial', 11, { transfer: ada }));
  expect(alertText()).toBe(given);
  expect(root.querySelector('article')?.textContent).toContain('Ada Lovelace');
  await tell({ ...linkEvent(12, { transfer: ada }), action: undefined });
  expect(alertText()).toBe(given);
  const other = { id: 'c2', uniqueid: '9.9', linkedid: '9.8', service: 'Sales' };
  await tell(callEvent('Dial', 13, other));
  expect(alertText()).toBe('Incoming call from Camille Durand, Sales');
  await tell(callEvent('Hangup', 14, { ...other, phase: 'ended' }));
  expect(alertText()).toBe('');
});

test('a question that becomes the caller’s call shows at once, and in the background by a notification', async () => {
  const shown = vi.fn();
  vi.stubGlobal(
    'Notification',
    class {
      static permission = 'granted';
      close = () => {};
      constructor(title: string) {
        shown(title.replace(/[\u2068\u2069]/g, ''));
      }
    },
  );
  vi.stubGlobal('isSecureContext', true);
  await load();
  await tell(snapshot());
  const question = {
    id: 'q1',
    direction: 'internal',
    service: '',
    phase: 'talking',
    answered: 1500,
  } as const;
  await tell(callEvent('Newchannel', 11, question));
  vi.spyOn(document, 'hidden', 'get').mockReturnValue(true);
  await tell(callEvent('Hangup', 12, { ...question, phase: 'ended' }));
  await tell(callEvent('Newchannel', 13, { phase: 'talking', transfer: ada }));
  await tell(linkEvent(14, { transfer: ada }));
  expect(shown.mock.calls).toEqual([['Call transferred to you by Ada Lovelace']]);
  expect(root.querySelectorAll('article')).toHaveLength(1);
  expect(root.querySelector('.slims')).toBeNull();
  expect(root.querySelectorAll('.history li')).toHaveLength(1);
});

test('who parks a call sees where instead of a plain end', async () => {
  await tell(snapshot());
  await tell(linkEvent(11));
  const talk = { answered: 2000, since: 5000 };
  await tell(
    callEvent('Transfer', 12, { ...talk, phase: 'talking', transfer: { ...ada, kind: 'park', to: '701' } }),
  );
  await tell(callEvent('Hangup', 13, { ...talk, phase: 'ended', cause: 16 }));
  expect(root.querySelector('article')?.getAttribute('aria-label')).toBe('Parked');
  expect(root.querySelector('.call-end')?.textContent).toMatch(/^Parked at .701/);
  expect(root.querySelector('.history li')?.textContent).toMatch(/Parked at .701/);
  expect(root.textContent).not.toContain('Call ended');
});

test('the loss of Asterisk is visible at once', async () => {
  await tell(snapshot());
  await tell({ type: 'link', link: { state: 'down', reason: 'refused', since: 1 }, seq: 10 });
  expect(root.querySelector('.banner')?.textContent).toContain('Your phone still works');
  expect(root.querySelector('.state')?.getAttribute('data-state')).toBe('link-down');
});

const available = { state: 'available', reason: '', since: 1, until: 0 };
const onDuty = (duty: object = {}, state = 'available') => ({
  ...snapshot().agent,
  state: state as 'available',
  duty: { ...available, ...duty } as Duty,
});
const support: QueueState = {
  queue: 'support',
  service: 'Support',
  member: true,
  paused: false,
  penalty: 0,
  waiting: 0,
  error: '',
};
const campaign = {
  name: 'Campaign',
  direction: 'outbound',
  queue: '',
  trigger: 'browser',
  target: 'window',
} as const;
const button = (name: string) =>
  [...root.querySelectorAll<HTMLButtonElement>('button')].find((one) =>
    (one.getAttribute('aria-label') ?? one.textContent ?? '').replace(/[\u2068\u2069]/g, '').includes(name),
  );
const plainText = (selector: string) =>
  root.querySelector(selector)?.textContent?.replace(/[\u2068\u2069]/g, '');

test('a pause is asked for with its reason, and shown when the server says so', async () => {
  await tell(snapshot({ agent: onDuty(), pauseReasons: ['Break', 'Lunch'] }));
  button('Pause')?.click();
  button('Lunch')?.click();
  expect(asked()).toMatchObject({ command: 'pause', reason: 'Lunch', queue: '', afterCall: false });
  await settle();
  expect(root.querySelector('.state')?.getAttribute('data-state')).toBe('available');
  const agent = onDuty({ state: 'paused', reason: 'Lunch' }, 'paused');
  await tell({ type: 'agent', agent, seq: 10 });
  await reply();
  expect(plainText('.state')).toContain('PausedLunch');
  button('Ready')?.click();
  expect(asked()).toMatchObject({ command: 'unpause', queue: '' });
});

test('in a call the pause begins after it, and can be taken back until then', async () => {
  await tell(snapshot({ agent: onDuty({}, 'oncall'), pauseReasons: ['Break'] }));
  button('Pause')?.click();
  button('Break')?.click();
  expect(asked()).toMatchObject({ command: 'pause', reason: 'Break', afterCall: true });
  await tell({ type: 'agent', agent: onDuty({ next: { reason: 'Break' } }, 'oncall'), seq: 10 });
  await reply();
  expect(plainText('.state')).toContain('Then pause: Break');
  button('Cancel pause')?.click();
  expect(asked()).toMatchObject({ command: 'unpause', queue: '' });
  await tell({ type: 'agent', agent: onDuty({}, 'oncall'), seq: 10 });
  expect(plainText('.state')).not.toContain('pause');
});

test('after-call work counts down, and is ended or made longer', async () => {
  const until = Date.now() + 20_000;
  await tell(snapshot({ now: Date.now(), agent: onDuty({ state: 'aftercall', until }, 'aftercall') }));
  expect(root.querySelector('.state .timer')?.textContent).toBe('00:20');
  button('+1 min')?.click();
  expect(asked()).toMatchObject({ command: 'more-time' });
  await reply({ ok: false, code: 'no-work' });
  expect(plainText('.banners [role=alert]')).toContain('over already');
  button('Ready now')?.click();
  expect(asked()).toMatchObject({ command: 'ready' });
  await settle();
  expect(root.querySelector('.banners [role=alert]')).toBeNull();
});

test('queues show the agent’s part in them, and what keeps him out is said', async () => {
  const away = { ...support, queue: 'sales', member: false, error: 'No such queue' };
  await tell(snapshot({ agent: onDuty(), queues: [{ ...support, waiting: 2 }, away] }));
  expect(plainText('.queues')).toContain('Taking calls');
  expect(plainText('.part-queues summary')).toContain('2 callers waiting');
  expect(plainText('div.sr')).toContain('sales: Not a member: No such queue');
  button('Pause in support')?.click();
  await settle();
  button('No reason')?.click();
  expect(asked()).toMatchObject({ command: 'pause', reason: '', queue: 'support' });
  await reply({ ok: false, code: 'refused', error: 'Interface not found' });
  expect(plainText('.queue-refusal')).toContain('Interface not found');
  expect(root.querySelector('.banners [role=alert]')).toBeNull();
});

test.each([
  ['available', 'oncall', 20, 'No further calls for now', undefined],
  ['aftercall', 'aftercall', 20, 'No further calls for now', undefined],
  ['available', 'oncall', 0, 'Paused', 'false'], // he has paused in this queue alone
  ['paused', 'oncall', 20, 'Paused', 'false'],
] as const)('a queue paused by a call is no pause: %s, %s', async (duty, state, afterCall, words, off) => {
  const service = {
    ...campaign,
    name: 'Support',
    direction: 'inbound',
    queue: 'support',
    afterCall,
  } as const;
  const queues = [{ ...support, paused: true }];
  const calls = state === 'oncall' ? [call({ phase: 'talking' })] : [];
  await tell(snapshot({ agent: onDuty({ state: duty }, state), services: [service], queues, calls }));
  expect(plainText('.queue-text small')).toBe(`${words} · Support`);
  expect(button('Take calls from support again')?.getAttribute('aria-disabled')).toBe(off);
});

test('a telephone that Asterisk does not know is told of', async () => {
  await tell(snapshot({ agent: onDuty({ noPhone: true }) }));
  expect(plainText('.banner')).toContain('does not know the telephone 201');
});

function dialNumber(text: string): void {
  const field = root.querySelector<HTMLInputElement>('#dial-number');
  if (field === null) return;
  field.value = text;
  field.dispatchEvent(new Event('input', { bubbles: true }));
  root.querySelector('form.dial')?.dispatchEvent(new Event('submit', { bubbles: true, cancelable: true }));
}

test('the seat of a sign-in that goes on is known to the next one', async () => {
  const { seatUsed } = await import('../preferences');
  expect(seatUsed()).toBe('201');
});

test('a number is called over the service, and why it was not is said beside it', async () => {
  await tell(snapshot({ agent: onDuty(), services: [campaign] }));
  dialNumber('call me');
  await settle();
  expect(plainText('.dial [role=alert]')).toContain('not a number');
  dialNumber('+39 (055) 12-34');
  expect(asked()).toMatchObject({ command: 'originate', number: '+390551234', service: 'Campaign' });
  await reply({ ok: false, code: 'policy' });
  expect(plainText('.dial [role=alert]')).toContain('may not call that number');
  dialNumber('0551234');
  await reply({ ok: true, originate: 'cti-1' });
  expect(plainText('.dial [role=status]')).toContain('Calling your phone');
  const own = { direction: 'outbound', caller: { number: '', name: '' }, called: '', service: '' } as const;
  await tell(callEvent('Newchannel', 11, own));
  expect(plainText('article h2')).toBe('0551234');
  expect(plainText('article .fact-service')).toContain('Campaign');
  await tell(callEvent('Hangup', 12, { ...own, phase: 'ended' }));
  const originate = {
    id: 'cti-1',
    number: '0551234',
    service: 'Campaign',
    ok: false,
    reason: 'no-answer',
    text: '',
  };
  await tell({ type: 'originate', originate, seq: 12 });
  expect(plainText('.dial [role=alert]')).toContain('did not answer your phone');
  expect(plainText('.history li')).toContain('0551234');
  expect(root.querySelector<HTMLInputElement>('#dial-number')?.value).toBe('0551234');
});

test.each([
  ['without an outbound service', {}, 'No outbound service'],
  [
    'without Asterisk',
    { services: [campaign], link: { state: 'down', reason: '', since: 1 } },
    'Asterisk is not connected',
  ],
  ['in a call', { services: [campaign], calls: [call({ phase: 'talking' })] }, 'End the current call'],
] as const)('the dial box is locked %s, and says why', async (_, changes, why) => {
  await tell({ ...snapshot({ agent: onDuty() }), ...changes });
  expect(plainText('.dial [role=status]')).toContain(why);
  dialNumber('0551234');
  expect(asked()).toBeUndefined();
});

test('without Asterisk no wish is sent, and the buttons say why', async () => {
  const link = { state: 'down', reason: 'refused', since: 1 } as const;
  const queues = [{ ...support, waiting: 2 }];
  await tell(snapshot({ agent: onDuty({ state: 'paused' }, 'paused'), queues, link }));
  expect(plainText('.part-queues')).toBe('QueuessupportAsterisk is away · Support'); // not what was known last
  for (const name of ['Ready', 'Pause in support']) {
    expect(button(name)?.getAttribute('aria-disabled')).toBe('true');
    expect(button(name)?.title).toContain('when Asterisk is connected');
    button(name)?.click();
  }
  expect(asked()).toBeUndefined();
});

test('a removed agent is told so', async () => {
  await tell(snapshot());
  Object.assign(server, { status: 401, body: { code: 'removed' } });
  await tell({ type: 'bye', code: 'removed', reason: '' });
  await hangUpOn(4003);
  expect(root.textContent).toContain('taken out of the configuration');
});

test('a call is hung up, and why it was not is said on its card', async () => {
  const talking = call({ phase: 'talking', answered: 2000 });
  await tell(snapshot({ agent: onDuty({}, 'oncall'), calls: [talking] }));
  button('Hang up')?.click();
  await settle();
  expect(asked()).toMatchObject({ command: 'hangup', call: 'c1' });
  expect(plainText('.call-controls [role=status]')).toBe('Hanging up…');
  await reply({ ok: false, code: 'unanswered', error: '' });
  expect(plainText('.call-controls [role=alert]')).toContain('has not answered');
  await tell({ type: 'link', link: { state: 'down', reason: '', since: 1 }, seq: 10 });
  expect(button('Hang up')?.getAttribute('aria-disabled')).toBe('true');
  await tell(callEvent('Hangup', 11, { phase: 'ended', answered: 2000, cause: 16 }));
  expect(root.querySelector('.call-controls')).toBeNull();
  expect(panel.control.state.value.kind).toBe('idle');
});

test('no call is hung up here before it is answered', async () => {
  await tell(snapshot({ agent: onDuty({}, 'ringing'), calls: [call()] }));
  expect(root.querySelector('.call-controls')).toBeNull();
});

test('a call is handed on by typing and Enter', async () => {
  const talking = call({ phase: 'talking', answered: 2000 });
  await tell(snapshot({ agent: onDuty({}, 'oncall'), calls: [talking] }));
  button('Transfer…')?.click();
  await settle();
  expect(asked()).toMatchObject({ command: 'targets' });
  const agents = [
    { operator: 'bob', fullName: 'Bob Bemer', state: 'oncall' },
    { operator: 'fay', fullName: 'Fay Weldon', state: 'paused' },
  ];
  const queues = [{ queue: 'support', service: 'Support', waiting: 2, available: 1 }];
  await reply({ ok: true, targets: { agents, queues, numbers: false } });
  const options = () => [...root.querySelectorAll('[role=option]')].map((option) => option.textContent);
  expect(options()).toEqual([
    'Fay WeldonPaused',
    'Bob BemerOn call',
    'supportQueue · 2 waiting · 1 available',
  ]);
  const selected = () => root.querySelector('[aria-selected=true] bdi')?.textContent;
  expect(selected()).toBe('Fay Weldon');
  const field = root.querySelector<HTMLInputElement>('#transfer-to');
  field?.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowDown', bubbles: true }));
  await settle();
  expect(selected()).toBe('support'); // nobody who talks
  root
    .querySelector('form.transfer')
    ?.dispatchEvent(new Event('submit', { bubbles: true, cancelable: true }));
  expect(asked()).toMatchObject({ command: 'transfer', call: 'c1', kind: 'blind', to: { queue: 'support' } });
  await reply({ ok: false, code: 'no-target', error: '' });
  expect(plainText('form.transfer [role=alert]')).toContain('Nobody is signed in there');
  await tell(callEvent('Hangup', 11, { phase: 'ended', answered: 2000, cause: 16 }));
  await settle();
  expect(root.querySelector<HTMLDialogElement>('#transfer')?.open).toBe(false);
});

test('a number is marked however fast it is typed', async () => {
  await tell(snapshot({ calls: [call({ phase: 'talking', answered: 2000 })] }));
  button('Transfer…')?.click();
  await settle();
  await reply({ ok: true, targets: { agents: [], queues: [], numbers: true } });
  const field = root.querySelector<HTMLInputElement>('#transfer-to');
  if (field === null) throw new Error('no field');
  for (const text of ['05', '055', '0551']) {
    field.value = text;
    field.dispatchEvent(new Event('input', { bubbles: true }));
    for (let turn = 0; turn < 5; turn++) await Promise.resolve(); // drawn, not yet painted
  }
  await settle();
  expect(root.querySelector('[aria-selected=true] bdi')?.textContent).toBe('0551');
});

test('a call goes to whom the agent has read, not to who takes that place meanwhile', async () => {
  await tell(snapshot({ calls: [call({ phase: 'talking', answered: 2000 })] }));
  button('Transfer…')?.click();
  await settle();
  const bob = { operator: 'bob', fullName: 'Bob Bemer', state: 'available' };
  const fay = { operator: 'fay', fullName: 'Fay Weldon', state: 'paused' };
  const known = (...agents: object[]) => reply({ ok: true, targets: { agents, queues: [], numbers: false } });
  const selected = () => root.querySelector('[aria-selected=true] bdi')?.textContent;
  await known(bob, fay);
  await settle();
  expect(selected()).toBe('Bob Bemer');
  panel.control.targets.value = {
    agents: [{ ...bob, state: 'oncall' }, fay] as never,
    queues: [],
    numbers: false,
  };
  await settle();
  expect(selected()).toBeUndefined();
  root
    .querySelector('form.transfer')
    ?.dispatchEvent(new Event('submit', { bubbles: true, cancelable: true }));
  expect(asked()).toMatchObject({ command: 'targets' });
  root
    .querySelector('#transfer-to')
    ?.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowDown', bubbles: true }));
  await settle();
  expect(selected()).toBe('Fay Weldon');
});

const all = { attended: true, hold: true, answer: true };
const buttons = () =>
  [...root.querySelectorAll('.call-buttons button')].map(
    (one) => one.firstElementChild?.nextSibling?.textContent,
  );

test('where the telephones take no orders there is no button for one', async () => {
  await tell(snapshot({ calls: [call()] }));
  expect(root.querySelector('.call-controls')).toBeNull();
  await tell(linkEvent(11));
  expect(buttons()).toEqual(['Hang up', 'Transfer…']);
  button('Transfer…')?.click();
  await settle();
  expect(root.querySelector('.transfer-how')).toBeNull();
});

test('a call is answered, held, and taken back', async () => {
  await tell(snapshot({ control: all, calls: [call()] }));
  expect(buttons()).toEqual(['Answer']);
  expect(root.querySelector('.call-hint')).toBeNull();
  button('Answer')?.click();
  expect(asked()).toMatchObject({ command: 'answer', call: 'c1' });
  await reply({ ok: false, code: 'no-reaction', error: '' });
  expect(plainText('.call-controls [role=alert]')).toContain('did not react');
  await tell(linkEvent(11));
  expect(buttons()).toEqual(['Hang up', 'Hold', 'Transfer…']);
  button('Hold')?.click();
  expect(asked()).toMatchObject({ command: 'hold', call: 'c1' });
  await tell(callEvent('Hold', 12, { phase: 'held', answered: 2000, since: 3000 }));
  await reply();
  expect(buttons()).toEqual(['Hang up', 'Resume', 'Transfer…']);
});

test('a colleague is asked, and the caller waits', async () => {
  const talking = call({ phase: 'talking', answered: 2000 });
  await tell(snapshot({ control: all, calls: [talking] }));
  button('Transfer…')?.click();
  await settle();
  const agents = [{ operator: 'bob', fullName: 'Bob Bemer', state: 'available' }];
  const queues = [{ queue: 'support', service: 'Support', waiting: 2, available: 1 }];
  await reply({ ok: true, targets: { agents, queues, numbers: false } });
  root.querySelectorAll<HTMLInputElement>('.transfer-how input')[1]?.click();
  await settle();
  expect(root.querySelectorAll('[role=option]')[1]?.textContent).toBe('supportOnly at once');
  root
    .querySelector('form.transfer')
    ?.dispatchEvent(new Event('submit', { bubbles: true, cancelable: true }));
  expect(asked()).toMatchObject({ command: 'transfer', kind: 'attended', to: { agent: 'bob' } });
  await settle();
  expect(buttons()).toEqual(['Hang up', 'Hold', 'Transfer…', 'Back to the caller']);
  expect(root.querySelectorAll('.call-buttons [aria-disabled=false]').length).toBe(2);
  const consult = { to: '202', operator: 'bob', name: 'Bob Bemer', phase: 'ringing' } as const;
  const held = { phase: 'held', answered: 2000, since: 3000, consult } as const;
  await tell(callEvent('Consult', 11, held));
  await reply();
  expect(root.querySelector<HTMLDialogElement>('#transfer')?.open).toBe(false);
  expect(plainText('.asked b')).toBe('The phone of Bob Bemer is ringing');
  expect(buttons()).toEqual(['Hand over', 'Back to the caller']);
  await tell(callEvent('Consult', 12, { ...held, consult: { ...consult, name: '', phase: 'talking' } }));
  expect(plainText('.asked b')).toBe('You are talking with 202');
  await tell(callEvent('Unhold', 13, { phase: 'talking', answered: 2000 }));
  expect(plainText('.call-controls [role=alert]')).toContain('with you again');
  expect(buttons()).toEqual(['Hang up', 'Hold', 'Transfer…']);
});

test('a tab whose browser signed in again goes on beside the new one', async () => {
  await tell(snapshot());
  const before = FakeSocket.last;
  before.onmessage?.({ data: JSON.stringify({ type: 'bye', code: 'replaced', reason: '' }) });
  before.onclose?.({ code: 4001, reason: '' });
  await settle();
  expect(FakeSocket.last).not.toBe(before);
});

test('how screens open is this browser’s own choice', () => {
  popPreference.value = 'tab';
  expect(localStorage.getItem('asteriskcti.pop')).toBe('tab');
  popPreference.value = 'service';
});

test.each([
  ['Alt O', { altKey: true, code: 'KeyO', key: 'o' }, true],
  ['Alt P', { altKey: true, code: 'KeyP', key: 'p' }, true],
  ['Alt H', { altKey: true, code: 'KeyH', key: 'h' }, true],
  ['Alt C', { altKey: true, code: 'KeyC', key: 'c' }, true],
  ['Alt Shift P', { altKey: true, shiftKey: true, code: 'KeyP', key: 'P' }, false],
  ['Alt /', { altKey: true, code: 'Slash', key: '/' }, true],
  ['Alt / where it is on Shift 7', { altKey: true, shiftKey: true, code: 'Digit7', key: '/' }, true],
  ['AltGr O', { altKey: true, ctrlKey: true, code: 'KeyO', key: 'ø' }, false],
  ['o alone', { code: 'KeyO', key: 'o' }, false],
  ['Alt A', { altKey: true, code: 'KeyA', key: 'x' }, true],
  ['Alt W', { altKey: true, code: 'KeyW', key: 'x' }, true],
  ['Alt X', { altKey: true, code: 'KeyX', key: 'x' }, true],
  ['Alt Q', { altKey: true, code: 'KeyQ', key: 'x' }, false],
  ['?', { shiftKey: true, code: 'Slash', key: '?' }, true],
  [
    '? in a field',
    { shiftKey: true, code: 'Slash', key: '?', target: document.createElement('textarea') },
    false,
  ],
])('shortcut: %s', (_, press, known) => {
  const whole = { altKey: false, ctrlKey: false, metaKey: false, shiftKey: false, target: null, ...press };
  expect(shortcutOf(whole) !== null).toBe(known);
});
