import type { IconName } from '../../icons/icons';
import { t } from '../i18n';
import type { Key } from '../locales/en';
import { openScreen, popStatus } from '../panel';
import { type CallView, screenKey } from '../picture';
import type { PopStatus } from '../pop';
import type { ApplicationAction } from '../protocol';
import { commandLine, plain } from '../text';
import { Icon } from './Icon';
import { Copy, Keycaps } from './Parts';

/** What is told of each status: quietly when all went well, as a notice when a click is needed. */
const told: Record<PopStatus, { key: Key; icon: IconName; notice: boolean }> = {
  pane: { key: 'pop.pane', icon: 'check', notice: false },
  'pane-refused': { key: 'screen.refused', icon: 'warning', notice: true },
  window: { key: 'pop.window', icon: 'check', notice: false },
  tab: { key: 'pop.tab', icon: 'check', notice: false },
  follower: { key: 'pop.follower', icon: 'tabs', notice: false },
  button: { key: 'pop.button', icon: 'info', notice: false },
  blocked: { key: 'pop.blocked', icon: 'warning', notice: true },
  'tab-blocked': { key: 'pop.tab-blocked', icon: 'warning', notice: true },
  lost: { key: 'pop.lost', icon: 'warning', notice: true },
  refused: { key: 'pop.refused', icon: 'warning', notice: true },
};

const wantsClick: ReadonlySet<PopStatus | undefined> = new Set<PopStatus>([
  'button',
  'pane-refused',
  'blocked',
  'tab-blocked',
  'lost',
]);

/**
 * The action of a call: the button that opens its screen, which always stays (a customer
 * window can lose its tie without a sign), with a word on how the opening went; or the
 * program that the desktop client runs.
 */
export function ScreenAction({ call }: { call: CallView }) {
  if (call.action === undefined) return null;
  if (call.action.type === 'application') return <Program action={call.action} />;
  const status = popStatus.value[screenKey(call)];
  return (
    <footer class="call-foot">
      {status === undefined ? null : <Status status={status} />}
      {status === 'refused' ? null : (
        <button
          type="button"
          class={wantsClick.has(status) ? 'button button-large button-primary' : 'button'}
          aria-keyshortcuts="Alt+O"
          onClick={() => openScreen(call)}
        >
          <Icon name="external" />
          {t('screen.open')}
          <span class="keys-of" aria-hidden="true">
            <Keycaps keys={['Alt', 'O']} />
          </span>
        </button>
      )}
    </footer>
  );
}

function Status({ status }: { status: PopStatus }) {
  const { key, icon, notice } = told[status];
  return notice ? (
    <div class="alert tone-warn" role="alert">
      <Icon name={icon} />
      <span>{t(key)}</span>
    </div>
  ) : (
    <p class="pop-status">
      <Icon name={icon} small />
      {t(key)}
    </p>
  );
}

function Program({ action }: { action: ApplicationAction }) {
  const line = commandLine(action.program, action.args);
  return (
    <footer class="call-foot">
      <section class="program" aria-label={t('program.title')}>
        <header>
          <Icon name="program" small />
          <b>{t('program.title')}</b>
          <Copy text={line} label={t('program.copy')} />
        </header>
        <ul class="program-line">
          {[action.program, ...action.args].map((part, place) => (
            <li key={`${place} ${part}`}>
              <bdi dir="auto">{plain(part)}</bdi>
            </li>
          ))}
        </ul>
        <p class="hint">{t('program.hint')}</p>
      </section>
    </footer>
  );
}
