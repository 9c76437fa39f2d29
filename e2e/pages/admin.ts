import { existsSync } from 'node:fs';
import type { BrowserContextOptions, Locator, Page } from '@playwright/test';
import { test as base, expect } from './demo';

/** A manager's account. */
export interface Account {
  user: string;
  password: string;
}

/** Whom the demo prints. */
export const rosa: Account = { user: 'rosa', password: 'open the demo' };

/** Nobody's browser. */
export const stranger = { storageState: { cookies: [], origins: [] } };

/** The configurator as a manager sees it, in English: by its words and roles. */
export class Admin {
  constructor(
    readonly page: Page,
    readonly address: string,
  ) {}

  async open(path = ''): Promise<void> {
    await this.page.goto(`${this.address}/admin${path}`);
    // With the script, or without one (then what stands in noscript is of the page).
    await this.page.locator('html[data-ready], .signin, noscript > *').first().waitFor({ state: 'attached' });
  }

  /** Goes to a page by the navigation, until its keys work. */
  async go(title: string): Promise<void> {
    await this.page.getByRole('navigation').getByRole('link', { name: title, exact: true }).click();
    await expect(this.heading).toHaveText(title);
    await this.page.waitForLoadState();
  }

  async signIn({ user, password }: Account): Promise<void> {
    await this.page.getByLabel('User id').fill(user);
    await this.page.getByLabel('Password', { exact: true }).fill(password);
    await this.page.getByRole('button', { name: 'Sign in' }).click();
  }

  /** Signs in where nobody is, and goes to a page. */
  async enter(account: Account, path = '/live'): Promise<void> {
    await this.open(`/sign-in?next=${encodeURIComponent(`/admin${path}`)}`);
    await this.signIn(account);
    await expect(this.heading).toBeVisible();
    await expect(this.page).not.toHaveURL(/sign-in/);
  }

  get heading(): Locator {
    return this.page.getByRole('heading', { level: 1 });
  }

  /** The dialog in which records are edited. */
  get dialog(): Locator {
    return this.page.locator('dialog#dialog');
  }

  /** A field of the dialog by its label; that of a required one ends with a star. */
  field(label: string): Locator {
    return labelled(this.dialog, label);
  }

  /** What is wrong: the list at the top of a form. */
  get summary(): Locator {
    return this.dialog.getByRole('alert');
  }

  /** The row of a record, by its name. */
  row(name: string): Locator {
    return this.page
      .locator('#list tbody tr')
      .filter({ has: this.page.locator('.cell-name a', { hasText: new RegExp(`^${escaped(name)}$`) }) });
  }

  /** The name of a record in its row; it opens it. */
  name(name: string): Locator {
    return this.row(name).locator('.cell-name a');
  }

  get rows(): Locator {
    return this.page.locator('#list tbody tr');
  }

  tool(name: string): Locator {
    return this.page.getByRole('toolbar').getByRole('button', { name });
  }

  get search(): Locator {
    return this.page.getByRole('searchbox');
  }

  /** What the corner of the page says. */
  said(text: string | RegExp): Locator {
    return this.page.locator('.toast', { hasText: text });
  }

  /** Presses a form's button and waits until it has done its work. */
  async save(said: string): Promise<void> {
    await this.dialog.locator('button[type=submit].button-primary').click();
    await expect(this.said(said)).toBeVisible();
    await expect(this.dialog).toBeHidden();
  }
}

/** A field by its label, where that of a required one ends with a star, or by a selector that begins with #. */
export const labelled = (within: Locator | Page, label: string): Locator =>
  label.startsWith('#')
    ? within.locator(label)
    : within.getByLabel(new RegExp(`^\\s*${escaped(label)}( \\*)?\\s*$`));

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** The fixture `portray`. */
export async function portrays(
  { page, shot, axe }: Pictures,
  use: (portray: (name: string, page?: Page) => Promise<void>) => Promise<void>,
): Promise<void> {
  await use(async (name, which = page) => {
    const size = which.viewportSize();
    await shot(`admin-${name}`, which);
    await axe(name, which);
    await which.emulateMedia({ colorScheme: 'dark' });
    await shot(`admin-${name}-dark`, which);
    await axe(`${name}, dark`, which, ['color-contrast']); // all that is another in the dark
    await which.emulateMedia({ colorScheme: 'light' });
    await which.setViewportSize({ width: 390, height: 844 });
    await shot(`admin-${name}-phone`, which);
    expect
      .soft(
        await which.evaluate(() => document.documentElement.scrollWidth <= innerWidth),
        `${name}: no sideways scrolling at 390 px`,
      )
      .toBe(true);
    if (size !== null) await which.setViewportSize(size);
  });
}

/** A picture of the README: new when asked for, so that a test run changes no file of ours. */
export async function keepPicture(page: Page, name: string): Promise<void> {
  const kept = `docs/${name}.png`;
  if (process.env.UPDATE_PICTURES !== '1' && existsSync(kept)) return;
  await page.screenshot({ path: kept, animations: 'disabled', caret: 'initial' });
}

interface Pictures {
  page: Page;
  shot: (name: string, page?: Page) => Promise<void>;
  axe: (label: string, page?: Page, rules?: string[]) => Promise<void>;
}

interface Visit {
  /** Rosa at her browser, signed in, on no page yet. */
  admin: Admin;
  /** Somebody else at a browser of his own, not signed in. */
  other: (options?: BrowserContextOptions) => Promise<Admin>;
  /** A page or dialog as it is now: axe in light and dark, pictures in light, dark and 390 px. */
  portray: (name: string, page?: Page) => Promise<void>;
}

type Kept = { cookies: { name: string; value: string; domain: string; path: string }[] };

export const test = base.extend<Visit, { kept: Kept }>({
  // To sign in costs what it should: once for all tests of a worker is enough.
  kept: [
    async ({ demo, browser }, use) => {
      const context = await browser.newContext();
      await new Admin(await context.newPage(), demo.address).enter(rosa);
      const state = await context.storageState();
      await context.close();
      await use(state);
    },
    { scope: 'worker' },
  ],
  admin: async ({ demo, kept, page, guard }, use) => {
    guard.allow(/\/admin\/[^ ]*: .*(409|422)/); // a form that is refused, which Chromium reports
    await page.context().addCookies(kept.cookies);
    await use(new Admin(page, demo.address));
  },
  other: async ({ demo, another }, use) => {
    await use(async (options = {}) => new Admin(await another({ ...stranger, ...options }), demo.address));
  },
  portray: portrays,
});

export { expect };
