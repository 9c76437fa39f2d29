import { t } from '../i18n';
import { picture } from '../panel';
import type { Variable } from '../protocol';
import { plain } from '../text';
import { CallerText, Copy } from './Parts';

/** What a call brought along, under the words that its service has for it. */
export function Variables({ service, variables }: { service: string; variables: readonly Variable[] }) {
  if (variables.length === 0) return null;
  const known = picture.value?.services.find(({ name }) => name === service)?.variables;
  return (
    <dl class="variables" aria-label={t('call.variables')}>
      {variables.map(({ name, value }) => {
        const label = plain(known?.find((one) => one.name === name)?.label ?? '');
        const word = label === '' ? name : label;
        return (
          <div key={name}>
            <dt title={label === '' ? undefined : name}>
              <bdi dir="auto">{word}</bdi>
            </dt>
            <dd>
              {plain(value) === '' ? <i>{t('call.empty-value')}</i> : <CallerText text={value} />}
              {plain(value) === '' ? null : (
                <Copy text={plain(value)} label={t('copy.what', { what: word })} />
              )}
            </dd>
          </div>
        );
      })}
    </dl>
  );
}
