import { useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { failureWords } from '../dial';
import { t } from '../i18n';
import type { Key } from '../locales/en';
import { cleanNumber, isDialable } from '../number';
import { commandable, connection, dial, liveCalls, outboundServices, picture } from '../panel';
import { dialService } from '../preferences';
import { isolated, telephone } from '../text';
import { Busy } from './Duty';
import { Icon } from './Icon';
import { tab } from './tab';

const fieldId = 'dial-number';

/** Why no call can be placed now, and what to do; null when one can. */
export function dialLock(): Key | null {
  if (picture.value !== null && outboundServices.value.length === 0) return 'dial.locked.service';
  if (connection.state.value.kind !== 'online' || picture.value === null) return 'dial.locked.offline';
  if (!commandable.value) return 'dial.locked.link';
  return liveCalls.value.some(({ phase }) => phase !== 'held') ? 'dial.locked.call' : null;
}

/** The remembered service, if it is still one of the agent's. */
export function chosenService(): string {
  const names = outboundServices.value.map(({ name }) => name);
  return names.find((name) => name === dialService.value) ?? names[0] ?? '';
}

export function focusDial(): void {
  const focus = () => document.getElementById(fieldId)?.focus();
  focus();
  if (tab.value === 'call') return;
  tab.value = 'call'; // on a narrow page the box is not there yet
  setTimeout(focus, 50);
}

/** The dial box (row G5). */
export function DialBox() {
  const { text } = dial;
  const wrong = useSignal(false);
  const field = useRef<HTMLInputElement>(null);
  /** Where in the numbers called before the arrows are; -1 is what is typed. */
  const at = useRef(-1);
  const lock = dialLock();
  const busy = dial.busy;
  const type = (next: string) => {
    text.value = next;
    wrong.value = false;
    dial.forget();
  };
  const submit = (event: Event) => {
    event.preventDefault();
    const number = cleanNumber(text.value);
    if (number === '') return field.current?.focus();
    if (!isDialable(number)) {
      wrong.value = true;
      return field.current?.focus();
    }
    if (dialLock() !== null || dial.busy) return;
    at.current = -1;
    void dial.call(number, chosenService());
  };
  return (
    <form class="card dial" onSubmit={submit} aria-labelledby="dial-title">
      <label class="dial-title" id="dial-title" for={fieldId}>
        {t('dial.title')}
      </label>
      <Services />
      <div class="dial-row">
        <input
          class="input"
          id={fieldId}
          ref={field}
          type="tel"
          inputMode="tel"
          autocomplete="off"
          spellcheck={false}
          value={text.value}
          disabled={lock === 'dial.locked.service'}
          aria-invalid={wrong.value}
          aria-describedby="dial-said"
          aria-keyshortcuts="Alt+C"
          onInput={(event) => {
            at.current = -1;
            type(event.currentTarget.value);
          }}
          onPaste={(event) => {
            const pasted = event.clipboardData?.getData('text') ?? '';
            const number = cleanNumber(pasted);
            if (!isDialable(number)) return; // a part of one, or no number: as it is
            event.preventDefault();
            const { value, selectionStart, selectionEnd } = event.currentTarget;
            const before = value.slice(0, selectionStart ?? value.length);
            at.current = -1;
            type(before + number + value.slice(selectionEnd ?? value.length));
          }}
          onKeyDown={(event) => {
            const step = event.key === 'ArrowUp' ? 1 : event.key === 'ArrowDown' ? -1 : 0;
            const { recent } = dial;
            if (step === 0 || recent.value.length === 0 || event.altKey) return;
            event.preventDefault();
            at.current = Math.max(-1, Math.min(recent.value.length - 1, at.current + step));
            type(recent.value[at.current] ?? '');
          }}
        />
        <button type="submit" class="button" aria-disabled={busy || lock !== null}>
          <Busy on={busy} icon="phone-out" />
          {t('dial.do')}
        </button>
      </div>
      <Said lock={lock} wrong={wrong.value} />
    </form>
  );
}

/** The choice of service, when there is one. */
function Services() {
  const services = outboundServices.value;
  if (services.length < 2) return null;
  return (
    <select
      class="select dial-service"
      aria-label={t('dial.service')}
      value={chosenService()}
      onChange={(event) => {
        dialService.value = event.currentTarget.value;
      }}
    >
      {services.map(({ name }) => (
        <option key={name} value={name}>
          {name}
        </option>
      ))}
    </select>
  );
}

/** What is to be said of the call: why there can be none, why there was none, that it comes. */
function Said({ lock, wrong }: { lock: Key | null; wrong: boolean }) {
  const { value: state } = dial.state;
  const failure = wrong ? t('refusal.number') : failureWords(state);
  const coming = dial.busy && 'number' in state;
  return (
    <div id="dial-said" class="dial-said">
      <div role="alert">
        {failure === '' ? null : (
          <p class="alert tone-bad">
            <Icon name="warning" small />
            <span>{failure}</span>
          </p>
        )}
      </div>
      <div role="status">
        {coming ? (
          <p class="alert tone-ring">
            <Icon name="phone-in" small />
            <span>
              <b>{t('dial.calling')}</b>{' '}
              {t('dial.calling.hint', { number: isolated(telephone(state.number), 32) })}
            </span>
          </p>
        ) : lock === null ? null : (
          <p class="hint dial-lock">
            <Icon name="lock" small />
            {t(lock)}
          </p>
        )}
      </div>
    </div>
  );
}
