import { useEffect, useRef } from 'preact/hooks';
import type { IconName } from '../../icons/icons';
import type { Session } from '../api';
import { t } from '../i18n';
import { calls, cards, dial, liveCalls, pane, picture } from '../panel';
import { callKey } from '../picture';
import { Announcer } from './Announcer';
import { Banners } from './Banners';
import { CallCard, SlimCall } from './CallCard';
import { DialBox } from './DialBox';
import { Header } from './Header';
import { History } from './History';
import { Icon } from './Icon';
import { Keys } from './Keys';
import { later } from './later';
import { NoCall } from './NoCall';
import { Queues } from './Queues';
import { ScreenPane } from './ScreenPane';
import { stale } from './StateBar';
import { Transfer } from './Transfer';
import { type Tab, tab } from './tab';

/** In the demo only: nobody else is to load it. */
const DemoStrip = later(() => import('./DemoStrip').then((part) => part.DemoStrip));

const tabs: readonly [tab: Tab, icon: IconName][] = [
  ['call', 'phone'],
  ['history', 'history'],
  ['screen', 'window'],
];

/** The panel of a signed-in agent. On a narrow page its three parts take turns. */
export function Panel({ session }: { session: Session }) {
  const newest = liveCalls.value[0]?.id;
  const dialling = dial.busy;
  const column = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (newest !== undefined || dialling) tab.value = 'call';
    // Who writes a note of an earlier call is not torn away from it.
    const writing = document.activeElement?.closest('.history-details') != null;
    if (newest === undefined || writing) return;
    column.current?.scrollTo({ top: 0 });
    window.scrollTo({ top: 0 }); // a low page scrolls as a whole
  }, [newest, dialling]);
  useEffect(() => {
    tab.value = 'call';
    // The sign-in page is gone and the focus with it: it goes on where the work is.
    document.getElementById('call')?.focus({ preventScroll: true });
  }, []);
  return (
    <div class="panel" data-tab={tab.value} data-stale={stale.value}>
      <a class="skip" href="#call">
        {t('app.skip')}
      </a>
      <Header session={session} />
      {picture.value?.demo === true ? <DemoStrip /> : null}
      <Banners operator={session.operator} />
      <main class="work">
        <h1 class="sr">
          {t('app.name')} · {t('app.panel')}
        </h1>
        <div class="column" ref={column}>
          <Calls />
          <div class="part-tools">
            <DialBox />
            <Queues />
          </div>
          <History />
        </div>
        <ScreenPane />
      </main>
      <Tabs
        tab={tab.value}
        choose={(next) => {
          tab.value = next;
        }}
      />
      <Keys />
      <Transfer />
      <Announcer />
    </div>
  );
}

function Calls() {
  const [first, ...others] = cards.value;
  const waits = first !== undefined && calls.value.length === 0;
  return (
    <section class="part-call" id="call" tabIndex={-1} aria-label={t('tab.call')}>
      {first === undefined ? <NoCall /> : <CallCard key={callKey(first)} call={first} />}
      {waits ? <NoCall slim /> : null}
      {others.length > 0 ? (
        <ul class="slims" aria-label={t('call.others')}>
          {others.map((call) => (
            <SlimCall key={callKey(call)} call={call} />
          ))}
        </ul>
      ) : null}
    </section>
  );
}

/** Shown on a narrow page only. */
function Tabs({ tab, choose }: { tab: Tab; choose: (tab: Tab) => void }) {
  const newScreen = pane.value !== null && tab !== 'screen';
  return (
    <nav class="tabs" aria-label={t('tab.label')}>
      {tabs.map(([name, icon]) => (
        <button
          type="button"
          key={name}
          aria-current={tab === name ? 'page' : undefined}
          aria-label={name === 'screen' && newScreen ? t('tab.screen.new') : undefined}
          onClick={() => choose(name)}
        >
          <Icon name={icon} />
          {t(`tab.${name}`)}
          {name === 'screen' && newScreen ? <span class="dot tone-ring" /> : null}
        </button>
      ))}
    </nav>
  );
}
