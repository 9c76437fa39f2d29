import type { Page } from '@playwright/test';
import { expect, test } from './pages/lab';
import type { Panel } from './pages/panel';

// A day in the life of three agents, told in order: real Asterisk, real telephones, and three
// browsers at once. Linus has the telephone 203; Ada and Grace as ever.

/** What the browser says of a server that is not there. */
const away = [
  /\/ws.*WebSocket connection/,
  /WebSocket handshake: Unexpected response code: 503/,
  /ERR_CONNECTION_(REFUSED|RESET)/,
  /ERR_EMPTY_RESPONSE/,
];

/** Chooses a language in the menu, which never loads the page anew. */
async function speak(page: Page, language: string): Promise<void> {
  const menu = page.locator('[popovertarget="user-menu"]');
  await menu.click();
  await page.locator('#menu-language').selectOption(language);
  await page.keyboard.press('Escape');
  await expect(page.locator('html')).toHaveAttribute('lang', language);
}

test('three agents, a day', async ({ lab, ada, grace, linus, guard, shot, axe }) => {
  test.setTimeout(600_000);
  const everybody = [ada, grace, linus];
  for (const { page } of everybody) {
    await page.evaluate(() => Object.assign(window, { sameDocument: true }));
  }

  /** Pictures of a station: light, dark and a telephone's width, in one language or in three. */
  const portray = async (name: string, { page }: Panel, all = false) => {
    await axe(name, page);
    for (const language of all ? ['it', 'de', 'en'] : ['en']) {
      if (all) await speak(page, language);
      const named = `day-${name}-${language}`;
      await shot(named, page);
      await page.emulateMedia({ colorScheme: 'dark' });
      await shot(`${named}-dark`, page);
      await page.emulateMedia({ colorScheme: 'light' });
      await page.setViewportSize({ width: 390, height: 780 });
      expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
      await shot(`${named}-phone`, page);
      await page.setViewportSize({ width: 1280, height: 800 });
    }
    await page.emulateMedia({ colorScheme: 'dark' });
    // The colours of buttons take a moment to change.
    await page.evaluate(() =>
      Promise.allSettled(
        document
          .getAnimations()
          .filter((one) => one instanceof CSSTransition)
          .map((one) => one.finished),
      ),
    );
    await axe(`${name}, dark`, page, ['color-contrast']);
    await page.emulateMedia({ colorScheme: 'light' });
  };
  const history = ({ page }: Panel) => page.getByRole('region', { name: 'History' });
  const queues = ({ page }: Panel) => page.getByRole('region', { name: 'Queues' });
  const button = ({ page }: Panel, name: string) => page.getByRole('button', { name, exact: true });
  const state = (panel: Panel, is: string) => expect(panel.state).toHaveAttribute('data-state', is);
  const pause = async (panel: Panel, reason: string) => {
    await button(panel, 'Pause').click();
    await panel.page.getByRole('menuitem', { name: reason }).click();
  };
  const shown = (panel: Panel) =>
    expect(panel.customer.getByRole('heading', { name: 'Customer 12345' })).toBeVisible();

  await test.step('each is at his seat, and in the queue', async () => {
    for (const panel of everybody) await expect(queues(panel)).toContainText('agents-queue');
    await expect(queues(linus).getByText('Taking calls')).toHaveCount(2);
    await portray('seat', linus);
  });

  let call = 0;
  await test.step('a customer rings all three, and his page opens for who answers', async () => {
    call = await lab.call('151', { from: '300', name: 'Camille Durand', digits: '' });
    for (const panel of everybody) {
      const card = panel.card('Incoming call');
      await expect(card.getByRole('heading', { name: 'Camille Durand' })).toBeVisible();
      await expect(card).toContainText('Orders');
      await expect(panel.variable(card, 'Account')).toHaveText('12345');
      await expect(panel.screens).toHaveCount(0);
    }
    await portray('ringing', linus);
    await lab.phone('201', 'answer');
    await shown(ada);
    await state(ada, 'oncall');
    for (const panel of [grace, linus]) {
      await expect(panel.card('Call ended')).toContainText('A colleague answered.');
      await state(panel, 'available');
    }
    await portray('talking', ada, true);
  });

  await test.step('she notes what came of it', async () => {
    const card = ada.card('On call');
    await card.getByRole('radio', { name: 'Ordered' }).click();
    await card
      .getByRole('textbox', { name: 'Note' })
      .fill('Two of the blue ones.\nSend the bill to the office.');
    await expect(card.getByText('Saved', { exact: true })).toBeVisible();
    await shot('day-note', ada.page);
  });

  await test.step('hold and resume at the telephone', async () => {
    await lab.phone('201', 'hold');
    await expect(ada.card('On hold')).toBeVisible();
    await state(ada, 'held');
    await portray('held', ada);
    await lab.phone('201', 'resume');
    await expect(ada.card('On call')).toBeVisible();
    await state(ada, 'oncall');
  });

  await test.step('she hands the call on to Grace, whose page opens too', async () => {
    await ada.card('On call').getByRole('button', { name: 'Transfer…' }).click();
    const dialog = ada.page.getByRole('dialog', { name: /^Transfer/ });
    await expect(dialog.getByRole('option', { name: /Grace Hopper/ })).toContainText('Available');
    await portray('transfer', ada);
    await dialog.getByRole('combobox').fill('grace');
    await ada.page.keyboard.press('Enter');
    const card = grace.card('Incoming call');
    await expect(card.getByRole('heading', { name: 'Camille Durand' })).toBeVisible();
    await expect(card).toContainText('Transferred by \u2068Ada Lovelace\u2069');
    await expect(grace.variable(card, 'Account')).toHaveText('12345');
    await portray('handed', grace);
    await lab.phone('202', 'answer');
    await shown(grace);
    await state(grace, 'oncall');
    await expect(history(ada)).toContainText('Camille Durand');
    await expect(history(ada)).toContainText('Two of the blue ones.');
    await state(ada, 'aftercall');
    await button(ada, 'Ready now').click();
    await state(ada, 'available');
  });

  await test.step('one pauses after his call, one at once; whoever is left gets the calls', async () => {
    await pause(grace, 'Break');
    await expect(grace.state).toContainText('Then pause: \u2068Break\u2069');
    await state(grace, 'oncall');
    await pause(linus, 'Lunch');
    await state(linus, 'paused');
    await expect(linus.state).toContainText('Lunch');
    await portray('paused', linus, true);
    await lab.hangUp(call);
    await state(grace, 'paused');
    await expect(grace.state).toContainText('Break');

    call = await lab.call('151', { from: '200', name: 'Zoë Müller', digits: '' });
    await expect(ada.card('Incoming call')).toContainText('Orders');
    await lab.phone('201', 'answer');
    await shown(ada);
    for (const panel of [grace, linus]) await expect(panel.card('Incoming call')).toHaveCount(0);
  });

  await test.step('she asks a colleague first, and goes back to the customer', async () => {
    await ada.card('On call').getByRole('button', { name: 'Transfer…' }).click();
    const dialog = ada.page.getByRole('dialog', { name: /^Transfer/ });
    await dialog.getByText('Ask first').click();
    await shot('day-ask', ada.page);
    await dialog.getByRole('combobox').fill('linus');
    await ada.page.keyboard.press('Enter');
    await lab.phone('203', 'answer');
    const held = ada.card('On hold');
    await expect(held).toContainText('You are talking with \u2068Linus Pauling\u2069');
    await portray('asking', ada);
    await shot('day-asked', linus.page);
    await held.getByRole('button', { name: 'Back to the caller' }).click();
    await expect(ada.card('On call').getByRole('heading', { name: 'Zoë Müller' })).toBeVisible();
    await state(linus, 'paused');
    await expect(linus.screens).toHaveCount(0);
  });

  let waiting = 0;
  await test.step('nobody is free: the next customer waits, and all see it', async () => {
    waiting = await lab.call('151', { from: '301', name: 'Noor Haddad', digits: '' });
    for (const panel of everybody) await expect(queues(panel)).toContainText('1 caller waiting');
    await shot('day-waiting-grace', grace.page);
    await portray('waiting', ada);
  });

  await test.step('work after the call, a minute more of it, and ready', async () => {
    await ada.card('On call').getByRole('button', { name: 'Hang up' }).click();
    await state(ada, 'aftercall');
    const timer = ada.state.getByRole('timer');
    await expect(timer).toHaveText(/^0(5:00|4:\d\d)$/);
    await button(ada, '+1 min').click();
    await expect(timer).toHaveText(/^0(6:00|5:\d\d)$/);
    await portray('work', ada, true);
    await expect(queues(ada)).toContainText('1 caller waiting');
    await button(ada, 'Ready now').click();
  });

  await test.step('a missed call is in the history, marked, and called back', async () => {
    await expect(ada.card('Incoming call').getByRole('heading', { name: 'Noor Haddad' })).toBeVisible();
    await lab.hangUp(waiting);
    await expect(ada.card('Missed call')).toContainText('The caller hung up before you answered.');
    const missed = history(ada).getByRole('listitem').filter({ hasText: 'Noor Haddad' });
    await expect(missed).toHaveAttribute('data-outcome', 'missed');
    await state(ada, 'available');
    await portray('missed', ada);
    await missed.getByRole('button', { name: /^Call .* back$/ }).click();
    await expect(ada.page.getByRole('textbox', { name: 'Call a number' })).toHaveValue('301');
    await ada.page.keyboard.press('Enter');
    await expect(ada.card('Calling').getByRole('heading').first()).toHaveText('301');
    // It was asked for far below, in the history.
    await expect(ada.card('Calling').getByRole('heading').first()).toBeInViewport();
    await lab.phone('201', 'answer');
    await shot('day-calling', ada.page);
    await lab.phone('301', 'answer');
    await expect(ada.card('On call')).toContainText('Callback');
    await expect(ada.customer.getByText('Called from 301.')).toBeVisible();
  });

  await test.step('another is ready again, and calls a customer', async () => {
    await button(linus, 'Ready').click();
    await state(linus, 'available');
    const field = linus.page.getByRole('textbox', { name: 'Call a number' });
    await field.fill('300');
    await field.press('Enter');
    await lab.phone('203', 'answer');
    await lab.phone('300', 'answer');
    await expect(linus.card('On call').getByRole('heading').first()).toHaveText('300');
    await expect(linus.customer.getByText('Called from 300.')).toBeVisible();
  });

  const visits = [
    'number=300&id=12345', // Ada
    'number=300&id=12345', // Grace, to whom she handed it on
    'number=200&id=12345',
    'number=301',
    'number=300',
  ];
  const told = async () => {
    const all: string[][] = [];
    for (const panel of everybody) {
      all.push(await history(panel).getByRole('listitem').locator('.history-who b').allInnerTexts());
    }
    return all;
  };

  await test.step('the server is killed in the middle of two calls, and starts again', async () => {
    expect(await lab.visits()).toEqual(visits);
    const before = await told();
    guard.allow(...away);
    await lab.server('kill');
    for (const panel of everybody) {
      await state(panel, 'lost');
      await expect(panel.page.getByText('Reconnecting', { exact: true })).toBeVisible();
    }
    for (const panel of [ada, linus]) await expect(panel.card('On call')).toBeVisible();
    // No more than that: the longer it is away, the less often it is tried.
    await shot('day-away', ada.page);
    await lab.server('start');
    const ready = Date.now();
    for (const { page } of everybody) {
      await expect(page.getByText('Connected', { exact: true })).toBeVisible({ timeout: 20_000 });
    }
    console.log(`all three are back ${Date.now() - ready} ms after the server`);
    await state(ada, 'oncall');
    await state(linus, 'oncall');
    await state(grace, 'paused');
    await expect(ada.card('On call').getByRole('heading').first()).toHaveText('301');
    await expect(linus.card('On call').getByRole('heading').first()).toHaveText('300');
    await expect(ada.card('On call')).toContainText('Callback');
    await expect(ada.card('On call')).toContainText('Shown in the panel');
    await expect(ada.page.getByText('Last call:')).toHaveCount(0);
    await expect.poll(told).toEqual(before);
    expect(await lab.visits(), 'a second pop').toEqual(visits);
    await portray('back', ada, true);
  });

  await test.step('the calls end, all of them are in the history, and all go home', async () => {
    await lab.phone('201', 'hangup');
    await lab.phone('203', 'hangup');
    await state(ada, 'available');
    await state(linus, 'available');
    const outcomes = history(ada).getByRole('listitem');
    await expect(outcomes).toHaveCount(4);
    await expect(outcomes.first()).toContainText('301');
    const first = outcomes.filter({ hasText: 'Camille Durand' });
    await expect(first).toContainText('Ordered');
    await first.getByRole('button', { name: /^Details/ }).click();
    await expect(first.getByRole('textbox', { name: 'Note' })).toHaveValue(/Send the bill/);
    await portray('evening', ada, true);
    for (const { page } of everybody) {
      expect(await page.evaluate(() => 'sameDocument' in window), 'loaded anew').toBe(true);
      await page.getByRole('button', { name: 'Your menu' }).click();
      await page.getByRole('button', { name: 'Sign out' }).click();
      await expect(page.getByText('You are signed out.')).toBeVisible();
    }
    await shot('day-out', grace.page);
    expect(await lab.visits()).toEqual(visits);
  });
});
