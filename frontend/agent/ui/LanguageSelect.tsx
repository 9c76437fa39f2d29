import { type Language, language, languages, setLanguage, t } from '../i18n';

/** The choice of language. Each stands in its own words, and is marked as such for a screen
 *  reader's voice. */
export function LanguageSelect({ id, label }: { id: string; label: boolean }) {
  return (
    <>
      <label for={id} class={label ? undefined : 'sr'}>
        {t('menu.language')}
      </label>
      <select
        class="select"
        id={id}
        value={language.value}
        onChange={(event) => void setLanguage(event.currentTarget.value as Language)}
      >
        {Object.entries(languages).map(([code, name]) => (
          <option key={code} value={code} lang={code}>
            {name}
          </option>
        ))}
      </select>
    </>
  );
}
