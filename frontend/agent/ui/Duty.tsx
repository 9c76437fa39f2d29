import { useLayoutEffect, useRef } from 'preact/hooks';
import type { IconName } from '../../icons/icons';
import { type DutyAction, dutyAction, isWorking } from '../duty';
import { t } from '../i18n';
import { commandable, picture, wishes } from '../panel';
import { Icon } from './Icon';
import { openReasons, reasonsId, reasonsOf, showReasons } from './Reasons';

const mainId = 'duty';

/** How the button beside the state looks. */
export const dutyLooks: Readonly<Record<DutyAction, { icon: IconName; primary: boolean }>> = {
  pause: { icon: 'pause', primary: false },
  cancel: { icon: 'x', primary: false },
  unpause: { icon: 'play', primary: true },
  ready: { icon: 'check', primary: true },
};

/** What the agent can do about his state (row G2): one button, which keeps its place and the focus
 *  while its meaning changes with the state, and two more when they are of use. */
export function Duty() {
  const group = useRef<HTMLDivElement>(null);
  const hadFocus = group.current?.contains(document.activeElement) === true;
  useLayoutEffect(() => {
    // The button that had the focus is gone with the state it was for.
    if (hadFocus && group.current?.contains(document.activeElement) === false) focusDuty();
  });
  const agent = picture.value?.agent;
  if (agent?.duty === undefined) return null;
  const action = dutyAction(agent);
  const { icon, primary } = dutyLooks[action];
  const working = isWorking(agent);
  const asking = ofAll();
  const off = wishes.asking.value !== null || !commandable.value;
  const why = commandable.value ? undefined : t('duty.locked');
  const opens = action === 'pause' && !off;
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for what is filled in.
    <div class="duty" role="group" aria-label={t('duty.label')} ref={group} data-action={action}>
      <button
        type="button"
        id={mainId}
        class={`button duty-main${primary ? ' button-primary' : ''}${anchor(action === 'pause')}`}
        aria-disabled={off}
        title={why}
        aria-keyshortcuts="Alt+P"
        aria-haspopup={action === 'pause' ? 'menu' : undefined}
        aria-expanded={action === 'pause' ? reasonsOf.value === '' : undefined}
        popovertarget={opens ? reasonsId : undefined}
        onClick={() => (opens ? openReasons('') : act())}
      >
        <Busy on={asking?.slow === true && asking.command !== 'more-time'} icon={icon} />
        <span>{t(`duty.${action}`)}</span>
        {action === 'pause' ? <Icon name="chevron" small /> : null}
      </button>
      {working ? (
        <button
          type="button"
          class="button"
          aria-disabled={off}
          title={why ?? t('duty.more.hint')}
          onClick={() => (off ? undefined : void wishes.moreTime())}
        >
          {asking?.slow === true && asking.command === 'more-time' ? (
            <span class="spinner" aria-hidden="true" />
          ) : null}
          {t('duty.more')}
        </button>
      ) : null}
      {action === 'unpause' || action === 'ready' ? (
        <button
          type="button"
          class={`button button-icon${anchor(true)}`}
          aria-disabled={off}
          aria-label={t('duty.another')}
          title={why ?? t('duty.another')}
          aria-haspopup="menu"
          aria-expanded={reasonsOf.value === ''}
          popovertarget={off ? undefined : reasonsId}
          onClick={() => (off ? undefined : openReasons(''))}
        >
          <Icon name="chevron" />
        </button>
      ) : null}
      <span class="sr" role="status">
        {asking?.slow === true ? t('duty.asking') : ''}
      </span>
    </div>
  );
}

/** The icon of a button, or a sign that Asterisk is being asked. */
export function Busy({ on, icon }: { on: boolean; icon: IconName }) {
  return on ? <span class="spinner" aria-hidden="true" /> : <Icon name={icon} small />;
}

/** The menu of reasons opens where its button is. */
function anchor(here: boolean): string {
  return here && reasonsOf.value === '' ? ' reasons-here' : '';
}

function ofAll() {
  const asking = wishes.asking.value;
  return asking?.queue === '' ? asking : null;
}

/** Does what the button beside the state does; a pause begins with the choice of its reason. */
export function act(): void {
  const agent = picture.value?.agent;
  if (agent?.duty === undefined || wishes.asking.value !== null || !commandable.value) return;
  switch (dutyAction(agent)) {
    case 'pause':
      showReasons('');
      break;
    case 'ready':
      void wishes.ready();
      break;
    default:
      void wishes.unpause('');
  }
}

/** Gives the focus to the button beside the state, when what had it goes. */
export function focusDuty(): void {
  document.getElementById(mainId)?.focus();
}
