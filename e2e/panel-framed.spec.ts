import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Page } from '@playwright/test';
import { test as base, expect } from './pages/demo';
import { Panel } from './pages/panel';
import { freePort } from './pages/process';

// The panel in a frame of another origin, as a CRM has it, and what the two say to each other.

/** A page with the panel in it, that keeps what it is told. */
const host = (panel: string) => `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>CRM</title>
<h1>CRM</h1>
<iframe title="Telephone" width="1200" height="700"></iframe>
<script>
  window.heard = [];
  const frame = document.querySelector('iframe');
  window.say = (message) => frame.contentWindow.postMessage(message, '${panel}');
  addEventListener('message', (event) => {
    if (event.origin === '${panel}' && event.source === frame.contentWindow) window.heard.push(event.data);
  });
  frame.addEventListener('load', () => window.say({ type: 'asteriskcti.hello' }));
  frame.src = '${panel}/agent';
</script></html>`;

interface Heard {
  type: string;
  version: number;
  state?: string;
  reason?: string;
  call?: { phase: string; caller: { number: string } };
  action?: { type: string; url: string };
}

const heard = (page: Page, type: string): Promise<Heard[]> =>
  page.evaluate((wanted) => {
    const all = (window as unknown as { heard: Heard[] }).heard;
    return all.filter((one) => one.type === `asteriskcti.${wanted}`);
  }, type);
const say = (page: Page, message: object) =>
  page.evaluate((what) => (window as unknown as { say(what: object): void }).say(what), message);

const port = await freePort();
const test = base.extend<object, { crm: string; other: string }>({
  frames: [[`http://127.0.0.1:${port}`], { scope: 'worker' }],
  crm: [
    async ({ demo }, use) => {
      const server = await serve(host(demo.address), port);
      await use(`http://127.0.0.1:${port}`);
      server.close();
    },
    { scope: 'worker' },
  ],
  other: [
    async ({ demo }, use) => {
      const server = await serve(host(demo.address), 0);
      await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
      server.close();
    },
    { scope: 'worker' },
  ],
});

async function serve(page: string, at: number): Promise<Server> {
  const server = createServer((request, response) => {
    const found = request.url === '/';
    response.writeHead(found ? 200 : 204, { 'Content-Type': 'text/html; charset=utf-8' });
    response.end(found ? page : '');
  });
  await new Promise<void>((resolve) => server.listen(at, '127.0.0.1', resolve));
  return server;
}

test('a site that is allowed follows the calls and asks for pauses', async ({ page, crm, account, shot }) => {
  await page.goto(crm);
  const frame = page.frameLocator('iframe');
  await expect.poll(async () => (await heard(page, 'state')).at(-1)?.state).toBe('signed-out');
  await frame.getByRole('button', { name: account.fullName }).click();
  await frame.getByRole('button', { name: /^Sign in/ }).click();
  await expect(frame.getByText('Connected', { exact: true })).toBeVisible();
  await expect
    .poll(async () => (await heard(page, 'state')).at(-1)?.state)
    .toMatch(/available|ringing|oncall/);

  await expect
    .poll(async () => (await heard(page, 'call')).map(({ call }) => call?.phase), { timeout: 60_000 })
    .toEqual(expect.arrayContaining(['ringing', 'talking']));
  const [pop] = await heard(page, 'action');
  expect(pop?.action?.type).toBe('browser');
  expect(pop?.action?.url).toContain('/demo/customer?');
  await shot('framed');

  await say(page, { type: 'asteriskcti.pause', reason: 'Lunch' });
  await expect(frame.locator('[data-state]')).toContainText('Lunch');
  await expect
    .poll(async () => (await heard(page, 'state')).at(-1)?.state, { timeout: 60_000 })
    .toBe('paused');
  expect((await heard(page, 'state')).at(-1)?.reason).toBe('Lunch');
  await say(page, { type: 'asteriskcti.ready' });
  await expect.poll(async () => (await heard(page, 'state')).at(-1)?.state).not.toBe('paused');

  await say(page, { type: 'asteriskcti.dial', number: '+39 (055) 12-34' });
  await expect(frame.getByRole('textbox', { name: 'Call a number' })).toHaveValue('+390551234');
  await expect(frame.getByText('Calling your phone…')).toHaveCount(0);
  for (const { version } of await heard(page, 'state')) expect(version).toBe(1);

  // A small window in front is not for frames.
  await frame.getByRole('button', { name: 'Your menu' }).click();
  await expect(frame.getByRole('button', { name: 'Sign out' })).toBeVisible();
  await expect(frame.getByRole('button', { name: 'Mini view, always in front' })).toHaveCount(0);
});

test('another site is shown nothing and told nothing', async ({ page, other, guard }) => {
  guard.allow(/frame-ancestors|chrome-error|postMessage/);
  await page.goto(other);
  await expect(page.frameLocator('iframe').getByRole('heading')).toHaveCount(0);
  await say(page, { type: 'asteriskcti.hello' });
  expect(await heard(page, 'state')).toEqual([]);
});

test('the panel by itself is as it is everywhere', async ({ page, demo, account }) => {
  const panel = new Panel(page);
  await panel.open(demo.address);
  await panel.signIn(account.operator, account.password, account.seat);
  await panel.page.getByText('Connected', { exact: true }).waitFor();
});
