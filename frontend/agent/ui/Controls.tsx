import { controlFailure } from '../control';
import { t } from '../i18n';
import { commandable, control, liveCalls } from '../panel';
import type { CallView } from '../picture';
import { Busy } from './Duty';
import { Icon } from './Icon';
import { showTransfer } from './Transfer';

/** Whether the agent can hang a call up here: he talks, or calls somebody himself. */
function canHangUp({ phase, endedAt, outgoing }: CallView): boolean {
  return endedAt === 0 && (phase !== 'ringing' || outgoing);
}

const canHandOn = ({ phase, endedAt }: CallView) =>
  endedAt === 0 && (phase === 'talking' || phase === 'held');

/** Hangs up the call that matters most. */
export function hangUp(): void {
  const call = liveCalls.value.find(canHangUp);
  if (call !== undefined && commandable.value) void control.hangup(call.id);
}

/** What can be done with a call, whatever telephone it is at (row G5). */
export function Controls({ call }: { call: CallView }) {
  if (!canHangUp(call)) return null;
  const { value: state } = control.state;
  const mine = state.kind !== 'idle' && state.call === call.id && control.busy ? state.what : null;
  const locked = control.busy || !commandable.value;
  const failure = controlFailure(state, call.id);
  return (
    <div class="call-controls">
      <div class="call-buttons">
        <button
          type="button"
          class="button button-hangup tone-bad"
          aria-disabled={locked}
          aria-keyshortcuts="Alt+H"
          onClick={() => {
            if (!locked) void control.hangup(call.id);
          }}
        >
          <Busy on={mine === 'hangup'} icon="phone-off" />
          {t('control.hangup')}
        </button>
        {canHandOn(call) ? (
          <button
            type="button"
            class="button"
            aria-disabled={locked}
            aria-haspopup="dialog"
            onClick={() => {
              if (!locked) showTransfer(call);
            }}
          >
            <Busy on={mine === 'transfer'} icon="transfer" />
            {t('control.transfer')}
          </button>
        ) : null}
      </div>
      <div role="status">
        {mine === null ? null : (
          <p class="hint">{t(mine === 'hangup' ? 'control.hanging-up' : 'control.transferring')}</p>
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
    </div>
  );
}
