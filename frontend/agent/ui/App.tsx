import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import type { IconName } from '../../icons/icons';
import { t } from '../i18n';
import { askSession, dial, gate } from '../panel';
import { focusDial } from './DialBox';
import { Icon } from './Icon';
import { Panel } from './Panel';
import { Brand, Empty } from './Parts';
import { SignIn } from './SignIn';

/** The page: what stands before the panel, or the panel. */
export function App() {
  const now = gate.value;
  useEffect(() => {
    // A link has brought a number before the agent was here; the effects of the panel come first.
    if (now.kind === 'in' && dial.text.peek() !== '') focusDial();
  }, [now.kind]);
  switch (now.kind) {
    case 'in':
      return <Panel key={now.session.operator} session={now.session} />;
    case 'out':
      return <SignIn {...now} />;
    case 'loading':
      return (
        <main class="signin" aria-busy="true">
          <h1 class="sr">{t('app.name')}</h1>
          <span class="spinner spinner-large" aria-hidden="true" />
          <span class="sr" role="status">
            {t('app.loading')}
          </span>
        </main>
      );
    case 'unreachable':
      return (
        <Notice icon="wifi-off" title={t('app.unreachable')} hint={t('app.unreachable.hint')}>
          <button type="button" class="button" onClick={() => void askSession()}>
            {t('banner.lost.now')}
          </button>
        </Notice>
      );
    case 'outdated':
      return (
        <Notice icon="reload" title={t('app.outdated')} hint={t('app.outdated.hint')}>
          <button type="button" class="button button-primary" onClick={() => location.reload()}>
            <Icon name="reload" small />
            {t('app.reload')}
          </button>
        </Notice>
      );
  }
}

function Notice(props: { icon: IconName; title: string; hint: string; children: ComponentChildren }) {
  return (
    <main class="signin">
      <div class="card signin-card">
        <Brand />
        <div role="status">
          <Empty icon={props.icon} title={props.title} heading>
            <p>{props.hint}</p>
            {props.children}
          </Empty>
        </div>
      </div>
    </main>
  );
}
