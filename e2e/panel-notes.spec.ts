import type { Locator, Page, WebSocketRoute } from '@playwright/test';
import { callIn, expect, signIn, test } from './pages/demo';
import { Panel } from './pages/panel';

// What an agent notes about his calls, in the demo, whose callers stay until he hangs up.

test.describe.configure({ timeout: 180_000 });
test.use({ asked: true });

/** The note of a call on its card, or in an unfolded line of the history. */
function noteIn(part: Locator) {
  const form = part.getByRole('group', { name: /^Note on the call with / });
  return {
    form,
    text: form.getByRole('textbox', { name: 'Note' }),
    result: (name: string) => form.getByRole('radio', { name }),
    saved: form.getByText('Saved', { exact: true }),
  };
}

const historyOf = (page: Page) => page.getByRole('region', { name: 'History' });

/** Cuts the WebSockets of a page, and lets them through again. */
async function cable(page: Page) {
  let cut = false;
  const open = new Set<WebSocketRoute>();
  await page.routeWebSocket(/\/ws$/, (socket) => {
    if (cut) return void socket.close({ code: 1012 });
    open.add(socket);
    socket.connectToServer();
  });
  return {
    async pull() {
      cut = true;
      await Promise.all([...open].map((socket) => socket.close({ code: 1012 })));
      open.clear();
    },
    plug() {
      cut = false;
    },
  };
}

test('a result and a note are saved by themselves, on all screens, and found in the history', async ({
  panel,
  account,
  demo,
  shot,
  axe,
}) => {
  const { page } = panel;
  await signIn(panel, account);
  await callIn(panel);
  const talking = panel.card('On call');
  await expect(talking.locator('dt')).toContainText(['Customer number']);
  const caller = await talking.getByRole('heading').innerText();
  const note = noteIn(talking);

  // By keys alone: the note, and back to the results before it.
  await page.keyboard.press('Alt+n');
  await expect(note.text).toBeFocused();
  await page.keyboard.type('Wants the annual plan.');
  await page.keyboard.press('Shift+Tab');
  await page.keyboard.press('Space');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowRight');
  // From the last of them on: the second, whichever service it is of.
  await expect(note.form.getByRole('radio').nth(1)).toBeChecked();
  const chosen = (await note.form.locator('.chips label').nth(1).innerText()).trim();
  await expect(note.saved).toBeVisible();
  await shot('note');
  await axe('a note during the call');

  await page.reload();
  await expect(note.text).toHaveValue('Wants the annual plan.');
  await expect(note.result(chosen)).toBeChecked();

  // Another tab of the same sign-in shows it, and what is written there shows here.
  const tab = new Panel(await page.context().newPage());
  await tab.open(demo.address);
  const there = noteIn(tab.page.getByRole('article'));
  await expect(there.text).toHaveValue('Wants the annual plan.');
  await there.text.fill('Wants the annual plan.\nSend the offer before Friday.');
  await expect(note.text).toHaveValue(/before Friday/);
  await tab.page.close();

  // The call is over: the note is at hand until the next one.
  await talking.getByRole('button', { name: 'Hang up' }).click();
  const ended = panel.card('Call ended');
  await expect(noteIn(ended).text).toHaveValue(/before Friday/);
  await shot('note-ended');
  await axe('the note of a call that is over');

  const list = historyOf(page);
  const line = list.getByRole('listitem').filter({ hasText: caller }).first();
  await expect(line).toContainText(chosen);
  await expect(line).toContainText('Wants the annual plan. Send the offer before Friday.');
  await list.getByRole('searchbox').fill('before fri');
  await expect(list.getByRole('listitem')).toHaveCount(1);
  await list.getByRole('searchbox').fill('');
  const more = line.getByRole('button', { name: /^Details of the call with / });
  await more.focus();
  await page.keyboard.press('Enter');
  await expect(more).toHaveAttribute('aria-expanded', 'true');
  await expect(line.locator('dt')).toContainText(['Customer number']);
  const past = noteIn(line);
  await past.result('Wrong number').check();
  await past.text.fill('Has ordered meanwhile.');
  await expect(past.saved).toBeVisible();
  await line.scrollIntoViewIfNeeded();
  await shot('note-past');
  await axe('the note of a past call');
  await page.emulateMedia({ colorScheme: 'dark' });
  await shot('note-past-dark');
  await axe('the note of a past call, dark', page, ['color-contrast']);
  await more.click();
  await expect(line).toContainText('Has ordered meanwhile.');
  await page.setViewportSize({ width: 390, height: 844 });
  await page.getByRole('button', { name: 'History' }).click();
  await expect(line).toContainText('Has ordered meanwhile.');
  await shot('note-past-phone');
  await axe('the notes at phone width');
});

test('what is written while the connection is lost, or in a page that is loaded anew, is not lost', async ({
  panel,
  account,
  guard,
  shot,
  axe,
}) => {
  guard.allow(/WebSocket/);
  const { page } = panel;
  const line = await cable(page);
  await page.reload();
  await signIn(panel, account);
  await callIn(panel);
  await page.setViewportSize({ width: 390, height: 844 });
  await page.emulateMedia({ colorScheme: 'dark' });
  const card = panel.card('On call');
  const name = await card.getByRole('heading').innerText();
  const note = noteIn(card);
  await note.text.fill('Said so while');
  await expect(note.saved).toBeVisible();

  await line.pull();
  await expect(note.form).toBeVisible();
  await note.text.press('End');
  await page.keyboard.type(' the line was cut.');
  await expect(note.form.getByRole('status')).toContainText('Not saved yet');
  await shot('note-waiting-phone');
  await axe('a note that waits for the server');
  line.plug();
  await expect(note.saved).toBeVisible();
  await expect(note.form.getByRole('status')).toBeEmpty();
  await expect(note.text).toHaveValue('Said so while the line was cut.');

  // A letter, and the page is gone before anything is saved.
  await note.text.press('End');
  await page.keyboard.type('!');
  await page.reload();
  await expect(note.text).toHaveValue('Said so while the line was cut.!');
  await card.getByRole('button', { name: 'Hang up' }).click();
  await page.getByRole('button', { name: 'History' }).click();
  const past = historyOf(page).getByRole('listitem').filter({ hasText: name }).first();
  await expect(past).toContainText('Said so while the line was cut.!');
});
