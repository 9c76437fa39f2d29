import { signal, useComputed } from '@preact/signals';
import type { IconName } from '../../icons/icons';
import { behind, keeps, listed, loadingOlder, older, query, search, showOlder } from '../archive';
import { serverNow } from '../clock';
import type { PastCall } from '../history';
import { dayOf, t, timeOfDay, tn } from '../i18n';
import type { Key } from '../locales/en';
import { noteOf } from '../notes';
import { cleanNumber, isDialable } from '../number';
import { dial, outboundServices, picture } from '../panel';
import { duration, isolated, isWithheld, plain, telephone } from '../text';
import { handedOnLine } from '../transfer';
import { focusDial } from './DialBox';
import { Busy } from './Duty';
import { Icon } from './Icon';
import { NoteForm } from './Note';
import { Empty } from './Parts';
import { Variables } from './Variables';

/** The agent's calls that are over (row G6): of this session, and of before where the server keeps
 *  them. */
export function History() {
  const calls = listed.value;
  const searching = query.value.trim() !== '';
  return (
    <section class="card part-history" aria-labelledby="history-title">
      <header class="part-head">
        <h2 id="history-title">{t(keeps.value ? 'history.kept' : 'history.title')}</h2>
        {calls.length > 0 && !older.value ? (
          <span class="badge">{tn('history.count', calls.length)}</span>
        ) : null}
        {calls.length > 0 || query.value !== '' ? <Search /> : null}
      </header>
      <p class="sr" role="status">
        {searching && calls.length > 0 ? tn('history.count', calls.length) : ''}
      </p>
      <div role="status">
        {behind.value && keeps.value ? (
          <p class="history-note hint">
            <Icon name="wifi-off" small />
            {t('history.behind')}
          </p>
        ) : null}
        {searching && calls.length === 0 ? (
          <p class="history-note">{t('history.none', { text: isolated(query.value, 40) })}</p>
        ) : null}
      </div>
      {calls.length === 0 && !searching ? (
        <div class="history-empty">
          <Empty icon="history" title={t('history.title')}>
            <p>{t(keeps.value ? 'history.empty.kept' : 'history.empty')}</p>
          </Empty>
        </div>
      ) : (
        <Days calls={calls} />
      )}
      {older.value ? <Older /> : null}
    </section>
  );
}

function Search() {
  return (
    <search class="history-search">
      <input
        class="input"
        type="search"
        aria-label={t('history.search')}
        placeholder={t('history.search.hint')}
        autocomplete="off"
        spellcheck={false}
        maxLength={60}
        value={query.value}
        onInput={(event) => {
          search(event.currentTarget.value);
          // Below a long card what is found would be out of sight.
          event.currentTarget.closest('.part-history')?.scrollIntoView({ block: 'nearest' });
        }}
      />
    </search>
  );
}

/** The calls under their days. */
function Days({ calls }: { calls: readonly PastCall[] }) {
  const today = useComputed(() => new Date(serverNow.value).setHours(0, 0, 0, 0));
  const days: { name: string; calls: PastCall[] }[] = [];
  for (const call of calls) {
    const name = dayOf(call.started, today.value);
    const last = days.at(-1);
    if (last?.name === name) last.calls.push(call);
    else days.push({ name, calls: [call] });
  }
  return days.map(({ name, calls: those }) => (
    <div key={name} class="history-part">
      <h3 class="history-day">{name}</h3>
      <ol class="history">
        {those.map((call) => (
          <Line key={call.key} call={call} />
        ))}
      </ol>
    </div>
  ));
}

/** Brings more to the page, and the focus to the first of them. */
function Older() {
  const more = async () => {
    const first = await showOlder();
    if (first !== undefined) setTimeout(() => document.getElementById(lineId(first))?.focus(), 50);
  };
  return (
    <button
      type="button"
      class="button button-ghost history-older"
      aria-disabled={loadingOlder.value}
      onClick={() => void more()}
    >
      <Busy on={loadingOlder.value} icon="history" />
      {t('history.older')}
    </button>
  );
}

const lineId = (call: PastCall) => `past-${call.id ?? call.key}`;

/** The call whose details are unfolded, by its key. */
const unfolded = signal('');

function Line({ call }: { call: PastCall }) {
  const { icon, word, tone } = look(call);
  const noted = useComputed(() => noteOf(call)).value;
  const named = plain(call.name) !== '';
  const number = isWithheld(call.number) ? t('call.withheld') : telephone(call.number);
  const who = named ? plain(call.name) : isWithheld(call.number) ? t('call.unknown') : number;
  const under = [
    call.to === undefined
      ? ''
      : handedOnLine({ kind: call.parked ? 'park' : 'blind', to: call.to, toName: call.toName }),
    named ? number : '',
    call.direction === 'internal' ? t('call.internal') : call.service,
  ];
  const notable = picture.value?.notes === true && call.uniqueid !== '';
  const more = notable || call.variables.length > 0;
  const open = more && unfolded.value === call.key;
  return (
    <li data-outcome={call.outcome} id={lineId(call)} tabIndex={-1}>
      <span class={`history-icon tone-${tone}`} title={t(word)}>
        <Icon name={icon} small />
        <span class="sr">{t(word)}</span>
      </span>
      <span class="history-who">
        <b>
          <bdi dir="auto">{who}</bdi>
        </b>
        <small>{under.filter((part) => part !== '').join(' · ')}</small>
      </span>
      <span class="history-time">
        <span>{timeOfDay(call.started)}</span>
        <small class={call.outcome === 'missed' ? 'missed' : undefined}>{result(call, word)}</small>
      </span>
      <Again call={call} who={named ? call.name : number} />
      {more ? (
        <button
          type="button"
          class="button button-ghost button-icon button-small history-more"
          aria-expanded={open}
          aria-label={t('history.details', { who: isolated(who, 60) })}
          onClick={() => {
            unfolded.value = open ? '' : call.key;
          }}
        >
          <Icon name="chevron" small />
        </button>
      ) : null}
      {noted && !open ? (
        <p class="history-noted">
          {noted.disposition === '' ? null : (
            <bdi class="badge" dir="auto">
              {plain(noted.disposition)}
            </bdi>
          )}
          {noted.text === '' ? null : <bdi dir="auto">{plain(noted.text)}</bdi>}
        </p>
      ) : null}
      {open ? (
        <div class="history-details">
          <Variables service={call.service} variables={call.variables} />
          {notable ? <NoteForm subject={call} who={who} /> : null}
        </div>
      ) : null}
    </li>
  );
}

/** Puts the other side of a past call into the dial box, where the agent may call out. */
function Again({ call, who }: { call: PastCall; who: string }) {
  if (outboundServices.value.length === 0) return null;
  const number = cleanNumber(call.number);
  if (call.direction === 'internal' || !isDialable(number)) return <span class="history-again" />;
  const label = t('dial.again', { who: isolated(who, 60) });
  return (
    <button
      type="button"
      class="button button-ghost button-icon button-small history-again"
      aria-disabled={dial.busy}
      aria-label={label}
      title={label}
      onClick={() => {
        dial.offer(number);
        focusDial();
      }}
    >
      <Icon name="phone" small />
    </button>
  );
}

function look(call: PastCall): { icon: IconName; word: Key; tone: string } {
  switch (call.outcome) {
    case 'missed':
      return { icon: 'phone-missed', word: 'history.missed', tone: 'bad' };
    case 'elsewhere':
      return { icon: 'elsewhere', word: 'history.elsewhere', tone: 'idle' };
    case 'busy':
      return { icon: call.outgoing ? 'phone-out' : 'phone-off', word: 'history.busy', tone: 'idle' };
    case 'unanswered':
      return { icon: 'phone-out', word: 'history.unanswered', tone: 'idle' };
    case 'unknown':
      return { icon: 'wifi-off', word: 'history.unknown', tone: 'idle' };
    case 'answered':
      return call.outgoing
        ? { icon: 'phone-out', word: 'history.outgoing', tone: 'call' }
        : { icon: 'phone-in', word: 'history.incoming', tone: 'ok' };
  }
}

/** The right column: the length of the talk, or what came instead of one. */
function result(call: PastCall, word: Key): string {
  if (call.outcome !== 'answered') return t(word);
  return call.talked === null ? t('history.unknown') : duration(call.talked);
}
