// The configurator's script: what htmx does not do by itself. All that knows this version of
// htmx is in this file.
import htmx from 'htmx.org';
import 'htmx.org/dist/ext/hx-ws.js';
import '../styles/admin.css';
import { dialogs } from './dialogs';
import { keys } from './keys';
import { menus } from './menus';
import { selection } from './selection';
import { localTimes } from './times';
import { toast } from './toasts';

htmx.config.transitions = false;

const words = document.body.dataset;
const on = (event: string, act: (detail: HtmxDetail) => void) =>
  document.addEventListener(event, (e) => act((e as CustomEvent<HtmxDetail>).detail));

/** What htmx tells of a request; only what is used here. */
interface HtmxDetail {
  ctx?: { target?: Element | string; response?: { status: number } };
}

const page = dialogs({
  get: (address, target) => void htmx.ajax('GET', address, { target, swap: 'innerHTML' }),
});
const rows = selection({
  open: (row) => htmx.trigger(row, 'cti:open'),
  get: (address) => page.get(address),
});
keys();
menus();
localTimes(document);
rows.refresh();

on('htmx:after:swap', () => {
  page.swapped();
  rows.refresh();
  localTimes(document);
});
on('htmx:error', () => toast(words.lost ?? '', true));
on('htmx:response:error', ({ ctx }) => {
  if ((ctx?.response?.status ?? 0) >= 502) toast(words.failed ?? '', true);
});

// The live feed: grey what may be old while it is down.
const stale = (is: boolean) => document.documentElement.toggleAttribute('data-stale', is);
on('htmx:ws:after:connection', () => stale(false));
on('htmx:ws:close', () => stale(true));

document.addEventListener('cti:toast', (e) => {
  const { message, bad } = (e as CustomEvent<{ message: string; bad?: boolean }>).detail;
  toast(message, bad ?? false);
});
document.addEventListener('cti:saved', (e) => {
  const { message, row } = (e as CustomEvent<{ message: string; row?: string }>).detail;
  page.close();
  toast(message);
  rows.flash(row);
});
document.addEventListener('cti:signed-in', () => page.signedIn());
