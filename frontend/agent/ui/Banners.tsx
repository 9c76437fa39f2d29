import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import type { IconName } from '../../icons/icons';
import { askForNotifications, notifications } from '../alerts';
import { tick } from '../clock';
import type { ConnectionState } from '../connection';
import { refusalWords } from '../duty';
import { history } from '../history';
import { t } from '../i18n';
import { role, takeLead } from '../leader';
import {
  connection,
  cutOff,
  drafts,
  expired,
  leaving,
  liveCalls,
  picture,
  signOut,
  updated,
  wishes,
} from '../panel';
import { notificationAdvice, sound } from '../preferences';
import { soundState, unlockSound } from '../ringtone';
import { extensionNumber, isolated, plain } from '../text';
import { focusDuty } from './Duty';
import { Icon } from './Icon';
import { SignInAgain } from './SignInAgain';

interface BannerProps {
  tone: string;
  icon: IconName;
  role?: 'alert' | 'status';
  children: ComponentChildren;
  actions?: ComponentChildren;
}

/** One line on a small page, where the call below it is to be seen; its button unfolds it. */
function Banner({ tone, icon, role, children, actions }: BannerProps) {
  const open = useSignal(false);
  return (
    <div class={`banner tone-${tone}`} data-open={open.value}>
      <Icon name={icon} />
      <span class="banner-text" role={role}>
        {children}
      </span>
      {actions}
      <button
        type="button"
        class="button button-ghost button-icon button-small banner-more"
        aria-expanded={open.value}
        aria-label={t('text.more')}
        onClick={() => {
          open.value = !open.value;
        }}
      >
        <Icon name="chevron" small />
      </button>
    </div>
  );
}

/** The notices under the bar: what is wrong, else what would help, one at a time; a telephone that
 *  is not known, and a wish that was not granted, besides. */
export function Banners({ operator }: { operator: string }) {
  return (
    <section class="banners" aria-label={t('banner.label')}>
      {expired.value ? <SignInAgain operator={operator} /> : isWell() ? <Advice /> : <Trouble />}
      {isWell() ? <NoPhone /> : null}
      <Refused />
      <Leaving />
    </section>
  );
}

function isWell(): boolean {
  return !cutOff.value && (picture.value === null || picture.value.link.state === 'ready');
}

/** The agent wants to sign out, and would lose a note by it. */
function Leaving() {
  if (!leaving.value || !drafts.pending) return null;
  const actions = (
    <>
      <button type="button" class="button button-small" onClick={() => void signOut(true)}>
        {t('out.anyway')}
      </button>
      <Close
        close={() => {
          leaving.value = false;
        }}
      />
    </>
  );
  return (
    <Banner tone="warn" icon="warning" role="alert" actions={actions}>
      {t('out.unsaved')}
    </Banner>
  );
}

/** Puts a notice aside; the focus goes on at the state. */
function Close({ close }: { close: () => void }) {
  return (
    <button
      type="button"
      class="button button-ghost button-icon button-small"
      aria-label={t('close')}
      onClick={() => {
        close();
        focusDuty();
      }}
    >
      <Icon name="x" />
    </button>
  );
}

/** Loss of server or of Asterisk is visible at once (row G9). */
function Trouble() {
  const way = connection.state.value;
  if (way.kind === 'lost') return <Lost way={way} />;
  const link = picture.value?.link;
  if (link === undefined || link.state === 'ready') return null;
  if (link.state === 'syncing') {
    return (
      <Banner tone="info" icon="reload" role="status">
        {t('banner.link-syncing')}
      </Banner>
    );
  }
  const reason = plain(link.reason);
  return (
    <Banner tone="bad" icon="link-off" role="alert">
      {t('banner.link-down')} {reason === '' ? null : <small class="reason">{reason}</small>}
    </Banner>
  );
}

/** Asterisk does not know the agent's telephone. */
function NoPhone() {
  const agent = picture.value?.agent;
  if (agent?.duty?.noPhone !== true) return null;
  const phone = isolated(extensionNumber(agent.seat.extension), 40);
  return (
    <Banner tone="bad" icon="phone-off" role="alert">
      {t('banner.no-phone', { phone })}
    </Banner>
  );
}

/** Why a wish of the agent was not granted; that of a single queue is told where the queue is. */
function Refused() {
  const refusal = wishes.refusal.value;
  if (refusal?.queue !== '') return null;
  return (
    <Banner tone="bad" icon="warning" role="alert" actions={<Close close={() => wishes.forget()} />}>
      {refusalWords(refusal.reply)}
    </Banner>
  );
}

const becauses = {
  restart: 'banner.lost.restart',
  idle: 'banner.lost.idle',
  slow: 'banner.lost.slow',
} as const;

function Lost({ way }: { way: Extract<ConnectionState, { kind: 'lost' }> }) {
  const key = way.because in becauses ? becauses[way.because as keyof typeof becauses] : 'banner.lost';
  const button = (
    <button type="button" class="button button-small" onClick={() => connection.tryNow()}>
      {t('banner.lost.now')}
    </button>
  );
  return (
    <Banner tone="bad" icon="wifi-off" actions={button}>
      <span role="alert">{t(key)}</span> <Countdown retryAt={way.retryAt} />
    </Banner>
  );
}

/** Apart, so that only these few letters are drawn anew each second, and none is read out. */
function Countdown({ retryAt }: { retryAt: number }) {
  const seconds = Math.max(0, Math.ceil((retryAt - tick.value) / 1000));
  return (
    <span class="countdown" role="timer">
      {retryAt === 0 || seconds === 0 ? t('banner.lost.trying') : t('banner.lost.in', { seconds })}
    </span>
  );
}

/** Nothing here asks the browser by itself: a permission is asked for by a click, and the
 *  advice comes when it makes sense, never over a call. */
function Advice() {
  if (connection.state.value.kind !== 'online') return null;
  if (role.value === 'follower') {
    const button = (
      <button type="button" class="button button-small" onClick={takeLead}>
        {t('banner.follower.do')}
      </button>
    );
    return (
      <Banner tone="info" icon="tabs" role="status" actions={button}>
        {t('banner.follower')}
      </Banner>
    );
  }
  if (updated.value && liveCalls.value.length === 0) {
    const button = (
      <button type="button" class="button button-small" onClick={() => location.reload()}>
        {t('app.reload')}
      </button>
    );
    return (
      <Banner tone="info" icon="reload" role="status" actions={button}>
        {t('banner.updated')}
      </Banner>
    );
  }
  if (soundState.value === 'locked' && sound.value === 'on') {
    const button = (
      <button type="button" class="button button-small" onClick={() => void unlockSound()}>
        {t('banner.sound.do')}
      </button>
    );
    return (
      <Banner tone="warn" icon="sound-off" actions={button}>
        {t('banner.sound')}
      </Banner>
    );
  }
  const due = notifications.value === 'default' && notificationAdvice.value === 'due';
  return due && history.value.length > 0 && liveCalls.value.length === 0 ? <NotificationAdvice /> : null;
}

function NotificationAdvice() {
  const actions = (
    <>
      <button type="button" class="button button-small" onClick={() => void askForNotifications()}>
        {t('banner.notifications.do')}
      </button>
      <button
        type="button"
        class="button button-small button-ghost"
        onClick={() => {
          notificationAdvice.value = 'later';
        }}
      >
        {t('banner.later')}
      </button>
    </>
  );
  return (
    <Banner tone="info" icon="bell" actions={actions}>
      {t('banner.notifications')}
    </Banner>
  );
}
