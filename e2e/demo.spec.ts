import { copyFileSync, existsSync } from 'node:fs';
import type { Page } from '@playwright/test';
import { expect, signIn, test } from './pages/demo';

// The demo, as someone meets it who has just typed `make demo`.

test.describe.configure({ timeout: 180_000 }); // calls come when they come

test('the terminal says where to go and as whom', async ({ demo, account }) => {
  const said = demo.said.join('\n');
  for (const word of [demo.address, account.operator, account.password, 'demo']) expect(said).toContain(word);
});

test('signing in', async ({ panel, account, guard, shot, axe }) => {
  guard.allow(/\/api\/sign-in: .*(401|422)/);
  const { page } = panel;
  await expect(page).toHaveTitle(/AsteriskCTI/);
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  await shot('demo-sign-in');
  await axe('sign-in');

  await panel.signIn(account.operator, 'not it', account.seat);
  await expect(page.getByRole('alert')).toHaveText('The user name or the password is not correct.');
  await expect(page.getByLabel('Password')).toBeFocused();
  await axe('sign-in refused');

  await panel.signIn(account.operator, account.password, '999');
  await expect(page.getByRole('alert')).toContainText('There is no seat “999”');
  await expect(page.getByLabel('Seat', { exact: true })).toBeFocused();
  await shot('demo-sign-in-seats');

  await panel.signIn(account.operator, account.password, account.seat);
  await expect(page.getByText('Connected', { exact: true })).toBeVisible();
  await page.getByRole('button', { name: 'Your menu' }).click();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(page.getByText('You are signed out.')).toBeVisible();
});

test('a call rings, is answered, and the customer’s page pops with the digits', async ({
  panel,
  account,
  guard,
  shot,
  axe,
}) => {
  const { page } = panel;
  const visits: string[] = [];
  page.on('request', (request) => {
    if (new URL(request.url()).pathname === '/demo/customer') visits.push(request.url());
  });
  await signIn(panel, account);
  await expect(page.getByText('This is a demo')).toBeVisible();
  await shot('demo-idle');

  // Somebody calls without being asked: every 20 s, whoever is there.
  const ringing = panel.card('Incoming call');
  await expect(ringing).toBeVisible({ timeout: 30_000 });
  await shot('demo-ringing');
  await axe('ringing');
  const talking = panel.card('On call');
  await expect(talking).toBeVisible();
  const caller = await talking.getByRole('heading').innerText();
  const digits = await panel.variable(talking, 'Customer number').innerText();
  expect(digits).toMatch(/^[0-9]{5}$/);
  await expect(panel.customer.getByText(digits).first()).toBeVisible();
  await axe('on call');
  await keepPicture(page);
  await expect(page.getByRole('region', { name: 'History' })).toContainText(caller, { timeout: 40_000 });

  // Another one on demand, unless the next has begun to ring by itself just then.
  guard.allow(/\/api\/demo\/call: .*409/);
  // What it says stays for four seconds: it is looked for before the click returns.
  const said = page.getByText(/A call is on its way\.|Nobody is free to take a call\./).waitFor();
  await page.getByRole('button', { name: 'Place a call now' }).click();
  await said;
  await expect.poll(() => visits.length, { timeout: 20_000 }).toBeGreaterThan(1);
  expect(visits.filter((address) => address.includes(`id=${digits}&`))).toHaveLength(1);
  expect(new Set(visits).size, 'no page was opened twice').toBe(visits.length);
});

/** The picture of the README: new when asked for, so that a test run changes no file of ours. */
async function keepPicture(page: Page): Promise<void> {
  await page.screenshot({ path: 'build/shots/panel.png', animations: 'disabled' });
  if (process.env.UPDATE_PICTURES === '1' || !existsSync('docs/panel.png')) {
    copyFileSync('build/shots/panel.png', 'docs/panel.png');
  }
}

test('dark, French, and as narrow as a telephone', async ({ panel, account, shot, axe }) => {
  const { page } = panel;
  await page.emulateMedia({ colorScheme: 'dark' });
  await signIn(panel, account);
  await shot('demo-dark-idle');
  await axe('dark');
  await page.getByRole('button', { name: 'Your menu' }).click();
  await shot('demo-dark-menu');
  await axe('menu');
  await page.getByLabel('Language', { exact: true }).selectOption('fr');
  await page.keyboard.press('Escape');
  await expect(page.locator('html')).toHaveAttribute('lang', 'fr');
  await expect(page.getByText('Connecté', { exact: true })).toBeVisible();
  await expect(page.locator('article.call[data-phase=talking]')).toBeVisible({ timeout: 40_000 });
  await shot('demo-dark-french');
  await axe('French');
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize({ width: 380, height: 720 });
  await shot('demo-phone-width');
  await axe('phone width');
  expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
});
