import { render } from 'preact';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type * as PanelModule from '../panel';
import { endedShownFor } from '../picture';
import type { Note, Service, Snapshot } from '../protocol';
import { call, callEvent, linkEvent, snapshot } from './fixtures';

/** Notes on the page: where they can be written, and how long. */

class FakeSocket {
  static last: FakeSocket;
  static readonly OPEN = 1;
  readyState = 1;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;
  readonly sent: { id: string; command: string; text?: string; disposition?: string }[] = [];
  constructor() {
    FakeSocket.last = this;
  }
  send(text: string): void {
    this.sent.push(JSON.parse(text));
  }
  close(): void {
    this.readyState = 3;
  }
}

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

let root: HTMLElement;
let panel: typeof PanelModule;
let kept: object[];

/** Until the page has been drawn, and what follows from that too: effects wait for a frame. */
const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
const settle = () => frame().then(frame);
const tell = async (message: object) => {
  FakeSocket.last.onmessage?.({ data: JSON.stringify(message) });
  await settle();
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

async function load(): Promise<void> {
  vi.resetModules();
  panel = await import('../panel');
  const { App } = await import('../ui/App');
  root = document.createElement('div');
  document.body.replaceChildren(root);
  render(<App />, root);
  await panel.start();
  await settle();
}

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  sessionStorage.clear();
  localStorage.clear();
  kept = [];
  vi.stubGlobal('WebSocket', FakeSocket);
  const session = { operator: 'ada', fullName: 'Ada Lovelace', demo: false, seat: snapshot().agent.seat };
  vi.stubGlobal(
    'fetch',
    vi.fn(async (path: string) =>
      Response.json(path.startsWith('/api/history') ? { calls: kept, next: 0, kept: 86_400 } : session),
    ),
  );
  vi.spyOn(window, 'open').mockReturnValue(null);
  await load();
});

afterEach(() => {
  panel.connection.stop();
  render(null, root);
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

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
  expect(FakeSocket.last.sent.at(-1)).toMatchObject({ command: 'note', text: 'Wants it', disposition: '' });
  await tell({ type: 'reply', id: FakeSocket.last.sent.at(-1)?.id, ok: true });
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

  panel.connection.stop();
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
  const mine = () => {
    const { activeElement } = document;
    return activeElement?.classList.contains('note-text') ? (activeElement as HTMLTextAreaElement) : null;
  };
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

test('a past call shows its note, and unfolds what it brought along', async () => {
  kept = [
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
  FakeSocket.last.onclose?.({ code: 4003, reason: '' }); // removed
  await settle();
  expect(root.querySelector('.signin')?.textContent).toContain('A note is not saved yet.');
  await load();
  await begin();
  await tell(linkEvent(11));
  expect(field()?.value).toBe(long);
});
