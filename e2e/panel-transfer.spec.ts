import { callIn, expect, signIn, test } from './pages/demo';
import { Panel } from './pages/panel';

// A call is handed on in the panel, in the demo, whose callers stay until somebody hangs up.

test.describe.configure({ timeout: 180_000 });
test.use({ asked: true });

test('the dialog looks who is there, says why a number is refused, and hands the call to another', async ({
  panel,
  account,
  shot,
  axe,
}) => {
  const { page } = panel;
  await signIn(panel, account);
  await callIn(panel);
  const talking = panel.card('On call');
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
  const { page } = panel;
  await signIn(panel, account);
  await callIn(panel);
  const grace = new Panel(await another());
  await grace.open(demo.address);
  await signIn(grace, { ...account, fullName: 'Grace Hopper' });
  await page.bringToFront();
  await panel.card('On call').getByRole('button', { name: 'Transfer…' }).focus();
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog');
  const chosen = dialog.getByRole('option', { selected: true });
  await expect(chosen).toContainText('Grace HopperAvailable');
  await page.keyboard.press('ArrowDown');
  await expect(chosen).toContainText('support');
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('Enter');
  await expect(panel.card('Transferred')).toContainText('Transferred to \u2068Grace Hopper\u2069');
  const given = grace.card('On call');
  await expect(given).toContainText('Transferred by \u2068Ada Lovelace\u2069');
  await expect(grace.customer.getByRole('heading').first()).toBeVisible();
  await shot('transfer-given', grace.page);
  await axe('a call that was given', grace.page);

  // And she to the queue, on a telephone.
  await grace.page.emulateMedia({ colorScheme: 'dark' });
  await grace.page.setViewportSize({ width: 390, height: 760 });
  await given.getByRole('button', { name: 'Transfer…' }).click();
  const hers = grace.page.getByRole('dialog');
  await hers.getByRole('combobox').fill('supp');
  await expect(hers.getByRole('option')).toHaveCount(1);
  await shot('transfer-phone-dark', grace.page);
  await axe('the dialog on a telephone, dark', grace.page);
  await hers.getByRole('button', { name: 'Transfer', exact: true }).click();
  // The queue may ring her again: then the card is that of the new call.
  await expect(grace.page.getByText('Transferred to \u2068support\u2069').first()).toBeVisible();
});
