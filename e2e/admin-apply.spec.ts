import { readFileSync } from 'node:fs';
import type { Page } from '@playwright/test';
import { type Admin, expect, test } from './pages/admin';

// What was edited reaches the agents by Apply: the difference, faults, the history, files.

/** Renames a desk, which harms nobody. */
async function rename(admin: Admin, seat: string, description: string): Promise<void> {
  await admin.open('/seats');
  await admin.name(seat).click();
  await admin.field('Description').fill(description);
  await admin.save(`${seat} was saved.`);
}

/** Puts back what is in use. */
async function discardAll(admin: Admin): Promise<void> {
  const { page, dialog } = admin;
  await admin.open('/apply');
  await expect(admin.heading).toHaveText('Apply');
  if (await page.getByRole('button', { name: 'Discard all changes' }).isHidden()) return;
  await page.getByRole('button', { name: 'Discard all changes' }).click();
  await dialog.getByRole('button', { name: 'Discard', exact: true }).click();
  await expect(page.getByText('In use is what you see')).toBeVisible();
}

async function exported(page: Page): Promise<string> {
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: 'Export XML' }).click(),
  ]);
  return readFileSync(await download.path(), 'utf8');
}

/** Chooses a file and asks what it would change. */
async function give(page: Page, name: string, text: string): Promise<void> {
  const file = { name, mimeType: 'application/xml', buffer: Buffer.from(text) };
  await page.getByLabel('File', { exact: true }).setInputFiles(file);
  await page.getByRole('button', { name: 'Look at the changes' }).click();
}

const inUse = (page: Page) => page.getByRole('heading', { name: /^In use since/ });

test('what will change, then in use; the history applies an earlier one again', async ({
  admin,
  portray,
}) => {
  const { page, dialog } = admin;
  await discardAll(admin);
  await portray('apply-nothing');
  await rename(admin, 'PJSIP/201', 'First desk');
  await expect(page.locator('.apply-button')).toContainText('1');
  await page.getByRole('link', { name: 'Apply changes' }).click();
  const change = page.getByRole('region', { name: 'Seats' });
  await expect(change).toContainText('PJSIP/201');
  await expect(change).toContainText('Desk 1');
  await expect(change).toContainText('First desk');
  await expect(change).toContainText('Rosa Marín');
  await portray('apply');
  await page.getByRole('button', { name: 'Discard all changes' }).click();
  await expect(dialog.getByRole('heading', { name: 'Discard 1 change?' })).toBeVisible();
  await portray('apply-discard');
  await dialog.getByRole('button', { name: 'Keep them' }).click();
  await page.getByRole('button', { name: 'Apply 1 change' }).click();
  await expect(inUse(page)).toBeVisible();
  await expect(page.locator('.apply-button')).toHaveText('Apply changes');
  await portray('apply-used');

  await rename(admin, 'PJSIP/201', 'Second desk');
  await admin.open('/apply');
  await page.getByRole('button', { name: 'Apply 1 change' }).click();
  await expect(inUse(page)).toBeVisible();
  await page.locator('.apply-links').getByRole('link', { name: 'History' }).click();
  await expect(admin.heading).toHaveText('History');
  const lines = page.locator('.history tbody tr');
  await expect(lines.first()).toContainText('In use');
  await portray('history');
  await lines.first().getByRole('link', { name: '1 change' }).click();
  await expect(page.getByText('Second desk')).toBeVisible();
  await portray('history-difference');
  await page.goBack();
  await lines.nth(1).getByRole('link', { name: 'Apply again' }).click();
  await expect(admin.heading).toHaveText('Apply an earlier configuration again');
  await expect(page.getByText('First desk')).toBeVisible();
  await portray('history-again');
  await page.getByRole('button', { name: 'Apply it again' }).click();
  await expect(inUse(page)).toBeVisible();
  await admin.open('/seats');
  await expect(admin.row('PJSIP/201')).toContainText('First desk');
});

test('a service: labels, dispositions and the ring, in the difference and in use', async ({
  admin,
  portray,
}) => {
  const { page, dialog } = admin;
  await discardAll(admin);
  await admin.open('/services');
  await admin.name('Orders').click();
  await admin.field('When').selectOption('The telephone rings');
  await dialog.getByLabel('Label').first().fill('Account');
  await dialog.getByRole('button', { name: 'Add disposition' }).click();
  await page.keyboard.type('Gift sent');
  await page.keyboard.press('Enter');
  await page.keyboard.type('gift SENT');
  await dialog.locator('button[type=submit].button-primary').click();
  await expect(dialog.getByLabel('A disposition').last()).toHaveAccessibleDescription(/listed twice/);
  await expect(dialog.getByLabel('A disposition').last()).toBeFocused();
  await expect(dialog.getByRole('heading', { name: 'Edit service' })).toBeInViewport();
  await portray('service-twice');
  await dialog.getByLabel('A disposition').last().fill('Complaint');
  await page.keyboard.press('Alt+ArrowUp');
  await admin.save('Orders was saved.');

  await page.getByRole('link', { name: 'Apply changes' }).click();
  const change = page.getByRole('region', { name: 'Services' });
  await expect(change).toContainText('The agent answers');
  await expect(change).toContainText('The telephone rings');
  await expect(change).toContainText(/calldata = Account\s*was “Customer number”/);
  for (const one of ['Complaint', 'Gift sent']) await expect(change).toContainText(one);
  await portray('apply-service');
  await page.getByRole('button', { name: 'Apply 1 change' }).click();
  await expect(inUse(page)).toBeVisible();
  await admin.open('/apply');
  const xml = await exported(page);
  expect(xml).toContain('open="ring"');
  expect(xml).toContain('<variable name="calldata" label="Account"/>');
  expect(xml).toContain('<disposition name="Complaint"/>\n      <disposition name="Gift sent"/>');

  await admin.open('/services');
  await admin.name('Orders').click();
  await expect(admin.field('When')).toHaveValue('ring');
  await expect(dialog.getByLabel('Label').first()).toHaveValue('Account');
  await expect(dialog.getByLabel('A disposition').last()).toHaveValue('Gift sent');
});

test('XML goes out and comes back; a bad file is refused with its lines', async ({ admin, portray }) => {
  const { page } = admin;
  await discardAll(admin);
  const xml = await exported(page);
  expect(xml).toContain('<asteriskcti');
  expect(xml).not.toContain('demo-ada');

  await page.getByRole('link', { name: 'Import', exact: true }).click();
  await portray('import');
  await give(
    page,
    'bad.xml',
    '<asteriskcti version="1">\n  <seats>\n    <seat mac="nonsense" extension="PJSIP/201"/>\n  </seats>\n</asteriskcti>\n',
  );
  const faults = page.getByRole('alert').filter({ hasText: 'Nothing was changed. Faults in bad.xml' });
  await expect(faults).toContainText('Line 3');
  await expect(faults).toContainText('Write six pairs of hexadecimal digits');
  await portray('import-bad');

  await give(page, 'desks.xml', xml.replace('Desk 2', 'Desk by the door'));
  await expect(page.getByText('Desk by the door')).toBeVisible();
  await portray('import-look');
  await page.getByRole('button', { name: 'Replace the draft' }).click();
  await expect(page.getByRole('heading', { name: 'The draft was replaced' })).toBeVisible();
  await portray('import-done');
  await page.getByRole('link', { name: 'Look at it and apply' }).click();
  await expect(page.getByRole('region', { name: 'Seats' })).toContainText('Desk by the door');
  await discardAll(admin);
});
