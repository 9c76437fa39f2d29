import type { Page } from '@playwright/test';
import { callIn, expect, signIn, test } from './pages/demo';

// What the browser does for the panel: an application of its own, a small window in front, links.

test.use({ asked: true });

const openMenu = (page: Page) => page.getByRole('button', { name: 'Your menu' }).click();

test('the browser can install it', async ({ panel }) => {
  const { page } = panel;
  const browser = await page.context().newCDPSession(page);
  const { url, data, errors } = await browser.send('Page.getAppManifest');
  expect(errors).toEqual([]);
  expect(new URL(url).pathname).toBe('/agent.webmanifest');
  expect(JSON.parse(data ?? '')).toMatchObject({ start_url: '/agent', display: 'standalone', lang: 'en' });
  const { installabilityErrors } = await browser.send('Page.getInstallabilityErrors');
  // The tests' windows are private ones, in which nothing can be installed.
  const others = installabilityErrors.filter(({ errorId }) => errorId !== 'in-incognito');
  expect(others).toEqual([]);
  const colours = page.locator('meta[name=theme-color]');
  await expect(colours).toHaveCount(2);
});

test('the mini view follows state and call', async ({ panel, account, shot, axe, context }) => {
  const { page } = panel;
  await signIn(panel, account);
  await openMenu(page);
  const opening = context.waitForEvent('page');
  await page.getByRole('button', { name: 'Mini view, always in front' }).click();
  const mini = await opening;
  await expect(mini.locator('[data-state]')).toBeVisible();
  await mini.setViewportSize({ width: 360, height: 264 }); // as it is asked for: the tests’ own is larger
  await expect(mini).toHaveTitle('AsteriskCTI');
  await expect(mini.locator('html')).toHaveAttribute('lang', 'en');
  await shot('mini-idle', mini);
  await axe('mini view', mini);

  await page.getByRole('button', { name: 'Place a call now' }).click();
  const ringing = mini.getByRole('article', { name: 'Incoming call' });
  await expect(ringing).toBeVisible();
  await shot('mini-ringing', mini);
  const talking = mini.getByRole('article', { name: 'On call' });
  await expect(talking).toBeVisible();
  await expect(mini.getByRole('button', { name: 'Open customer screen' })).toBeVisible();
  await shot('mini-call', mini);
  await axe('mini view with a call', mini);
  await page.emulateMedia({ colorScheme: 'dark' });
  await mini.emulateMedia({ colorScheme: 'dark' });
  await shot('mini-dark', mini);
  await axe('mini view, dark', mini);

  await mini.getByRole('button', { name: 'Pause' }).click();
  await shot('mini-reasons', mini);
  await mini.getByRole('button', { name: 'Lunch' }).click();
  await expect(panel.state).toContainText('Lunch');
  await expect(mini.locator('[data-state]')).toContainText('Lunch');
  const cancel = mini.getByRole('button', { name: /Cancel pause|Ready/ });
  await cancel.click();
  await expect(panel.state).not.toContainText('Lunch');

  await page.getByRole('button', { name: 'Hang up' }).click();
  await expect(panel.card('Call ended')).toBeVisible();
  await openMenu(page);
  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect.poll(() => mini.isClosed()).toBe(true);
});

test('a link fills the number field and calls nobody', async ({ panel, account, demo }) => {
  const { page } = panel;
  const sent: string[] = [];
  page.on('websocket', (socket) => socket.on('framesent', ({ payload }) => sent.push(String(payload))));
  await page.goto('about:blank'); // a hash alone would be no new page
  await page.goto(`${demo.address}/agent#call=${encodeURIComponent('tel:+39 (055) 12-34')}`);
  await signIn(panel, account);
  const field = page.getByRole('textbox', { name: 'Call a number' });
  await expect(field).toHaveValue('+390551234');
  await expect(field).toBeFocused();
  expect(page.url()).toBe(`${demo.address}/agent`);
  await page.evaluate(() => {
    location.hash = '#call=0551234';
  });
  await expect(field).toHaveValue('0551234');
  await openMenu(page);
  await page.getByRole('button', { name: 'Open phone links here' }).click();
  await page.reload();
  await expect(panel.state).toHaveAttribute('data-state', /available|ringing|oncall/);
  await expect(field).toHaveValue('');
  await expect.poll(() => sent.join()).toContain('ping');
  expect(sent.join()).not.toContain('originate');
});

test('the tab’s icon has a dot while a call rings and while it lasts', async ({ panel, account }) => {
  const { page } = panel;
  const missing: string[] = [];
  page.on('response', (response) => {
    if (response.status() >= 400 && response.url().includes('favicon')) missing.push(response.url());
  });
  await signIn(panel, account);
  const icon = page.locator('link[rel=icon]');
  const ringing = expect(icon).toHaveAttribute('href', '/assets/favicon-ring.svg');
  await callIn(panel);
  await ringing;
  await expect(icon).toHaveAttribute('href', '/assets/favicon-call.svg');
  await panel.card('On call').getByRole('button', { name: 'Hang up' }).click();
  await expect(icon).toHaveAttribute('href', '/assets/favicon.svg');
  for (const name of ['favicon', 'favicon-ring', 'favicon-call']) {
    expect(await page.evaluate((path) => fetch(path).then(({ ok }) => ok), `/assets/${name}.svg`)).toBe(true);
  }
  expect(missing).toEqual([]);
});

test('the ring has a volume and a device', async ({ panel, account, shot, axe, context }) => {
  const { page } = panel;
  await context.grantPermissions(['microphone']);
  await signIn(panel, account);
  await openMenu(page);
  await page.getByLabel('Ring volume').fill('80');
  await expect(page.getByLabel('Ring on')).toHaveValue('');
  await shot('menu-sound');
  await axe('menu with sound');
  // Without loudspeakers on this machine, the browser may name none; it must not fail.
  await page.getByRole('button', { name: 'Show devices' }).click();
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.setViewportSize({ width: 390, height: 720 });
  await shot('menu-sound-phone-dark');
  await page.reload();
  await openMenu(page);
  await expect(page.getByLabel('Ring volume')).toHaveValue('80');
});
