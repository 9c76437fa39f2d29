import { test as base, expect } from './fixtures';
import { Panel } from './panel';
import { binary, freePort, Process } from './process';

export interface Demo {
  address: string;
  /** What the program printed. */
  said: string[];
}

export interface Account {
  operator: string;
  fullName: string;
  password: string;
  seat: string;
}

interface Pace {
  /** The sites that may show the panel in a frame. */
  frames: string[];
  /** Callers come when they are asked for, and stay until somebody hangs up. */
  asked: boolean;
  /** How long a telephone rings before it is answered by itself: '20s', or some seconds. */
  rings: string;
}

interface Visit {
  panel: Panel;
  /** Those that the demo offers. */
  accounts: Account[];
  /** The first of them. */
  account: Account;
}

/** The demo, as someone meets it who has just typed `make demo`. */
export const test = base.extend<Visit, Pace & { demo: Demo }>({
  frames: [[], { option: true, scope: 'worker' }],
  asked: [false, { option: true, scope: 'worker' }],
  rings: ['0s', { option: true, scope: 'worker' }],
  demo: [
    async ({ frames, asked, rings }, use) => {
      const http = `127.0.0.1:${await freePort()}`;
      const tcp = `127.0.0.1:${await freePort()}`;
      const framed = frames.map((origin) => `--frame-ancestors=${origin}`);
      const pace = asked ? ['--every=0', '--talk=1h'] : [];
      const process = new Process(binary, [
        'demo',
        '--http',
        http,
        '--tcp',
        tcp,
        ...framed,
        ...pace,
        `--ring=${rings}`,
      ]);
      const address = `http://${http}`;
      await process.line((line) => line.includes(http));
      await expect.poll(async () => (await fetch(`${address}/readyz`)).status).toBe(200);
      await use({ address, said: process.said });
      expect(await process.stop(), process.said.join('\n')).toBe(0);
    },
    { scope: 'worker' },
  ],
  accounts: async ({ demo }, use) => {
    const session = (await (await fetch(`${demo.address}/api/session`)).json()) as {
      demo: { accounts: Account[] };
    };
    await use(session.demo.accounts);
  },
  account: async ({ accounts }, use) => {
    const [first] = accounts;
    if (first === undefined) throw new Error('the demo has no account');
    await use(first);
  },
  panel: async ({ demo, page }, use) => {
    const panel = new Panel(page);
    await panel.open(demo.address);
    await use(panel);
  },
});

/** Signs in by a click on a demo account. */
export async function signIn(panel: Panel, account: Account): Promise<void> {
  await panel.page.getByRole('button', { name: account.fullName }).click();
  await panel.page.getByRole('button', { name: /^Sign in/ }).click();
  await expect(panel.page.getByText('Connected', { exact: true })).toBeVisible();
}

/** Has somebody call, where they come when asked for, until he is answered. */
export async function callIn(panel: Panel): Promise<void> {
  await panel.page.getByRole('button', { name: 'Place a call now' }).click();
  await expect(panel.card('On call')).toBeVisible();
}

export { expect };
