import { useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { controlFailure } from '../control';
import { dutyAction, isInCall, refusalWords } from '../duty';
import { t } from '../i18n';
import { calls, commandable, control, openScreen, picture, wishes } from '../panel';
import { type CallView, callKey } from '../picture';
import { isWithheld, plain, telephone } from '../text';
import { CallTime, callLook, otherSide, otherSideLine } from './CallCard';
import { MiniControls } from './Controls';
import { act, Busy, dutyLooks } from './Duty';
import { Icon } from './Icon';
import { StateBar } from './StateBar';

/** What the mini view shows: the state, the call that matters most, and its buttons. */
export function Mini() {
  const [call] = calls.value;
  return (
    <>
      <h1 class="sr">{t('mini.title')}</h1>
      <StateBar />
      {call === undefined ? (
        <p class="mini-none">{t('mini.none')}</p>
      ) : (
        <MiniCall key={callKey(call)} call={call} />
      )}
      <MiniDuty />
    </>
  );
}

function MiniCall({ call }: { call: CallView }) {
  const { word, icon, tone } = callLook(call);
  const { name, number } = otherSide(call);
  const named = plain(name) !== '' && !isWithheld(number);
  const failure = controlFailure(control.state.value, call.id);
  return (
    <article class={`mini-call tone-${tone}`} data-phase={call.phase} aria-label={t(word)}>
      <p class="mini-word">
        <Icon name={icon} small />
        <b>{t(word)}</b>
        <CallTime call={call} />
      </p>
      <h2>
        <bdi dir="auto">{plain(otherSideLine(call))}</bdi>
      </h2>
      <p class="mini-facts">
        {named ? <bdi>{telephone(number)}</bdi> : null}
        {call.service === '' ? null : <bdi dir="auto">{plain(call.service)}</bdi>}
      </p>
      <div class="mini-buttons">
        <MiniControls call={call} />
        {call.action?.type === 'browser' ? (
          <button type="button" class="button" aria-label={t('screen.open')} onClick={() => openScreen(call)}>
            <Icon name="external" small />
            {t('tab.screen')}
          </button>
        ) : null}
      </div>
      <div role="alert">{failure === '' ? null : <p class="hint">{failure}</p>}</div>
    </article>
  );
}

/** Pause or ready. A pause with reasons unfolds them: a menu would not fit the window. */
function MiniDuty() {
  const choosing = useSignal(false);
  const main = useRef<HTMLButtonElement>(null);
  const now = picture.value;
  if (now?.agent.duty === undefined) return null;
  const action = dutyAction(now.agent);
  const { icon, primary } = dutyLooks[action];
  const off = wishes.asking.value !== null || !commandable.value;
  const unfolds = action === 'pause' && now.pauseReasons.length > 0;
  const pause = (reason: string) => {
    choosing.value = false;
    main.current?.focus();
    void wishes.pause(reason, '', isInCall(now.agent));
  };
  const press = () => {
    if (off) return;
    if (unfolds) choosing.value = !choosing.value;
    else if (action === 'pause') pause('');
    else act();
  };
  const refusal = wishes.refusal.value;
  return (
    <div class="mini-duty">
      <button
        type="button"
        ref={main}
        class={`button${primary ? ' button-primary' : ''}`}
        aria-disabled={off}
        aria-expanded={unfolds ? choosing.value : undefined}
        title={commandable.value ? undefined : t('duty.locked')}
        onClick={press}
      >
        <Busy on={wishes.asking.value?.slow === true} icon={icon} />
        {t(`duty.${action}`)}
        {unfolds ? <Icon name="chevron" small /> : null}
      </button>
      {unfolds && choosing.value ? (
        <ul class="mini-reasons" aria-label={t('reasons.all')}>
          {now.pauseReasons.map((reason) => (
            <li key={reason}>
              <button type="button" class="button button-small" onClick={() => pause(reason)}>
                <bdi dir="auto">{plain(reason)}</bdi>
              </button>
            </li>
          ))}
        </ul>
      ) : null}
      <div role="alert">
        {refusal?.queue === '' ? <p class="hint">{refusalWords(refusal.reply)}</p> : null}
      </div>
    </div>
  );
}
