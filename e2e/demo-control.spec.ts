import { expect, signIn, test } from './pages/demo';
import { Panel } from './pages/panel';

// What the panel does with a call, as the demo shows it: its simulated Asterisk asks colleagues, and
// its telephones take orders.

test.describe.configure({ timeout: 300_000 }); // two browsers, on a machine with more to do
test.use({ asked: true, rings: '60s' }); // the button answers first

/** Asks a colleague, or a number, before the call is handed over, and talks with him. */
async function ask(panel: Panel, who: string, name: string): Promise<void> {
  await panel.card('On call').getByRole('button', { name: 'Transfer…' }).click();
  const dialog = panel.page.getByRole('dialog');
  await dialog.getByText('Ask first').click();
  await dialog.getByRole('combobox').fill(who);
  await expect(dialog.getByRole('option')).toHaveCount(1);
  await dialog.getByRole('combobox').press('Enter');
  await expect(panel.card('On hold')).toContainText(`You are talking with \u2068${name}\u2069`);
}

test('answered, held and resumed at a click; a colleague is asked, and takes the call', async ({
  demo,
  panel: ada,
  accounts: [first, second],
  another,
  shot,
  axe,
}) => {
  if (first === undefined || second === undefined) throw new Error('the demo has two accounts');
  await signIn(ada, first);
  const grace = new Panel(await another({ colorScheme: 'dark' }));
  await grace.open(demo.address);
  await signIn(grace, second);

  await ada.page.getByRole('button', { name: 'Place a call now' }).click();
  await ada.card('Incoming call').getByRole('button', { name: 'Answer' }).click();
  const talking = ada.card('On call');
  const caller = await talking.getByRole('heading').innerText();
  await talking.getByRole('button', { name: 'Hold' }).click();
  await shot('demo-held');
  await axe('on hold');
  await ada.card('On hold').getByRole('button', { name: 'Resume' }).click();
  await expect(talking).toBeVisible();

  await ask(ada, second.operator, second.fullName);
  await expect(grace.card('On call')).toContainText(first.fullName);
  await shot('demo-asking');
  await axe('asking');
  await shot('demo-asked', grace.page);
  await axe('asked', grace.page);
  await ada.card('On hold').getByRole('button', { name: 'Back to the caller' }).click();
  await expect(talking.getByRole('heading')).toHaveText(caller);
  await expect(grace.card('Call ended')).toContainText(first.fullName);

  await ask(ada, second.operator, second.fullName);
  await ada.card('On hold').getByRole('button', { name: 'Hand over' }).click();
  await expect(ada.card('Transferred')).toContainText(caller);
  await expect(grace.card('On call').getByRole('heading')).toHaveText(caller);
  await expect(grace.card('On call')).toContainText(
    `Transferred by \u2068${first.fullName}\u2069 after asking you`,
  );
  await expect(grace.customer.getByRole('heading', { level: 1 })).toHaveText(caller);
  await shot('demo-given', grace.page);
  await axe('given', grace.page);

  // Nobody sits at the third desk, and its telephone is answered all the same.
  await grace.page.setViewportSize({ width: 390, height: 800 });
  await ask(grace, '203', '203');
  await shot('demo-asking-phone', grace.page);
  await axe('asking, phone width', grace.page);
  expect(await grace.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
  await grace.card('On hold').getByRole('button', { name: 'Hand over' }).click();
  await expect(grace.card('Transferred')).toContainText(caller);
});
