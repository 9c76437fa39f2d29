import { expect, keepPicture, test } from './pages/admin';
import { callIn, signIn } from './pages/demo';
import { Panel } from './pages/panel';

// What goes on, who did what, and what holds for all.

test.use({ asked: true });

test('Live shows agents and calls as they come, and greys what may be old', async ({
  admin,
  demo,
  account,
  other,
  portray,
  guard,
}) => {
  const { page } = admin;
  // A colleague has lunch.
  const grace = new Panel((await other()).page);
  await grace.open(demo.address);
  await signIn(grace, { ...account, fullName: 'Grace Hopper' });
  await grace.page.getByRole('button', { name: 'Pause', exact: true }).click();
  await grace.page.getByRole('menuitem', { name: 'Lunch' }).click();
  const agent = (await other()).page;
  const panel = new Panel(agent);
  await panel.open(demo.address);
  await signIn(panel, account);
  await callIn(panel);

  let cut = async (): Promise<void> => {};
  await page.routeWebSocket(/\/admin\/ws/, (socket) => {
    socket.connectToServer();
    cut = () => socket.close({ code: 1012, reason: 'the server restarts' });
  });
  await admin.open('/live');
  const agents = page.getByRole('region', { name: 'Agents' });
  const row = agents.getByRole('row', { name: new RegExp(account.fullName) });
  await expect(row).toContainText('On call');
  await expect(agents.getByRole('row', { name: /Grace Hopper/ })).toContainText('Lunch');
  const calls = page.getByRole('region', { name: 'Calls' });
  await expect(calls.locator('tbody tr').first()).toContainText(account.fullName);
  await expect(calls.locator('tbody tr').first()).toContainText('Talking');
  await expect(page.getByRole('group', { name: 'State of the system' })).toContainText('2 agents');
  await portray('live');
  await keepPicture(page, 'admin-live');
  await admin.search.fill('nobody');
  await page.keyboard.press('Enter');
  await expect(agents).toContainText('Nothing matches');
  await admin.search.fill('lovelace');
  await page.keyboard.press('Enter');
  await expect(row).toBeVisible();

  const root = page.locator('html');
  await expect(root).not.toHaveAttribute('data-stale');
  guard.allow(/\/admin\/ws/);
  await cut();
  await expect(root).toHaveAttribute('data-stale', '');
  await expect(root).not.toHaveAttribute('data-stale', { timeout: 30_000 });
  await expect(row).toBeVisible();
  await agent.getByRole('button', { name: 'Your menu' }).click();
  await agent.getByRole('button', { name: 'Sign out' }).click();
  await expect(row).toHaveCount(0);
});

test('the audit: what was done, by whom; filter, details, export', async ({ admin, portray }) => {
  const { page } = admin;
  await admin.open('/seats');
  await page.keyboard.press('n');
  await admin.field('Extension').fill('PJSIP/290');
  await admin.field('MAC address of the PC').fill('02:00:00:00:02:90');
  await admin.save('PJSIP/290 was added.');
  await admin.open('/operators');
  await admin.name('Ada Lovelace').click();
  await admin.field('Password').fill('poetical science of numbers');
  await admin.save('Ada Lovelace was saved.');

  await admin.open('/audit');
  const entries = page.locator('.entry');
  await expect(entries.filter({ hasText: 'added the seat PJSIP/290' }).first()).toContainText('Rosa Marín');
  await expect(entries.filter({ hasText: 'signed in' }).first()).toBeVisible();
  await portray('audit');
  await page.getByLabel('What', { exact: true }).selectOption({ label: 'Edits' });
  await expect(entries.filter({ hasText: 'signed in' })).toHaveCount(0);
  const seat = entries.filter({ hasText: 'added the seat PJSIP/290' }).first();
  await seat.getByText('Details').click();
  await expect(seat).toContainText('02:00:00:00:02:90');
  await portray('audit-details');
  await expect(entries.filter({ hasText: /changed the operator/ }).first()).toBeVisible();
  expect(await page.content()).not.toContain('poetical science of numbers');
  await page.getByLabel('Text', { exact: true }).fill('PJSIP/290');
  await expect(entries).toHaveCount(1);
  await page.getByLabel('Text', { exact: true }).fill('nothing has this name');
  await expect(page.getByText('Nothing matches')).toBeVisible();
  await page.getByRole('link', { name: 'Clear search' }).click();
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: 'Export CSV' }).click(),
  ]);
  expect(download.suggestedFilename()).toMatch(/\.csv$/);
});

test('settings: pauses and limits are saved, a wrong number is told', async ({ admin, portray }) => {
  const { page } = admin;
  await admin.open('/settings');
  const form = page.locator('#settings-hours');
  await expect(page.locator('.link-state')).toContainText('Asterisk connected');
  await portray('settings');
  await form.getByLabel('After-call work, in seconds').fill('99999');
  await form.getByLabel('Reasons to pause').fill('Break\nbreak\n');
  await form.getByRole('button', { name: 'Save changes' }).click();
  await expect(form.getByRole('alert')).toContainText('2 fields need attention');
  await expect(form.getByLabel('Reasons to pause')).toBeFocused();
  await portray('settings-wrong');
  await form.getByLabel('Reasons to pause').fill('Break\nLunch\nTraining\nPaperwork\nDoctor');
  await form.getByLabel('After-call work, in seconds').fill('15');
  await form.getByRole('button', { name: 'Save changes' }).click();
  await expect(admin.said('The settings were saved.')).toBeVisible();
  await page.reload();
  await expect(form.getByLabel('After-call work, in seconds')).toHaveValue('15');
  // The demo's own connection is fixed.
  await expect(
    page.getByText('The server’s boot file or its environment gives this connection.'),
  ).toBeVisible();
});
