import type { IconName } from '../../icons/icons';
import { t } from '../i18n';
import type { Key } from '../locales/en';
import { cutOff, picture } from '../panel';
import { Icon } from './Icon';
import { Empty } from './Parts';

/** The card while there is no call: what will come, and from where. Slim below the last call's. */
export function NoCall({ slim = false }: { slim?: boolean }) {
  const { icon, tone, title, hint } = waiting();
  if (slim) {
    return (
      <div class={`card slim tone-${tone}`}>
        <span class="slim-icon">
          <Icon name={icon} />
        </span>
        <span class="slim-text slim-whole">
          <b>{t(title)}</b>
          <small>{t(hint)}</small>
        </span>
      </div>
    );
  }
  return (
    <div class="card call-none">
      <Empty icon={icon} tone={tone} title={t(title)}>
        <p>{t(hint)}</p>
        {title === 'none.title' ? <Services /> : null}
      </Empty>
    </div>
  );
}

/** What is to be said while no call is there. */
function waiting(): { icon: IconName; tone: string; title: Key; hint: Key } {
  const now = picture.value;
  if (cutOff.value)
    return { icon: 'wifi-off', tone: 'idle', title: 'none.offline', hint: 'none.offline.hint' };
  if (now !== null && now.link.state !== 'ready')
    return { icon: 'link-off', tone: 'idle', title: 'none.link', hint: 'none.link.hint' };
  switch (now?.agent.state) {
    case 'paused':
      return { icon: 'pause', tone: 'warn', title: 'none.paused', hint: 'none.paused.hint' };
    case 'aftercall':
      return { icon: 'clock', tone: 'warn', title: 'none.work', hint: 'none.work.hint' };
    default:
      return { icon: 'headset', tone: 'ok', title: 'none.title', hint: 'none.hint' };
  }
}

function Services() {
  const services = picture.value?.services ?? [];
  if (picture.value === null) return null;
  if (services.length === 0) return <p class="none-warning">{t('none.no-services')}</p>;
  return (
    <ul class="facts" aria-label={t('none.services')}>
      {services.map((service) => (
        <li key={service.name}>
          <Icon name={service.direction === 'outbound' ? 'phone-out' : 'phone-in'} small />
          <span class="sr">
            {t(service.direction === 'outbound' ? 'history.outgoing' : 'history.incoming')}
          </span>
          <bdi>{service.name}</bdi>
        </li>
      ))}
    </ul>
  );
}
