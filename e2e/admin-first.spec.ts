import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Admin, portrays, stranger } from './pages/admin';
import { test as base, expect } from './pages/lab';
import { Panel } from './pages/panel';
import { binary, freePort, Process } from './pages/process';

// From an empty folder to the first page that pops, and on: everything by the browser, with
// the real server, a real Asterisk and real telephones.

/** A server that nobody has set up: all it is told is where to listen and where to keep things. */
class Fresh {
  #process: Process | undefined;
  #folder = mkdtempSync(join(tmpdir(), 'astcti-first-'));

  constructor(
    readonly http: string,
    readonly tcp: string,
  ) {}

  get address(): string {
    return `http://${this.http}`;
  }

  async start(): Promise<void> {
    this.#process = new Process(binary, ['serve'], {
      ASTCTI_DATA_DIR: this.#folder,
      ASTCTI_HTTP_LISTEN: this.http,
      ASTCTI_TCP_LISTEN: this.tcp,
      ASTCTI_METRICS_LISTEN: '',
    });
    await this.#process.line((line) => line.includes('msg=serving'));
  }

  /** The link that the server has written when it started. */
  async link(): Promise<string> {
    const line = await this.#process?.line((said) => said.includes('/admin/setup?token='));
    const link = line?.match(/http:\S+\/admin\/setup\?token=[\w-]+/)?.[0];
    if (link === undefined) throw new Error('no set-up link');
    return link;
  }

  async stop(): Promise<void> {
    expect(await this.#process?.stop(), this.#process?.said.join('\n')).toBe(0);
  }

  forget(): void {
    rmSync(this.#folder, { recursive: true });
  }
}

const chief = { user: 'margaret', password: 'priority displays on apollo' };
const ada = { user: 'ada', password: 'notes on the analytical engine' };

const test = base.extend<{ admin: Admin; portray: (name: string) => Promise<void> }, { fresh: Fresh }>({
  fresh: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright wants the pattern
    async ({}, use) => {
      const fresh = new Fresh(`127.0.0.1:${await freePort()}`, `127.0.0.1:${await freePort()}`);
      await fresh.start();
      await use(fresh);
      await fresh.stop();
      fresh.forget();
    },
    { scope: 'worker' },
  ],
  admin: async ({ fresh, page, guard }, use) => {
    guard.allow(/\/admin\/[^ ]*: .*(403|410|422)/);
    await use(new Admin(page, fresh.address));
  },
  portray: portrays,
});

test.describe.configure({ mode: 'serial', timeout: 120_000 });

test('from an empty folder to the first page that pops', async ({ lab, fresh, admin, another, portray }) => {
  const { page, dialog } = admin;
  const type = (text: string) => page.keyboard.type(text);
  const press = async (...keys: string[]) => {
    for (const key of keys) await page.keyboard.press(key);
  };
  const link = await fresh.link();
  for (const path of ['/agent', '/', '/admin/services']) {
    await page.goto(fresh.address + path);
    await expect(admin.heading).toHaveText('Open the set-up link');
  }
  await portray('setup-closed');

  // The first account, by keys alone.
  await page.goto(link);
  await expect(admin.heading).toHaveText('Set up AsteriskCTI');
  await portray('setup');
  await type('Margaret Hamilton');
  await press('Tab');
  await type(chief.user);
  await press('Tab', 'Tab');
  await type('short');
  await press('Enter');
  await expect(page.getByText('A password has at least 12 characters.')).toBeVisible();
  await expect(page.getByLabel(/^Password/)).toBeFocused();
  await portray('setup-wrong');
  await type(chief.password);
  await press('Enter');
  await expect(admin.heading).toHaveText('Services');
  await expect(page.getByText('No services yet')).toBeVisible();
  await portray('services-empty');
  const late = await another(stranger);
  await late.goto(link);
  await expect(late.getByRole('heading', { level: 1 })).toHaveText('The first account exists');

  // The connection to Asterisk: tested, corrected, saved.
  await admin.go('Settings');
  const connection = page.locator('#settings-link');
  await connection.getByLabel(/^Address/).fill(lab.at.ami);
  await connection.getByLabel(/^User name/).fill(lab.at.manager);
  await connection.getByLabel('Secret', { exact: true }).fill('not this one');
  await connection.getByRole('button', { name: 'Test connection' }).click();
  await expect(connection.getByText('Asterisk refuses the sign-in.')).toBeVisible();
  await portray('link-refused');
  await connection.getByLabel('Secret', { exact: true }).fill(lab.at.secret);
  await connection.getByRole('button', { name: 'Test connection' }).click();
  await expect(connection.getByText('It works: Asterisk answers')).toBeVisible();
  await portray('link-works');
  await connection.getByRole('button', { name: 'Save and connect' }).click();
  await expect(admin.said('The connection was saved')).toBeVisible();
  const state = page.getByRole('group', { name: 'State of the system' });
  await expect(state).toContainText('Asterisk connected');
  await expect(connection.getByLabel('Secret', { exact: true })).toHaveValue('');
  expect(await page.content()).not.toContain(lab.at.secret);

  // A service with a variable and a page.
  await admin.go('Services');
  await press('n');
  await admin.field('Name').fill('Support');
  await admin.field('Context').fill('astcti-service');
  await admin.field('Where').selectOption({ label: 'Inside the panel' });
  await admin.field('#f-application').fill(`${lab.at.customer}/customer`);
  await admin.field('Parameters').fill('number={callerid_num}&id={calldata}');
  await expect(dialog.getByText('There is no variable “calldata”.')).toBeVisible();
  await dialog.getByRole('button', { name: 'Add variable' }).click();
  await type('calldata');
  await expect(dialog.locator('#service-check code')).toContainText(`${lab.at.customer}/customer?number=`);
  await portray('service');
  await admin.save('Support was added.');

  await admin.go('Seats');
  for (const [extension, mac] of [
    ['PJSIP/201', '00:11:22:33:44:01'],
    ['PJSIP/202', '00:11:22:33:44:02'],
  ] as const) {
    await press('n');
    await expect(admin.field('Extension')).toBeFocused();
    await type(extension);
    await press('Tab');
    await type(mac);
    await press('Enter');
    await expect(admin.said(`${extension} was added.`)).toBeVisible();
    await expect(dialog).toBeHidden();
  }
  await admin.go('Operators');
  await press('n');
  await expect(admin.field('Name')).toBeFocused();
  await type('Ada Lovelace');
  await press('Tab');
  await type(ada.user);
  await press('Tab');
  await type(ada.password);
  await press('Enter');
  await expect(admin.said('Ada Lovelace was added.')).toBeVisible();

  // She serves it, after others.
  await admin.go('Services');
  await admin.row('Support').dblclick();
  await dialog.getByLabel('Find operators to assign').fill('love');
  await dialog.getByRole('checkbox', { name: /Ada Lovelace/ }).check();
  await dialog.getByLabel('Penalty').fill('5');
  await admin.save('Support was saved.');

  await page.getByRole('link', { name: 'Apply changes' }).click();
  for (const what of ['Services', 'Seats', 'Operators'])
    await expect(page.getByRole('region', { name: what })).toBeVisible();
  await expect(page.getByRole('region', { name: 'Services' })).toContainText('penalty 5');
  await portray('apply-first');
  await page.getByRole('button', { name: /^Apply \d changes?/ }).click();
  await expect(page.getByRole('heading', { name: /^In use since/ })).toBeVisible();

  const panel = new Panel(await another(stranger));
  await panel.open(fresh.address);
  await panel.signIn(ada.user, ada.password, '201');
  await panel.ready();
  await admin.go('Live');
  await expect(page.getByRole('region', { name: 'Agents' })).toContainText('Ada Lovelace');
  const call = await lab.call('101', { name: 'Camille Durand' });
  await expect(panel.card('Incoming call')).toContainText('Support');
  await lab.phone('201', 'answer');
  await expect(panel.customer.getByRole('heading', { name: 'Customer 12345' })).toBeVisible();
  await expect(page.getByRole('region', { name: 'Calls' })).toContainText('Camille Durand');
  await portray('live-real');
  expect(await lab.visits()).toEqual(['number=200&id=12345']);
  await lab.hangUp(call);
  await expect(panel.card('Call ended')).toBeVisible();
  await expect(page.getByRole('region', { name: 'Calls' })).toContainText(
    'No call of a service is going on.',
  );
});

test('an edit is applied while an agent talks: nothing is disturbed, the next call has it', async ({
  lab,
  fresh,
  admin,
  another,
}) => {
  const { page, dialog } = admin;
  await lab.reset();
  const panel = new Panel(await another(stranger));
  await panel.open(fresh.address);
  await panel.signIn(ada.user, ada.password, '201');
  await panel.ready();
  const call = await lab.call('101');
  await lab.phone('201', 'answer');
  await expect(panel.customer.getByRole('heading', { name: 'Customer 12345' })).toBeVisible();
  let loads = 0;
  panel.page.on('load', () => loads++);

  await admin.enter(chief, '/services');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await expect(admin.field('Name')).toBeFocused();
  await admin.field('Name').fill('Help desk');
  await dialog.getByRole('button', { name: 'Add variable' }).click();
  await page.keyboard.type('cdata');
  await admin.save('Help desk was saved.');
  await page.getByRole('link', { name: 'Apply changes' }).click();
  const change = page.getByRole('region', { name: 'Services' });
  await expect(change).toContainText('Support');
  await expect(change).toContainText('Help desk');
  await expect(change).toContainText('cdata');
  await page.getByRole('button', { name: /^Apply \d changes?/ }).click();
  await expect(page.getByRole('heading', { name: /^In use since/ })).toBeVisible();

  await expect(panel.card('On call')).toBeVisible();
  await expect(panel.state).toHaveAttribute('data-state', 'oncall');
  await expect(panel.customer.getByRole('heading', { name: 'Customer 12345' })).toBeVisible();
  await lab.hangUp(call);
  await expect(panel.card('Call ended')).toBeVisible();
  await panel.ready();

  const next = await lab.call('101', { digits: '54321' });
  await expect(panel.card('Incoming call')).toContainText('Help desk');
  await lab.phone('201', 'answer');
  await expect(panel.variable(panel.card('On call'), 'cdata')).toHaveText('54321');
  await expect(panel.customer.getByRole('heading', { name: 'Customer 54321' })).toBeVisible();
  await lab.hangUp(next);
  expect(await lab.visits()).toEqual(['number=200&id=12345', 'number=200&id=54321']);
  expect(loads, 'the panel was not loaded again').toBe(0);

  // What it opens can be tried, at her panel too.
  await expect(panel.state).toHaveAttribute('data-state', 'available');
  await admin.go('Services');
  await admin.name('Help desk').click();
  await dialog.getByRole('button', { name: 'Test', exact: true }).click();
  await dialog.getByLabel('{calldata}', { exact: true }).fill('67890');
  await dialog.getByRole('button', { name: 'Send a test pop' }).click();
  await expect(dialog.getByText('Sent to Ada Lovelace.')).toBeVisible();
  await expect(panel.customer.getByRole('heading', { name: 'Customer 67890' })).toBeVisible();
});

test('Live is right again after Asterisk, and after the server, was away', async ({
  lab,
  fresh,
  admin,
  another,
  guard,
  shot,
}) => {
  guard.allow(/ERR_CONNECTION_REFUSED/, /WebSocket/, /\/ws/, /htmx:ws:error/); // while the server is away
  const { page } = admin;
  await lab.reset();
  const panel = new Panel(await another(stranger));
  await panel.open(fresh.address);
  await panel.signIn(ada.user, ada.password, '201');
  await panel.ready();
  await admin.enter(chief, '/live');
  const agents = page.getByRole('region', { name: 'Agents' });
  await expect(agents).toContainText('Available');
  const call = await lab.call('101', { name: 'Camille Durand' });
  await lab.phone('201', 'answer');
  const calls = page.getByRole('region', { name: 'Calls' });
  await expect(calls).toContainText('Talking');

  await fresh.stop();
  await expect(page.locator('html')).toHaveAttribute('data-stale', '');
  await shot('admin-live-stale');
  await fresh.start();
  await expect(page.locator('html')).not.toHaveAttribute('data-stale', { timeout: 40_000 });
  await expect(calls).toContainText('Talking');
  await expect(agents).toContainText('Ada Lovelace', { timeout: 40_000 });
  await expect(agents).toContainText('On call');
  await lab.hangUp(call);
  await expect(calls).toContainText('No call of a service is going on.');

  await lab.asterisk('stop');
  await expect(
    page.getByText('Asterisk cannot be reached. What you see is what was known last.'),
  ).toBeVisible();
  await expect(page.getByRole('group', { name: 'State of the system' })).toContainText(
    'Asterisk unreachable',
  );
  await shot('admin-live-down');
  await lab.asterisk('start');
  await expect(page.getByRole('group', { name: 'State of the system' })).toContainText('Asterisk connected', {
    timeout: 40_000,
  });
  await expect(page.locator('#board-down')).toHaveCount(0);
});
