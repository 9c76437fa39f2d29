import { beforeEach, describe, expect, test, vi } from 'vitest';
import { Drafts, noteRefusal, room, savesAfter, triesAfter } from '../drafts';
import { setLanguage } from '../i18n';
import { forgetKept, keptFor, openKept } from '../kept';
import { forgetNotes, hearNote } from '../notes';
import type { Command, Reply } from '../protocol';

const subject = { uniqueid: 'u1', service: 'Support' };
const other = { uniqueid: 'u2', service: 'Support' };

let sent: Command[];
let answers: ((changes?: Partial<Reply>) => Promise<void>)[];
let drafts: Drafts;

/** Answers the first command that has no answer. */
const reply = (changes: Partial<Reply> = {}) => answers.shift()?.(changes);
const wait = (time: number) => vi.advanceTimersByTimeAsync(time);
const texts = () => sent.map((command) => ('text' in command ? command.text : ''));

function fresh(): Drafts {
  return new Drafts((command) => {
    sent.push(command);
    return new Promise((resolve) => {
      answers.push(async (changes = {}) => {
        resolve({ type: 'reply', id: '1', ok: true, ...changes });
        await wait(0);
      });
    });
  });
}

beforeEach(() => {
  vi.useFakeTimers();
  setLanguage('en');
  sessionStorage.clear();
  forgetNotes();
  sent = [];
  answers = [];
  openKept('ada');
  drafts = fresh();
  drafts.open();
  return () => vi.useRealTimers();
});

describe('what is written', () => {
  test('is kept without what else is known of the call', () => {
    drafts.edit({ ...subject, caller: { number: '0550100' } } as typeof subject, { text: 'Wants it' });
    const [key = ''] = Object.keys(sessionStorage);
    expect(JSON.parse(sessionStorage.getItem(key) ?? '')).toMatchObject({
      operator: 'ada',
      value: [{ subject: { ...subject } }],
    });
    expect(sessionStorage.getItem(key)).not.toContain('0550100');
  });

  test('is saved once, when the agent pauses', async () => {
    expect(drafts.of(subject)).toEqual({ disposition: '', text: '', saving: { kind: 'clean' } });
    drafts.edit(subject, { text: 'W' });
    await wait(savesAfter - 1);
    drafts.edit(subject, { text: 'Wants it' });
    drafts.edit(subject, { disposition: 'Sold' });
    await wait(savesAfter - 1);
    expect(sent).toEqual([]);
    expect(drafts.of(subject).saving.kind).toBe('saving');
    await wait(1);
    expect(sent).toEqual([{ command: 'note', uniqueid: 'u1', disposition: 'Sold', text: 'Wants it' }]);
    await reply();
    expect(drafts.of(subject)).toEqual({ disposition: 'Sold', text: 'Wants it', saving: { kind: 'saved' } });
    await wait(60_000);
    expect(sent).toHaveLength(1);
  });

  test('is saved at once when the agent leaves the field, and not twice', async () => {
    drafts.edit(subject, { text: 'a' });
    void drafts.flush();
    void drafts.flush();
    expect(texts()).toEqual(['a']);
    await reply();
    void drafts.flush();
    expect(texts()).toEqual(['a']);
  });

  test('goes on while it is being saved', async () => {
    drafts.edit(subject, { text: 'a' });
    void drafts.flush();
    drafts.edit(subject, { text: 'ab' });
    await wait(savesAfter);
    expect(texts()).toEqual(['a']);
    await reply();
    expect(drafts.of(subject)).toMatchObject({ text: 'ab', saving: { kind: 'saving' } });
    await wait(savesAfter);
    expect(texts()).toEqual(['a', 'ab']);
    await reply();
    expect(drafts.of(subject)).toMatchObject({ text: 'ab', saving: { kind: 'saved' } });
  });

  test('is of one call', async () => {
    drafts.edit(subject, { text: 'a' });
    drafts.edit(other, { text: 'b' });
    await wait(savesAfter);
    expect(texts()).toEqual(['a', 'b']);
    expect(drafts.of(other).text).toBe('b');
  });

  test('has no control characters but newlines and tabs', () => {
    drafts.edit(subject, { text: 'a\r\nb\tc\u0000\u001bd\u0085' });
    expect(drafts.of(subject).text).toBe('a\nb\tcd');
  });
});

describe('what another screen notes', () => {
  test('is shown, unless that field is being written here', async () => {
    hearNote(subject, { disposition: 'Call back', text: 'theirs', at: 1 });
    expect(drafts.of(subject)).toMatchObject({ disposition: 'Call back', text: 'theirs' });
    drafts.edit(subject, { text: 'mine' });
    hearNote(subject, { disposition: 'Sold', text: 'theirs again', at: 2 });
    expect(drafts.of(subject)).toMatchObject({ disposition: 'Sold', text: 'mine' });
    await wait(savesAfter);
    expect(sent).toEqual([{ command: 'note', uniqueid: 'u1', disposition: 'Sold', text: 'mine' }]);
    await reply();
    hearNote(subject, { disposition: 'Sold', text: 'theirs at last', at: 3 });
    expect(drafts.of(subject).text).toBe('theirs at last');
    hearNote(subject, null);
    expect(drafts.of(subject)).toMatchObject({ disposition: '', text: '' });
  });
});

describe('without the server', () => {
  test('it is kept, tried again, and saved when the connection is back', async () => {
    drafts.edit(subject, { text: 'a' });
    await wait(savesAfter);
    await reply({ ok: false, code: 'no-answer' });
    expect(drafts.of(subject)).toMatchObject({ text: 'a', saving: { kind: 'waiting' } });
    expect(drafts.unsaved.value).toBe(true);
    await wait(triesAfter);
    await reply({ ok: false, code: 'no-answer' });
    drafts.edit(subject, { text: 'ab' });
    expect(drafts.of(subject).saving.kind).toBe('waiting'); // and is not told anew with each letter
    void drafts.flush();
    await reply();
    expect(texts()).toEqual(['a', 'a', 'ab']);
    expect(drafts.of(subject).saving.kind).toBe('saved');
    expect(drafts.unsaved.value).toBe(false);
  });

  test('it outlives the page, with what the server had beside it', async () => {
    hearNote(subject, { disposition: 'Sold', text: '', at: 1 });
    drafts.edit(subject, { text: 'a' });
    forgetNotes();
    drafts = fresh();
    drafts.open();
    expect(drafts.of(subject)).toMatchObject({ disposition: 'Sold', text: 'a', saving: { kind: 'waiting' } });
    void drafts.flush();
    expect(sent).toEqual([{ command: 'note', uniqueid: 'u1', disposition: 'Sold', text: 'a' }]);
    await reply();
    drafts = fresh();
    drafts.open();
    void drafts.flush();
    expect(sent).toHaveLength(1);
  });

  test('an answer that comes when another operator is here is nobody’s', async () => {
    drafts.edit(subject, { text: 'a' });
    void drafts.flush();
    openKept('grace');
    drafts.open();
    await reply();
    expect(drafts.of(subject)).toEqual({ disposition: '', text: '', saving: { kind: 'clean' } });
  });

  test('it is gone with the sign-out', () => {
    drafts.edit(subject, { text: 'a secret' });
    forgetKept();
    drafts.open();
    expect(drafts.of(subject).text).toBe('');
    expect(JSON.stringify(sessionStorage)).not.toContain('secret');
  });

  test('each note is gone a day after its last letter', async () => {
    drafts.edit(subject, { text: 'a secret' });
    await wait(keptFor - 10_000);
    await reply({ ok: false, code: 'refused' });
    drafts.edit(other, { text: 'of today' });
    await wait(10_000);
    drafts.edit(other, { text: 'of today!' });
    expect(JSON.stringify(sessionStorage)).not.toContain('secret');
    drafts = fresh();
    drafts.open();
    expect([drafts.of(subject).text, drafts.of(other).text]).toEqual(['', 'of today!']);
  });

  test('what is on its way may be lost yet, what the server will never take is lost', async () => {
    drafts.edit(subject, { text: 'a' });
    expect([drafts.pending, drafts.unsaved.value]).toEqual([true, false]);
    await wait(savesAfter);
    await reply({ ok: false, code: 'unknown-call' });
    expect(drafts.pending).toBe(false);
  });
});

describe('a refusal', () => {
  test.each([
    ['disposition', 'Not saved: this result is no longer in the list. Choose another one.'],
    ['no-notes', 'Not saved: the server keeps no notes.'],
    ['unknown-call', 'Not saved: the server does not have this call any more.'],
    ['refused', 'Not saved: the server could not store it.'],
    ['malformed', 'Not saved: That did not work: \u2068the text is not UTF-8\u2069'],
  ])('%s is told, and tried again by the agent', async (code, words) => {
    drafts.edit(subject, { text: 'a' });
    await wait(savesAfter);
    await reply({ ok: false, code, error: 'the text is not UTF-8' });
    const { saving } = drafts.of(subject);
    expect(saving.kind === 'refused' && noteRefusal(saving.reply)).toBe(words);
    expect(drafts.unsaved.value).toBe(code !== 'unknown-call');
    await wait(60_000);
    expect(sent).toHaveLength(1);
    void drafts.again(subject);
    expect(drafts.of(subject).saving.kind).toBe('saving');
    await reply();
    expect(drafts.of(subject).saving.kind).toBe('saved');
  });
});

describe('the room for a text', () => {
  test.each([
    ['', 4000],
    ['a'.repeat(3990), 10],
    ['a'.repeat(4000), 0],
    ['a'.repeat(4003), -3],
    ['é'.repeat(1990), 10],
    ['é'.repeat(2001), -1],
    ['😀'.repeat(1001), -1],
  ])('is counted in characters', (text, left) => expect(room(text)).toBe(left));

  test('one that is too long is kept, and saved when it is shorter', async () => {
    drafts.edit(subject, { text: 'a'.repeat(4001) });
    await wait(savesAfter);
    void drafts.flush();
    expect(drafts.of(subject).saving.kind).toBe('long');
    expect(drafts.unsaved.value).toBe(true);
    drafts = fresh();
    drafts.open();
    void drafts.flush();
    expect(sent).toEqual([]);
    drafts.edit(subject, { text: 'a'.repeat(4000) });
    await wait(savesAfter);
    expect(sent).toHaveLength(1);
  });
});
