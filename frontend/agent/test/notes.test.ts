import { beforeEach, expect, test } from 'vitest';
import { forgetNotes, hearNote, hearNotes, isNotable, noteOf } from '../notes';
import type { CallView } from '../picture';
import { call } from './fixtures';

const subject = { uniqueid: 'u1', service: 'Support' };
const note = (text: string, disposition = '') => ({ text, disposition, at: 1 });

beforeEach(forgetNotes);

test('a note is known, or known to be absent, or not known', () => {
  expect(noteOf(subject)).toBeUndefined();
  hearNote(subject, note('Called'));
  expect(noteOf(subject)?.text).toBe('Called');
  hearNote(subject, note(''));
  expect(noteOf(subject)).toBeNull();
  forgetNotes();
  expect(noteOf(subject)).toBeUndefined();
});

test('a channel has a note for each of its services', () => {
  hearNote(subject, note('one'));
  hearNote({ ...subject, service: 'Sales' }, note('two'));
  expect(noteOf(subject)?.text).toBe('one');
});

test('an answer to a question of before does not take back what has changed since', () => {
  hearNote(subject, note('newer'), 100);
  hearNotes([{ ...subject, note: note('older') }], 99);
  expect(noteOf(subject)?.text).toBe('newer');
  hearNotes([{ ...subject, note: note('newer') }], 200); // the same, but heard later
  hearNotes([subject], 150);
  expect(noteOf(subject)?.text).toBe('newer');
  hearNotes([subject], 201);
  expect(noteOf(subject)).toBeNull();
});

test.each([
  [{ answered: 5 }, true],
  [{ answered: 0 }, false],
  [{ answered: 0, outgoing: true }, true],
  [{ answered: 5, service: '' }, false],
])('%o is offered a note: %s', (changes: Partial<CallView>, is) => {
  expect(isNotable({ ...call(), outgoing: false, endedAt: 0, ...changes })).toBe(is);
});
