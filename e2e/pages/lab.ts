import { test as base, expect } from './fixtures';
import { Panel } from './panel';
import { Process } from './process';

/** Chosen by the projects of playwright.config.ts. */
export interface Centre {
  asterisk: number;
  /** Whether the lab starts a server that is set up. */
  server: boolean;
  /** Whether a queue of whoever is signed in is one more service, with work after its calls. */
  queue: boolean;
}

interface Agent {
  User: string;
  Password: string;
  Extension: string;
}

interface Addresses {
  asterisk: string;
  /** The manager interface, and who may use it. */
  ami: string;
  manager: string;
  secret: string;
  panel: string;
  customer: string;
  orders: string;
  agents: Agent[];
}

/** A real Asterisk with phones, the real server and a customer's page: e2e/cmd/lab. */
export class Lab {
  constructor(readonly at: Addresses) {}

  async #order<T>(path: string, what: object): Promise<T> {
    const response = await fetch(this.at.orders + path, { method: 'POST', body: JSON.stringify(what) });
    if (!response.ok) throw new Error(`${path} ${JSON.stringify(what)}: ${await response.text()}`);
    return (await response.json()) as T;
  }

  /** A caller dials, keys the digits and listens; returns the call's number. */
  async call(
    number: string,
    options: { name?: string; digits?: string; from?: string } = {},
  ): Promise<number> {
    return (await this.#order<{ call: number }>('/call', { number, digits: '12345', ...options })).call;
  }

  hangUp = (call: number) => this.#order('/hangup', { call });
  /** ring, busy, decline, ignore: from now on; answer, hangup, hold, resume: now. */
  phone = (phone: string, what: string) => this.#order('/phone', { phone, do: what });
  /** Transfers the call that a phone has answered. */
  transfer = (phone: string, number: string) => this.#order('/phone', { phone, do: 'transfer', number });
  reset = () => this.#order('/reset', {});
  server = (what: 'stop' | 'kill' | 'start') => this.#order('/server', { do: what });
  asterisk = (what: 'stop' | 'start') => this.#order('/asterisk', { do: what });

  /** The queries with which the customer's page was visited, in order. */
  async visits(): Promise<string[]> {
    return (await (await fetch(`${this.at.orders}/visits`)).json()) as string[];
  }

  agent(user: string): Agent {
    const agent = this.at.agents.find(({ User }) => User === user);
    if (agent === undefined) throw new Error(`no agent ${user}`);
    return agent;
  }
}

interface Agents {
  /** Ada Lovelace at phone 201, Grace Hopper at 202 and Linus Pauling at 203, each in a browser of
   *  their own. */
  ada: Panel;
  grace: Panel;
  linus: Panel;
}

export const test = base.extend<Agents, Centre & { lab: Lab }>({
  asterisk: [22, { option: true, scope: 'worker' }],
  server: [true, { option: true, scope: 'worker' }],
  queue: [false, { option: true, scope: 'worker' }],
  lab: [
    async ({ asterisk, server, queue }, use) => {
      const wanted = ['-asterisk', String(asterisk), `-bare=${!server}`, `-orders=${queue}`];
      const process = new Process('build/lab', wanted);
      const line = await process.line((said) => said.startsWith('{'));
      await use(new Lab(JSON.parse(line) as Addresses));
      expect(await process.stop(), process.said.join('\n')).toBe(0);
    },
    // The first run unpacks Asterisk.
    { scope: 'worker', timeout: 300_000 },
  ],
  ada: async ({ lab, page }, use) => {
    await lab.reset();
    await use(await signedIn(lab, new Panel(page), 'ada'));
  },
  grace: async ({ lab, another, ada }, use) => {
    expect(ada).toBeTruthy(); // after her: reset forgets what happens before
    await use(await signedIn(lab, new Panel(await another()), 'grace'));
  },
  linus: async ({ lab, another, ada }, use) => {
    expect(ada).toBeTruthy();
    await use(await signedIn(lab, new Panel(await another()), 'linus'));
  },
});

async function signedIn(lab: Lab, panel: Panel, user: string): Promise<Panel> {
  const { Password, Extension } = lab.agent(user);
  await panel.open(lab.at.panel);
  await panel.signIn(user, Password, Extension.replace('PJSIP/', ''));
  await panel.ready();
  return panel;
}

export { expect };
