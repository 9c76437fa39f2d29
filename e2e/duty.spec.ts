import { callIn, expect, signIn, test } from './pages/demo';
import type { Panel } from './pages/panel';

// What an agent does beside calls: pauses, the work after a call, and calls of his own. The demo
// rings when it is asked to, and answers by itself.

test.describe.configure({ timeout: 120_000 });
test.use({ asked: true });

async function settles(panel: Panel, state: string): Promise<void> {
  await expect(panel.state).toHaveAttribute('data-state', state);
}

test('a pause with its reason, by keys alone, and back', async ({ panel, account, guard, shot, axe }) => {
  const { page } = panel;
  await signIn(panel, account);
  await settles(panel, 'available');
  await expect(page.getByText('Taking calls')).toBeVisible();
  await page.keyboard.press('Alt+KeyP');
  await expect(page.getByRole('menuitem').first()).toBeFocused();
  await shot('duty-reasons');
  await axe('reasons');
  await page.keyboard.press('L');
  await expect(page.getByRole('menuitem', { name: 'Lunch' })).toBeFocused();
  await page.keyboard.press('Enter');
  await settles(panel, 'paused');
  await expect(panel.state).toContainText('Lunch');
  await expect(page.getByText('You are paused')).toBeVisible();
  await expect(page.getByRole('region', { name: 'Queues' })).toContainText('Paused');
  await shot('duty-paused');
  await axe('paused');

  await page.reload();
  await settles(panel, 'paused');
  await expect(panel.state).toContainText('Lunch');
  guard.allow(/\/api\/demo\/call: .*409/);
  await page.getByRole('button', { name: 'Place a call now' }).click();
  await expect(page.getByText('End the current call, or your pause, first.')).toBeVisible();
  await page.getByRole('button', { name: 'Ready', exact: true }).click();
  await settles(panel, 'available');
});

test('a pause in one queue leaves the agent available', async ({ panel, account }) => {
  const { page } = panel;
  await signIn(panel, account);
  const queues = page.getByRole('region', { name: 'Queues' });
  await queues.getByRole('button', { name: /^Pause in/ }).click();
  await page.getByRole('menuitem', { name: 'Training' }).click();
  await expect(queues).toContainText('Paused');
  await expect(panel.state).not.toHaveAttribute('data-state', 'paused');
  await queues.getByRole('button', { name: /^Take calls from/ }).click();
  await expect(queues).toContainText('Taking calls');
});

test('in a call: a pause after it, taken back; then work, longer, and done', async ({
  panel,
  account,
  shot,
  axe,
}) => {
  const { page } = panel;
  await signIn(panel, account);
  await page.emulateMedia({ colorScheme: 'dark' });
  // The demo's first is of a queue; its other service leaves no work.
  await callIn(panel);
  await expect(panel.card('On call')).toContainText('Customer support');
  const queues = page.getByRole('region', { name: 'Queues' });
  await expect(queues).toContainText('No further calls for now');
  await expect(queues.getByRole('button', { name: /^Take calls from/ })).toBeHidden();
  await page.keyboard.press('Alt+KeyP');
  await page.getByRole('menuitem', { name: 'Break' }).click();
  await expect(panel.state).toContainText('Then pause: \u2068Break\u2069');
  await expect(panel.state).toHaveAttribute('data-state', 'oncall');
  await shot('duty-pending');
  await axe('a pause after the call');
  await page.getByRole('button', { name: 'Cancel pause' }).click();
  await expect(panel.state).not.toContainText('Break');

  await page.getByRole('button', { name: 'Hang up' }).click();
  await settles(panel, 'aftercall');
  const timer = panel.state.getByRole('timer');
  await expect(timer).toHaveText(/^00:(20|1\d)$/);
  await page.getByRole('button', { name: '+1 min' }).click();
  await expect(timer).toHaveText(/^01:(20|1\d)$/);
  await shot('duty-work');
  await axe('after-call work');
  await page.setViewportSize({ width: 320, height: 720 });
  expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
  expect(await panel.state.locator('b').evaluate((word) => word.scrollWidth <= word.clientWidth)).toBe(true);
  await page.getByRole('button', { name: 'Ready now' }).click();
  await settles(panel, 'available');
});

test('a call of the agent’s own: refused, corrected, and placed', async ({ panel, account, shot, axe }) => {
  const { page } = panel;
  await signIn(panel, account);
  await page.getByRole('button', { name: 'Pause', exact: true }).click();
  await page.getByRole('menuitem', { name: 'Break' }).click();
  await settles(panel, 'paused');
  const dial = page.getByRole('form', { name: 'Call a number' });
  const field = dial.getByLabel('Call a number');
  await page.keyboard.press('Alt+KeyC');
  await expect(field).toBeFocused();
  await page.keyboard.type('please call');
  await page.keyboard.press('Enter');
  await expect(dial.getByRole('alert')).toContainText('not a number');
  await field.fill('00 44 20 7946 0321');
  await page.keyboard.press('Enter');
  await expect(dial.getByRole('alert')).toContainText('may not call that number');
  await expect(field).toBeFocused();
  await shot('duty-dial-refused');
  await axe('a refused number');

  const card = panel.card('Calling').or(panel.card('On call'));
  await field.fill('+44 (0)20 7946 0321');
  await page.keyboard.press('Enter');
  await expect(card.getByRole('heading')).toHaveText('+44 20 7946 0321');
  await expect(dial.getByRole('alert')).toBeEmpty();
  await expect(dial).toContainText('End the current call first');
  await shot('duty-dial-placed');
  await axe('an own call');
  await page.getByRole('button', { name: 'Hang up' }).click();
  await expect(page.getByRole('region', { name: 'History' })).toContainText('+44 20 7946 0321');
  await settles(panel, 'paused');
});
