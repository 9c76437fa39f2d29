import { t } from '../i18n';
import { calls, liveCalls } from '../panel';
import { isolated } from '../text';
import { endWords, otherSideLine } from './CallCard';
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
        {ended === undefined ? '' : `. ${t(endWords(ended))}`}
      </div>
    </div>
  );
}

function newCall(): string {
  const call = liveCalls.value.find((one) => one.phase === 'ringing' && !one.outgoing);
  if (call === undefined) return '';
  const who = isolated(otherSideLine(call));
  return call.service === ''
    ? t('call.announce.internal', { who })
    : t('call.announce', { who, service: call.service });
}
