import { signal } from '@preact/signals';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { type Choice, choices, controlFailure } from '../control';
import { t } from '../i18n';
import { commandable, control, liveCalls, picture } from '../panel';
import type { CallView } from '../picture';
import { isolated, plain, telephone } from '../text';
import { otherSideLine } from './CallCard';
import { chosenService } from './DialBox';
import { Busy } from './Duty';
import { Icon } from './Icon';

const dialogId = 'transfer';
/** How often who is there is asked while the dialog is open, in milliseconds. */
const lookEvery = 4000;

/** The id of the call that is about to be handed on; "" while the dialog is closed. */
const transferring = signal('');

/** Asks where a call is to go. */
export function showTransfer(call: CallView): void {
  const dialog = document.getElementById(dialogId) as HTMLDialogElement | null;
  if (dialog === null || dialog.open) return;
  if (!control.busy) control.forget(); // what was told before is over
  transferring.value = call.id;
  dialog.showModal();
}

/** The dialog: one field that searches, one list, Enter. */
export function Transfer() {
  const dialog = useRef<HTMLDialogElement>(null);
  const call = liveCalls.value.find(({ id }) => id === transferring.value);
  const open = transferring.value !== '';
  const done = call === undefined || call.consult !== undefined;
  useEffect(() => {
    if (open && done) dialog.current?.close();
  }, [open, done]);
  return (
    <dialog
      id={dialogId}
      ref={dialog}
      class="modal"
      aria-labelledby="transfer-title"
      closedby="any"
      onClose={() => {
        transferring.value = '';
        refocus();
      }}
    >
      <div class="modal-head">
        <h2 id="transfer-title">
          {t('transfer.title', { who: call ? isolated(otherSideLine(call), 40) : '' })}
        </h2>
        <form method="dialog">
          <button type="submit" class="button button-ghost button-icon button-small" aria-label={t('close')}>
            <Icon name="x" />
          </button>
        </form>
      </div>
      {call === undefined ? null : <Where key={call.id} call={call} />}
    </dialog>
  );
}

/** Chromium gives a text field its focus back without its caret when a script closes the dialog:
 *  keys arrive there, and write nothing. */
function refocus(): void {
  const field = document.activeElement;
  if (!(field instanceof HTMLTextAreaElement || field instanceof HTMLInputElement)) return;
  field.blur();
  field.focus({ preventScroll: true });
}

const text = signal('');
/** The key of the one that is marked. It stays marked, whoever else becomes free or busy: Enter
 *  goes to whom the agent has read, or to nobody. */
const chosen = signal('');
/** Whether whoever is to get the call is asked first; it stays as it was chosen last. */
const asking = signal(false);

function Where({ call }: { call: CallView }) {
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    text.value = '';
    chosen.value = '';
    field.current?.focus();
    void control.look();
    const timer = setInterval(() => void control.look(), lookEvery);
    return () => clearInterval(timer);
  }, []);
  // Asterisk lets nobody be asked while the caller is on hold already.
  const able = picture.value?.control.attended === true && call.phase === 'talking';
  const ask = able && asking.value;
  const list = choices(control.targets.value, text.value, chosenService(), ask);
  const free = list.filter((one) => one.free);
  const at = chosen.value === '' ? free[0] : free.find(({ key }) => key === chosen.value);
  // Before the next key: later it would mark what fitted the text of before.
  useLayoutEffect(() => {
    if (chosen.value === '') chosen.value = free[0]?.key ?? '';
  });
  const failure = controlFailure(control.state.value, call.id);
  const submit = (event: Event) => {
    event.preventDefault();
    if (at === undefined || !commandable.value) return;
    void (ask ? control.consult(call.id, at.to) : control.transfer(call.id, at.to));
  };
  return (
    <form class="modal-body transfer" onSubmit={submit}>
      {able ? <How /> : null}
      <label for="transfer-to">{t('transfer.to')}</label>
      <input
        class="input"
        id="transfer-to"
        ref={field}
        role="combobox"
        autocomplete="off"
        spellcheck={false}
        value={text.value}
        aria-expanded="true"
        aria-controls="transfer-list"
        aria-activedescendant={at === undefined ? undefined : optionId(at)}
        aria-describedby="transfer-hint"
        onInput={(event) => {
          text.value = event.currentTarget.value;
          chosen.value = '';
        }}
        onKeyDown={(event) => {
          const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
          const from = at === undefined ? Math.min(0, -step) : free.indexOf(at);
          const next = free[(from + step + free.length) % free.length];
          if (step === 0 || next === undefined) return;
          event.preventDefault();
          chosen.value = next.key;
          document.getElementById(optionId(next))?.scrollIntoView({ block: 'nearest' });
        }}
      />
      <div
        class="transfer-list"
        id="transfer-list"
        role="listbox"
        tabIndex={-1}
        aria-label={t('transfer.list')}
      >
        {list.map((one) => (
          <div
            key={one.key}
            id={optionId(one)}
            role="option"
            tabIndex={-1}
            aria-selected={one === at}
            aria-disabled={!one.free}
            onMouseDown={(event) => {
              event.preventDefault(); // the field keeps the focus
              if (one.free) chosen.value = one.key;
            }}
          >
            <Icon name={icons[one.kind]} small />
            <bdi dir="auto">{one.kind === 'number' ? telephone(one.name) : plain(one.name)}</bdi>
            <small>{about(one)}</small>
          </div>
        ))}
      </div>
      <div role="status">
        {list.length > 0 ? null : (
          <p class="hint">{t(control.targets.value === null ? 'transfer.looking' : 'transfer.nobody')}</p>
        )}
      </div>
      <div role="alert">
        {failure === '' ? null : (
          <p class="alert tone-bad">
            <Icon name="warning" small />
            <span>{failure}</span>
          </p>
        )}
      </div>
      <div class="transfer-foot">
        <p class="hint" id="transfer-hint">
          {t(ask ? 'transfer.hint.ask' : 'transfer.hint')}
        </p>
        <button
          type="submit"
          class="button button-primary"
          aria-disabled={at === undefined || control.busy || !commandable.value}
        >
          <Busy on={control.busy} icon="transfer" />
          {t(ask ? 'transfer.ask' : 'transfer.do')}
        </button>
      </div>
    </form>
  );
}

/** At once, or with a question before. */
function How() {
  return (
    <fieldset class="transfer-how">
      <legend class="sr">{t('transfer.kind')}</legend>
      <div class="segments">
        {([false, true] as const).map((ask) => (
          <label key={String(ask)}>
            <input
              type="radio"
              name="transfer-kind"
              checked={asking.value === ask}
              onChange={() => {
                asking.value = ask;
                chosen.value = '';
              }}
            />
            <span>{t(ask ? 'transfer.kind.ask' : 'transfer.kind.blind')}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

const icons = { agent: 'user', queue: 'queue', number: 'phone-out' } as const;

const optionId = ({ key }: Choice) => `transfer-${key.replace(/[^\w+*#@.-]/g, '_')}`;

function about(one: Choice): string {
  if (one.blind) return t('transfer.blind-only');
  if (one.kind === 'agent') return t(`state.${one.state}`);
  if (one.kind === 'number') return t('transfer.number');
  return t('transfer.queue', { waiting: String(one.waiting), available: String(one.available) });
}
