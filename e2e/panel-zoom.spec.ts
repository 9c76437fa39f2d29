import { fits } from './pages/panel';
import { call, expect, seat, test } from './pages/played';

// A page that is enlarged, or small. The server's side is played.

const talking = (changes: object = {}) => {
  const at = Date.now() - 65_000;
  return call({ phase: 'talking', state: 'Up', answered: at, since: at, ...changes });
};

test('at 200 % nothing is lost, and nothing pulses where motion is not wanted', async ({
  open,
  played,
  shot,
}) => {
  const panel = await open({
    also: { control: { attended: true, hold: true, answer: true } },
    calls: [talking(), call({ id: 'c2', uniqueid: '2.1', linkedid: '2.0' })],
  });
  const { page } = panel;
  await page.setViewportSize({ width: 640, height: 400 }); // 1280 × 800 at 200 %
  await fits(page);
  await shot('state-zoomed');
  for (const name of ['Hang up', 'Hold', 'Transfer…', 'Your menu']) {
    await page.getByRole('button', { name }).scrollIntoViewIfNeeded();
    await expect(page.getByRole('button', { name })).toBeInViewport({ ratio: 1 });
  }
  await page.keyboard.press('Alt+KeyX');
  await page
    .getByRole('dialog')
    .getByRole('button', { name: 'Transfer', exact: true })
    .scrollIntoViewIfNeeded();
  await expect(
    page.getByRole('dialog').getByRole('button', { name: 'Transfer', exact: true }),
  ).toBeInViewport();
  await page.keyboard.press('Escape');

  const moving = () =>
    page.evaluate(() => document.getAnimations().filter((one) => one.playState === 'running').length);
  await page.emulateMedia({ reducedMotion: 'reduce' });
  played.tell('Hangup', talking({ phase: 'ended' }));
  await expect(panel.card('Incoming call')).toBeVisible();
  expect(await moving()).toBe(0);
  await page.emulateMedia({ reducedMotion: 'no-preference' });
  await expect.poll(moving).toBeGreaterThan(0);
});

/** Two things to tell: the telephone is not known, and a pause was not granted. */
const troubled = {
  pauseReasons: ['Break'],
  agent: {
    operator: 'ada',
    fullName: 'Ada Lovelace',
    seat,
    state: 'ringing',
    since: Date.now(),
    duty: { state: 'available', reason: '', since: Date.now(), until: 0, noPhone: true },
  },
};

for (const [name, width, height] of [
  ['200 %', 640, 400], // 1280 × 800 enlarged
  ['320 px', 320, 640],
] as const) {
  test(`at ${name} a call is seen at once below two notices, and the notices can be read`, async ({
    open,
    played,
    page,
    shot,
    axe,
  }) => {
    await page.setViewportSize({ width, height });
    played.answer = () => ({ ok: false, code: 'no-link', error: '' });
    const panel = await open({ also: troubled });
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.getByRole('menuitem', { name: 'Break' }).click();
    const notices = page.getByRole('region', { name: 'Notices' });
    await expect(notices.getByRole('alert')).toHaveCount(2);
    played.tell('Dial', call());
    const card = panel.card('Incoming call');
    await expect(card.getByRole('heading')).toBeInViewport({ ratio: 1 });
    await expect(card.getByRole('timer')).toBeInViewport({ ratio: 1 });
    expect(await page.evaluate(() => scrollY)).toBe(0);
    await fits(page);
    await shot(`small-${width}`);
    await axe(`two notices at ${name}`, page, [
      'button-name',
      'color-contrast',
      'aria-allowed-attr',
      'region',
    ]);

    const text = notices.getByText('Asterisk does not know the telephone');
    const isCut = () => text.evaluate((one) => one.scrollWidth > one.clientWidth);
    expect(await isCut()).toBe(true);
    await notices.getByRole('button', { name: 'Show all' }).first().click();
    expect(await isCut()).toBe(false);
    await shot(`small-${width}-unfolded`);
  });
}
