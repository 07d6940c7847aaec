// The test of a journey: Playwright's, plus the servers of the run, and a browser that
// must stay silent. An error in the console, an exception of a page or a breach of the
// content security policy fails the test, whatever it was about.
import { type BrowserContext, test as base } from '@playwright/test';
import { type World, world } from './world';

export { expect } from '@playwright/test';

interface Options {
  /** Statuses that pages of this test answer on purpose; browsers log each of them as an error. */
  refusals: number[];
  /** Whether the browser comes with the administrator's session. */
  signedIn: boolean;
}

/** Lets a browser in as the administrator of these servers. */
export async function bringSessions(context: BrowserContext, ...servers: { url: string; cookie?: string }[]) {
  await context.addCookies(servers.filter(({ cookie }) => cookie).map(({ url, cookie }) => {
    const [name, value] = cookie!.split('=');
    return { name, value, url, httpOnly: true, sameSite: 'Lax' as const };
  }));
}

interface Fixtures {
  /** The servers that all tests share and none changes. */
  servers: World;
  /** Whether pages run script. */
  scripted: boolean;
  silence: void;
}

export const test = base.extend<Options & Fixtures>({
  refusals: [[], { option: true }],
  servers: async ({}, use) => use(world()),
  scripted: async ({ javaScriptEnabled }, use) => use(javaScriptEnabled !== false),
  baseURL: async ({ servers }, use) => use(servers.full.url),
  signedIn: [true, { option: true }],
  context: async ({ context, servers, signedIn }, use) => {
    if (signedIn) await bringSessions(context, servers.full, servers.empty);
    await use(context);
  },
  silence: [
    async ({ context, refusals, scripted }, use) => {
      const heard: string[] = [];
      // Chromium misses a preloaded module where no script may run, and where a slow machine comes to it late.
      const isExpected = (text: string) =>
        refusals.some((status) => text.includes(`responded with a status of ${status}`)) || text.includes('was preloaded using link preload but not used');
      context.on('console', (message) => {
        const text = `${message.text()} (${message.location().url})`;
        if (['error', 'warning'].includes(message.type()) && !isExpected(text)) heard.push(`console: ${text}`);
      });
      context.on('weberror', (error) => heard.push(`exception: ${error.error().stack}`));
      context.on('requestfailed', (request) => {
        const reason = request.failure()?.errorText ?? '';
        // Leaving a page ends its stream of events and whatever it still fetched; without script, modules are not preloaded.
        const isHarmless = reason.includes('ERR_ABORTED') || (!scripted && reason === 'csp' && request.url().endsWith('.js'));
        if (!isHarmless) heard.push(`failed: ${request.url()} ${reason}`);
      });
      await context.exposeBinding('reportBreach', (_, text: string) => void heard.push(`policy: ${text}`));
      await context.addInitScript(() => {
        document.addEventListener('securitypolicyviolation', (event) => {
          (window as any).reportBreach(`${event.violatedDirective} blocked ${event.blockedURI} on ${location.href}`);
        });
      });
      await use();
      base.expect(heard, 'the browser has nothing to say').toEqual([]);
    },
    { auto: true },
  ],
});
