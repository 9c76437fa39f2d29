import type { Page } from '@playwright/test';
import { call, expect, type Played, test } from './pages/played';

// A sign-in that expires while the agent works: nothing he has before him goes, and nothing that he
// types ends in the password. The server's side is played.

const at = Date.now() - 65_000;
const talking = (changes: object = {}) =>
  call({ phase: 'talking', state: 'Up', answered: at, since: at, ...changes });

async function expire(page: Page, played: Played): Promise<void> {
  played.signedIn = false;
  await played.cut();
  await expect(strip(page)).toBeVisible();
}

const strip = (page: Page) =>
  page.getByRole('region', { name: 'Notices' }).getByText(/^Your sign-in has expired\./);

test('in a call the password is asked for, with everything in sight', async ({
  open,
  played,
  guard,
  demo,
  shot,
  axe,
}) => {
  const visits: string[] = [];
  const panel = await open({ calls: [call()] });
  const { page } = panel;
  page.on('request', (request) => {
    if (new URL(request.url()).pathname === '/demo/customer') visits.push(request.url());
  });
  const action = {
    action: { type: 'browser', url: `${demo.address}/demo/customer?id=12345`, target: 'pane' },
  };
  played.tell('Link', talking(action), action);
  await expect(panel.screens).toHaveCount(1);
  guard.allow(/\/ws/);
  await expire(page, played);
  await expect(page.getByLabel('User name')).toHaveValue('ada');
  await expect(page.getByLabel('Password')).toBeFocused();
  const card = panel.card('On call');
  await expect(card.getByRole('heading')).toHaveText('Camille Durand');
  await expect(card.getByRole('button', { name: 'Hang up' })).toHaveAttribute('aria-disabled', 'true');
  await expect(panel.state).toHaveAttribute('data-state', 'lost');
  await shot('expired');
  await axe('an expired sign-in');
  await page.setViewportSize({ width: 390, height: 844 });
  await page.emulateMedia({ colorScheme: 'dark' });
  await shot('expired-phone');
  await axe('an expired sign-in at phone width');
  await page.setViewportSize({ width: 1280, height: 800 });

  await page.keyboard.type('secret');
  await page.keyboard.press('Enter');
  await expect(strip(page)).toHaveCount(0);
  await expect(panel.state).toHaveAttribute('data-state', 'oncall');
  await expect(panel.variable(card, 'calldata')).toHaveText('12345');
  await expect(page.locator('#call')).toBeFocused();
  await expect(panel.screens).toHaveCount(1);
  expect(visits, 'the page opens once').toHaveLength(1);
});

test('who is writing a note goes on writing, and it is saved after the sign-in', async ({
  open,
  played,
  guard,
  shot,
}) => {
  const services = [{ name: 'Support', direction: 'inbound', queue: 'support', dispositions: ['Solved'] }];
  const panel = await open({ calls: [talking()], also: { notes: true, services } });
  const { page } = panel;
  const note = page.getByRole('textbox', { name: 'Note' });
  await note.click();
  await page.keyboard.type('He asked');
  guard.allow(/\/ws/);
  await expire(page, played);
  await page.keyboard.type(' for an offer');
  await expect(note).toBeFocused();
  await expect(note).toHaveValue('He asked for an offer');
  await expect(page.getByLabel('Password')).toHaveValue('');
  await shot('expired-writing');
  await page.getByLabel('Password').fill('secret');
  await page.keyboard.press('Enter');
  await expect(strip(page)).toHaveCount(0);
  await expect(note).toBeFocused();
  await expect(note).toHaveValue('He asked for an offer');
  await expect
    .poll(() => played.sent.filter(({ command }) => command === 'note').at(-1))
    .toMatchObject({ text: 'He asked for an offer' });
});

test('who is typing in the customer screen goes on there', async ({ open, played, guard, demo, context }) => {
  await context.route('**/demo/customer?*', (route) =>
    route.fulfill({ body: '<title>CRM</title><input aria-label="Order">', contentType: 'text/html' }),
  );
  const panel = await open({ calls: [call()] });
  const { page } = panel;
  const action = {
    action: { type: 'browser', url: `${demo.address}/demo/customer?id=12345`, target: 'pane' },
  };
  played.tell('Link', talking(action), action);
  const order = panel.customer.getByLabel('Order');
  await order.click();
  await page.keyboard.type('12');
  guard.allow(/\/ws/);
  await expire(page, played);
  await page.keyboard.type('34');
  await expect(order).toHaveValue('1234');
  await expect(page.getByLabel('Password')).toHaveValue('');
});
