import AxeBuilder from '@axe-core/playwright';
import {
  type BrowserContext,
  type BrowserContextOptions,
  test as base,
  expect,
  type Page,
} from '@playwright/test';

/** What no page may do: break its policy, throw, complain, or open a dialog box. */
export class Guard {
  readonly #complaints: string[] = [];
  readonly #allowed: RegExp[] = [];

  /** Announces what this test brings about on purpose. */
  allow(...what: RegExp[]): void {
    this.#allowed.push(...what);
  }

  async watch(context: BrowserContext): Promise<void> {
    await context.addInitScript(() => {
      document.addEventListener('securitypolicyviolation', (event) => {
        console.error(
          `policy: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`,
        );
      });
    });
    context.on('console', (message) => {
      if (message.type() === 'error') this.#hear(`${message.location().url}: ${message.text()}`);
    });
    context.on('weberror', (error) => this.#hear(`thrown: ${error.error().stack ?? error.error().message}`));
    context.on('dialog', (dialog) => {
      this.#hear(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
  }

  #hear(complaint: string): void {
    if (!this.#allowed.some((allowed) => allowed.test(complaint))) this.#complaints.push(complaint);
  }

  check(): void {
    expect(this.#complaints, 'what the pages complained of').toEqual([]);
  }
}

interface Fixtures {
  guard: Guard;
  /** A further browser, with cookies of its own, guarded like the first. */
  another: (options?: BrowserContextOptions) => Promise<Page>;
  /** Saves a picture of a page in build/shots. */
  shot: (name: string, page?: Page) => Promise<void>;
  /** Checks a page against WCAG 2.2 AA, or some rules. What other sites show inside it is theirs. */
  axe: (label: string, page?: Page, rules?: string[]) => Promise<void>;
}

export const test = base.extend<Fixtures>({
  guard: [
    async ({ context }, use) => {
      const guard = new Guard();
      await guard.watch(context);
      await use(guard);
      guard.check();
    },
    { auto: true },
  ],
  another: async ({ browser, guard, contextOptions }, use) => {
    const contexts: BrowserContext[] = [];
    await use(async (options = {}) => {
      const context = await browser.newContext({ ...contextOptions, ...options });
      contexts.push(context);
      await guard.watch(context);
      return context.newPage();
    });
    await Promise.all(contexts.map((context) => context.close()));
  },
  shot: async ({ page }, use) => {
    await use(async (name, which = page) => {
      // To hide the caret Playwright leaves style attributes behind, which our policy refuses
      // when htmx copies them.
      await which.screenshot({ path: `build/shots/${name}.png`, animations: 'disabled', caret: 'initial' });
    });
  },
  axe: async ({ page }, use) => {
    await use(async (label, which = page, rules) => {
      const builder = new AxeBuilder({ page: which }).exclude('iframe');
      const { violations } = await (rules === undefined
        ? builder.withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'])
        : builder.withRules(rules)
      ).analyze();
      const found = violations.map(
        ({ id, impact, nodes, help }) =>
          `${id} (${impact}), ${nodes.length}×: ${nodes[0]?.target.join(' ')}: ${nodes[0]?.any[0]?.message ?? help}`,
      );
      expect.soft(found, `accessibility: ${label}`).toEqual([]);
    });
  },
});

export { expect };
