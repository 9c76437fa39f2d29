import { expect, test } from './pages/lab';

// What an agent sees when the server, or Asterisk, goes away in the middle of a call.

test('the server goes away and comes back in the middle of a call', async ({
  lab,
  ada,
  guard,
  shot,
  axe,
}) => {
  guard.allow(
    /\/ws.*WebSocket connection/,
    /WebSocket handshake: Unexpected response code: 503/,
    /ERR_CONNECTION_REFUSED/,
    /ERR_EMPTY_RESPONSE/,
    /ERR_CONNECTION_RESET/,
  );
  const call = await lab.call('101', { name: 'Camille Durand' });
  await lab.phone('201', 'answer');
  await expect(ada.customer.getByRole('heading', { name: 'Customer 12345' })).toBeVisible();

  await lab.server('stop');
  const banner = ada.page.getByRole('region', { name: 'Notices' });
  await expect(banner).toContainText(/restarting|Connection lost/);
  await expect(ada.state).toHaveAttribute('data-state', 'lost');
  await expect(ada.page.getByText('Reconnecting', { exact: true })).toBeVisible();
  await expect(ada.card('On call')).toBeVisible(); // the call goes on, whoever watches
  await shot('outage-server');
  await axe('server lost');

  await lab.server('start');
  await ada.page
    .getByRole('button', { name: 'Try now' })
    .click({ timeout: 5_000 })
    .catch(() => {
      // It came back by itself first.
    });
  await expect(ada.page.getByText('Connected', { exact: true })).toBeVisible({ timeout: 20_000 });
  await expect(ada.card('On call').getByRole('heading')).toHaveText('Camille Durand');
  await expect(ada.variable(ada.card('On call'), 'calldata')).toHaveText('12345');

  await lab.hangUp(call);
  await expect(ada.card('Call ended')).toBeVisible();
  expect(await lab.visits(), 'a second pop').toEqual(['number=200&id=12345']);
});

test('Asterisk goes away and comes back', async ({ lab, ada, shot, axe }) => {
  await lab.call('101');
  await lab.phone('201', 'answer');
  await expect(ada.card('On call')).toBeVisible();

  await lab.asterisk('stop');
  const alert = ada.page.getByRole('alert').filter({ hasText: 'Asterisk is not connected' });
  await expect(alert).toBeVisible();
  await expect(ada.state).toHaveAttribute('data-state', 'link-down');
  await shot('outage-asterisk');
  await axe('Asterisk lost');

  await lab.asterisk('start');
  await expect(alert).toBeHidden({ timeout: 20_000 });
  await expect(ada.state).toHaveAttribute('data-state', 'available');

  await lab.reset();
  const call = await lab.call('102');
  await lab.phone('201', 'answer');
  await expect(ada.customer.getByRole('heading', { name: 'Customer 12345' })).toBeVisible();
  await lab.hangUp(call);
  expect(await lab.visits()).toEqual(['number=200&id=12345']);
});
