import type { IconName } from '../../icons/icons';
import { controlFailure, type What } from '../control';
import { t } from '../i18n';
import { commandable, control, liveCalls, picture } from '../panel';
import type { CallView } from '../picture';
import type { Consult } from '../protocol';
import { isolated, plain, telephone } from '../text';
import { Busy } from './Duty';
import { Icon } from './Icon';
import { Keycaps } from './Parts';
import { showTransfer } from './Transfer';

/** Whether the agent can hang a call up here: he talks, or calls somebody himself. Not while he
 *  asks a colleague, who would get the call by it. */
function canHangUp({ phase, endedAt, outgoing, consult }: CallView): boolean {
  return endedAt === 0 && consult === undefined && (phase !== 'ringing' || outgoing);
}

function canHandOn({ phase, endedAt, consult }: CallView): boolean {
  return endedAt === 0 && consult === undefined && (phase === 'talking' || phase === 'held');
}

/** Whether the agent's own telephone rings, and can be told to answer. */
export function canAnswer({ phase, endedAt }: CallView): boolean {
  return endedAt === 0 && phase === 'ringing' && picture.value?.control.answer === true;
}

/** What a telephone that takes orders can be told: to hold the call, or to take it back. */
function holding(call: CallView): 'hold' | 'resume' | undefined {
  if (picture.value?.control.hold !== true || !canHandOn(call)) return undefined;
  return call.phase === 'held' ? 'resume' : 'hold';
}

/** Does it with the call that matters most among those with which it can be done. */
function does(what: (call: CallView) => 'hangup' | 'answer' | 'hold' | 'resume' | undefined) {
  return () => {
    if (!commandable.value) return;
    for (const call of liveCalls.value) {
      const order = what(call);
      if (order !== undefined) return void control.order(order, call.id);
    }
  };
}

export const hangUp = does((call) => (canHangUp(call) ? 'hangup' : undefined));
export const answer = does((call) => (canAnswer(call) ? 'answer' : undefined));
export const hold = does(holding);

export function handOn(): void {
  const call = liveCalls.value.find(canHandOn);
  if (call !== undefined && commandable.value && !control.busy) showTransfer(call);
}

/** What can be done with a call, whatever telephone it is at (row G5). */
export function Controls({ call }: { call: CallView }) {
  if (call.endedAt !== 0) return null;
  const buttons = buttonsOf(call);
  const { value: state } = control.state;
  const mine = state.kind !== 'idle' && state.call === call.id && control.busy ? state.what : undefined;
  const failure = controlFailure(state, call.id);
  if (buttons.length === 0 && failure === '') return null;
  return (
    <div class="call-controls">
      {call.consult === undefined ? null : <Asked consult={call.consult} />}
      <div class="call-buttons">{buttons}</div>
      <div role="status">{mine === undefined ? null : <p class="hint">{t(`control.doing.${mine}`)}</p>}</div>
      <div role="alert">
        {failure === '' ? null : (
          <p class="alert tone-bad">
            <Icon name="warning" small />
            <span>{failure}</span>
          </p>
        )}
      </div>
    </div>
  );
}

function buttonsOf(call: CallView) {
  if (canAnswer(call) && !call.outgoing) return [<Order key="answer" call={call} what="answer" />];
  if (call.consult !== undefined)
    return [
      <Order key="complete" call={call} what="complete" />,
      <Order key="cancel" call={call} what="cancel" />,
    ];
  const held = holding(call);
  return [
    canAnswer(call) ? <Order key="answer" call={call} what="answer" /> : null,
    canHangUp(call) ? <Order key="hangup" call={call} what="hangup" /> : null,
    held === undefined ? null : <Order key="hold" call={call} what={held} />,
    canHandOn(call) ? <HandOn key="transfer" call={call} /> : null,
    isDoing(call, 'consult') || isDoing(call, 'cancel') ? (
      <Order key="cancel" call={call} what="cancel" />
    ) : null,
  ].filter((button) => button !== null);
}

type Ordered = Exclude<What, 'transfer' | 'consult'>;

const looks: Readonly<Record<Ordered, { icon: IconName; look: string; shortcut?: string }>> = {
  answer: { icon: 'phone', look: 'button button-large button-primary', shortcut: 'A' },
  hangup: { icon: 'phone-off', look: 'button button-hangup tone-bad', shortcut: 'H' },
  hold: { icon: 'pause', look: 'button', shortcut: 'W' },
  resume: { icon: 'play', look: 'button button-primary', shortcut: 'W' },
  complete: { icon: 'transfer', look: 'button button-primary' },
  cancel: { icon: 'phone', look: 'button' },
};

/** Told by the mouse; a screen reader has them from aria-keyshortcuts. */
const keysOf = (letter: string) => `Alt ${letter}`;

/** A button that has one thing done with a call; `small` shows its icon alone. */
export function Order({ call, what, small }: { call: CallView; what: Ordered; small?: string | undefined }) {
  const { icon, look, shortcut } = looks[what];
  const locked = !control.free(what, call.id) || !commandable.value;
  const label = t(`control.${what}`);
  return (
    <button
      type="button"
      class={small === undefined ? look : 'button button-icon button-small'}
      aria-disabled={locked}
      aria-keyshortcuts={shortcut === undefined ? undefined : `Alt+${shortcut}`}
      aria-label={small}
      title={small === undefined ? shortcut && keysOf(shortcut) : label}
      onClick={() => {
        if (!locked) void control.order(what, call.id);
      }}
    >
      <Busy on={isDoing(call, what)} icon={icon} />
      {small === undefined ? label : null}
      {what === 'answer' && small === undefined ? (
        <span class="keys-of" aria-hidden="true">
          <Keycaps keys={['Alt', 'A']} />
        </span>
      ) : null}
    </button>
  );
}

function isDoing(call: CallView, what: What): boolean {
  const { value: state } = control.state;
  return control.busy && state.kind !== 'idle' && state.call === call.id && state.what === what;
}

function HandOn({ call }: { call: CallView }) {
  const locked = control.busy || !commandable.value;
  return (
    <button
      type="button"
      class="button"
      aria-disabled={locked}
      aria-haspopup="dialog"
      aria-keyshortcuts="Alt+X"
      title={keysOf('X')}
      onClick={() => {
        if (!locked) showTransfer(call);
      }}
    >
      <Busy on={isDoing(call, 'transfer') || isDoing(call, 'consult')} icon="transfer" />
      {t('control.transfer')}
    </button>
  );
}

/** Whom the agent asks while his caller waits, and how far that is. */
function Asked({ consult }: { consult: Consult }) {
  const who = plain(consult.name) === '' ? telephone(consult.to) : plain(consult.name);
  return (
    <div class={`asked tone-${consult.phase === 'talking' ? 'call' : 'ring'}`} role="status">
      <Icon name={consult.phase === 'talking' ? 'phone' : 'phone-out'} />
      <p>
        <b>{t(`consult.${consult.phase}`, { who: isolated(who, 40) })}</b>
        <small>{t('consult.waits')}</small>
      </p>
    </div>
  );
}

/** To answer or to hang up, in the mini view. */
export function MiniControls({ call }: { call: CallView }) {
  const what = canAnswer(call) ? 'answer' : canHangUp(call) ? 'hangup' : undefined;
  return what === undefined ? null : <Order call={call} what={what} />;
}

/** On the line of a further call: to answer it, or to take it back. */
export function SlimControls({ call, who }: { call: CallView; who: string }) {
  const held = holding(call);
  const what = canAnswer(call) ? 'answer' : held === 'resume' ? held : undefined;
  if (what === undefined) return null;
  return <Order call={call} what={what} small={`${t(`control.${what}`)}: ${isolated(who)}`} />;
}
