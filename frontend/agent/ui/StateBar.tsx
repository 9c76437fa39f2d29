import { computed } from '@preact/signals';
import type { IconName } from '../../icons/icons';
import { below, isWorking } from '../duty';
import { t } from '../i18n';
import type { Key } from '../locales/en';
import { cutOff, picture } from '../panel';
import type { AgentState } from '../protocol';
import { Icon } from './Icon';
import { Countdown, Timer } from './Parts';

interface Look {
  word: Key;
  icon: IconName;
  tone: string;
  /** Server's time; 0 for no timer. */
  since: number;
  /** When it ends by itself, server's time; 0 when it does not. */
  until: number;
  /** The reason of a pause, or what waits below the call; "" for nothing. */
  below: string;
}

const looks: Readonly<Record<AgentState, Pick<Look, 'word' | 'icon' | 'tone'>>> = {
  available: { word: 'state.available', icon: 'check', tone: 'ok' },
  ringing: { word: 'state.ringing', icon: 'phone-in', tone: 'ring' },
  oncall: { word: 'state.oncall', icon: 'phone', tone: 'call' },
  held: { word: 'state.held', icon: 'pause', tone: 'warn' },
  paused: { word: 'state.paused', icon: 'pause', tone: 'warn' },
  aftercall: { word: 'state.aftercall', icon: 'clock', tone: 'warn' },
  lost: { word: 'state.lost', icon: 'wifi-off', tone: 'idle' },
};

const unknown = { tone: 'idle', since: 0, until: 0, below: '' };

/** The state to show: what the panel cannot know hides what the server knew last. */
export function currentLook(): Look {
  const now = picture.value;
  if (cutOff.value) return { ...unknown, word: 'state.lost', icon: 'wifi-off' };
  if (now === null) return { ...unknown, word: 'state.connecting', icon: 'link' };
  const { agent, link } = now;
  if (link.state === 'down') {
    return { ...unknown, word: 'state.link-down', icon: 'link-off', since: link.since };
  }
  if (link.state === 'syncing') {
    return { ...unknown, word: 'state.link-syncing', icon: 'reload', since: link.since };
  }
  const until = agent.state === 'aftercall' && isWorking(agent) ? (agent.duty?.until ?? 0) : 0;
  return { ...(looks[agent.state] ?? looks.available), since: agent.since, until, below: below(agent) };
}

/** Whether what the page shows is only what was known last. */
export const stale = computed(() => currentLook().tone === 'idle');

/** The agent's state with its timer (row G2): colour, icon and word, never colour alone. */
export function StateBar() {
  const { word, icon, tone, since, until, below } = currentLook();
  const next = below !== '' && picture.value?.agent.duty?.next !== undefined;
  return (
    <p class={`state tone-${tone}`} data-state={word.slice('state.'.length)} data-next={next}>
      <span class="sr">{t('state.label')}</span>
      <span class="state-icon">
        <Icon name={icon} />
      </span>
      <span class="state-text">
        <b>{t(word)}</b>
        {below === '' ? null : (
          <small title={below}>
            <bdi dir="auto">{below}</bdi>
          </small>
        )}
      </span>
      {until > 0 ? <Countdown until={until} /> : since > 0 ? <Timer since={since} /> : null}
    </p>
  );
}
