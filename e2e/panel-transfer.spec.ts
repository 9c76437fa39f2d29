import { expect, signIn, test } from './pages/demo';
import { Panel } from './pages/panel';

// A call is handed on in the panel, in the demo, whose callers ring every 20 seconds.

test.describe.configure({ timeout: 240_000 });

/** Until the demo has somebody ring. */
const patience = { timeout: 60_000 };

test('the dialog looks who is there, says why a number is refused, and hands the call to another', async ({
  panel,
  account,
  shot,
  axe,
}) => {
  const { page } = panel;
  await signIn(panel, account);
  const talking = panel.card('On call');
  await expect(talking).toBeVisible(patience);
  const caller = await talking.getByRole('heading').innerText();
  const open = talking.getByRole('button', { name: 'Transfer…' });
  const dialog = page.getByRole('dialog', { name: `Transfer \u2068${caller}\u2069` });
  const field = dialog.getByRole('combobox', { name: 'Name of a colleague, queue or number' });
  const list = dialog.getByRole('listbox', { name: 'Where the call can go' });
  const alert = dialog.getByRole('alert');
  await open.click();
  await expect(field).toBeFocused();
  await expect(list.getByRole('option', { name: 'support' })).toContainText('waiting');
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
  await expect(open).toBeFocused();

  await page.keyboard.press('Enter');
  await expect(field).toBeFocused();
  await page.keyboard.type('nobody there');
  await expect(dialog.getByText(/^Nobody and nothing fits/)).toBeVisible();
  await field.fill('00 44 20 7946 0321');
  await expect(list.getByRole('option')).toHaveText(/\+?00442079460321|00 44 20 7946 0321/);
  await page.keyboard.press('Enter');
  await expect(alert).toContainText('This service may not call that number.');
  await shot('transfer-refused');
  await field.fill('203');
  await page.keyboard.press('Enter');
  await expect(dialog).toBeHidden();
  const ended = panel.card('Transferred');
  await expect(ended).toContainText('Transferred to \u2068203\u2069');
  await shot('transfer-done');
  await axe('a call that was handed on');
  await expect(page.getByRole('region', { name: 'History' })).toContainText(caller);
});

test('to a colleague by keys alone, who is told from whom; and to a queue', async ({
  panel,
  account,
  demo,
  another,
  shot,
  axe,
}) => {
  await signIn(panel, account);
  const grace = new Panel(await another());
  await grace.open(demo.address);
  await signIn(grace, { ...account, fullName: 'Grace Hopper' });
  // Whoever the next caller gets hands him to the other.
  const both = [panel, grace] as const;
  const engaged = async () => {
    for (const [i, one] of both.entries()) if (await one.card('On call').isVisible()) return i;
    return -1;
  };
  await expect.poll(engaged, patience).not.toBe(-1);
  const [giver, taker] = (await engaged()) === 0 ? [panel, grace] : [grace, panel];
  const [from, to] = giver === panel ? ['Ada Lovelace', 'Grace Hopper'] : ['Grace Hopper', 'Ada Lovelace'];
  const { page } = giver;
  await giver.card('On call').getByRole('button', { name: 'Transfer…' }).focus();
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog');
  const chosen = dialog.getByRole('option', { selected: true });
  await expect(chosen).toContainText(`${to}Available`);
  await page.keyboard.press('ArrowDown');
  await expect(chosen).toContainText('support');
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('Enter');
  await expect(giver.card('Transferred')).toContainText(/Transferred to .*20[12]/);
  const given = taker.card('On call');
  await expect(given).toContainText(`Transferred by \u2068${from}\u2069`);
  await expect(taker.customer.getByRole('heading').first()).toBeVisible();
  await shot('transfer-given', taker.page);
  await axe('a call that was given', taker.page);

  // To the queue, then: whoever has a call now. It may end at any moment, and the dialog with it.
  for (const { page: one } of both) {
    await one.emulateMedia({ colorScheme: 'dark' });
    await one.setViewportSize({ width: 390, height: 760 });
  }
  const opens = async () => {
    await expect.poll(engaged, patience).not.toBe(-1);
    const next = both[await engaged()]?.page ?? page;
    await next.getByRole('button', { name: 'Transfer…' }).click({ timeout: 2_000 });
    await next.getByRole('combobox').fill('supp', { timeout: 2_000 });
    await expect(next.getByRole('option')).toHaveCount(1, { timeout: 2_000 });
    return next;
  };
  await expect(async () => {
    const next = await opens();
    await next.getByRole('button', { name: 'Transfer', exact: true }).click({ timeout: 2_000 });
    // The queue may ring the same agent: then the card is that of the new call.
    await expect(next.getByText('Transferred to \u2068support\u2069').first()).toBeVisible({
      timeout: 3_000,
    });
  }).toPass({ timeout: 90_000 });
  await expect(async () => {
    const next = await opens();
    await shot('transfer-phone-dark', next);
    await axe('the dialog on a telephone, dark', next);
    await expect(next.getByRole('dialog')).toBeVisible({ timeout: 1 });
  }).toPass({ timeout: 90_000 });
});
