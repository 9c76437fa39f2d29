import { expect, test } from './pages/lab';

// Real Asterisk, real phones: a caller keys 12345, an agent's phone answers, and his panel,
// no other, shows the customer's page. Runs for each version of Asterisk.

test('a call of a service pops for the agent who answers, once', async ({ lab, ada, grace, shot }) => {
  const call = await lab.call('101', { name: 'Camille Durand' });
  for (const panel of [ada, grace]) {
    const card = panel.card('Incoming call');
    await expect(card.getByRole('heading')).toHaveText('Camille Durand');
    await expect(card).toContainText('Support');
    await expect(panel.variable(card, 'calldata')).toHaveText('12345');
    await expect(panel.screens).toHaveCount(0);
  }
  await shot('real-ringing', grace.page);

  await lab.phone('201', 'answer');
  await expect(ada.card('On call').getByRole('heading')).toHaveText('Camille Durand');
  await expect(ada.customer.getByRole('heading', { name: 'Customer 12345' })).toBeVisible();
  await expect(ada.state).toHaveAttribute('data-state', 'oncall');
  await expect(grace.card('Call ended')).toContainText('A colleague answered.');
  await expect(grace.state).toHaveAttribute('data-state', 'available');
  await shot('real-answered', ada.page);

  await lab.hangUp(call);
  await expect(ada.card('Call ended')).toBeVisible();
  await expect(ada.state).toHaveAttribute('data-state', 'available');
  await expect(grace.screens).toHaveCount(0);
  expect(await lab.visits()).toEqual(['number=200&id=12345']);
});

test('a call of a queue pops for the member who answers, once', async ({ lab, ada, grace }) => {
  const call = await lab.call('102', { name: 'Zoë Müller' });
  await expect(ada.card('Incoming call')).toContainText('astcti-queue');
  await expect(grace.card('Incoming call')).toContainText('Sales');

  await lab.phone('202', 'answer');
  await expect(grace.card('On call').getByRole('heading')).toHaveText('Zoë Müller');
  await expect(grace.customer.getByRole('heading', { name: 'Customer 12345' })).toBeVisible();
  await expect(ada.card('Call ended')).toContainText('A colleague answered.');

  await lab.hangUp(call);
  await expect(grace.card('Call ended')).toBeVisible();
  await expect(ada.screens).toHaveCount(0);
  expect(await lab.visits()).toEqual(['number=200&id=12345']);
});

test('a call that is transferred brings its page, and says from whom it comes', async ({
  lab,
  ada,
  grace,
  shot,
  axe,
}) => {
  await lab.phone('202', 'busy');
  const call = await lab.call('101', { name: 'Camille Durand' });
  await lab.phone('201', 'answer');
  await expect(ada.customer.getByRole('heading', { name: 'Customer 12345' })).toBeVisible();
  await lab.phone('202', 'ring');
  await lab.transfer('201', '202');

  const card = grace.card('Incoming call');
  await expect(card.getByRole('heading')).toHaveText('Camille Durand');
  await expect(card).toContainText('Transferred by \u2068Ada Lovelace\u2069');
  await expect(grace.variable(card, 'calldata')).toHaveText('12345');
  await shot('real-transfer-ringing', grace.page);
  await axe('a transferred call', grace.page);
  await expect(ada.page.getByText(/Transferred to .*Grace Hopper/).first()).toBeVisible();
  await shot('real-transfer-handed-on', ada.page);

  await lab.phone('202', 'answer');
  await expect(grace.customer.getByRole('heading', { name: 'Customer 12345' })).toBeVisible();
  await expect(grace.card('On call')).toContainText('Ada Lovelace');
  await grace.page.emulateMedia({ colorScheme: 'dark' });
  await shot('real-transfer-dark', grace.page);
  await lab.phone('201', 'hangup');
  await lab.hangUp(call);
  await expect(grace.card('Call ended')).toBeVisible();
  expect(await lab.visits()).toEqual(['number=200&id=12345', 'number=200&id=12345']);
});

test('a caller who gives up leaves a missed call and no page', async ({ lab, ada }) => {
  const call = await lab.call('101');
  await expect(ada.card('Incoming call')).toBeVisible();
  await lab.hangUp(call);
  await expect(ada.card('Missed call')).toContainText('The caller hung up before you answered.');
  await expect(ada.state).toHaveAttribute('data-state', 'available');
  await expect(ada.screens).toHaveCount(0);
  expect(await lab.visits()).toEqual([]);
});

test('a reload in the middle of a call shows the call and opens nothing again', async ({ lab, ada }) => {
  const call = await lab.call('101');
  await lab.phone('201', 'answer');
  await expect(ada.customer.getByRole('heading', { name: 'Customer 12345' })).toBeVisible();
  await ada.page.reload();
  await expect(ada.card('On call')).toBeVisible();
  await expect(ada.variable(ada.card('On call'), 'calldata')).toHaveText('12345');
  await lab.hangUp(call);
  await expect(ada.card('Call ended')).toBeVisible();
  expect(await lab.visits()).toEqual(['number=200&id=12345']);
});

test('who pauses is called by no queue, until he is ready', async ({ lab, ada, grace, shot }) => {
  await ada.page.getByRole('button', { name: 'Pause', exact: true }).click();
  await ada.page.getByRole('menuitem', { name: 'Lunch' }).click();
  await expect(ada.state).toHaveAttribute('data-state', 'paused');
  const paused = await lab.call('102');
  await expect(grace.card('Incoming call')).toContainText('Sales');
  await expect(ada.page.getByRole('region', { name: 'Queues' })).toContainText('1 caller waiting');
  await expect(ada.page.getByRole('article')).toHaveCount(0);
  await shot('real-paused', ada.page);
  await lab.hangUp(paused);
  await expect(grace.card('Missed call')).toBeVisible();

  await ada.page.getByRole('button', { name: 'Ready', exact: true }).click();
  await expect(ada.state).toHaveAttribute('data-state', 'available');
  const call = await lab.call('102');
  await expect(ada.card('Incoming call')).toContainText('Sales');
  await lab.hangUp(call);
});

test('a call of the agent’s own rings his telephone, then the number', async ({ lab, ada, shot }) => {
  const dial = ada.page.getByRole('form', { name: 'Call a number' });
  const field = dial.getByLabel('Call a number');
  await field.fill('203');
  await field.press('Enter');
  const card = ada.card('Calling');
  await expect(card.getByRole('heading')).toHaveText('203');
  await expect(card).toContainText('Answer your phone; then the number is called.');
  await shot('real-own-call', ada.page);
  await lab.phone('201', 'answer');
  await lab.phone('203', 'answer');
  await expect(ada.card('On call').getByRole('heading')).toHaveText('203');
  await expect(ada.card('On call')).toContainText('Callback');
  await expect(ada.screens).toHaveCount(1);
  await lab.phone('201', 'hangup');
  await expect(ada.state).toHaveAttribute('data-state', 'available');
  await expect(ada.page.getByRole('region', { name: 'History' })).toContainText('203');
  expect(await lab.visits()).toEqual(['number=203']);

  await expect(field).toHaveValue('');
  await lab.phone('201', 'busy');
  await field.press('ArrowUp');
  await field.press('Enter');
  await expect(dial.getByRole('alert')).toHaveText('Your phone is busy. Hang up, then call again.');
  await expect(field).toHaveValue('203');
  await expect(ada.state).toHaveAttribute('data-state', 'available');
});

test('whatever callers call themselves is text', async ({ lab, ada }) => {
  const names = [
    '<script>alert(1)</script>',
    '"><img src=x onerror=alert(1)>',
    '\u202egnp.exe\u202c',
    'x'.repeat(4096),
  ];
  // Asterisk keeps the backslashes that quote a name, and cuts a long one.
  const shown = [
    /^<script>alert\(1\)<\/script>$/,
    /^\\?"><img src=x onerror=alert\(1\)>$/,
    /gnp\.exe/,
    /^x{64}/,
  ];
  for (const [i, name] of names.entries()) {
    const call = await lab.call('101', { name });
    await expect(ada.card('Incoming call').getByRole('heading')).toHaveText(shown[i] ?? name);
    await lab.phone('201', 'answer');
    await expect(ada.customer.getByRole('heading', { name: 'Customer 12345' })).toBeVisible();
    await expect(ada.page.locator('article').locator('img, script')).toHaveCount(0);
    expect(await ada.page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
    await lab.hangUp(call);
    await expect(ada.card('Call ended')).toBeVisible();
    await lab.reset();
  }
});
