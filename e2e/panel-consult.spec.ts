import { expect, type Lab, test } from './pages/lab';
import type { Panel } from './pages/panel';

// Asking a colleague first, in the panel, on real Asterisk with real telephones.

test.use({ queue: true });

/** Ada has a caller, and asks Grace, whose telephone rings. Returns the call. */
async function asks(lab: Lab, ada: Panel): Promise<number> {
  await lab.phone('202', 'busy'); // it is Ada's call
  const call = await lab.call('151', { name: 'Camille Durand' });
  await lab.phone('201', 'answer');
  await expect(ada.card('On call').getByRole('heading')).toHaveText('Camille Durand');
  await lab.phone('202', 'ring');
  await ada.page.keyboard.press('Alt+KeyX');
  const dialog = ada.page.getByRole('dialog');
  await dialog.getByText('Ask first').click();
  await dialog.getByRole('combobox').fill('grace');
  await expect(dialog.getByRole('option', { name: 'Grace Hopper' })).toContainText('Available');
  await dialog.getByRole('combobox').press('Enter');
  await expect(ada.card('On hold')).toContainText('The phone of \u2068Grace Hopper\u2069 is ringing');
  await expect(dialog).toBeHidden();
  return call;
}

/** The call is over, and so is the work after it: the next story begins. */
async function done(panel: Panel): Promise<void> {
  await expect(panel.card('Call ended')).toBeVisible();
  await panel.page.getByRole('button', { name: 'Ready now' }).click();
  await panel.ready();
}

test('the agent goes back to the caller', async ({ lab, ada, grace, shot }) => {
  const call = await asks(lab, ada);
  await expect(grace.card('Internal call')).toContainText('Ada Lovelace');
  await shot('consult-ringing', ada.page);
  await ada.card('On hold').getByRole('button', { name: 'Back to the caller' }).click();
  await expect(ada.card('On call').getByRole('heading')).toHaveText('Camille Durand');
  await expect(ada.page.getByText('Nobody took the call')).toBeHidden();
  await expect(grace.card('Internal call')).toBeHidden();
  await ada.card('On call').getByRole('button', { name: 'Hang up' }).click();
  await lab.hangUp(call);
  await done(ada);
});

test('the colleague does not answer', async ({ lab, ada, grace }) => {
  const call = await asks(lab, ada);
  // The lab's Asterisk waits four seconds for whoever is asked.
  await expect(ada.card('On call').getByRole('alert')).toContainText('Nobody took the call');
  await expect(grace.page.getByRole('article', { name: 'On call' })).toHaveCount(0);
  await lab.hangUp(call);
  await done(ada);
});

test('the colleague answers, and gets the call', async ({ lab, ada, grace, shot }) => {
  const call = await asks(lab, ada);
  const held = ada.card('On hold');
  await lab.phone('202', 'answer');
  await expect(held).toContainText('You are talking with \u2068Grace Hopper\u2069');
  await ada.page.reload();
  await expect(held).toContainText('You are talking with \u2068Grace Hopper\u2069');
  await held.getByRole('button', { name: 'Hand over' }).click();
  await expect(ada.page.getByText(/Transferred/).first()).toBeVisible();
  const given = grace.card('On call');
  await expect(given.getByRole('heading')).toHaveText('Camille Durand');
  await expect(given).toContainText('Transferred by \u2068Ada Lovelace\u2069 after asking you');
  await expect(grace.customer.getByRole('heading', { name: 'Customer 12345' })).toBeVisible();
  await shot('consult-given', grace.page);
  await lab.hangUp(call);
  await expect(grace.card('Call ended')).toBeVisible();
});
