import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';

/** The program under test: that of `make build`, unless ASTCTI_BIN names another. */
export const binary = process.env.ASTCTI_BIN ?? 'bin/astcti';

/** A program that runs while tests do. */
export class Process {
  readonly said: string[] = [];
  #child: ChildProcess;
  #ended: Promise<number | null>;
  #waiting: { found: (line: string) => boolean; done: (line: string) => void }[] = [];

  /** Its environment is this one's, with `env` over it. */
  constructor(command: string, args: string[], env: NodeJS.ProcessEnv = {}) {
    // Its input is a pipe: when this process dies, the pipe ends, and it can tell.
    this.#child = spawn(command, args, {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      if (stream !== null) createInterface(stream).on('line', (line) => this.#hear(line));
    }
    this.#ended = new Promise((resolve, reject) => {
      this.#child.once('error', reject);
      this.#child.once('exit', resolve);
    });
  }

  #hear(line: string): void {
    this.said.push(line);
    this.#waiting = this.#waiting.filter(({ found, done }) => {
      if (!found(line)) return true;
      done(line);
      return false;
    });
  }

  /** The first line for which `found` holds. Fails when the program ends without. */
  async line(found: (line: string) => boolean): Promise<string> {
    const already = this.said.find(found);
    if (already !== undefined) return already;
    return Promise.race([
      new Promise<string>((done) => this.#waiting.push({ found, done })),
      this.#ended.then((status) => {
        throw new Error(`the program ended with ${status}:\n${this.said.join('\n')}`);
      }),
    ]);
  }

  /** Ends it as a service manager does, and returns its exit status. */
  async stop(): Promise<number | null> {
    this.#child.kill('SIGTERM');
    const late = setTimeout(() => this.#child.kill('SIGKILL'), 15_000);
    const status = await this.#ended;
    clearTimeout(late);
    return status;
  }
}

/** A port of 127.0.0.1 on which nothing listens. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
