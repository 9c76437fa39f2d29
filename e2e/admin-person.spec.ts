import { type Admin, expect, test } from './pages/admin';
import { callIn } from './pages/demo';
import { Panel } from './pages/panel';

// Calls and notes are a person's: they go with him to another user name, and nobody who gets
// his name has them.

test.use({ asked: true });

const password = 'the humble programmer';

async function apply(admin: Admin): Promise<void> {
  await admin.open('/apply');
  await admin.page.getByRole('button', { name: /^Apply \d+ changes?$/ }).click();
  await expect(admin.page.getByRole('heading', { name: /^In use since/ })).toBeVisible();
}

async function add(admin: Admin, username: string): Promise<void> {
  await admin.open('/operators');
  await admin.tool('Add').click();
  await admin.field('Name').fill('Edsger Dijkstra');
  await admin.field('User name').fill(username);
  await admin.field('Password').fill(password);
  await admin.dialog.getByLabel('Customer support', { exact: true }).check();
  await admin.save('Edsger Dijkstra was added.');
}

async function remove(admin: Admin): Promise<void> {
  await admin.open('/operators');
  await admin.name('Edsger Dijkstra').focus();
  await admin.page.keyboard.press('Space');
  await admin.page.keyboard.press('Delete');
  await admin.dialog.getByRole('button', { name: 'Remove' }).click();
  await expect(admin.said('Edsger Dijkstra was removed.')).toBeVisible();
}

test('a new user name keeps calls and notes; the old one, given to another, has none', async ({
  admin,
  demo,
  other,
  guard,
  portray,
}) => {
  guard.allow(/\/api\/sign-in: .*401/, /WebSocket/);
  await add(admin, 'edsger');
  await apply(admin);

  const panel = new Panel((await other()).page);
  const { page } = panel;
  const list = page.getByRole('region', { name: 'History' });
  await panel.open(demo.address);
  await panel.signIn('edsger', password, '203');
  await panel.ready();
  await callIn(panel);
  const caller = await panel.card('On call').getByRole('heading').innerText();
  await panel.card('On call').getByRole('textbox', { name: 'Note' }).fill('Two of them, please.');
  await expect(panel.card('On call').getByText('Saved', { exact: true })).toBeVisible();
  await page.getByRole('button', { name: 'Hang up' }).first().click();
  await expect(list).toContainText(caller);
  await expect(list).toContainText('Two of them, please.');

  // Another user name: he is told, and signs in with it.
  await admin.open('/operators');
  await admin.name('Edsger Dijkstra').click();
  await expect(admin.field('User name')).toHaveAccessibleDescription(/stay with this person/);
  await portray('operator-name');
  await admin.field('User name').fill('dijkstra');
  await admin.save('Edsger Dijkstra was saved.');
  await apply(admin);
  await expect(page.getByLabel('User name')).toBeVisible();
  await panel.signIn('dijkstra', password, '203');
  await panel.ready();
  await expect(list).toContainText(caller);
  await expect(list).toContainText('Two of them, please.');

  // Somebody else gets the old one, and then, when he is gone, the new one.
  await remove(admin);
  await add(admin, 'dijkstra');
  await admin.open('/apply');
  await expect(admin.page.getByRole('region', { name: 'Operators' })).toContainText(
    'another person of this name',
  );
  await portray('apply-person');
  await apply(admin);
  await expect(page.getByLabel('User name')).toBeVisible();
  await panel.signIn('dijkstra', password, '203');
  await panel.ready();
  await expect(list).toContainText('Your calls show here when they are over.');
  await expect(list).not.toContainText(caller);

  await page.getByRole('button', { name: 'Your menu' }).click();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await remove(admin);
  await apply(admin);
});
