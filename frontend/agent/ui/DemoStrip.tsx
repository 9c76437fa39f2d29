import { useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { placeDemoCall } from '../api';
import { t } from '../i18n';
import { Icon } from './Icon';
import { Copy } from './Parts';

/** Says that this is a demo, lets a call ring, and shows the way to real calls. */
export function DemoStrip() {
  const said = useSignal('');
  const dialog = useRef<HTMLDialogElement>(null);
  const place = async () => {
    said.value = t(`demo.call.${await placeDemoCall()}`);
    setTimeout(() => {
      said.value = '';
    }, 4000);
  };
  return (
    <section class="demo" aria-label={t('demo.strip')}>
      <Icon name="demo" />
      <p class="demo-text">
        <b>{t('demo.strip')}</b> <span class="demo-more">{t('demo.strip.more')}</span>
      </p>
      <span class="demo-said" role="status">
        {said.value}
      </span>
      <button type="button" class="button button-small button-demo" onClick={place}>
        <Icon name="phone-in" small />
        {t('demo.call')}
      </button>
      <button
        type="button"
        class="button button-small button-ghost"
        onClick={() => dialog.current?.showModal()}
      >
        <Icon name="link" small />
        {t('demo.connect')}
      </button>
      <dialog class="modal modal-wide" ref={dialog} aria-labelledby="connect-title" closedby="any">
        <header class="modal-head">
          <h2 id="connect-title">{t('demo.connect')}</h2>
          <form method="dialog">
            <button
              type="submit"
              class="button button-ghost button-icon button-small"
              aria-label={t('close')}
            >
              <Icon name="x" />
            </button>
          </form>
        </header>
        <div class="modal-body">
          <p>{t('demo.connect.intro')}</p>
          <ol class="steps">
            <Step text={t('demo.connect.user')} code={managerUser} />
            <Step text={t('demo.connect.serve')} code="astcti serve" />
            <Step text={t('demo.connect.link')} />
            <Step text={t('demo.connect.configure')} />
          </ol>
        </div>
      </dialog>
    </section>
  );
}

function Step({ text, code }: { text: string; code?: string }) {
  return (
    <li>
      <p>{text}</p>
      {code === undefined ? null : (
        <div class="code">
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keyboard. */}
          <pre tabIndex={0}>
            <code>{code}</code>
          </pre>
          <Copy text={code} label={t('copy.do')} />
        </div>
      )}
    </li>
  );
}

const managerUser = `[asteriskcti]
secret = a-long-secret
deny = 0.0.0.0/0.0.0.0
permit = 127.0.0.1/255.255.255.255
read = system,call,agent,dialplan,user
write = call,agent,originate,system,reporting
writetimeout = 5000`;
