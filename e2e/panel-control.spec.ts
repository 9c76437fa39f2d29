import { call, expect, test } from './pages/played';

// What an agent does with a call where the telephones take orders and colleagues can be asked
// first. The server is played: no simulated telephone takes orders.

const able = { control: { attended: true, hold: true, answer: true } };
const minuteAgo = () => Date.now() - 65_000;
const talking = (changes: object = {}) =>
  call({ phase: 'talking', state: 'Up', answered: minuteAgo(), since: minuteAgo(), ...changes });
const targets = {
  agents: [
    { operator: 'grace', fullName: 'Grace Hopper', state: 'available' },
    { operator: 'alan', fullName: 'Alan Turing', state: 'oncall' },
  ],
  queues: [{ queue: 'support', service: 'Support', waiting: 2, available: 1 }],
  numbers: true,
};

test('a call is answered, held and taken back, by button and by keys', async ({
  open,
  played,
  shot,
  axe,
}) => {
  const panel = await open({ also: able, calls: [call()] });
  const { page } = panel;
  const ringing = panel.card('Incoming call');
  await expect(ringing).not.toContainText('Answer on your phone');
  await shot('control-ringing');
  await axe('a ringing call with its button');
  played.answer = () => ({ ok: false, code: 'no-reaction', error: '' });
  await ringing.getByRole('button', { name: 'Answer' }).click();
  await expect(ringing.getByRole('alert')).toHaveText('Your phone did not react. Use its own key.');

  // Answered by its key; until the server has said so it is seen to be under way.
  let done = (_: object) => {};
  played.answer = () => new Promise((resolve) => (done = resolve));
  await page.keyboard.press('Alt+KeyA');
  await expect(ringing.getByText('Your phone is answering…')).toBeVisible();
  await expect(ringing.getByRole('alert')).toBeEmpty();
  await page.keyboard.press('Alt+KeyA');
  played.tell('Newstate', talking());
  done({ ok: true });
  const card = panel.card('On call');
  await card.getByRole('button', { name: 'Hold' }).click();
  await expect(card.getByText('Your phone is putting the call on hold…')).toBeVisible();
  played.tell('Hold', talking({ phase: 'held', since: Date.now() - 5_000 }));
  done({ ok: true });
  const held = panel.card('On hold');
  await expect(held.getByRole('timer')).toHaveText(/^00:0[5-9]$/);
  await expect(held.getByRole('button', { name: 'Resume' })).toBeVisible();
  await shot('control-held');
  await axe('a held call');
  await page.keyboard.press('Alt+KeyW');
  played.tell('Unhold', talking());
  done({ ok: true });
  await expect(card.getByRole('button', { name: 'Hold' })).toBeVisible();
  await expect(card.getByRole('timer')).toHaveText(/^01:[01]\d$/); // of the talk, which the hold did not begin anew
  expect(played.sent.map(({ command }) => command)).toEqual(['answer', 'answer', 'hold', 'resume']);
});

test('a colleague is asked first: handed over, and back to the caller', async ({
  open,
  played,
  shot,
  axe,
}) => {
  const panel = await open({ also: able, calls: [talking()] });
  const { page } = panel;
  played.answer = ({ command }) => (command === 'targets' ? { ok: true, targets } : { ok: true });
  await page.keyboard.press('Alt+KeyX');
  const dialog = page.getByRole('dialog');
  await dialog.getByText('Ask first').click();
  await expect(dialog.getByRole('option', { name: 'support' })).toContainText('Only at once');
  await shot('control-ask-dialog');
  await axe('asking first');
  await dialog.getByRole('combobox').fill('grace');
  await page.keyboard.press('Enter');
  await expect
    .poll(() => played.sent)
    .toEqual([{ command: 'transfer', call: 'c1', kind: 'attended', to: { agent: 'grace' } }]);
  const consult = { to: '202', operator: 'grace', name: 'Grace Hopper', phase: 'ringing' };
  const asking = (changes: object = {}) =>
    talking({ phase: 'held', since: Date.now() - 4_000, consult: { ...consult, ...changes } });
  played.tell('Consult', asking());
  await expect(dialog).toBeHidden();
  const card = panel.card('On hold');
  await expect(card).toContainText('The phone of \u2068Grace Hopper\u2069 is ringing');
  await expect(card.getByRole('heading')).toHaveText('Camille Durand');
  await expect(card.getByRole('button', { name: 'Hang up' })).toHaveCount(0);
  await shot('control-asking');
  await axe('a colleague is called');
  played.tell('Consult', asking({ phase: 'talking' }));
  await expect(card).toContainText('You are talking with \u2068Grace Hopper\u2069');
  await page.reload();
  await expect(card).toContainText('You are talking with \u2068Grace Hopper\u2069');
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.setViewportSize({ width: 390, height: 760 });
  await shot('control-asked-phone-dark');
  await axe('a colleague is asked, dark');
  await page.setViewportSize({ width: 1280, height: 800 });

  // The colleague hangs up; then he is asked once more, and the agent goes back himself.
  played.tell('Unhold', talking());
  await expect(panel.card('On call').getByRole('alert')).toContainText('Nobody took the call');
  played.tell('Consult', asking());
  played.answer = () => ({ ok: false, code: 'unanswered', error: '' });
  await card.getByRole('button', { name: 'Back to the caller' }).click();
  await expect(card.getByRole('alert')).toContainText('Asterisk has not answered in time');
  await shot('control-refused-dark');
  played.answer = () => {
    played.tell('Unhold', talking());
    return { ok: true };
  };
  await card.getByRole('button', { name: 'Back to the caller' }).click();
  await expect(panel.card('On call').getByRole('alert')).toBeEmpty();

  played.answer = () => ({ ok: true });
  played.tell('Consult', asking({ phase: 'talking' }));
  await card.getByRole('button', { name: 'Hand over' }).click();
  await expect(card.getByText('Handing over…')).toBeVisible();
  const by = { kind: 'attended', by: 'ada', name: 'Ada Lovelace', phone: 'PJSIP/201', to: '202' };
  played.tell('Transfer', talking({ transfer: by }));
  played.tell('Hangup', talking({ phase: 'ended', since: Date.now(), cause: 16 }));
  await expect(panel.card('Transferred')).toContainText('Transferred to \u2068202\u2069');
  expect(played.sent.slice(1).map(({ command }) => command)).toEqual(['cancel', 'cancel', 'complete']);
});

test('who writes a note goes on writing when the dialog has closed, and beside a held call hands over', async ({
  open,
  played,
}) => {
  const held = call({ id: 'c2', uniqueid: '2.1', phase: 'held', state: 'Up', answered: minuteAgo() });
  const panel = await open({ also: { ...able, notes: true }, calls: [talking({ started: 1 }), held] });
  const { page } = panel;
  played.answer = () => ({ ok: true, targets });
  const note = page.locator('#call .note-text').first();
  await page.keyboard.press('Alt+n');
  await page.keyboard.type('Asks');
  await page.keyboard.press('Alt+x');
  await expect(page.getByRole('dialog').getByRole('combobox')).toBeFocused();
  const consult = { to: '202', operator: 'grace', name: 'Grace Hopper', phase: 'talking' };
  played.tell('Consult', talking({ started: 1, phase: 'held', consult }));
  await expect(page.getByRole('dialog')).toBeHidden();
  await expect(page.getByRole('button', { name: 'Hand over' })).toBeVisible();
  await expect(note).toBeFocused();
  await page.keyboard.type(' for a copy');
  await expect(note).toHaveValue('Asks for a copy');
});

test('a second call is answered from its line', async ({ open, played, shot, axe }) => {
  const other = {
    id: 'c2',
    uniqueid: '2.1',
    linkedid: '2.0',
    caller: { number: '0551234', name: 'Zoë Müller' },
  };
  const panel = await open({ also: able, calls: [talking(), call(other)] });
  const line = panel.page.getByRole('list', { name: 'Other calls' });
  await expect(line).toContainText('Zoë Müller');
  await shot('control-two-calls');
  await axe('two calls');
  await line.getByRole('button', { name: /^Answer/ }).click();
  expect(played.sent).toEqual([{ command: 'answer', call: 'c2' }]);
  played.tell('Hold', talking({ phase: 'held' }));
  played.tell('Newstate', talking({ ...other, answered: Date.now(), since: Date.now() }));
  await expect(panel.card('On call').getByRole('heading')).toHaveText('Zoë Müller');
  await expect(line).toContainText('Camille Durand');
  await expect(line.getByRole('button', { name: /^Resume/ })).toBeVisible();
});

test('where nothing of it is offered there is nothing of it', async ({ open, played }) => {
  const panel = await open({ calls: [talking()] });
  const { page } = panel;
  const card = panel.card('On call');
  await expect(card.getByRole('button', { name: 'Transfer…' })).toBeVisible();
  await expect(card.getByRole('button', { name: /Hold|Resume|Answer/ })).toHaveCount(0);
  await page.keyboard.press('Alt+KeyW');
  await page.keyboard.press('Alt+KeyA');
  await page.keyboard.press('Alt+KeyX');
  await expect(page.getByRole('dialog')).toBeVisible();
  await expect(page.getByText('Ask first')).toHaveCount(0);
  expect(played.sent).toEqual([]);
});

test('the buttons have room for the words of each language', async ({ open, played, page, shot }) => {
  const consult = { to: '202', operator: 'grace', name: 'Grace Hopper', phase: 'talking' };
  await open({ also: able, calls: [talking()] });
  played.answer = ({ command }) => (command === 'targets' ? { ok: true, targets } : { ok: true });
  const cut = () =>
    page.evaluate(() =>
      [...document.querySelectorAll('.call-buttons button, .asked, dialog[open] :is(button, label)')]
        .filter((one) => one.scrollWidth > one.clientWidth)
        .map((one) => one.textContent),
    );
  for (const language of ['it', 'fr', 'de', 'es', 'en']) {
    await page.locator('[popovertarget="user-menu"]').click();
    await page.locator('#menu-language').selectOption(language);
    await page.keyboard.press('Escape');
    await expect(page.locator('html')).toHaveAttribute('lang', language);
    for (const width of [1280, 360]) {
      await page.setViewportSize({ width, height: 760 });
      await page.keyboard.press('Alt+KeyX');
      await page.getByRole('dialog').getByRole('radio').last().check({ force: true });
      expect(await cut(), `${language}, the dialog`).toEqual([]);
      await shot(`control-dialog-${language}-${width}`);
      await page.keyboard.press('Escape');
      expect(await cut(), language).toEqual([]);
      await shot(`control-talking-${language}-${width}`);
      played.tell('Consult', talking({ phase: 'held', consult }));
      await expect(page.locator('.asked')).toBeVisible();
      expect(await cut(), `${language}, asking`).toEqual([]);
      await shot(`control-asked-${language}-${width}`);
      played.tell('Link', talking());
      await expect(page.locator('.asked')).toHaveCount(0);
    }
  }
});
