import { useSignal } from '@preact/signals';
import { t } from '../i18n';
import { closePane, liveCalls, type Pane, pane, picture, popStatus, reloadPane } from '../panel';
import { screenKey } from '../picture';
import { type PopStatus, targetOf } from '../pop';
import { popPreference } from '../preferences';
import type { Target } from '../protocol';
import { isolated } from '../text';
import { armed, armWindow } from '../windows';
import { otherSideLine } from './CallCard';
import { Icon } from './Icon';
import { Empty } from './Parts';

/** The right half: the embedded customer screen (row G4), or where screens will open. */
export function ScreenPane() {
  const open = pane.value;
  return (
    <section class="card part-screen" aria-label={t('screen.title')}>
      {open === null ? <NoScreen /> : <OpenScreen open={open} />}
    </section>
  );
}

function OpenScreen({ open }: { open: Pane }) {
  const live = liveCalls.value.some((call) => screenKey(call) === open.key);
  const who = isolated(otherSideLine(open.call), 40);
  return (
    <>
      <header class="part-head screen-head">
        <Icon name="window" small />
        <h2>{live ? who : t('screen.title')}</h2>
        {live ? null : <span class="badge tone-warn">{t('screen.last', { who })}</span>}
        <span class="screen-host">{new URL(open.url).host}</span>
        <span class="bar-space" />
        <button
          type="button"
          class="button button-ghost button-icon button-small"
          aria-label={t('screen.reload')}
          title={t('screen.reload')}
          onClick={reloadPane}
        >
          <Icon name="reload" small />
        </button>
        <a
          class="button button-ghost button-icon button-small"
          href={open.url}
          target="_blank"
          rel="noopener noreferrer"
          aria-label={t('screen.external')}
          title={t('screen.external')}
        >
          <Icon name="external" small />
        </a>
        <button
          type="button"
          class="button button-ghost button-icon button-small"
          aria-label={t('screen.close')}
          title={t('screen.close')}
          onClick={closePane}
        >
          <Icon name="x" small />
        </button>
      </header>
      {open.refused ? (
        <div class="screen-empty">
          <Empty icon="warning" tone="warn" title={t('screen.refused')}>
            <a class="button button-primary" href={open.url} target="_blank" rel="noopener noreferrer">
              <Icon name="external" small />
              {t('screen.external')}
            </a>
          </Empty>
        </div>
      ) : (
        <iframe
          key={`${open.key} ${open.round}`}
          class="screen-frame"
          src={open.url}
          title={t('screen.title')}
          referrerpolicy="no-referrer"
        />
      )}
      <p class="screen-foot">
        {t('screen.blank')}{' '}
        <a href={open.url} target="_blank" rel="noopener noreferrer">
          {t('screen.external')}
        </a>
      </p>
    </>
  );
}

/** Says where the next screen opens, and lets the agent prepare the customer window, which
 *  the browser opens by itself only after one click. */
function NoScreen() {
  const ways = waysOfServices();
  // The window wins, for it wants preparing.
  const way = ways.includes('window') ? 'window' : (ways[0] ?? 'pane');
  const [call] = liveCalls.value.filter((live) => live.action?.type === 'browser');
  if (call !== undefined) return <Elsewhere status={popStatus.value[screenKey(call)]} />;
  const ready = way === 'window' && armed.value;
  return (
    <div class="screen-empty">
      <Empty
        icon="window"
        tone={ready ? 'ok' : 'idle'}
        title={t(way === 'window' ? 'screen.window' : 'screen.empty')}
      >
        <p>{t(hint(way, ways))}</p>
        {way === 'window' && !armed.value ? <ArmButton /> : null}
      </Empty>
    </div>
  );
}

/** Where the screen of a call is that is not in the pane. */
function Elsewhere({ status }: { status: PopStatus | undefined }) {
  const shown = status === 'window' || status === 'tab';
  return (
    <div class="screen-empty">
      <Empty icon="window" tone={shown ? 'ok' : 'idle'} title={t(shown ? `pop.${status}` : 'screen.title')}>
        {status === 'window' ? <p>{t('screen.window.behind')}</p> : null}
        {shown ? null : <p>{t(status === 'follower' ? 'pop.follower' : 'pop.button')}</p>}
      </Empty>
    </div>
  );
}

function ArmButton() {
  const failed = useSignal(false);
  return (
    <>
      <button
        type="button"
        class="button button-primary"
        onClick={() => {
          failed.value = !armWindow();
        }}
      >
        <Icon name="window" small />
        {t('screen.arm')}
      </button>
      {failed.value ? (
        <p class="none-warning" role="alert">
          {t('screen.arm.failed')}
        </p>
      ) : null}
    </>
  );
}

/** Where the agent's services open their pages. */
function waysOfServices(): Target[] {
  return (picture.value?.services ?? [])
    .filter((service) => service.trigger === 'browser')
    .map((service) => targetOf(service.target, popPreference.value));
}

function hint(way: Target, ways: readonly Target[]) {
  if (way === 'window' && armed.value) return 'screen.empty.armed';
  if (way === 'window') return ways.some((one) => one !== way) ? 'screen.empty.some' : 'screen.empty.window';
  if (way === 'tab') return 'screen.empty.tab';
  return way === 'button' ? 'screen.empty.button' : 'screen.empty.hint';
}
