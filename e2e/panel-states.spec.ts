import type { BrowserContext } from '@playwright/test';
import { fits, Panel } from './pages/panel';
import { call, expect, test } from './pages/played';

// What a panel must bear that no call of the demo brings: callers of every kind, a page that may not
// be shown, a second tab, other clocks, a network that sleeps. The server's side is played.

const talking = (changes: object = {}) => {
  const at = Date.now() - 65_000;
  return call({ phase: 'talking', state: 'Up', answered: at, since: at, ...changes });
};
const browser = (url: string, target: string) => ({ action: { type: 'browser', url, target } });

for (const [kind, caller, heading, number] of [
  ['no-name', { number: '+33478123456', name: '' }, '+33 4 78 12 34 56', ''],
  ['no-number', { number: '', name: '' }, 'Unknown caller', 'Number withheld'],
  [
    'long',
    { number: '+390551234567', name: `Donaudampfschifffahrtsgesellschaft ${'W'.repeat(120)}` },
    /W{20}/,
    '055',
  ],
  ['rtl', { number: '+97221234567', name: 'משה כהן — שירות לקוחות' }, 'משה כהן — שירות לקוחות', '+972'],
] as const) {
  test(`a caller: ${kind}`, async ({ open, shot, axe }) => {
    const long = kind === 'long' ? 'x'.repeat(300) : '12345';
    const variables = [{ name: 'calldata', value: kind === 'rtl' ? 'מספר לקוח 17' : long }];
    const panel = await open({ calls: [talking({ caller, variables })] });
    const { page } = panel;
    const card = panel.card('On call');
    await expect(card.getByRole('heading')).toContainText(heading);
    await expect(card).toContainText(number);
    await fits(page);
    await shot(`state-${kind}`);
    await axe(kind);
    await page.setViewportSize({ width: 360, height: 720 });
    await fits(page);
    await shot(`state-${kind}-phone`);
    if (kind === 'rtl') {
      const runs = await card
        .getByRole('heading')
        .evaluate((h) => getComputedStyle(h.querySelector('bdi') ?? h).direction);
      expect(runs).toBe('rtl');
      // What is around it runs on as before.
      expect(await card.evaluate((one) => getComputedStyle(one).direction)).toBe('ltr');
    }
  });
}

test('a page that may not be shown in the panel is offered in a tab', async ({
  open,
  played,
  guard,
  shot,
  axe,
  context,
}) => {
  guard.allow(/frame-src|crm\.example|Framing/);
  await context.route('https://crm.example/**', (route) =>
    route.fulfill({ body: '<h1>CRM</h1>', contentType: 'text/html' }),
  );
  const panel = await open({ calls: [call()] });
  played.tell('Link', talking(), browser('https://crm.example/c?d=12345', 'pane'));
  await expect(panel.page.getByText('This site may not be shown inside the panel.').first()).toBeVisible();
  await shot('state-refused-frame');
  await axe('a page that may not be shown');
  const tab = context.waitForEvent('page');
  await panel.card('On call').getByRole('button', { name: 'Open customer screen' }).click();
  await expect((await tab).getByRole('heading', { name: 'CRM' })).toBeVisible();
});

/** The customer pages that an agent's tabs ask for, from now on. */
function customerPages(context: BrowserContext): string[] {
  const visits: string[] = [];
  context.on('request', (request) => {
    if (new URL(request.url()).pathname === '/demo/customer') visits.push(request.url());
  });
  return visits;
}

async function secondTab(context: BrowserContext, address: string): Promise<Panel> {
  const second = new Panel(await context.newPage());
  await second.open(address);
  return second;
}

const follows = (panel: Panel) => panel.page.getByText('AsteriskCTI is open in another tab.');

test('a second tab follows, until the agent wants it to lead', async ({
  open,
  played,
  demo,
  context,
  shot,
  axe,
}) => {
  const visits = customerPages(context);
  const first = await open();
  const second = await secondTab(context, demo.address);
  await expect(follows(second)).toBeVisible();
  const page = `${demo.address}/demo/customer?id=12345`;
  played.tell('Dial', call());
  played.tell('Link', talking(), browser(page, 'pane'));
  await expect(first.screens).toHaveCount(1);
  await expect(second.card('On call')).toContainText('Opened by the other tab of this panel');
  await expect(second.screens).toHaveCount(0);
  await shot('state-follower', second.page);
  await axe('a second tab', second.page);
  played.tell('Hangup', talking({ phase: 'ended' }));

  await second.page.getByRole('button', { name: 'Use this tab' }).click();
  await expect(follows(second)).toBeHidden();
  await expect(follows(first)).toBeVisible();
  const next = { id: 'c2', uniqueid: '2.1', linkedid: '2.0' };
  played.tell('Dial', call(next));
  played.tell('Link', talking(next), browser(`${page}&n=2`, 'pane'));
  await expect(second.screens).toHaveCount(1);
  await expect(first.page.getByText('Opened by the other tab of this panel')).toBeVisible();
  expect(visits).toEqual([page, `${page}&n=2`]);
});

test('a call that comes while the lead changes hands is opened by one tab', async ({
  open,
  played,
  demo,
  context,
}) => {
  await context.addInitScript(() => {
    if (!('LockManager' in window)) return; // about:blank
    const { request } = LockManager.prototype;
    LockManager.prototype.request = async function (this: LockManager, ...asked: unknown[]) {
      try {
        return await Reflect.apply(request, this, asked);
      } catch (stolen) {
        await new Promise((hears) => setTimeout(hears, 3000)); // it goes on as if it had the lead
        throw stolen;
      }
    } as typeof request;
  });
  const visits = customerPages(context);
  const first = await open();
  const second = await secondTab(context, demo.address);
  await second.page.getByRole('button', { name: 'Use this tab' }).click();
  await expect(follows(second)).toBeHidden();
  const page = `${demo.address}/demo/customer?id=12345`;
  played.tell('Dial', call());
  played.tell('Link', talking(), browser(page, 'pane'));
  const told = [first, second].map((panel) =>
    panel.card('On call').getByText(/Opened by the other tab|Shown in/),
  );
  for (const words of told) await expect(words).toBeVisible();
  expect((await first.screens.count()) + (await second.screens.count())).toBe(1);
  await expect.poll(() => visits).toEqual([page]);
  await expect(follows(first)).toBeVisible();
  expect(visits).toEqual([page]);
});

for (const hours of [-3, 5])
  test(`timers are right when the clocks are ${hours} hours apart`, async ({ open }) => {
    const ahead = hours * 3_600_000;
    const at = Date.now() + ahead - 65_000;
    const panel = await open({ ahead, calls: [talking({ answered: at, since: at })] });
    await expect(panel.card('On call').getByRole('timer')).toHaveText(/^01:[01]\d$/);
    await expect(panel.state.getByRole('timer')).toHaveText(/^01:[01]\d$/);
  });

test('after sleep and a change of network the panel is back at once, with what has happened', async ({
  open,
  played,
  context,
  guard,
}) => {
  guard.allow(/ERR_INTERNET_DISCONNECTED/);
  const panel = await open({ calls: [talking()] });
  const { page } = panel;
  played.reachable = false;
  await context.setOffline(true);
  await played.cut();
  await expect(panel.state).toHaveAttribute('data-state', 'lost');
  await expect(panel.card('On call')).toBeVisible();
  await expect(page.getByRole('region', { name: 'Notices' })).toContainText('Your phone still works');
  await expect(panel.card('On call').getByRole('button', { name: 'Hang up' })).toHaveAttribute(
    'aria-disabled',
    'true',
  );
  // Long enough for the waits between two tries to have grown.
  await page.waitForFunction(
    () => Number(document.querySelector('.countdown')?.textContent?.match(/\d+/)?.[0]) >= 2,
  );
  played.calls = [];
  played.reachable = true;
  await context.setOffline(false); // the browser says so, and nothing is waited for
  await expect(page.getByText('Connected', { exact: true })).toBeVisible({ timeout: 1_500 });
  await expect(page.getByRole('article')).toHaveCount(0);
});

test('the browser is asked for nothing without a click, and for notifications after the first call', async ({
  open,
  played,
  page,
  shot,
}) => {
  await page.addInitScript(() => {
    const asked: unknown[] = [];
    Object.assign(window, { asked });
    Object.defineProperty(Notification, 'permission', { value: 'default' });
    Notification.requestPermission = async () => {
      asked.push('notifications');
      return 'granted';
    };
    navigator.registerProtocolHandler = (...wanted) => void asked.push(wanted);
  });
  const asked = () => page.evaluate(() => (window as unknown as { asked: unknown[] }).asked);
  const panel = await open();
  const offer = page.getByRole('button', { name: 'Turn notifications on' });
  await expect(offer).toHaveCount(0); // before there was any call it is no use to anybody
  played.tell('Link', talking());
  await expect(panel.card('On call')).toBeVisible();
  await expect(offer).toHaveCount(0); // nor in a call
  played.tell('Hangup', talking({ phase: 'ended' }));
  await expect(offer).toBeVisible();
  await shot('state-notifications');
  expect(await asked()).toEqual([]);
  await offer.click();
  await expect(offer).toHaveCount(0);
  await page.getByRole('button', { name: 'Your menu' }).click();
  await page.getByRole('button', { name: 'Open phone links here' }).click();
  expect(await asked()).toEqual(['notifications', ['tel', `${new URL(page.url()).origin}/agent#call=%s`]]);
});

test('a number is pasted as it is written, and called as it is dialled', async ({
  open,
  played,
  page,
  context,
}) => {
  const services = [
    {
      name: 'Call back',
      direction: 'outbound',
      queue: '',
      trigger: 'browser',
      target: 'pane',
      context: 'out',
    },
  ];
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await open({ also: { services } });
  await page.evaluate(() => navigator.clipboard.writeText('  +39 (055) 12-34.56\u00a0 '));
  await page.keyboard.press('Alt+KeyC');
  await page.keyboard.press('ControlOrMeta+KeyV');
  await page.keyboard.press('Enter');
  await expect
    .poll(() => played.sent)
    .toEqual([{ command: 'originate', number: '+39055123456', service: 'Call back' }]);
});

test('the sheet of shortcuts lists those that there are', async ({ open, page, axe, shot }) => {
  await open({ also: { control: { attended: false, hold: false, answer: true } } });
  await page.keyboard.press('Alt+/');
  const sheet = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
  await expect(sheet.getByText('Answer', { exact: true })).toBeVisible();
  await expect(sheet.getByText('Hold, or resume')).toHaveCount(0);
  await shot('state-keys');
  await axe('the sheet of shortcuts');
  await sheet.getByLabel('Use keyboard shortcuts').uncheck();
  await page.keyboard.press('Escape');
  await expect(sheet).toBeHidden();
  await page.keyboard.press('Alt+/');
  await expect(sheet).toBeHidden();
});
