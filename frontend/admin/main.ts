// The configurator's script: what htmx does not do by itself. All that knows this version of
// htmx is in this file.
import htmx from 'htmx.org';
import 'htmx.org/dist/ext/hx-ws.js';
import '../styles/admin.css';
import { accounts } from './accounts';
import { dialogs } from './dialogs';
import { keys } from './keys';
import { menus } from './menus';
import { selection } from './selection';
import { services } from './services';
import { localTimes, runClocks } from './times';
import { toast } from './toasts';

htmx.config.transitions = false;

const words = document.body.dataset;
const on = (event: string, act: (detail: HtmxDetail) => void) =>
  document.addEventListener(event, (e) => act((e as CustomEvent<HtmxDetail>).detail));

/** What htmx tells of a request; only what is used here. */
interface HtmxDetail {
  ctx?: { response?: { status: number } };
  code?: number;
  reason?: string;
}

const page = dialogs({
  get: (address, target) => void htmx.ajax('GET', address, { target, swap: 'innerHTML' }),
});
const rows = selection({
  open: (row) => htmx.trigger(row, 'cti:open'),
  get: (address) => page.get(address),
});
menus();
accounts();
localTimes(document);
runClocks();
services(document);
rows.refresh();

on('htmx:after:swap', () => {
  services(document); // first: the focus goes to what it makes of a field
  page.swapped();
  rows.refresh();
  localTimes(document);
});
on('htmx:error', () => toast(words.lost ?? '', true));
on('htmx:response:error', ({ ctx }) => {
  if ((ctx?.response?.status ?? 0) >= 502) toast(words.failed ?? '', true);
});

// The live feed: what may be old is greyed while it is down. That the sign-in has ended a
// closed socket does not tell by itself: a part of a page is asked for, and its answer does.
Object.assign(htmx.config, {
  ws: { reconnectCodes: [1001, 1005, 1006, 1011, 1012, 1013, 1014, 4008, 4009], reconnectMaxDelay: 15_000 },
});
const signedOut = 4001;
let failures = 0;
const stale = (is: boolean) => document.documentElement.toggleAttribute('data-stale', is);
on('htmx:ws:after:connection', () => {
  failures = 0;
  stale(false);
});
on('htmx:ws:close', ({ code, reason }) => {
  if (reason !== 'closed' || document.hidden) return;
  stale(true);
  failures++;
  if (code === signedOut || failures % 3 === 0) void htmx.ajax('GET', '/admin/alive', { swap: 'none' });
});

document.addEventListener('cti:toast', (e) => {
  const { message, bad } = (e as CustomEvent<{ message: string; bad?: boolean }>).detail;
  toast(message, bad ?? false);
});
document.addEventListener('cti:saved', (e) => {
  const { message, row } = (e as CustomEvent<{ message: string; row?: string }>).detail;
  page.close(rows.flash(row));
  toast(message);
});
document.addEventListener('cti:signed-in', () => page.signedIn());

// htmx binds the page in a timer that it has set when it was loaded: keys before that would
// follow links as if there were no script.
setTimeout(() => {
  keys();
  document.documentElement.dataset.ready = '';
});
