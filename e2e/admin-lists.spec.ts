import { expect, keepPicture, rosa, test } from './pages/admin';

// Long lists, by mouse and by keys; and what happens when others edit the same, or the
// sign-in ends meanwhile.

const first = ['Aisha', 'Amira', 'Ben', 'Carla', 'Emil', 'Lucia', 'Noah', 'Paula', 'Rafael', 'Zoe'];
const last = ['Conti', 'Dubois', 'Jensen', 'Moreno', 'Silva', 'Weber'];
/** Sixty operators; the first dozen may sign in, so that few passwords have to be made. */
const sixty = ['username;fullname;enabled;password']
  .concat(
    first.flatMap((name, i) =>
      last.map((family) => {
        const user = `${name}.${family}`.toLowerCase();
        return `${user};${name} ${family};${i < 2};${i < 2 ? `the password of ${family} is long` : ''}`;
      }),
    ),
  )
  .join('\n');

const csv = (name: string, text: string) => ({ name, mimeType: 'text/csv', buffer: Buffer.from(text) });

test('a CSV file with faults is refused, line by line; a good one goes in', async ({ admin, portray }) => {
  const { page } = admin;
  await admin.open('/operators');
  await page.getByRole('link', { name: 'Import CSV' }).click();
  await expect(admin.heading).toHaveText('Import operators');
  await portray('sheet');
  const file = page.getByLabel('CSV file');
  await file.setInputFiles(
    csv('bad.csv', 'username,fullname,enabled\nmary,Mary,false\nno name,Dorothy,false\nvera,Vera,perhaps\n'),
  );
  await page.getByRole('button', { name: 'Check the file' }).click();
  await expect(page.getByRole('alert')).toContainText('2 lines must be mended. Nothing was imported.');
  const lines = page.locator('.sheet-lines tbody tr', { hasText: 'Fault' });
  await expect(lines).toHaveCount(2);
  await expect(lines.first().locator('td').first()).toContainText('3');
  await expect(lines.last()).toContainText('“perhaps” is neither yes nor no');
  await portray('sheet-bad');

  await file.setInputFiles(csv('sixty.csv', sixty));
  await page.getByRole('button', { name: 'Check the file' }).click();
  await expect(page.getByText('60 added')).toBeVisible();
  await portray('sheet-look');
  await page.getByRole('button', { name: 'Import 60 lines' }).click();
  await expect(page.getByRole('heading', { name: 'The file was imported' })).toBeVisible();
  await portray('sheet-done');
  await page.locator('.apply-links').getByRole('link', { name: 'Operators' }).click();
  await expect(page.locator('.pager')).toContainText('1–25 of 63');

  // Out again: all who are there, a line each.
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: 'Export CSV' }).click(),
  ]);
  const chunks: Buffer[] = [];
  for await (const chunk of await download.createReadStream()) chunks.push(chunk as Buffer);
  const out = Buffer.concat(chunks).toString();
  expect(out.trim().split('\n')).toHaveLength(64);
  expect(out).toContain('Zoe Weber');
});

test('pages, sorting, search and the back button', async ({ admin, portray }) => {
  const { page } = admin;
  await admin.open('/operators');
  await expect(admin.rows).toHaveCount(25);
  await portray('operators-many');
  await keepPicture(page, 'admin-operators');
  await page.getByRole('link', { name: 'Page 3' }).click();
  await expect(admin.rows).toHaveCount(13);
  await expect(page.getByRole('link', { name: 'Page 3' })).toHaveAttribute('aria-current', 'page');
  await expect(page).toHaveURL(/page=3/);
  await page.getByRole('columnheader', { name: 'User name' }).getByRole('link').click();
  await expect(page.getByRole('columnheader', { name: 'User name' })).toHaveAttribute(
    'aria-sort',
    'ascending',
  );
  await expect(admin.rows.first()).toContainText('ada');
  await page.getByRole('columnheader', { name: 'User name' }).getByRole('link').click();
  await expect(page.getByRole('columnheader', { name: 'User name' })).toHaveAttribute(
    'aria-sort',
    'descending',
  );
  await expect(admin.rows.first()).toContainText('zoe.weber');
  await page.goBack();
  await expect(admin.rows.first()).toContainText('ada');

  await page.keyboard.press('/');
  await expect(admin.search).toBeFocused();
  await page.keyboard.type('moreno');
  await expect(admin.rows).toHaveCount(10);
  await expect(page.locator('.pager')).toContainText('1–10 of 10 · 63 in all');
  await expect(page).toHaveURL(/q=moreno/);
  await admin.search.fill('nobody is called so');
  await expect(page.getByText('Nothing matches “nobody is called so”')).toBeVisible();
  await portray('operators-none');
  await page.getByRole('link', { name: 'Clear search' }).click();
  await expect(admin.rows).toHaveCount(25);

  await page.getByLabel('Select all on this page').check();
  await expect(admin.tool('Remove')).toContainText('25');
  await expect(admin.tool('Edit')).toBeDisabled();
  await page.getByLabel('Select all on this page').uncheck();
  await expect(admin.tool('Remove')).toBeDisabled();
});

test('by keyboard alone, and with single keys turned off', async ({ admin, portray }) => {
  const { page, dialog } = admin;
  await admin.open('/operators');
  await page.keyboard.press('ArrowDown');
  await expect(admin.name('Ada Lovelace')).toBeFocused();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowUp');
  await expect(admin.name('Aisha Conti')).toBeFocused();
  await page.keyboard.press('Space');
  await expect(admin.row('Aisha Conti').getByRole('checkbox')).toBeChecked();
  await page.keyboard.press('Space');
  await page.keyboard.press('Enter');
  await expect(admin.field('Name')).toHaveValue('Aisha Conti');
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();

  // What was typed is not thrown away by Escape.
  await page.keyboard.press('n');
  await expect(admin.field('Name')).toBeFocused();
  await page.keyboard.type('Annie Easley');
  await page.keyboard.press('Escape');
  const ask = page.getByRole('dialog', { name: 'Discard what you typed?' });
  await expect(ask).toBeVisible();
  await portray('discard-typed');
  await ask.getByRole('button', { name: 'Keep editing' }).click();
  await expect(admin.field('Name')).toHaveValue('Annie Easley');
  await page.keyboard.press('Escape');
  await ask.getByRole('button', { name: 'Discard' }).click();
  await expect(dialog).toBeHidden();

  await page.keyboard.press('?');
  const keys = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
  await expect(keys).toBeVisible();
  await portray('keys');
  await keys.getByLabel('Single-key shortcuts').uncheck();
  await page.keyboard.press('Escape');
  await expect(keys).toBeHidden();
  for (const key of ['n', '/', '?']) await page.keyboard.press(key);
  await expect(dialog).toBeHidden();
  await expect(keys).toBeHidden();
  await expect(admin.search).not.toBeFocused();
  await page.keyboard.press('ArrowDown');
  await expect(admin.name('Aisha Dubois')).toBeFocused(); // from where the dialogs were opened
});

test('two managers edit one service: the second sees both values', async ({ admin, other, portray }) => {
  const second = await other();
  await second.enter(rosa, '/services');
  await admin.open('/services');
  await admin.name('Orders').click();
  await second.name('Orders').click();
  await admin.field('Parameters').fill('id={calldata}');
  await second.field('Parameters').fill('number={callerid_num}');
  await admin.save('Orders was saved.');

  await second.dialog.getByRole('button', { name: 'Save changes' }).click();
  await expect(second.summary).toContainText('Rosa Marín has saved this meanwhile.');
  await expect(second.field('Parameters')).toHaveValue('number={callerid_num}');
  await expect(second.dialog.locator('.theirs')).toContainText('id={calldata}');
  await portray('conflict', second.page);
  await second.dialog.getByRole('button', { name: 'Use it' }).click();
  await expect(second.field('Parameters')).toHaveValue('id={calldata}');
  await second.field('Parameters').fill('both={calldata}');
  await second.save('Orders was saved.');
  await admin.open('/services');
  await admin.name('Orders').click();
  await expect(admin.field('Parameters')).toHaveValue('both={calldata}');
});

test('the sign-in ends in the middle of a form: nothing is lost', async ({
  admin,
  other,
  guard,
  portray,
}) => {
  const ida = { user: 'ida', password: 'tables of the calendar' };
  await admin.open('/managers');
  await admin.tool('Add').click();
  await admin.field('Full name').fill('Ida Rhodes');
  await admin.field('User id').fill(ida.user);
  await admin.field('Password').fill(ida.password);
  await admin.save('Ida Rhodes was added.');
  guard.allow(/\/admin\/[^ ]*: .*401/, /\/admin\/ws/);
  const here = await other();
  const there = await other();
  await here.enter(ida, '/seats');
  await here.page.keyboard.press('n');
  await here.field('Extension').fill('PJSIP/281');
  await here.field('Description').fill('By the coffee machine');

  await there.enter(ida, '/account');
  await there.page.getByRole('button', { name: 'Sign out everywhere else' }).click();
  await expect(there.said(/other sign-ins? (was|were) ended/)).toBeVisible();

  const again = here.page.getByRole('dialog', { name: 'Sign in again' });
  await here.dialog.getByRole('button', { name: 'Add', exact: true }).click();
  await expect(again).toBeVisible();
  await expect(again.getByLabel('User id')).toBeFocused();
  await portray('sign-in-again', here.page);
  await again.getByLabel('User id').fill(ida.user);
  await again.getByLabel('Password').fill('not it at all');
  await again.getByRole('button', { name: 'Sign in' }).click();
  await expect(again.getByRole('alert')).toHaveText('The user id or the password is not correct.');
  await again.getByLabel('Password').fill(ida.password);
  await here.page.keyboard.press('Enter');
  await expect(here.said('You are signed in again. Nothing was lost: save once more.')).toBeVisible();
  await expect(again).toBeHidden();
  await expect(here.field('Extension')).toHaveValue('PJSIP/281');
  await here.field('MAC address of the PC').fill('02:00:00:00:02:81');
  await here.save('PJSIP/281 was added.');
  await expect(here.row('PJSIP/281')).toContainText('By the coffee machine');
});
