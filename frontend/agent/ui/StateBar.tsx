import type { IconName } from '../../icons/icons';
import { t } from '../i18n';
import type { Key } from '../locales/en';
import { connection, picture } from '../panel';
import type { AgentState } from '../protocol';
import { Icon } from './Icon';
import { Timer } from './Parts';

interface Look {
  word: Key;
  icon: IconName;
  tone: string;
  since: number;
}

const looks: Record<AgentState, Omit<Look, 'since'>> = {
  available: { word: 'state.available', icon: 'check', tone: 'ok' },
  ringing: { word: 'state.ringing', icon: 'phone-in', tone: 'ring' },
  oncall: { word: 'state.oncall', icon: 'phone', tone: 'call' },
  held: { word: 'state.held', icon: 'pause', tone: 'warn' },
};

/** The state to show: what the panel cannot know hides what the server knew last. */
export function currentLook(): Look {
  const way = connection.state.value;
  const now = picture.value;
  if (way.kind === 'lost') {
    return { word: 'state.lost', icon: 'wifi-off', tone: 'idle', since: 0 };
  }
  if (now === null) return { word: 'state.connecting', icon: 'link', tone: 'idle', since: 0 };
  if (now.link.state === 'down') {
    return { word: 'state.link-down', icon: 'link-off', tone: 'idle', since: now.link.since };
  }
  if (now.link.state === 'syncing') {
    return { word: 'state.link-syncing', icon: 'reload', tone: 'idle', since: now.link.since };
  }
  return { ...looks[now.agent.state], since: now.agent.since };
}

/** The agent's state with its timer (row G2): colour, icon and word, never colour alone. */
export function StateBar() {
  const { word, icon, tone, since } = currentLook();
  return (
    <p class={`state tone-${tone}`} data-state={word.slice('state.'.length)}>
      <span class="sr">{t('state.label')}</span>
      <span class="state-icon">
        <Icon name={icon} />
      </span>
      <b>{t(word)}</b>
      {since > 0 ? <Timer since={since} /> : null}
    </p>
  );
}
