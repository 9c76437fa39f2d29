import { expect, type Locator, type Page } from '@playwright/test';

/** The panel as an agent sees it, in English: by its words and roles. */
export class Panel {
  constructor(readonly page: Page) {}

  async open(server: string): Promise<void> {
    await this.page.goto(`${server}/agent`);
  }

  async signIn(user: string, password: string, seat: string): Promise<void> {
    await this.page.getByLabel('User name').fill(user);
    await this.page.getByLabel('Password').fill(password);
    await this.page.getByLabel('Seat', { exact: true }).fill(seat);
    await this.page.getByRole('button', { name: /^Sign in/ }).click();
  }

  /** Signed in, connected, with the picture before it. */
  async ready(): Promise<void> {
    await expect(this.page.getByText('Connected', { exact: true })).toBeVisible();
    await expect(this.state).toHaveAttribute('data-state', 'available');
  }

  get state(): Locator {
    return this.page.locator('[data-state]');
  }

  /** The card of a call, by the word it shows: Incoming call, On call, Call ended, Missed call … */
  card(word: string): Locator {
    return this.page.getByRole('article', { name: word, exact: true });
  }

  /** The value of a variable on a card. */
  variable(card: Locator, name: string): Locator {
    return card.locator('dl div', { has: this.page.locator('dt', { hasText: name }) }).locator('dd bdi');
  }

  /** The embedded customer screens: none, or one. */
  get screens(): Locator {
    return this.page.locator('iframe');
  }

  /** The page inside the embedded screen. */
  get customer() {
    return this.page.frameLocator('iframe');
  }

  /** Chooses where customer screens open in this browser. */
  async openScreens(way: string): Promise<void> {
    await this.page.getByRole('button', { name: 'Your menu' }).click();
    await this.page.getByLabel('Customer screens open').selectOption({ label: way });
    await this.page.keyboard.press('Escape');
  }
}

/** Nothing is beside the page, nor cut off within a word or a button. */
export async function fits(page: Page): Promise<void> {
  expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
  const cut = await page.evaluate(() =>
    [...document.querySelectorAll('article :is(h2, b, button, dd, li)')]
      .filter((one) => one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).display !== 'inline')
      .map((one) => one.textContent),
  );
  expect(cut, 'cut off').toEqual([]);
}
