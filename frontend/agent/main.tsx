import { render } from 'preact';
import '../styles/agent.css';
import { mountSprite } from '../icons/sprite';
import { startTitle } from './alerts';
import { startBadge } from './badge';
import { startClock } from './clock';
import { startEmbed } from './embed';
import { startLanguage } from './i18n';
import { startKeyboard } from './keyboard';
import { startLinks } from './links';
import { askSession } from './panel';
import { unlockSound } from './ringtone';
import { offerTickets } from './ticket';
import { App } from './ui/App';
import { watch } from './watch';

/** Starts the agent panel in the `#app` of the shell. */
async function main(): Promise<void> {
  const root = document.getElementById('app');
  if (root === null) throw new Error('the page has no #app');
  mountSprite();
  startEmbed((root.dataset.hosts ?? '').split(' ').filter((host) => host !== ''));
  await startLanguage();
  startTitle();
  startBadge();
  startClock();
  startKeyboard();
  startLinks();
  offerTickets();
  // Not when a finger comes down: the notice that goes away then would take the button from under it.
  for (const event of ['click', 'keydown']) {
    addEventListener(event, () => void unlockSound(), { once: true, capture: true });
  }
  render(<App />, root);
  watch();
  await askSession();
}

void main();
