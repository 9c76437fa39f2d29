import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Admin } from './pages/admin';
import { test as base, expect } from './pages/fixtures';
import { MailServer } from './pages/mail';
import { binary, freePort, Process } from './pages/process';

// A lost password by e-mail: the real server, and a mail server over TLS.

const test = base.extend<object, { site: { address: string; mail: MailServer } }>({
  site: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright wants the pattern
    async ({}, use) => {
      const folder = mkdtempSync(join(tmpdir(), 'astcti-mail-'));
      const data = join(folder, 'data');
      execFileSync(
        binary,
        [
          'manager',
          'create',
          'katherine',
          '--full-name',
          'Katherine Johnson',
          '--email',
          'kj@example.com',
          '--data',
          data,
        ],
        { input: 'trajectory to the moon\n' },
      );
      const mail = await MailServer.start(folder);
      const http = `127.0.0.1:${await freePort()}`;
      const process = new Process(binary, ['serve'], {
        ASTCTI_DATA_DIR: data,
        ASTCTI_HTTP_LISTEN: http,
        ASTCTI_TCP_LISTEN: '',
        ASTCTI_METRICS_LISTEN: '',
        ASTCTI_SMTP_HOST: '127.0.0.1',
        ASTCTI_SMTP_PORT: String(mail.port),
        ASTCTI_SMTP_TLS: 'implicit',
        ASTCTI_SMTP_CA_FILE: mail.certificate,
        ASTCTI_SMTP_FROM: 'Call Centre <cti@example.com>',
      });
      await process.line((line) => line.includes('msg=serving'));
      await use({ address: `http://${http}`, mail });
      expect(await process.stop(), process.said.join('\n')).toBe(0);
      mail.stop();
      rmSync(folder, { recursive: true });
    },
    { scope: 'worker' },
  ],
});

test('password lost: the link comes by e-mail, and works once', async ({ site, page, guard, axe }) => {
  guard.allow(/\/admin\/reset[^ ]*: .*(404|410)/);
  const admin = new Admin(page, site.address);
  const ask = async (user: string) => {
    await admin.open('/lost');
    await page.getByLabel('User id').fill(user);
    await page.getByRole('button', { name: 'Send the link' }).click();
    await expect(admin.heading).toHaveText('Check your e-mail');
    return page.getByRole('main').innerText();
  };
  // Whoever asks for whom: the page says the same, and one letter comes.
  const nobody = await ask('nobody');
  const coming = site.mail.next();
  expect(await ask('katherine')).toBe(nobody);
  await axe('password lost');
  const letter = (await coming).replace(/=\n/g, '').replace(/=3D/g, '=');
  expect(letter).toContain('kj@example.com');
  const link = letter.match(/http:\S+\/admin\/reset\?token=[\w-]{43}/)?.[0];
  expect(link, letter).toMatch(new RegExp(`^${site.address}/`));
  expect(site.mail.letters).toHaveLength(1);

  const told = site.mail.next();
  await page.goto(link ?? '');
  await page.getByLabel('New password').first().fill('orbital mechanics by hand');
  await page.getByRole('button', { name: 'Save the password' }).click();
  await expect(admin.heading).toHaveText('Your password is changed');
  expect(await told, 'he is told that it was changed').toContain('kj@example.com');
  await page.goto(link ?? '');
  await expect(admin.heading).toHaveText('This link is no longer valid');
  await admin.enter({ user: 'katherine', password: 'orbital mechanics by hand' });
});
