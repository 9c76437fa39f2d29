import type { Locator } from '@playwright/test';
import { call, expect, test } from './pages/played';

// Windows high contrast: the browser takes all colours but the user's own few, and all shadows. What
// was told by a tint must be told by something else. The server's side is played.

test.use({ contextOptions: { forcedColors: 'active' } });

const talking = (changes: object = {}) => {
  const at = Date.now() - 65_000;
  return call({ phase: 'talking', state: 'Up', answered: at, since: at, ...changes });
};

const services = [
  { name: 'Support', direction: 'inbound', queue: 'support', dispositions: ['Solved', 'Call back'] },
];

/** How something is drawn. */
const look = (one: Locator) =>
  one.evaluate((element) => {
    const { backgroundColor, color, borderTopStyle, borderTopWidth, borderTopColor, outlineStyle } =
      getComputedStyle(element);
    const border = `${borderTopStyle} ${borderTopWidth} ${borderTopColor}`;
    return { backgroundColor, color, border, outlineStyle };
  });

async function differ(one: Locator, other: Locator): Promise<void> {
  expect((await look(one)).backgroundColor).not.toBe((await look(other)).backgroundColor);
}

test('states, buttons, the focus and what is chosen can be told apart', async ({
  open,
  played,
  guard,
  page,
  shot,
  axe,
}) => {
  const agents = [
    { operator: 'bob', fullName: 'Bob Bemer', state: 'available' },
    { operator: 'fay', fullName: 'Fay Weldon', state: 'paused' },
  ];
  played.answer = ({ command }) =>
    command === 'targets' ? { ok: true, targets: { agents, queues: [], numbers: false } } : { ok: true };
  const control = { attended: true, hold: true, answer: true };
  const panel = await open({ calls: [call()], also: { notes: true, services, control } });
  const ringing = panel.card('Incoming call');
  await expect(ringing).toBeVisible();
  await differ(ringing.locator('header'), ringing);
  await differ(ringing.getByRole('button', { name: 'Answer' }), page.getByRole('button', { name: 'Pause' }));
  await shot('contrast-ringing');

  played.tell('Link', talking());
  const card = panel.card('On call');
  await card.getByRole('radio', { name: 'Call back' }).check();
  await differ(card.locator(':checked + bdi'), card.locator('input:not(:checked) + bdi'));
  const note = card.getByRole('textbox', { name: 'Note' });
  await note.focus();
  expect((await look(note)).outlineStyle).toBe('solid');
  await shot('contrast-call');
  await axe('high contrast');

  await page.keyboard.press('Alt+KeyX');
  const dialog = page.getByRole('dialog', { name: /^Transfer/ });
  await expect(dialog.getByRole('option')).toHaveCount(2);
  await differ(
    dialog.getByRole('option', { selected: true }),
    dialog.getByRole('option', { selected: false }),
  );
  await differ(dialog.locator(':checked + span'), dialog.locator('input:not(:checked) + span'));
  await shot('contrast-transfer');
  await page.keyboard.press('Escape');

  await page.setViewportSize({ width: 390, height: 844 });
  const tabs = page.getByRole('navigation');
  await differ(tabs.getByRole('button', { name: 'Call' }), tabs.getByRole('button', { name: 'History' }));
  await shot('contrast-phone');

  const hangUp = card.getByRole('button', { name: 'Hang up' });
  const before = await look(hangUp);
  guard.allow(/\/ws/);
  played.reachable = false;
  await played.cut();
  await expect(hangUp).toHaveAttribute('aria-disabled', 'true');
  await expect.poll(async () => (await look(hangUp)).color).not.toBe(before.color);
});
