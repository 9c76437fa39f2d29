import { useSignal } from '@preact/signals';
import { t } from '../i18n';
import { volume } from '../preferences';
import { canRoute, chooseOutput, findOutputs, output, outputs, tryRing } from '../ringtone';
import { plain } from '../text';

/** How loud a call rings, and where: rows of the user menu. */
export function SoundRows() {
  return (
    <>
      <div class="menu-row">
        <label for="menu-volume">{t('menu.volume')}</label>
        <input
          class="volume"
          id="menu-volume"
          type="range"
          min="0"
          max="100"
          step="5"
          value={volume.value}
          aria-valuetext={`${volume.value} %`}
          onInput={(event) => {
            volume.value = Number(event.currentTarget.value);
          }}
          onChange={() => void tryRing()}
        />
      </div>
      {canRoute ? <OutputRow /> : null}
    </>
  );
}

function OutputRow() {
  const failed = useSignal(false);
  const known = outputs.value;
  const chosen = output.value;
  // A device that was chosen before is shown by the name that is remembered.
  const list = chosen.id === '' || known.some(({ id }) => id === chosen.id) ? known : [chosen, ...known];
  const find = async () => {
    failed.value = !(await findOutputs());
  };
  return (
    <div class="menu-row menu-row-tall">
      <label for="menu-output">{t('menu.output')}</label>
      <div class="menu-pair">
        <select
          class="select"
          id="menu-output"
          value={chosen.id}
          onChange={(event) => {
            chooseOutput(event.currentTarget.value);
            void tryRing();
          }}
        >
          <option value="">{t('menu.output.system')}</option>
          {list.map(({ id, label }) => (
            <option key={id} value={id}>
              {plain(label)}
            </option>
          ))}
        </select>
        {known.length === 0 ? (
          <button type="button" class="button button-small" onClick={() => void find()}>
            {t('menu.output.find')}
          </button>
        ) : null}
      </div>
      <p class="hint" role="status">
        {failed.value ? t('menu.output.failed') : known.length === 0 ? t('menu.output.hint') : ''}
      </p>
    </div>
  );
}
