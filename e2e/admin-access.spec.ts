import { createHmac } from 'node:crypto';
import { expect, rosa, test } from './pages/admin';

// Who may come in, and how: passwords lost, one-time codes, roles; and how the pages read
// without JavaScript and in other languages.

/** What an authenticator app shows for a key in base32 (RFC 6238). */
function code(key: string, at = Date.now()): string {
  const bits = [...key]
    .map((c) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0'))
    .join('');
  const secret = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(at / 30_000)));
  const digest = createHmac('sha1', secret).update(counter).digest();
  const offset = (digest.at(-1) ?? 0) & 15;
  return String((digest.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

test('signing in; a wrong password; the page asked for comes after', async ({ other, guard, portray }) => {
  guard.allow(/\/admin\/sign-in: .*401/);
  const admin = await other();
  await admin.open('/seats?q=201');
  await expect(admin.heading).toHaveText('Sign in to the configurator');
  await portray('sign-in', admin.page);
  await admin.signIn({ user: rosa.user, password: 'not it at all' });
  await expect(admin.page.getByRole('alert')).toHaveText('The user id or the password is not correct.');
  await portray('sign-in-wrong', admin.page);
  await admin.page.getByLabel('Password', { exact: true }).fill(rosa.password);
  await admin.page.keyboard.press('Enter');
  await expect(admin.row('PJSIP/201')).toBeVisible();
  await expect(admin.page).toHaveURL(/q=201/);

  await admin.page.getByRole('button', { name: 'Your menu' }).click();
  await portray('menu', admin.page);
  await admin.page.getByRole('button', { name: 'Sign out' }).click();
  await expect(admin.heading).toHaveText('Sign in to the configurator');
  await admin.open('/seats');
  await expect(admin.heading).toHaveText('Sign in to the configurator');
});

test('a password is lost: the page says how, and a link works once', async ({
  admin,
  other,
  guard,
  portray,
}) => {
  guard.allow(/\/admin\/(sign-in|reset)[^ ]*: .*(401|403|404|410)/);
  const lost = await other();
  await lost.open('/sign-in');
  await lost.page.getByRole('link', { name: 'Password lost?' }).click();
  await expect(lost.page.getByText('This server sends no e-mail.')).toBeVisible();
  await expect(lost.page.getByText('astcti manager reset-link')).toBeVisible();
  await portray('lost', lost.page);

  // A new colleague without a password; an administrator makes the link.
  await admin.open('/managers');
  await admin.page.keyboard.press('n');
  await admin.field('Full name').fill('Hedy Lamarr');
  await admin.field('User id').fill('hedy');
  await admin.field('Role').selectOption({ label: 'Viewer: looks, changes nothing' });
  await admin.save('Hedy Lamarr was added.');
  await admin.name('Hedy Lamarr').click();
  await admin.dialog.getByRole('button', { name: 'Make a reset link' }).click();
  const link = admin.dialog.getByLabel('Link for Hedy Lamarr');
  await expect(link).toBeVisible();
  await portray('reset-link');
  const address = await link.inputValue();
  expect(address).toMatch(new RegExp(`^${admin.address}/admin/reset\\?token=[\\w-]{43}$`));

  // To look does not use it up.
  await lost.page.goto(address);
  await expect(lost.heading).toHaveText('Choose a new password');
  await lost.page.goto(address);
  await portray('reset', lost.page);
  await lost.page.getByLabel('New password').first().fill('short');
  await lost.page.getByRole('button', { name: 'Save the password' }).click();
  await expect(lost.page.getByText('A password has at least 12 characters.')).toBeVisible();
  await lost.page.getByLabel('New password').first().fill('frequency hopping');
  await lost.page.getByRole('button', { name: 'Save the password' }).click();
  await expect(lost.heading).toHaveText('Your password is changed');
  await portray('reset-done', lost.page);
  await lost.page.goto(address);
  await expect(lost.heading).toHaveText('This link is no longer valid');
  await portray('reset-over', lost.page);
  await lost.enter({ user: 'hedy', password: 'frequency hopping' });

  // She is a viewer: she looks at everything that is no secret, and changes nothing.
  for (const path of ['/services', '/operators', '/seats', '/settings', '/apply', '/audit', '/live']) {
    await lost.open(path);
    await expect(lost.heading).toBeVisible();
    for (const name of [
      /^Add/,
      'Edit',
      /^Remove/,
      'Import',
      'Import CSV',
      'Export XML',
      /^Save/,
      /^Apply \d/,
    ]) {
      await expect(lost.page.getByRole('main').getByRole('button', { name })).toHaveCount(0);
      await expect(lost.page.getByRole('main').getByRole('link', { name, exact: true })).toHaveCount(0);
    }
  }
  await expect(lost.page.getByRole('link', { name: 'Managers' })).toHaveCount(0);
  await lost.open('/operators');
  await lost.name('Ada Lovelace').click();
  await expect(lost.dialog.getByText('You may look at this, but not change it.')).toBeVisible();
  await expect(lost.field('Name')).toBeDisabled();
  await portray('viewer', lost.page);
  guard.allow(/\/admin\/managers: .*403/);
  expect((await lost.page.goto(`${lost.address}/admin/managers`))?.status()).toBe(403);
  await portray('forbidden', lost.page);
});

test('one-time codes: turned on, asked for, turned off', async ({ admin, other, guard, portray }) => {
  guard.allow(/\/admin\/sign-in[^ ]*: .*401/, /\/admin\/account[^ ]*: .*422/);
  await admin.open('/managers');
  await admin.page.keyboard.press('n');
  await admin.field('Full name').fill('Radia Perlman');
  await admin.field('User id').fill('radia');
  await admin.field('Password').fill('spanning tree of bridges');
  await admin.save('Radia Perlman was added.');
  const radia = await other();
  const { page } = radia;
  await radia.enter({ user: 'radia', password: 'spanning tree of bridges' }, '/account');
  await portray('account', page);
  await page.getByRole('button', { name: 'Set up' }).click();
  await expect(page.getByRole('img', { name: 'QR code for the authenticator app' })).toBeVisible();
  await portray('codes', page);
  const key = (await page.locator('.secret-text').innerText()).replace(/\s/g, '');
  await page.getByLabel('One-time code', { exact: true }).fill('000000');
  await page.getByRole('button', { name: 'Turn on' }).click();
  await expect(page.getByText('This code is not valid.')).toBeVisible();
  await page.getByLabel('One-time code', { exact: true }).fill(code(key));
  await page.getByRole('button', { name: 'Turn on' }).click();
  await expect(radia.said('One-time codes are on.')).toBeVisible();

  await radia.open();
  await page.getByRole('button', { name: 'Your menu' }).click();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await radia.signIn({ user: 'radia', password: 'spanning tree of bridges' });
  await expect(radia.heading).toHaveText('One more step');
  await portray('code', page);
  // Each code works once: the next one, which a clock that is fast would show.
  await page.getByLabel('One-time code', { exact: true }).fill(code(key, Date.now() + 30_000));
  await page.keyboard.press('Enter');
  await expect(page.getByRole('button', { name: 'Your menu' })).toBeVisible();
});

test('every module reads without JavaScript, and a form is saved', async ({ other }) => {
  const admin = await other({ javaScriptEnabled: false });
  const { page } = admin;
  await admin.open('/sign-in?next=/admin/services');
  await admin.signIn(rosa);
  await expect(admin.row('Customer support')).toContainText('support');
  const shows: [path: string, text: string][] = [
    ['/operators', 'Ada Lovelace'],
    ['/seats', 'PJSIP/201'],
    ['/managers', 'Rosa Marín'],
    ['/settings', 'Reasons to pause'],
    ['/apply', 'In use since'],
    ['/apply/history', 'Apply'],
    ['/live', 'Customer support'],
    ['/audit', 'signed in'],
    ['/account', 'This browser'],
  ];
  for (const [path, text] of shows) {
    await admin.open(path);
    await expect(page.getByRole('main').getByText(text).first()).toBeVisible();
  }
  await admin.open('/seats');
  await page.getByRole('link', { name: 'PJSIP/203' }).click();
  await page.getByLabel('Description').fill('Without a script');
  await page.getByRole('button', { name: 'Save changes' }).click();
  await expect(admin.row('PJSIP/203')).toContainText('Without a script');
});

const languages = [
  { code: 'it', title: 'Operatori', name: 'Italiano' },
  { code: 'fr', title: 'Opérateurs', name: 'Français' },
  { code: 'de', title: 'Agenten', name: 'Deutsch' },
  { code: 'es', title: 'Operadores', name: 'Español' },
];
for (const language of languages) {
  test(`in ${language.name}: a list, and a form that is wrong`, async ({ admin, shot, axe }) => {
    const { page, dialog } = admin;
    await admin.open('/operators');
    await page.getByRole('button', { name: 'Your menu' }).click();
    await page.getByLabel('Language').selectOption({ label: language.name });
    await expect(page.locator('html')).toHaveAttribute('lang', language.code);
    await expect(admin.heading).toHaveText(language.title);
    await shot(`admin-${language.code}`);
    await page.keyboard.press('n');
    await expect(dialog.getByRole('heading')).toBeVisible();
    await dialog.locator('button[type=submit]').click();
    await expect(admin.summary.getByRole('link')).toHaveCount(2);
    await expect(dialog.locator('[aria-invalid=true]').first()).toBeFocused();
    await expect(dialog).not.toContainText(/fields need attention|Use 1 to|operators\.|fault\./);
    await shot(`admin-${language.code}-wrong`);
    await axe(language.name);
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
  });
}
