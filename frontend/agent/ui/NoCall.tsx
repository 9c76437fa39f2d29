import { t } from '../i18n';
import { connection, picture } from '../panel';
import { Icon } from './Icon';
import { Empty } from './Parts';

/** The card while there is no call: what will come, and from where. */
export function NoCall() {
  const now = picture.value;
  if (connection.state.value.kind === 'lost') {
    return (
      <div class="card call-none">
        <Empty icon="wifi-off" title={t('none.offline')}>
          <p>{t('none.offline.hint')}</p>
        </Empty>
      </div>
    );
  }
  if (now !== null && now.link.state !== 'ready') {
    return (
      <div class="card call-none">
        <Empty icon="link-off" title={t('none.link')}>
          <p>{t('none.link.hint')}</p>
        </Empty>
      </div>
    );
  }
  const state = now?.agent.state;
  if (state === 'paused' || state === 'aftercall') {
    const paused = state === 'paused';
    return (
      <div class="card call-none">
        <Empty icon={paused ? 'pause' : 'clock'} tone="warn" title={t(paused ? 'none.paused' : 'none.work')}>
          <p>{t(paused ? 'none.paused.hint' : 'none.work.hint')}</p>
        </Empty>
      </div>
    );
  }
  return (
    <div class="card call-none">
      <Empty icon="headset" tone="ok" title={t('none.title')}>
        <p>{t('none.hint')}</p>
        <Services />
      </Empty>
    </div>
  );
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
