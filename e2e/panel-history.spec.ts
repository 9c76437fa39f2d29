import { expect, signIn, test } from './pages/demo';
import { Panel } from './pages/panel';

// The calls of today and before, which the server keeps: in the demo, with whoever calls by himself.

test('the history outlives a reload, is the same at another browser, can be searched and called back', async ({
  panel,
  account,
  demo,
  another,
  guard,
  shot,
  axe,
}) => {
  guard.allow(/\/api\/history\?.*ERR_FAILED/);
  const { page } = panel;
  await signIn(panel, account);
  const list = page.getByRole('region', { name: 'History' });
  await expect(list.getByRole('listitem').first()).toBeVisible({ timeout: 60_000 });
  await expect(list.getByRole('heading', { name: 'Today' })).toBeVisible();
  const caller = await list.getByRole('listitem').first().locator('bdi').first().innerText();

  await page.reload();
  await expect(list).toContainText(caller);
  await shot('history');
  await axe('history');

  // Another browser, the same agent: nothing of this page's own memory is there.
  const elsewhere = new Panel(await another());
  await elsewhere.open(demo.address);
  await signIn(elsewhere, account);
  const there = elsewhere.page.getByRole('region', { name: 'History' });
  await expect(there).toContainText(caller);

  const search = there.getByRole('searchbox', { name: 'Search your calls' });
  await search.fill('nobody at all');
  await expect(there.getByText(/^No call has .*nobody at all/)).toBeVisible();
  await axe('nothing found', elsewhere.page);
  await search.fill(caller.slice(0, 5).toUpperCase());
  await expect(there.getByRole('listitem').first()).toContainText(caller);
  await shot('history-search', elsewhere.page);

  // The server cannot be asked: what is here is still searched, and that it may not be all is said.
  await elsewhere.page.route('**/api/history**', (route) => route.abort());
  await search.fill(caller.slice(0, 4));
  await expect(there.getByText('The server cannot be reached.')).toBeVisible();
  await expect(there).toContainText(caller);
  await axe('offline', elsewhere.page);
  await elsewhere.page.unroute('**/api/history**');
  await search.fill('');

  await there
    .getByRole('button', { name: /^Call .* back$/ })
    .first()
    .click();
  const box = elsewhere.page.getByRole('textbox', { name: 'Call a number' });
  await expect(box).not.toHaveValue('');
  await expect(box).toBeFocused();

  // On a telephone's width the dial box is in another part, which comes with it.
  await elsewhere.page.setViewportSize({ width: 380, height: 720 });
  await elsewhere.page.getByRole('button', { name: 'History' }).click();
  await shot('history-phone', elsewhere.page);
  await axe('phone width', elsewhere.page);
  await there
    .getByRole('button', { name: /^Call .* back$/ })
    .first()
    .click();
  await expect(box).toBeFocused();
});
