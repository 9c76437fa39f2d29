import { useId, useLayoutEffect, useRef } from 'preact/hooks';
import type { IconName } from '../../icons/icons';
import { noteRefusal, room, type Saving } from '../drafts';
import { t, tn } from '../i18n';
import { noteKey, type Subject, writing } from '../notes';
import { drafts, expired, picture } from '../panel';
import { isolated, plain } from '../text';
import { Icon } from './Icon';
import { tab } from './tab';

/** More than these, or longer words, are offered as a menu. */
const mostChips = 8;
const longestChips = 160;

/** From here on the room that is left is told, in characters. */
const nearlyFull = 300;

/**
 * What the agent notes about a call: its result, and a text. Both are saved by themselves. `who` is
 * the other side, for those who hear the page; `missing` asks for the result that is not chosen.
 */
export function NoteForm(props: { subject: Subject; who: string; missing?: boolean }) {
  const { subject, who, missing = false } = props;
  const id = useId();
  const { text, disposition, saving } = drafts.of(subject);
  const left = room(text);
  return (
    <fieldset
      class="note"
      ref={useKeptFocus(subject)}
      aria-label={t('note.of', { who: isolated(who) })}
      data-note={noteKey(subject)}
      onFocusIn={() => {
        writing.value = noteKey(subject);
      }}
      onFocusOut={() => {
        void drafts.flush();
        // A note that is moved on the page has the focus again by then.
        setTimeout(() => stopWriting(subject));
      }}
    >
      <Results subject={subject} chosen={disposition} missing={missing} />
      <div class="note-head">
        <label for={id}>{t('note.title')}</label>
        <Saved saving={saving} />
      </div>
      <textarea
        id={id}
        class="input note-text"
        aria-keyshortcuts="Alt+N"
        rows={2}
        dir="auto"
        aria-invalid={left < 0}
        aria-describedby={`${id}-left ${id}-told`}
        value={text}
        onInput={(event) => drafts.edit(subject, { text: event.currentTarget.value })}
      />
      <p id={`${id}-left`} class="hint note-left">
        {left > nearlyFull ? null : left < 0 ? tn('note.over', -left) : tn('note.left', left)}
      </p>
      <div id={`${id}-told`} class="note-told" role="status">
        <Trouble subject={subject} saving={saving} />
      </div>
    </fieldset>
  );
}

/** Whether the agent is in the note of this call just now, or was when it left the page. */
export function isWriting(subject: Subject): boolean {
  const key = noteKey(subject);
  const here = document.activeElement?.closest<HTMLElement>('[data-note]');
  return torn?.key === key || here?.dataset.note === key;
}

function stopWriting(subject: Subject): void {
  if (!isWriting(subject) && writing.value === noteKey(subject)) writing.value = '';
}

/** Where the agent was in a note that has left the page, until that is drawn anew: in which of its
 *  fields, and at which letters. */
let torn: { key: string; field: number; start: number; end: number } | undefined;

const fieldsOf = (note: HTMLElement) => [
  ...note.querySelectorAll<HTMLInputElement | HTMLTextAreaElement>('input, select, textarea'),
];

/** A call that gives its place to another takes its note along: who is writing it goes on there,
 *  instead of typing into nowhere. */
function useKeptFocus(subject: Subject) {
  const note = useRef<HTMLFieldSetElement>(null);
  useLayoutEffect(() => {
    const { current } = note;
    if (current === null) return undefined;
    if (torn?.key === noteKey(subject)) {
      const field = fieldsOf(current)[torn.field];
      field?.focus({ preventScroll: true });
      if (field?.type === 'textarea') field.setSelectionRange(torn.start, torn.end);
    }
    return () => {
      const fields = fieldsOf(current);
      const at = fields.indexOf(document.activeElement as HTMLInputElement);
      const field = fields[at];
      if (field === undefined) return;
      const { selectionStart, selectionEnd } = field;
      const mine = { key: noteKey(subject), field: at, start: selectionStart ?? 0, end: selectionEnd ?? 0 };
      torn = mine;
      setTimeout(() => {
        if (torn === mine) torn = undefined;
        stopWriting(subject);
      });
    };
  }, []);
  return note;
}

/** The results that the call's service offers; one that the note has and the service has no more
 *  stays to be seen. */
function Results({ subject, chosen, missing }: { subject: Subject; chosen: string; missing: boolean }) {
  const id = useId();
  const offered = picture.value?.services.find(({ name }) => name === subject.service)?.dispositions ?? [];
  const all = chosen === '' || offered.includes(chosen) ? offered : [...offered, chosen];
  if (all.length === 0) return null;
  const choose = (disposition: string) => drafts.edit(subject, { disposition });
  const hint = missing && chosen === '' ? <span class="note-missing">{t('note.result.missing')}</span> : null;
  if (all.length > mostChips || all.join('').length > longestChips) {
    return (
      <div class="note-results">
        <div class="note-head">
          <label for={id}>{t('note.result')}</label>
          {hint}
        </div>
        <select id={id} class="select" value={chosen} onChange={(event) => choose(event.currentTarget.value)}>
          <option value="">{t('note.result.none')}</option>
          {all.map((name) => (
            <option key={name} value={name}>
              {plain(name)}
            </option>
          ))}
        </select>
      </div>
    );
  }
  return (
    <fieldset class="note-results">
      <legend class="note-head">
        {t('note.result')}
        {hint}
      </legend>
      <div class="chips">
        {all.map((name) => (
          <label key={name} title={name === chosen ? t('note.result.back') : undefined}>
            <input
              type="radio"
              name={id}
              checked={name === chosen}
              onChange={() => choose(name)}
              // The chosen one once more takes it back.
              onClick={() => (name === chosen ? choose('') : undefined)}
              onKeyDown={(event) =>
                event.key === 'Backspace' || event.key === 'Delete' ? choose('') : undefined
              }
            />
            <bdi dir="auto">{plain(name)}</bdi>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

/** How the saving goes, for the eye: those who hear the page are told of trouble only. What the
 *  trouble is stands below the field, where a long text may hide it. */
function Saved({ saving }: { saving: Saving }) {
  if (saving.kind === 'clean') return null;
  const well = saving.kind === 'saving' || saving.kind === 'saved';
  return (
    <span class="note-saved" data-bad={!well} aria-hidden="true">
      {saving.kind === 'saving' ? null : <Icon name={well ? 'check' : 'warning'} small />}
      {t(well ? `note.${saving.kind}` : 'note.unsaved')}
    </span>
  );
}

function Trouble({ subject, saving }: { subject: Subject; saving: Saving }) {
  switch (saving.kind) {
    case 'waiting':
      return <Told icon="wifi-off" text={t(expired.value ? 'note.expired' : 'note.waiting')} />;
    case 'long':
      return <Told icon="warning" text={t('note.long')} />;
    case 'refused':
      return (
        <div class="alert tone-warn">
          <Icon name="warning" small />
          <span>{noteRefusal(saving.reply)}</span>
          <button type="button" class="link" onClick={() => void drafts.again(subject)}>
            {t('note.again')}
          </button>
        </div>
      );
    default:
      return null;
  }
}

function Told({ icon, text }: { icon: IconName; text: string }) {
  return (
    <p class="alert tone-warn">
      <Icon name={icon} small />
      <span>{text}</span>
    </p>
  );
}

/** Gives the focus to the note of the call that matters most. */
export function focusNote(): void {
  const field = document.querySelector<HTMLElement>('#call .note-text');
  if (field === null) return;
  field.focus();
  if (document.activeElement === field) return;
  tab.value = 'call'; // on a narrow page it is hidden
  setTimeout(() => field.focus());
}
