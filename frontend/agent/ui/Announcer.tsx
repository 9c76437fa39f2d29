import { t } from '../i18n';
import { calls, liveCalls } from '../panel';
import { isolated } from '../text';
import { colleague, endWords, handedOnLine, otherSideLine } from './CallCard';
import { currentLook } from './StateBar';

/** What a screen reader says by itself: a new call at once, the state when there is time. */
export function Announcer() {
  const { word } = currentLook();
  const ended = liveCalls.value.length === 0 ? calls.value[0] : undefined;
  return (
    <div class="sr">
      <div role="alert">{newCall()}</div>
      <div role="status">
        {t(word)}
        {ended === undefined ? '' : `. ${ended.handedOn ? handedOnLine(ended.handedOn) : t(endWords(ended))}`}
      </div>
    </div>
  );
}

/** A call that a colleague hands over is there without a ring. */
function transferred(): string {
  const call = liveCalls.value.find((one) => one.transfer !== undefined && one.phase === 'talking');
  if (call?.transfer === undefined) return '';
  return t('transfer.announce', { who: isolated(otherSideLine(call)), by: colleague(call.transfer) });
}

function newCall(): string {
  const call = liveCalls.value.find((one) => one.phase === 'ringing' && !one.outgoing);
  if (call === undefined) return transferred();
  const who = isolated(otherSideLine(call));
  return call.service === ''
    ? t('call.announce.internal', { who })
    : t('call.announce', { who, service: call.service });
}
