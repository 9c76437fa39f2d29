import type { BrowserContext, Page } from '@playwright/test';
import { expect, test } from './pages/lab';

// Customer screens in a window of their own, where the browser has a say: it opens one only
// for a click. Whatever Playwright asks a page counts as a click for five seconds, so nothing
// is asked between the page's load and the pop; the page tells by itself, on its console.

async function tellOpenings(context: BrowserContext): Promise<void> {
  await context.addInitScript(() => {
    const open = window.open.bind(window);
    window.open = (...wanted) => {
      const opened = open(...wanted);
      console.debug(`window.open: ${opened === null ? 'blocked' : 'opened'}`);
      return opened;
    };
  });
}

/** What becomes of the next window.open. */
async function opening(page: Page): Promise<string> {
  const message = await page.waitForEvent('console', (said) => said.text().startsWith('window.open: '));
  return message.text().slice('window.open: '.length);
}

/** Loads the panel anew, so that no click counts any more, and waits until it is connected. */
async function withoutClick(page: Page): Promise<void> {
  const snapshot = page
    .waitForEvent('websocket')
    .then((socket) => socket.waitForEvent('framereceived', ({ payload }) => payload.includes('"snapshot"')));
  await page.reload();
  await snapshot;
}

test('blocked at first, the window opens by one click, then by itself', async ({
  lab,
  ada,
  context,
  shot,
  axe,
}) => {
  const { page } = ada;
  await tellOpenings(context);
  await ada.openScreens('In the customer window');

  await withoutClick(page);
  let happened = opening(page);
  const first = await lab.call('101');
  await lab.phone('201', 'answer');
  expect(await happened).toBe('blocked');
  await expect(page.getByRole('alert').filter({ hasText: 'The browser blocked' })).toBeVisible();
  await shot('window-blocked');
  await axe('window blocked');
  expect(await lab.visits()).toEqual([]);

  const window = context.waitForEvent('page');
  happened = opening(page);
  // As long as a finger takes: nothing may move between its coming down and its going up, not even
  // because the first click lets the ring be heard.
  await expect(page.getByText('The browser keeps the ring silent until you click.')).toBeVisible();
  await ada.card('On call').getByRole('button', { name: 'Open customer screen' }).click({ delay: 500 });
  expect(await happened).toBe('opened');
  await expect(page.getByText('The browser keeps the ring silent')).toBeHidden();
  const customer = await window;
  await expect(customer.getByRole('heading', { name: 'Customer 12345' })).toBeVisible();
  await lab.hangUp(first);
  await expect(ada.card('Call ended')).toBeVisible();

  await withoutClick(page);
  happened = opening(page);
  const second = await lab.call('101', { digits: '54321' });
  await lab.phone('201', 'answer');
  expect(await happened).toBe('opened');
  await expect(customer.getByRole('heading', { name: 'Customer 54321' })).toBeVisible();
  await expect(ada.card('On call')).toContainText('Opened in the customer window');
  expect(context.pages()).toHaveLength(2);
  await lab.hangUp(second);
  expect(await lab.visits()).toEqual(['number=200&id=12345', 'number=200&id=54321']);
});

test('a new tab that is blocked has its button', async ({ lab, ada, context }) => {
  const { page } = ada;
  await tellOpenings(context);
  await ada.openScreens('In a new tab for each call');
  await withoutClick(page);
  let happened = opening(page);
  const call = await lab.call('102');
  await lab.phone('201', 'answer');
  expect(await happened).toBe('blocked');
  await expect(page.getByRole('alert').filter({ hasText: 'The browser blocked the new tab' })).toBeVisible();
  const tab = context.waitForEvent('page');
  happened = opening(page);
  await ada.card('On call').getByRole('button', { name: 'Open customer screen' }).click();
  expect(await happened).toBe('opened');
  await expect((await tab).getByRole('heading', { name: 'Customer 12345' })).toBeVisible();
  await lab.hangUp(call);
});
