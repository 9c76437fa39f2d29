import { askForNotifications, notifications } from '../alerts';
import { t } from '../i18n';
import { canTakeLinks, takeLinks } from '../links';
import { canMini, mini, toggleMini } from '../mini';
import { picture, signOut } from '../panel';
import { type PopPreference, popPreference, type Theme, theme } from '../preferences';
import type { Seat } from '../protocol';
import { extensionNumber, plain } from '../text';
import { Icon } from './Icon';
import { showKeys } from './Keys';
import { LanguageSelect } from './LanguageSelect';
import { Keycaps } from './Parts';
import { SoundRows } from './SoundRows';

export const userMenuId = 'user-menu';

const themes: readonly Theme[] = ['system', 'light', 'dark'];
const ways: readonly PopPreference[] = ['service', 'pane', 'window', 'tab', 'button'];

const hide = () => document.getElementById(userMenuId)?.hidePopover();

/** The agent's own settings, all remembered by this browser, and the way out. A popover, so
 *  that Escape, a click beside it and the focus's return come from the browser. */
export function UserMenu({ name, operator, seat }: { name: string; operator: string; seat: Seat }) {
  return (
    <div id={userMenuId} class="menu" popover="auto" role="dialog" aria-label={t('menu.open')}>
      <div class="menu-who">
        <b>{plain(name)}</b>
        <small>
          {operator} · {extensionNumber(seat.extension)}
          {seat.description === '' ? '' : ` · ${plain(seat.description)}`}
        </small>
      </div>
      <div class="menu-row">
        <LanguageSelect id="menu-language" label />
      </div>
      <ThemeChoice />
      <div class="menu-row menu-row-tall">
        <label for="menu-pop">{t('menu.pop')}</label>
        <select
          class="select"
          id="menu-pop"
          value={popPreference.value}
          onChange={(event) => {
            popPreference.value = event.currentTarget.value as PopPreference;
          }}
        >
          {ways.map((way) => (
            <option key={way} value={way}>
              {t(`menu.pop.${way}`)}
            </option>
          ))}
        </select>
      </div>
      <NotificationRow />
      <SoundRows />
      <hr />
      {canMini() ? (
        <button
          type="button"
          class="menu-item"
          onClick={() => {
            hide();
            void toggleMini();
          }}
        >
          <Icon name="mini" />
          {t(mini.value === null ? 'menu.mini' : 'menu.mini.close')}
        </button>
      ) : null}
      {canTakeLinks ? (
        <button
          type="button"
          class="menu-item"
          title={t('menu.links.hint')}
          onClick={() => {
            hide();
            takeLinks();
          }}
        >
          <Icon name="phone-out" />
          {t('menu.links')}
        </button>
      ) : null}
      <button
        type="button"
        class="menu-item"
        onClick={() => {
          hide();
          showKeys();
        }}
      >
        <Icon name="keyboard" />
        {t('menu.keys')}
        <Keycaps keys={['Alt', '/']} />
      </button>
      <button
        type="button"
        class="menu-item"
        onClick={() => {
          hide();
          void signOut();
        }}
      >
        <Icon name="sign-out" />
        {t('menu.signout')}
      </button>
      {picture.value === null ? null : (
        <p class="menu-version">{t('menu.version', { version: picture.value.version })}</p>
      )}
    </div>
  );
}

function ThemeChoice() {
  return (
    <fieldset class="menu-row">
      <legend>{t('menu.theme')}</legend>
      <div class="segments">
        {themes.map((value) => (
          <label key={value}>
            <input
              type="radio"
              name="theme"
              value={value}
              checked={theme.value === value}
              onChange={() => {
                theme.value = value;
              }}
            />
            <span>{t(`menu.theme.${value}`)}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

function NotificationRow() {
  if (notifications.value === 'unsupported') return null;
  return (
    <div class="menu-row">
      <span class="menu-label">{t('menu.notifications')}</span>
      {notifications.value === 'default' ? (
        <button type="button" class="button button-small" onClick={() => void askForNotifications()}>
          {t('menu.notifications.do')}
        </button>
      ) : (
        <span class="muted">
          {t(notifications.value === 'granted' ? 'menu.notifications.on' : 'menu.notifications.blocked')}
        </span>
      )}
    </div>
  );
}
