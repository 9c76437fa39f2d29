import { render } from 'preact';
import '../styles/agent.css';
import { mountSprite } from '../icons/sprite';
import { startTitle, unlockSound } from './alerts';
import { startClock } from './clock';
import { startLanguage } from './i18n';
import { startKeyboard } from './keyboard';
import { start } from './panel';
import { offerTickets } from './ticket';
import { App } from './ui/App';

/** Starts the agent panel in the `#app` of the shell. */
async function main(): Promise<void> {
  const root = document.getElementById('app');
  if (root === null) throw new Error('the page has no #app');
  mountSprite();
  await startLanguage();
  startTitle();
  startClock();
  startKeyboard();
  offerTickets();
  for (const event of ['pointerdown', 'keydown']) {
    addEventListener(event, () => void unlockSound(), { once: true });
  }
  render(<App />, root);
  await start();
}

void main();
