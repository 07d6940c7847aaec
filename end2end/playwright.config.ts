// How the journeys run: Debian's Chromium, with script, without it, and as a phone.
//
// Everything a run leaves behind is under results/ (ignored by git): screenshots of
// every page in screens/, the weight of a first visit in weight.json, failures/.
// PORTOLAN_TRACE=1 keeps a trace of each test, PORTOLAN_README=1 adds the README's pictures.
import { defineConfig } from '@playwright/test';

const desktop = { viewport: { width: 1440, height: 900 } };
const phone = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2 };
// Arguments of a browser that stays on this machine and out of the way.
const args = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync'];

export default defineConfig({
  testDir: 'journeys',
  globalSetup: './support/world.ts',
  outputDir: 'results/failures',
  reporter: [['list'], ['json', { outputFile: 'results/report.json' }]],
  workers: 2,
  fullyParallel: true,
  forbidOnly: !!process.env.CI,
  // A machine that does much else loses a race now and then: the list says which were flaky.
  retries: process.env.CI ? 1 : 0,
  timeout: 90_000,
  expect: { timeout: 10_000 },
  use: {
    launchOptions: { executablePath: '/usr/bin/chromium-headless-shell', args },
    colorScheme: 'light',
    locale: 'en-GB',
    timezoneId: 'UTC',
    trace: process.env.PORTOLAN_TRACE ? 'on' : 'off',
    screenshot: 'only-on-failure',
  },
  projects: [
    { name: 'script', testIgnore: ['phone.spec.ts', 'readme.spec.ts'], use: desktop },
    {
      name: 'plain',
      testMatch: [
        'first-push.spec.ts', 'sign-in.spec.ts', 'provider.spec.ts', 'connect-provider.spec.ts', 'people.spec.ts',
        'invite.spec.ts', 'access.spec.ts', 'robots.spec.ts', 'forms.spec.ts', 'names.spec.ts', 'mounts.spec.ts', 'find-and-read.spec.ts',
          'remote.spec.ts', 'errors.spec.ts', 'pull-box.spec.ts', 'pages.spec.ts', 'delete.spec.ts', 'promote.spec.ts',
          'elsewhere.spec.ts', 'jobs.spec.ts', 'protected.spec.ts', 'many.spec.ts', 'keeping.spec.ts', 'compare.spec.ts', 'search.spec.ts',
          'shortcuts.spec.ts', 'help.spec.ts', 'push-help.spec.ts', 'image-tabs.spec.ts', 'files.spec.ts', 'browse.spec.ts',
      ],
      use: { ...desktop, javaScriptEnabled: false },
    },
    { name: 'phone', testMatch: ['phone.spec.ts', 'pages.spec.ts', 'find-and-read.spec.ts', 'first-day.spec.ts'], use: phone },
    ...(process.env.PORTOLAN_README ? [{ name: 'readme', testMatch: 'readme.spec.ts', use: desktop }] : []),
  ],
});
