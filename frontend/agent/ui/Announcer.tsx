import { useRef } from 'preact/hooks';
import { serverNow } from '../clock';
import { t } from '../i18n';
import { calls, expired, liveCalls, picture } from '../panel';
import { type CallView, callKey } from '../picture';
import { isolated } from '../text';
import { givenBy, handedOnLine } from '../transfer';
import { endWords, otherSideLine } from './CallCard';
import { currentLook } from './StateBar';

/** In milliseconds before the end of after-call work. */
const endingSoon = 15_000;

/** What a screen reader says by itself: a new call at once, the state when there is time. */
export function Announcer() {
  const { word, below, until } = currentLook();
  const ended = liveCalls.value.length === 0 ? calls.value[0] : undefined;
  return (
    <div class="sr">
      <div role="alert">{useNewCall()}</div>
      <div role="status">
        {t(word)}
        {below === '' ? '' : `, ${below}`}
        {ended === undefined ? '' : `. ${ended.handedOn ? handedOnLine(ended.handedOn) : t(endWords(ended))}`}
      </div>
      <div role="status">{expired.value ? t('out.expired') : lostQueues()}</div>
      <div role="status">{until > 0 ? <Ending until={until} /> : null}</div>
    </div>
  );
}

/** The queues that Asterisk does not let the agent into. */
function lostQueues(): string {
  return (picture.value?.queues ?? [])
    .filter(({ member, error }) => !member && error !== '')
    .map(
      ({ queue, error }) => `${isolated(queue)}: ${t('queues.away.reason', { why: isolated(error, 120) })}`,
    )
    .join('. ');
}

/** Told once, while there is time to ask for more (WCAG 2.2.1). */
function Ending({ until }: { until: number }) {
  return <>{until - serverNow.value <= endingSoon ? t('duty.ending') : ''}</>;
}

/** The call to tell of. One that a colleague gives may be there without a ring, so it is told of
 *  while it is talked on too; but no second time when another call rang meanwhile. */
function useNewCall(): string {
  const last = useRef('');
  const given = useRef(new Set<string>());
  const call =
    liveCalls.value.find((one) => one.phase === 'ringing' && !one.outgoing) ??
    liveCalls.value.find((one) => {
      const key = callKey(one);
      return one.phase === 'talking' && givenBy(one) && (key === last.current || !given.current.has(key));
    });
  if (call === undefined) return '';
  last.current = callKey(call);
  if (givenBy(call)) given.current.add(last.current);
  return announcement(call);
}

function announcement(call: CallView): string {
  const who = isolated(otherSideLine(call));
  const by = givenBy(call);
  if (by !== undefined) return t('transfer.announce', { who, by });
  return call.service === ''
    ? t('call.announce.internal', { who })
    : t('call.announce', { who, service: call.service });
}
