import type { Session } from '../api';
import { t } from '../i18n';
import { connection, expired, picture } from '../panel';
import { sound } from '../preferences';
import { extensionNumber, plain } from '../text';
import { Duty } from './Duty';
import { Icon } from './Icon';
import { Avatar, Brand } from './Parts';
import { AllWaiting } from './Queues';
import { Reasons } from './Reasons';
import { StateBar } from './StateBar';
import { UserMenu, userMenuId } from './UserMenu';

/** The bar on top: who, where, in which state, and whether all is well. */
export function Header({ session }: { session: Session }) {
  const seat = picture.value?.agent.seat ?? session.seat;
  const name = picture.value?.agent.fullName ?? session.fullName;
  return (
    <header class="bar">
      <Brand />
      <StateBar />
      <Duty />
      <Reasons />
      <span class="bar-space" />
      <AllWaiting />
      <ConnectionChip />
      <span class="chip seat" title={seat.extension}>
        <Icon name="seat" small />
        <span class="sr">{t('connection.seat')}</span>
        <b>{extensionNumber(seat.extension)}</b>
        <small>{seat.description === '' ? seat.extension : plain(seat.description)}</small>
      </span>
      <SoundButton />
      <button
        type="button"
        class="button button-ghost user"
        popovertarget={userMenuId}
        aria-label={t('menu.open')}
      >
        <Avatar name={name} />
      </button>
      <UserMenu name={name} operator={session.operator} seat={seat} />
    </header>
  );
}

function ConnectionChip() {
  const { kind } = connection.state.value;
  const [word, tone] =
    kind === 'online'
      ? (['connection.online', 'ok'] as const)
      : expired.value
        ? (['state.lost', 'bad'] as const)
        : kind === 'lost'
          ? (['connection.lost', 'bad'] as const)
          : (['connection.connecting', 'idle'] as const);
  return (
    <span class={`chip connection connection-${kind}`}>
      <span class={`dot tone-${tone}`} />
      {t(word)}
    </span>
  );
}

function SoundButton() {
  const muted = sound.value === 'off';
  const label = t(muted ? 'sound.unmute' : 'sound.mute');
  return (
    <button
      type="button"
      class="button button-ghost button-icon"
      aria-label={label}
      title={label}
      onClick={() => {
        sound.value = muted ? 'on' : 'off';
      }}
    >
      <Icon name={muted ? 'sound-off' : 'sound'} />
    </button>
  );
}
