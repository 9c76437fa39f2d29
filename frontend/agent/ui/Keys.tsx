import { t } from '../i18n';
import type { Key } from '../locales/en';
import { shortcuts } from '../preferences';
import { Icon } from './Icon';
import { Keycaps } from './Parts';

const dialogId = 'keys';

const rows: readonly [keys: readonly string[], meaning: Key][] = [
  [['Alt', 'O'], 'keys.screen'],
  [['Alt', 'P'], 'keys.duty'],
  [['Alt', 'H'], 'keys.hangup'],
  [['Alt', 'N'], 'keys.note'],
  [['Alt', 'C'], 'keys.dial'],
  [['↑'], 'keys.recent'],
  [['Alt', '/'], 'keys.list'],
  [['Esc'], 'keys.escape'],
];

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
          {rows.map(([keys, meaning]) => (
            <div key={meaning}>
              <dt>{t(meaning)}</dt>
              <dd>
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
