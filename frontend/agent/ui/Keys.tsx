import { t } from '../i18n';
import type { Key } from '../locales/en';
import { picture } from '../panel';
import { shortcuts } from '../preferences';
import { Icon } from './Icon';
import { Keycaps } from './Parts';

const dialogId = 'keys';

/** `needs`: what the telephones of this site must be able to do for it; `or`: another key for it. */
const rows: readonly [keys: readonly string[], meaning: Key, needs?: 'answer' | 'hold' | '', or?: string][] =
  [
    [['Alt', 'O'], 'keys.screen'],
    [['Alt', 'P'], 'keys.duty'],
    [['Alt', 'A'], 'keys.answer', 'answer'],
    [['Alt', 'H'], 'keys.hangup'],
    [['Alt', 'W'], 'keys.hold', 'hold'],
    [['Alt', 'X'], 'keys.transfer'],
    [['Alt', 'N'], 'keys.note'],
    [['Alt', 'C'], 'keys.dial'],
    [['↑'], 'keys.recent'],
    [['Alt', '/'], 'keys.list', '', '?'],
    [['Esc'], 'keys.escape'],
  ];

const offered = ([, , needs]: (typeof rows)[number]) => !needs || picture.value?.control[needs] === true;

export function showKeys(): void {
  const dialog = document.getElementById(dialogId) as HTMLDialogElement | null;
  if (dialog !== null && !dialog.open) dialog.showModal();
}

/** The list of shortcuts, and the switch that turns them off. */
export function Keys() {
  return (
    <dialog id={dialogId} class="modal" aria-labelledby="keys-title" closedby="any">
      <header class="modal-head">
        <h2 id="keys-title">{t('keys.title')}</h2>
        <form method="dialog">
          <button type="submit" class="button button-ghost button-icon button-small" aria-label={t('close')}>
            <Icon name="x" />
          </button>
        </form>
      </header>
      <div class="modal-body">
        <dl class="key-list">
          {rows.filter(offered).map(([keys, meaning, , or]) => (
            <div key={meaning}>
              <dt>{t(meaning)}</dt>
              <dd>
                {or === undefined ? null : <Keycaps keys={[or]} />}
                <Keycaps keys={keys} />
              </dd>
            </div>
          ))}
        </dl>
        <label class="check">
          <input
            type="checkbox"
            checked={shortcuts.value === 'on'}
            onChange={(event) => {
              shortcuts.value = event.currentTarget.checked ? 'on' : 'off';
            }}
          />
          {t('keys.use')}
        </label>
      </div>
    </dialog>
  );
}
