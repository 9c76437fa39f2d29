import { expect, test, vi } from 'vitest';
import { endedShownFor } from '../picture';
import type { Note, Service, Snapshot } from '../protocol';
import { call, callEvent, linkEvent, snapshot } from './fixtures';
import { asked, hangUpOn, load, panel, reply, root, server, settle, setUp, tell } from './page';

/** Notes on the page: where they can be written, and how long. */

setUp();

const support: Service = {
  name: 'Support',
  direction: 'inbound',
  queue: 'support',
  trigger: 'browser',
  target: 'pane',
  afterCall: 30,
  variables: [{ name: 'calldata', label: 'Customer number' }],
  dispositions: ['Solved', 'Call back'],
};

const begin = (changes: Partial<Snapshot> = {}) =>
  tell(snapshot({ notes: true, services: [support], ...changes }));
const noted = (seq: number, note: Partial<Note>) =>
  tell({
    type: 'note',
    seq,
    note: {
      uniqueid: call().uniqueid,
      call: 'c1',
      service: 'Support',
      disposition: '',
      text: '',
      at: 5,
      ...note,
    },
  });
const over = { phase: 'ended', answered: 2000, since: 5000, cause: 16 } as const;
const field = (within: ParentNode = root) => within.querySelector<HTMLTextAreaElement>('.note-text');
const chosen = () => root.querySelector<HTMLInputElement>('.chips :checked')?.closest('label')?.textContent;

async function type(text: string): Promise<void> {
  const area = field();
  if (area === null) throw new Error('there is no field');
  area.value = text;
  area.dispatchEvent(new Event('input', { bubbles: true }));
  await settle();
}

test('variables stand under their labels, or else their names', async () => {
  await begin();
  const variables = [
    { name: 'calldata', value: '12345' },
    { name: 'language', value: 'fr' },
  ];
  await tell(linkEvent(11, { variables }));
  const terms = [...root.querySelectorAll<HTMLElement>('.call dt')];
  expect(terms.map((term) => [term.textContent, term.title])).toEqual([
    ['Customer number', 'calldata'],
    ['language', ''],
  ]);
});

test('a note can be written from the answer on, where the server keeps notes', async () => {
  await tell(snapshot({ services: [support] }));
  await tell(linkEvent(11));
  expect(field()).toBeNull();
  await begin();
  await tell(callEvent('Dial', 11));
  expect(field()).toBeNull();
  await tell(linkEvent(12));
  expect(field()).not.toBeNull();
  await tell(linkEvent(13, { id: 'c2', uniqueid: '2', service: '', direction: 'internal' }));
  expect(root.querySelectorAll('.note-text, .slim [aria-expanded]')).toHaveLength(1);
});

test('in the work after a call its card stays first, whoever is missed meanwhile', async () => {
  await begin();
  await tell(linkEvent(11));
  const work = { state: 'aftercall', reason: '', since: 5000, until: 35_000 };
  await tell(callEvent('Hangup', 12, over));
  await tell({ type: 'agent', seq: 12, agent: { state: 'aftercall', since: 5000, duty: work } });
  vi.setSystemTime(Date.now() + endedShownFor + 1);
  const { prune } = await import('../picture');
  const now = panel.picture.value;
  if (now !== null) panel.picture.value = prune(now, Date.now());
  await settle();
  const other = {
    id: 'c2',
    uniqueid: '2',
    caller: { number: '0551234', name: 'Second Caller' },
    answered: 0,
  };
  const slim = () => root.querySelector('.slim')?.textContent ?? '';
  await tell(callEvent('Dial', 13, { ...other, phase: 'ringing' }));
  expect(root.querySelector('article')?.textContent).toContain('Second Caller');
  await tell(callEvent('Hangup', 14, { ...other, phase: 'ended', cause: 16 }));
  expect(root.querySelector('article')?.getAttribute('aria-label')).toBe('Call ended');
  expect(field()).not.toBeNull();
  expect(slim()).toContain('Second Caller');
  expect(slim()).toContain('Missed call');
  await tell({
    type: 'agent',
    seq: 14,
    agent: { state: 'available', since: 1, duty: { ...work, state: 'available' } },
  });
  expect(root.querySelector('article')?.getAttribute('aria-label')).toBe('Missed call');
});

test('who rings during a call is told by name and number', async () => {
  await begin();
  await tell(linkEvent(11));
  const caller = { number: '0551234', name: 'Second Caller' };
  await tell(callEvent('Dial', 12, { id: 'c2', uniqueid: '2', caller, answered: 0, phase: 'ringing' }));
  expect(root.querySelector('.slim')?.textContent).toMatch(/Second Caller.*055\s?1234/);
});

test('a result is chosen, chosen again it is taken back', async () => {
  await begin();
  await tell(linkEvent(11));
  const radio = () => root.querySelectorAll<HTMLInputElement>('.chips input')[1];
  radio()?.click();
  await settle();
  expect(chosen()).toBe('Call back');
  expect(panel.drafts.of(call()).disposition).toBe('Call back');
  radio()?.click();
  await settle();
  expect(chosen()).toBeUndefined();
  await noted(11, { disposition: 'Of last year' });
  expect(panel.drafts.of(call()).disposition).toBe('');
});

test('many results are a menu, and one that is offered no more stays to be seen', async () => {
  const dispositions = Array.from({ length: 9 }, (_, n) => `Result ${n}`);
  await begin({ services: [{ ...support, dispositions }] });
  await tell(linkEvent(11));
  await noted(11, { disposition: 'Of last year' });
  const menu = root.querySelector<HTMLSelectElement>('.note select');
  expect(menu?.value).toBe('Of last year');
  expect(menu?.options).toHaveLength(11);
});

test('the note of the last call stays until the next is answered, and over a reload', async () => {
  const work = { state: 'aftercall', reason: '', since: 1, until: 2_000_000 } as const;
  await begin();
  await tell(linkEvent(11));
  await type('Wants it');
  const area = field();
  await tell(callEvent('Hangup', 12, over));
  expect(asked()).toMatchObject({ command: 'note', text: 'Wants it', disposition: '' });
  await reply();
  await tell({ type: 'agent', seq: 12, agent: { state: 'aftercall', since: 1, duty: work } });
  expect(root.querySelector('.note-missing')?.textContent).toBe('Not chosen yet');
  vi.setSystemTime(Date.now() + endedShownFor + 1);
  const { prune } = await import('../picture');
  const now = panel.picture.value;
  if (now !== null) panel.picture.value = prune(now, Date.now());
  await settle();
  expect(panel.calls.value).toEqual([]);
  expect(field()).toBe(area); // the very field, so that whoever types is not disturbed
  expect(root.textContent).toContain('Time for your notes');

  await load();
  await begin({ seq: 12 });
  expect(root.querySelector('article')?.textContent).toContain('Camille Durand');
  await tell(callEvent('Dial', 13, { id: 'c2', uniqueid: '2' }));
  expect(root.querySelector('.slim .button')).not.toBeNull();
  await tell(linkEvent(14, { id: 'c2', uniqueid: '2' }));
  expect(panel.cards.value.map(({ id }) => id)).toEqual(['c2']);
});

test('a call that nobody answered leaves no card behind', async () => {
  await begin();
  await tell(callEvent('Dial', 11));
  await tell(callEvent('Hangup', 12, { phase: 'ended', cause: 16 }));
  const now = panel.picture.value;
  if (now !== null) panel.picture.value = { ...now, calls: [] };
  await settle();
  expect(root.querySelector('article')).toBeNull();
});

test('that a note is not saved stands beside its title too, where no length of it can hide that', async () => {
  await begin();
  await tell(linkEvent(11));
  await type('x'.repeat(4001));
  expect(root.querySelector('.note-saved')?.textContent).toBe('Not saved');
  await type('x');
  expect(root.querySelector('.note-saved')?.textContent).toBe('Saving…');
});

test('each of two calls has its own note', async () => {
  await begin();
  await tell(linkEvent(11));
  await tell(linkEvent(12, { id: 'c2', uniqueid: '2', phase: 'held' }));
  root.querySelector<HTMLButtonElement>('.slim [aria-expanded]')?.click();
  await settle();
  await type('the first');
  expect(field(root.querySelector('.slim') ?? root)?.value).toBe('');
});

test('who writes a note goes on in it when other calls come and go', async () => {
  await begin();
  await tell(linkEvent(11));
  field()?.focus();
  await type('He asked for');
  field()?.setSelectionRange(3, 3);
  await tell(callEvent('Hangup', 12, over));
  await tell(callEvent('Dial', 13, { id: 'c2', uniqueid: '2', phase: 'ringing' }));
  expect(mine()?.closest('.slim')).toBeInstanceOf(HTMLElement);
  expect([mine()?.value, mine()?.selectionStart]).toEqual(['He asked for', 3]);
  await tell(linkEvent(14, { id: 'c2', uniqueid: '2', answered: 9000 }));
  const now = panel.picture.value;
  if (now !== null) panel.picture.value = { ...now, calls: now.calls.filter(({ id }) => id === 'c2') };
  await settle();
  expect(mine()?.value).toBe('He asked for'); // the ended call is still there
  mine()?.blur();
  await settle();
  expect(root.querySelector('.slim')).toBeNull();
});

/** The field of a note that has the focus. */
const mine = () => {
  const { activeElement } = document;
  return activeElement?.classList.contains('note-text') ? (activeElement as HTMLTextAreaElement) : null;
};

/** The ended calls have been shown long enough. */
async function pass(): Promise<void> {
  await vi.advanceTimersByTimeAsync(endedShownFor + 100);
}

test('two calls that end while the note of a third is written leave the agent in it', async () => {
  const second = { id: 'c2', uniqueid: '2', linkedid: '2.0', answered: 9000, started: 9000 };
  const third = { id: 'c3', uniqueid: '3', linkedid: '3.0', answered: 9500, started: 9500 };
  await begin();
  await tell(linkEvent(11));
  await tell(callEvent('Hangup', 12, over));
  field()?.focus();
  await type('He asked for');
  field()?.setSelectionRange(3, 3);
  await tell(linkEvent(13, second));
  await tell(linkEvent(14, { ...third, phase: 'held' }));
  await pass();
  await tell(callEvent('Hangup', 15, { ...second, phase: 'ended', since: 20_000 }));
  await tell(callEvent('Hangup', 16, { ...third, phase: 'ended', since: 20_000 }));
  expect([mine()?.value, mine()?.selectionStart]).toEqual(['He asked for', 3]);
  await pass();
  expect(panel.calls.value).toEqual([]);
  expect([mine()?.value, mine()?.selectionStart]).toEqual(['He asked for', 3]);
  expect(panel.cards.value.map(({ id }) => id)).toEqual(['c3', 'c1']); // the last one, and his
  await load();
  await begin({ seq: 16 });
  expect(panel.cards.value.map(({ id }) => id)).toEqual(['c3']);
  await tell(linkEvent(17, { id: 'c4', uniqueid: '4' }));
  expect(panel.cards.value.map(({ id }) => id)).toEqual(['c4']);
});

test('the results of a note keep the focus as its text does', async () => {
  await begin();
  await tell(linkEvent(11));
  await tell(callEvent('Hangup', 12, over));
  root.querySelectorAll<HTMLInputElement>('.chips input')[1]?.focus();
  await tell(callEvent('Dial', 13, { id: 'c2', uniqueid: '2' }));
  const line = root.querySelector('.slim');
  expect(document.activeElement).toBe(line?.querySelectorAll('.chips input')[1]);
});

/** The server is lost until it says that nobody is signed in here. */
async function expire(): Promise<void> {
  server.status = 401;
  Object.assign(server, { body: { code: 'signed-out' } });
  for (let n = 0; n < 5 && !panel.expired.value && panel.gate.value.kind === 'in'; n++) {
    await hangUpOn(1006);
    await vi.advanceTimersByTimeAsync(16_000);
  }
}

async function signInAs(operator: string): Promise<void> {
  server.status = 200;
  Object.assign(server, { body: { operator, fullName: operator, seat: snapshot().agent.seat, demo: false } });
  const set = (id: string, value: string) => {
    const input = root.querySelector<HTMLInputElement>(`#${id}`);
    if (input !== null) input.value = value;
  };
  set('operator', operator);
  set('password', 'secret');
  root.querySelector('.signin-form')?.dispatchEvent(new Event('submit', { bubbles: true, cancelable: true }));
  await settle();
}

test('who is writing when his sign-in expires goes on, and is asked for the password beside it', async () => {
  await begin();
  await tell(linkEvent(11));
  field()?.focus();
  await type('He asked');
  const area = field();
  await expire();
  expect(root.querySelector('.signin-again')?.textContent).toContain('Your sign-in has expired.');
  expect(document.activeElement).toBe(area);
  expect(root.querySelector('.call h2')?.textContent).toBe('Camille Durand');
  expect(root.querySelector('div.sr')?.textContent).toContain('Your sign-in has expired.');
  await type('He asked for an offer');
  await vi.advanceTimersByTimeAsync(5000);
  expect(root.querySelector('.note-told')?.textContent).toContain('when you have signed in again');
  root.querySelector<HTMLElement>('#password')?.focus();
  await signInAs('ada');
  expect(root.querySelector('.signin-again')).toBeNull();
  expect(document.activeElement).toBe(area);
  await begin({ seq: 11, calls: [linkEvent(0).call] });
  expect(field()).toBe(area);
  expect(asked()).toMatchObject({ command: 'note', text: 'He asked for an offer' });
});

test('who writes nothing is led to the password, with the call before him', async () => {
  await begin();
  await tell(linkEvent(11));
  await expire();
  expect(document.activeElement?.id).toBe('password');
  expect(root.querySelector('.call')).not.toBeNull();
});

test('without a call or a note the sign-in page stands there', async () => {
  await begin();
  await expire();
  expect(panel.gate.value.kind).toBe('out');
  expect(document.activeElement?.id).toBe('password');
});

test('who goes on writing while a wrong password is refused is left there', async () => {
  await begin();
  await tell(linkEvent(11));
  await expire();
  server.status = 401;
  Object.assign(server, { body: { code: 'wrong-credentials' } });
  const submit = new Event('submit', { bubbles: true, cancelable: true });
  root.querySelector('.signin-form')?.dispatchEvent(submit);
  field()?.focus();
  await settle();
  expect(root.querySelector('.signin-again [role=alert]')).not.toBeNull();
  expect(mine()).not.toBeNull();
});

test('somebody else who signs in there finds nothing of the one before', async () => {
  await begin();
  await tell(linkEvent(11));
  await type('a secret of ada');
  await expire();
  await signInAs('grace');
  expect(root.querySelector('.call')).toBeNull();
  expect(JSON.stringify(sessionStorage)).not.toContain('a secret of ada');
  await begin();
  await tell(linkEvent(11));
  expect(field()?.value).toBe('');
});

test('who is signed out elsewhere while he writes types nothing into the password', async () => {
  await begin();
  await tell(linkEvent(11));
  field()?.focus();
  await hangUpOn(4003); // removed
  expect(document.activeElement).toBe(root.querySelector('.signin h1'));
});

test('who signs out with a note unsaved is asked, and leaves nothing behind', async () => {
  await begin();
  await tell(linkEvent(11));
  await type('a secret'.repeat(1000));
  const out = panel.signOut();
  await settle();
  await out;
  await settle();
  expect(panel.gate.value.kind).toBe('in');
  expect(root.querySelector('.banners [role=alert]')?.textContent).toContain('lost if you sign out');
  server.status = 401;
  Object.assign(server, { body: { code: 'signed-out' } });
  root.querySelector<HTMLButtonElement>('.banners button')?.click();
  await settle();
  expect(root.querySelector('.signin')?.textContent).toContain('You are signed out.');
  expect(root.textContent).not.toContain('A note is not saved yet.');
  expect(JSON.stringify(sessionStorage)).not.toContain('secret');
});

test('a past call shows its note, and unfolds what it brought along', async () => {
  server.kept = [
    {
      ...{ id: 7, call: 'k', uniqueid: 'u7', service: 'Support', direction: 'inbound', outgoing: false },
      ...{
        caller: { number: '0550100', name: 'Rossi' },
        called: '101',
        started: 1,
        talked: 5,
        outcome: 'answered',
      },
      variables: [{ name: 'calldata', value: '12345' }],
      note: { disposition: 'Solved', text: 'Wanted\nan invoice', at: 2 },
    },
  ];
  await begin();
  await settle();
  const line = () => root.querySelector('.history li');
  expect(line()?.querySelector('.history-noted')?.textContent).toBe('SolvedWanted an invoice');
  line()?.querySelector<HTMLButtonElement>('.history-more')?.click();
  await settle();
  expect(line()?.querySelector('dt')?.textContent).toBe('Customer number');
  expect(field()?.value).toBe('Wanted\nan invoice');
  expect(chosen()).toBe('Solved');
});

test('who is signed out with a note unsaved is told that it is kept, and finds it again', async () => {
  await begin();
  await tell(linkEvent(11));
  const long = 'x'.repeat(4001);
  await type(long);
  await hangUpOn(4003); // removed
  expect(root.querySelector('.signin')?.textContent).toContain('A note is not saved yet.');
  await load();
  await begin();
  await tell(linkEvent(11));
  expect(field()?.value).toBe(long);
});
