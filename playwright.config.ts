import { defineConfig } from '@playwright/test';
import type { Centre } from './e2e/pages/lab';

/**
 * The pages in Debian's own Chromium: against the demo, and against real Asterisk 22 and 16
 * with real SIP phones. `make build` comes first; the lab is built by globalSetup.
 */
export default defineConfig<object, Centre>({
  testDir: 'e2e',
  globalSetup: './e2e/pages/setup.ts',
  outputDir: 'build/playwright',
  reporter: [['list']],
  // One file is one story told in order, on one running system; two files run side by side.
  workers: 2,
  fullyParallel: false,
  forbidOnly: true,
  retries: 0,
  timeout: 90_000,
  expect: { timeout: 20_000 },
  use: {
    viewport: { width: 1280, height: 800 },
    locale: 'en-GB',
    timezoneId: 'UTC',
    screenshot: 'only-on-failure',
    // A trace asks the page after every step, which costs time, and which the browser takes
    // for a click: pop-ups are not blocked then.
    trace: process.env.TRACE === '1' ? 'retain-on-failure' : 'off',
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
      // Pop-ups are blocked as they are for agents.
      ignoreDefaultArgs: ['--disable-popup-blocking'],
    },
  },
  // The longest first, so that the two workers end together.
  projects: [
    { name: 'demo', testMatch: /demo(-\w+)?\.spec\.ts/ },
    {
      name: 'first-start',
      testMatch: 'admin-first.spec.ts',
      use: { asterisk: 22, server: false, actionTimeout: 15_000 },
    },
    { name: 'admin', testMatch: /admin-(?!first).*\.spec\.ts/, use: { actionTimeout: 10_000 } },
    { name: 'day', testMatch: 'day.spec.ts', use: { asterisk: 22, queue: true, actionTimeout: 10_000 } },
    { name: 'panel', testMatch: /panel-.*\.spec\.ts/ },
    { name: 'duty', testMatch: 'duty.spec.ts' },
    { name: 'asterisk-22', testMatch: 'real.spec.ts', use: { asterisk: 22 } },
    { name: 'asterisk-16', testMatch: 'real.spec.ts', use: { asterisk: 16 } },
    { name: 'outages', testMatch: 'outages.spec.ts', use: { asterisk: 22 } },
    { name: 'window', testMatch: 'window.spec.ts', use: { asterisk: 22 } },
    // `make bench` alone.
    ...(process.env.BENCH === '1' ? [{ name: 'latency', testMatch: 'latency.spec.ts' }] : []),
  ],
});
