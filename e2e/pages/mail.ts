import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createServer, type Server } from 'node:tls';

/** A mail server over TLS, with a certificate of its own, that keeps what it is sent. */
export class MailServer {
  readonly letters: string[] = [];
  #waiting: ((letter: string) => void)[] = [];
  #server: Server;

  private constructor(
    readonly certificate: string,
    key: string,
  ) {
    this.#server = createServer({ cert: readFileSync(certificate), key: readFileSync(key) }, (socket) =>
      this.#talk(socket),
    );
    // Who does not trust the certificate hangs up: that is the other side's affair.
    this.#server.on('tlsClientError', () => {});
  }

  static async start(folder: string): Promise<MailServer> {
    const [certificate, key] = [join(folder, 'mail.pem'), join(folder, 'mail.key')];
    execFileSync(
      'openssl',
      [
        ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=127.0.0.1'],
        ...['-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', certificate],
      ],
      { stdio: 'pipe' },
    );
    const mail = new MailServer(certificate, key);
    await new Promise<void>((ready) => mail.#server.listen(0, '127.0.0.1', ready));
    return mail;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** The letter that comes after those that are there. */
  next(): Promise<string> {
    return new Promise((done) => this.#waiting.push(done));
  }

  stop(): void {
    this.#server.close();
  }

  /** RFC 5321, as much of it as a letter needs. */
  #talk(socket: Socket): void {
    const say = (line: string) => socket.write(`${line}\r\n`);
    let letter: string[] | undefined;
    socket.on('error', () => socket.destroy());
    say('220 mail.example ready');
    createInterface(socket).on('line', (line) => {
      if (letter !== undefined) {
        if (line !== '.') {
          letter.push(line);
          return;
        }
        const whole = letter.join('\n');
        letter = undefined;
        this.letters.push(whole);
        for (const done of this.#waiting.splice(0)) done(whole);
        say('250 kept');
        return;
      }
      const word = line.slice(0, 4).toUpperCase();
      if (word === 'EHLO' || word === 'HELO') say('250 mail.example');
      else if (word === 'DATA') {
        letter = [];
        say('354 go on');
      } else if (word === 'QUIT') {
        say('221 good bye');
        socket.end();
      } else say('250 ok');
    });
  }
}
