import { useSignal } from '@preact/signals';
import type { IconName } from '../../icons/icons';
import { serverNow } from '../clock';
import { answeredElsewhere, outcome, talkTime } from '../history';
import { t } from '../i18n';
import type { Key } from '../locales/en';
import { isNotable } from '../notes';
import { openScreen, picture } from '../panel';
import type { CallView } from '../picture';
import { duration, isolated, isWithheld, plain, telephone } from '../text';
import { handedOnLine, handedWord, transferLine } from '../transfer';
import { Controls, canAnswer, SlimControls } from './Controls';
import { Icon } from './Icon';
import { isWriting, NoteForm } from './Note';
import { Avatar, CallerText, Copy, Timer } from './Parts';
import { ScreenAction } from './ScreenAction';
import { Variables } from './Variables';

interface Look {
  word: Key;
  icon: IconName;
  tone: string;
}

/** Colour, icon and word of a call where it stands now. */
export function callLook(call: CallView): Look {
  switch (call.phase) {
    case 'dialing':
      return { word: 'call.outgoing', icon: 'phone-out', tone: 'ring' };
    case 'ringing':
      if (call.outgoing) return { word: 'call.outgoing', icon: 'phone-out', tone: 'ring' };
      return {
        word: call.direction === 'internal' ? 'call.internal' : 'call.incoming',
        icon: 'phone-in',
        tone: 'ring',
      };
    case 'talking':
      return { word: 'call.talking', icon: 'phone', tone: 'call' };
    case 'held':
      return { word: 'call.held', icon: 'pause', tone: 'warn' };
    case 'ended': {
      if (call.handedOn !== undefined)
        return { word: handedWord(call.handedOn.kind), icon: 'transfer', tone: 'idle' };
      const how = outcome(call);
      if (how === 'missed') return { word: 'call.missed', icon: 'phone-missed', tone: 'bad' };
      if (how === 'elsewhere') return { word: 'call.ended', icon: 'elsewhere', tone: 'idle' };
      return { word: 'call.ended', icon: 'phone-off', tone: 'idle' };
    }
  }
}

/** The other side of a call: whom the agent talks to, and on which number. */
export function otherSide(call: CallView): { name: string; number: string } {
  return call.outgoing ? { name: '', number: call.called } : call.caller;
}

/** The other side in one line of plain text. */
export function otherSideLine(call: CallView): string {
  const { name, number } = otherSide(call);
  if (plain(name) !== '') return name;
  return isWithheld(number) ? t('call.unknown') : telephone(number);
}

/** The call that matters most, from its first ring (row G3). */
export function CallCard({ call }: { call: CallView }) {
  const { word, icon, tone } = callLook(call);
  const ringing = call.phase === 'ringing' && !call.outgoing;
  return (
    <article class={`card call tone-${tone}`} data-phase={call.phase} aria-label={t(word)}>
      <header class={ringing ? 'call-head solid' : 'call-head'}>
        <Icon name={icon} />
        <b>{t(word)}</b>
        <CallTime call={call} />
      </header>
      <div class="call-body">
        <Who call={call} />
        <Facts call={call} />
        <End call={call} />
        <Variables service={call.service} variables={call.variables} />
      </div>
      <Controls call={call} />
      <ScreenAction call={call} />
      {call.phase === 'ringing' && !canAnswer(call) ? (
        <p class="call-hint">
          <Icon name="phone" small />
          {t(ringing ? 'call.answer.hint' : 'call.own.hint')}
        </p>
      ) : null}
      <Noting key="note" call={call} />
    </article>
  );
}

/** How it ended, where the agent needs to be told. */
function End({ call }: { call: CallView }) {
  if (call.handedOn !== undefined) {
    // Without a place it would say what the ended card has as its title.
    const untold = call.endedAt !== 0 && plain(call.handedOn.to ?? '') === '';
    return untold ? null : <p class="call-end">{handedOnLine(call.handedOn)}</p>;
  }
  if (call.endedAt === 0 || call.answered !== 0) return null;
  return <p class="call-end">{t(endWords(call))}</p>;
}

/** How long the call has rung, been held, or been talked on since the answer (a hold does not
 *  begin the talk anew); of an ended one, how long the talk was. */
export function CallTime({ call }: { call: CallView }) {
  if (call.endedAt === 0) {
    return (
      <span class="call-time">
        <Timer since={call.phase === 'talking' && call.answered !== 0 ? call.answered : call.since} />
      </span>
    );
  }
  // Of one whose end was not seen it is unknown.
  const talked = call.answered !== 0 && call.since > call.answered;
  return !talked ? null : <span class="call-time">{duration(talkTime(call) ?? 0)}</span>;
}

function Who({ call }: { call: CallView }) {
  const { name, number } = otherSide(call);
  const withheld = isWithheld(number);
  const shown = telephone(number);
  const named = plain(name) !== '';
  return (
    <div class="who">
      <Avatar name={name} large />
      <div class="who-text">
        <h2>
          {named ? (
            <CallerText text={name} />
          ) : withheld ? (
            t('call.unknown')
          ) : (
            <CallerText text={shown} lines={2} />
          )}
        </h2>
        {named || withheld ? (
          <p class="who-number">
            {withheld ? t('call.withheld') : <bdi>{shown}</bdi>}
            {withheld ? null : (
              <Copy text={plain(number)} label={t('copy.what', { what: t('call.number') })} />
            )}
          </p>
        ) : null}
      </div>
    </div>
  );
}

/** Service, queue and waiting time. */
function Facts({ call }: { call: CallView }) {
  return (
    <ul class="facts">
      {call.direction === 'internal' && call.phase !== 'ringing' ? <li>{t('call.internal')}</li> : null}
      {call.transfer === undefined ? null : (
        <li class="fact-transfer">
          <Icon name="transfer" small />
          <span>{transferLine(call.transfer)}</span>
        </li>
      )}
      {call.service === '' ? null : (
        <li class="fact-service">
          <Icon name="headset" small />
          <span class="sr">{t('call.service')}</span>
          <bdi>{call.service}</bdi>
        </li>
      )}
      {call.queue === '' ? null : (
        <li>
          <Icon name="queue" small />
          <span class="sr">{t('call.queue')}</span>
          <bdi>{call.queue}</bdi>
        </li>
      )}
      {call.queued === 0 ? null : (
        <li class="tabular">
          <Icon name="waiting" small />
          <WaitingTime call={call} />
        </li>
      )}
    </ul>
  );
}

/** Runs until the answer, or until a call that nobody answered ends. */
function WaitingTime({ call }: { call: CallView }) {
  const until = call.answered || (call.endedAt === 0 ? 0 : call.since);
  if (until === 0) return <span>{t('call.waiting', { time: duration(serverNow.value - call.queued) })}</span>;
  return <span>{t('call.waited', { time: duration(until - call.queued) })}</span>;
}

/** The agent's note, from when there is something to note; on his last call it stays until the next. */
function Noting({ call }: { call: CallView }) {
  const now = picture.value;
  if (now?.notes !== true || !isNotable(call)) return null;
  const missing = call.endedAt !== 0 && now.agent.duty?.state === 'aftercall';
  return (
    <div class="call-note">
      <NoteForm subject={call} who={otherSideLine(call)} missing={missing} />
    </div>
  );
}

/** Q.850 causes that tell an agent something, by outcome of an outgoing call. */
const causes: Readonly<Record<number, Key>> = {
  1: 'end.unreachable',
  3: 'end.unreachable',
  17: 'end.busy',
  18: 'end.noanswer',
  19: 'end.noanswer',
  20: 'end.unreachable',
  21: 'end.rejected',
  22: 'end.unreachable',
  27: 'end.unreachable',
  28: 'end.unreachable',
  34: 'end.congestion',
  38: 'end.congestion',
  42: 'end.congestion',
};

/** How the call ended, in words. */
export function endWords(call: CallView): Key {
  if (call.answered !== 0) return 'end.normal';
  if (call.cause === answeredElsewhere) return 'end.elsewhere';
  if (!call.outgoing) return 'end.abandoned';
  return causes[call.cause] ?? 'end.noanswer';
}

/** A further call as one slim line under the first. */
export function SlimCall({ call }: { call: CallView }) {
  const { word, icon, tone } = callLook(call);
  const { name, number } = otherSide(call);
  const ringing = call.phase === 'ringing' && !call.outgoing;
  const who = otherSideLine(call);
  const noting = useSignal(isWriting(call)); // it may have been in the first card until now
  const notable = picture.value?.notes === true && isNotable(call);
  return (
    <li class={`card slim tone-${tone}`} data-phase={call.phase}>
      <span class="slim-icon">
        <Icon name={icon} />
      </span>
      <span class="slim-text">
        <b>
          <bdi dir="auto">{plain(who)}</bdi>
        </b>
        <small>
          {call.handedOn === undefined ? t(word) : handedOnLine(call.handedOn)}
          {call.transfer === undefined || call.endedAt !== 0 ? '' : ` · ${transferLine(call.transfer)}`}
          {call.service === '' ? '' : ` · ${call.service}`}
          {ringing && plain(name) !== '' && !isWithheld(number) ? ` · ${telephone(number)}` : ''}
        </small>
      </span>
      <CallTime call={call} />
      <SlimControls call={call} who={who} />
      {call.action?.type === 'browser' ? (
        <button
          type="button"
          class="button button-icon button-small"
          aria-label={t('screen.open.of', { who: isolated(who) })}
          title={t('screen.open')}
          onClick={() => openScreen(call)}
        >
          <Icon name="external" small />
        </button>
      ) : null}
      {notable ? (
        <button
          type="button"
          class="button button-icon button-small"
          aria-expanded={noting.value}
          aria-label={t('note.of', { who: isolated(who) })}
          title={t('note.title')}
          onClick={() => {
            noting.value = !noting.value;
          }}
        >
          <Icon name="note" small />
        </button>
      ) : null}
      {notable && noting.value ? <NoteForm subject={call} who={who} /> : null}
    </li>
  );
}
