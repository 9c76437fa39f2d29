import type { IconName } from '../../icons/icons';
import { isKeptFree, refusalWords } from '../duty';
import { t, tn } from '../i18n';
import { commandable, picture, wishes } from '../panel';
import { queuesOpen } from '../preferences';
import type { QueueState } from '../protocol';
import { isolated, plain } from '../text';
import { Busy } from './Duty';
import { Icon } from './Icon';
import { openReasons, reasonsId, reasonsOf } from './Reasons';
import { currentLook, stale } from './StateBar';

/** The agent's queues (row G2): his part in each, and who waits there. */
export function Queues() {
  const queues = picture.value?.queues ?? [];
  if (queues.length === 0) return null;
  const waiting = allWaiting();
  return (
    <section class="card part-queues" aria-labelledby="queues-title">
      <details
        open={queuesOpen.value === 'yes'}
        onToggle={(event) => {
          queuesOpen.value = event.currentTarget.open ? 'yes' : 'no';
        }}
      >
        <summary class="part-head">
          <h2 id="queues-title">{t('queues.title')}</h2>
          {waiting > 0 ? <span class="badge tone-warn">{tn('queues.waiting', waiting)}</span> : null}
          <Icon name="chevron" />
        </summary>
        <ul class="queues">
          {queues.map((queue) => (
            <Row key={queue.queue} queue={queue} />
          ))}
        </ul>
      </details>
    </section>
  );
}

/** The callers in all of the agent's queues; 0 while that is not known. */
function allWaiting(): number {
  return stale.value ? 0 : (picture.value?.queues ?? []).reduce((sum, queue) => sum + queue.waiting, 0);
}

/** How many wait, on top of the page: during a call the queues are far below. */
export function AllWaiting() {
  return <Waiting callers={allWaiting()} />;
}

/** Nothing when nobody waits. */
function Waiting({ callers }: { callers: number }) {
  if (callers === 0) return null;
  return (
    <span class="badge tone-warn tabular" title={tn('queues.waiting', callers)}>
      <Icon name="waiting" small />
      <span aria-hidden="true">{callers}</span>
      <span class="sr">{tn('queues.waiting', callers)}</span>
    </span>
  );
}

function Row({ queue }: { queue: QueueState }) {
  const kept = queue.paused && picture.value !== null && isKeptFree(picture.value);
  const { icon, tone, words } = look(queue, kept);
  const refusal = wishes.refusal.value;
  const under = [words, plain(queue.service) === plain(queue.queue) ? '' : plain(queue.service)];
  return (
    <li data-member={queue.member} data-paused={queue.paused}>
      <span class={`history-icon tone-${tone}`}>
        <Icon name={icon} small />
      </span>
      <span class="queue-text">
        <b>
          <bdi dir="auto">{plain(queue.queue)}</bdi>
        </b>
        <small>
          {under.filter((part) => part !== '').join(' · ')}
          {queue.penalty === 0 ? null : (
            <span title={t('queues.penalty.hint')}>{` · ${t('queues.penalty', { n: queue.penalty })}`}</span>
          )}
        </small>
      </span>
      <Waiting callers={stale.value ? 0 : queue.waiting} />
      {queue.member && !kept ? <PauseOne queue={queue} /> : null}
      {refusal?.queue === queue.queue ? (
        <p class="queue-refusal alert tone-bad" role="alert">
          {refusalWords(refusal.reply)}
        </p>
      ) : null}
    </li>
  );
}

function look(
  { member, paused, error }: QueueState,
  kept: boolean,
): { icon: IconName; tone: string; words: string } {
  if (stale.value) {
    const { word, icon } = currentLook();
    return { icon, tone: 'idle', words: t(word) };
  }
  if (!member) {
    const why = plain(error);
    const words = why === '' ? t('queues.away') : t('queues.away.reason', { why: isolated(why, 120) });
    return { icon: 'x', tone: why === '' ? 'idle' : 'bad', words };
  }
  if (kept) return { icon: 'clock', tone: 'idle', words: t('queues.kept') };
  return paused
    ? { icon: 'pause', tone: 'warn', words: t('state.paused') }
    : { icon: 'check', tone: 'ok', words: t('queues.member') };
}

/** Pauses in one queue, or ends it. */
function PauseOne({ queue: { queue, paused } }: { queue: QueueState }) {
  const agent = picture.value?.agent;
  if (agent?.duty === undefined) return null;
  const asking = wishes.asking.value;
  const off = asking !== null || !commandable.value;
  const label = t(paused ? 'queues.resume' : 'queues.pause', { queue: isolated(queue, 40) });
  const here = reasonsOf.value === queue ? ' reasons-here' : '';
  return (
    <button
      type="button"
      class={`button button-ghost button-icon button-small${here}`}
      aria-disabled={off}
      aria-label={label}
      title={commandable.value ? label : t('duty.locked')}
      aria-haspopup={paused ? undefined : 'menu'}
      aria-expanded={paused ? undefined : reasonsOf.value === queue}
      popovertarget={paused || off ? undefined : reasonsId}
      onClick={() => {
        if (off) return;
        if (paused) void wishes.unpause(queue);
        else openReasons(queue);
      }}
    >
      <Busy on={asking?.queue === queue && asking.slow} icon={paused ? 'play' : 'pause'} />
    </button>
  );
}
