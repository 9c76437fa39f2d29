import type { IconName } from '../../icons/icons';
import { history, type PastCall } from '../history';
import { t, timeOfDay, tn } from '../i18n';
import type { Key } from '../locales/en';
import { cleanNumber, isDialable } from '../number';
import { dial, outboundServices } from '../panel';
import { duration, isolated, isWithheld, plain, telephone } from '../text';
import { handedOnLine } from '../transfer';
import { dialLock, place } from './DialBox';
import { Icon } from './Icon';
import { Empty } from './Parts';

/** “This session” (row G6). */
export function History() {
  const past = history.value;
  return (
    <section class="card part-history" aria-labelledby="history-title">
      <header class="part-head">
        <h2 id="history-title">{t('history.title')}</h2>
        {past.length > 0 ? <span class="badge">{tn('history.count', past.length)}</span> : null}
      </header>
      {past.length === 0 ? (
        <div class="history-empty">
          <Empty icon="history" title={t('history.title')}>
            <p>{t('history.empty')}</p>
          </Empty>
        </div>
      ) : (
        <ol class="history">
          {past.map((call) => (
            <Line key={call.key} call={call} />
          ))}
        </ol>
      )}
    </section>
  );
}

function Line({ call }: { call: PastCall }) {
  const { icon, word, tone } = look(call);
  const named = plain(call.name) !== '';
  const number = isWithheld(call.number) ? t('call.withheld') : telephone(call.number);
  const under = [
    call.to === undefined ? '' : handedOnLine({ kind: call.parked ? 'park' : 'blind', to: call.to }),
    named ? number : '',
    call.direction === 'internal' ? t('call.internal') : call.service,
  ];
  return (
    <li data-outcome={call.outcome}>
      <span class={`history-icon tone-${tone}`} title={t(word)}>
        <Icon name={icon} small />
        <span class="sr">{t(word)}</span>
      </span>
      <span class="history-who">
        <b>
          <bdi dir="auto">
            {named ? plain(call.name) : isWithheld(call.number) ? t('call.unknown') : number}
          </bdi>
        </b>
        <small>{under.filter((part) => part !== '').join(' · ')}</small>
      </span>
      <span class="history-time">
        <span>{timeOfDay(call.started)}</span>
        <small class={call.outcome === 'missed' ? 'missed' : undefined}>{result(call, word)}</small>
      </span>
      <Again call={call} who={named ? call.name : number} />
    </li>
  );
}

/** Calls the other side of a past call, where the agent may call out. */
function Again({ call, who }: { call: PastCall; who: string }) {
  if (outboundServices.value.length === 0) return null;
  const number = cleanNumber(call.number);
  if (call.direction === 'internal' || !isDialable(number)) return <span class="history-again" />;
  const label = t('dial.again', { who: isolated(who, 60) });
  return (
    <button
      type="button"
      class="button button-ghost button-icon button-small history-again"
      aria-disabled={dialLock() !== null || dial.busy}
      aria-label={label}
      title={label}
      onClick={() => place(number)}
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
