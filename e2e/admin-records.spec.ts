import type { Admin } from './pages/admin';
import { expect, keepPicture, test } from './pages/admin';

// The records of the configurator: added, edited, removed; wrong values, long lists.

interface Kind {
  module: string;
  add: string;
  edit: string;
  /** Labels of the fields that an empty form complains of, in order. */
  wrong: string[];
  /** What is filled in: the labels of fields and boxes. */
  fields: Record<string, string | boolean>;
  name: string;
  change: Record<string, string>;
  /** Its name after the change. */
  after: string;
  /** The dialog that asks before it is removed. */
  remove: string;
  /** Where it says that it is used. */
  used?: string;
}

const kinds: Kind[] = [
  {
    module: 'operators',
    add: 'Add operator',
    edit: 'Edit operator',
    wrong: ['User name', 'Password'],
    fields: {
      Name: 'Abigail Jackson',
      'User name': 'abigail',
      Password: 'wind tunnel at langley',
      'Customer support': true,
    },
    name: 'Abigail Jackson',
    change: { Name: 'Abigail Winston Jackson' },
    after: 'Abigail Winston Jackson',
    remove: 'Remove Abigail Winston Jackson?',
    used: 'Serves: Customer support',
  },
  {
    module: 'seats',
    add: 'Add seat',
    edit: 'Edit seat',
    wrong: ['Extension', 'MAC address of the PC'],
    fields: {
      Extension: 'PJSIP/280',
      'MAC address of the PC': '02:00:00:00:02:80',
      Description: 'Ground floor, window',
    },
    name: 'PJSIP/280',
    change: { Description: 'Ground floor, door' },
    after: 'PJSIP/280',
    remove: 'Remove seat PJSIP/280?',
  },
  {
    module: 'services',
    add: 'Add service',
    edit: 'Edit service',
    wrong: ['Name', 'Context', 'Address or program'],
    fields: {
      Name: 'Returns',
      Context: 'from-returns',
      Queue: 'returns',
      '#f-application': 'https://crm.example/customer',
      Parameters: 'id={callerid_num}&queue={queue}',
    },
    name: 'Returns',
    change: { Name: 'Returns and repairs' },
    after: 'Returns and repairs',
    remove: 'Remove Returns and repairs?',
  },
  {
    module: 'managers',
    add: 'Add manager',
    edit: 'Edit manager',
    wrong: ['Full name', 'User id'],
    fields: { 'Full name': 'Katherine Johnson', 'User id': 'katherine', 'E-mail': 'katherine@example.com' },
    name: 'Katherine Johnson',
    change: { 'Full name': 'Katherine Coleman Johnson' },
    after: 'Katherine Coleman Johnson',
    remove: 'Remove Katherine Coleman Johnson?',
  },
];

async function fill(admin: Admin, fields: Kind['fields']): Promise<void> {
  for (const [label, value] of Object.entries(fields)) {
    if (typeof value === 'boolean') await admin.dialog.getByLabel(label, { exact: true }).setChecked(value);
    else await admin.field(label).fill(value);
  }
}

for (const kind of kinds) {
  test(`${kind.module}: add, correct, double-click, Enter, remove`, async ({ admin, portray }) => {
    const { page, dialog } = admin;
    await admin.open(`/${kind.module}`);
    await portray(kind.module);
    await admin.tool('Add').click();
    await expect(dialog.getByRole('heading', { name: kind.add })).toBeVisible();
    await portray(`${kind.module}-new`);

    // Nothing is filled in: each field says what it wants, and the first has the focus.
    await dialog.getByRole('button', { name: 'Add', exact: true }).click();
    await expect(admin.summary.getByRole('link')).toHaveText(kind.wrong);
    await expect(dialog.locator('[aria-invalid=true]')).toHaveCount(kind.wrong.length);
    await expect(dialog.locator('[aria-invalid=true]').first()).toBeFocused();
    await portray(`${kind.module}-wrong`);
    await admin.summary.getByRole('link').last().click();
    await expect(dialog.locator('[aria-invalid=true]').last()).toBeFocused();
    await fill(admin, kind.fields);
    await page.keyboard.press('Enter');
    await expect(admin.said(`${kind.name} was added.`)).toBeVisible();
    await expect(dialog).toBeHidden();
    await expect(admin.name(kind.name)).toBeFocused();

    await admin.row(kind.name).locator('td').last().dblclick();
    await expect(dialog.getByRole('heading', { name: kind.edit })).toBeVisible();
    for (const [label, value] of Object.entries(kind.fields)) {
      if (label === 'Password') await expect(admin.field(label)).toHaveValue('');
      else if (typeof value === 'string') await expect(admin.field(label)).toHaveValue(value);
      else await expect(dialog.getByLabel(label, { exact: true })).toBeChecked({ checked: value });
    }
    await portray(`${kind.module}-edit`);
    if (kind.module === 'services') {
      await dialog.locator('#service-check').scrollIntoViewIfNeeded();
      await expect(dialog.locator('#service-check code')).toContainText('https://crm.example/customer?id=');
      await keepPicture(page, 'admin-service');
    }
    await fill(admin, kind.change);
    await admin.save(`${kind.after} was saved.`);

    // Enter opens the row, Escape leaves it; what was typed is asked for first.
    await admin.name(kind.after).focus();
    await page.keyboard.press('Enter');
    await expect(dialog.getByRole('heading', { name: kind.edit })).toBeVisible();
    await page.keyboard.press('Escape');
    await expect(dialog).toBeHidden();
    await expect(admin.name(kind.after)).toBeFocused();

    await page.keyboard.press('Space');
    await page.keyboard.press('Delete');
    await expect(dialog.getByRole('heading', { name: kind.remove })).toBeVisible();
    if (kind.used !== undefined) await expect(dialog.locator('.remove-list')).toContainText(kind.used);
    await portray(`${kind.module}-remove`);
    await dialog.getByRole('button', { name: 'Remove' }).click();
    await expect(admin.said(/was removed\./)).toBeVisible();
    await expect(admin.row(kind.after)).toHaveCount(0);
  });
}
