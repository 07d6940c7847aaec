// Signing in by an identity provider, whatever its make: to the page that somebody wanted, or to a reason why not.
import type { Page } from '@playwright/test';
import { expectAccessible, expectAccessibleInBoth } from '../support/checks';
import { push } from '../support/images';
import { MAKES, type Make, type Provider, configured } from '../support/providers';
import { type Portolan, freePort, startPortolan } from '../support/servers';
import { bringSessions, expect, test as base } from '../support/test';

// Names of hosts are this machine's, and each has its own cookies.
const test = base.extend<{ make: Make; host: string; provider: Provider; portolan: Portolan }>({
  signedIn: false,
  make: [MAKES[0], { option: true }],
  host: async ({}, use) => use(`127.77.${1 + Math.floor(Math.random() * 250)}.7:${await freePort()}`),
  provider: async ({ make, host }, use) => {
    const provider = await make.start(`http://${host}/auth/provider/acme/callback`);
    await use(provider);
    await provider.stop();
  },
  portolan: async ({ host, provider }, use) => {
    const portolan = await startPortolan({ env: { PORTOLAN_SERVER__LISTEN: host, ...configured(provider) } });
    await use(portolan);
    await portolan.stop();
  },
  baseURL: async ({ portolan }, use) => use(portolan.url),
});

test.use({ refusals: [403, 404] });

const goOn = (page: Page) => page.getByRole('link', { name: 'Continue with Acme' }).click();
const administration = (page: Page) => page.getByRole('navigation', { name: 'Administration', exact: true });

for (const make of MAKES) {
  test.describe(make.name, () => {
    test.use({ make });
    test.skip(!make.isThere, `${make.name} is not on this machine: scripts/keycloak.sh fetches it`);
    if (make.name === 'Keycloak') test.setTimeout(420_000);

    test('who says no is told so, who says yes is in with their groups, once for each answer', async ({ page, portolan, provider, scripted }) => {
      await push(portolan, 'app', '1.0.0', 'team/hello:1').done();
      const brought: string[] = [];
      page.on('request', (request) => request.url().includes('/callback?') && brought.push(request.url()));

      await page.goto('/r/team/hello');
      await expect(page.getByRole('heading', { level: 1 })).toHaveText('Sign in');
      if (scripted) await expectAccessible(page); // axe is script
      await goOn(page);
      await provider.passBy(page, 'nina', 'Refuse');
      await expect(page.getByRole('alert')).toContainText('Acme did not let you in');
      await expect(page.getByRole('alert')).toBeFocused();
      await page.context().clearCookies();

      await page.goto('/r/team/hello');
      await goOn(page);
      await provider.passBy(page, 'nina');
      await expect(page).toHaveURL(`${portolan.url}/r/team/hello`);
      await expect(page.getByRole('link', { name: '1', exact: true })).toBeVisible();
      await expect(administration(page)).toBeVisible();
      await page.goto('/activity');
      await expect(page.getByText('Came by a provider:').first()).toBeVisible();

      await page.goto(brought.at(-1)!);
      await expect(page.getByRole('alert')).toContainText('This sign-in was not begun in this browser, was used already');
      await expect(page.getByRole('alert')).toContainText(/err_[0-9a-f]{16}/);

      await page.goto('/r/team/hello');
      await page.getByRole('button', { name: 'Sign out' }).first().click();
      await expect(page.getByRole('heading', { level: 1 })).toHaveText('Sign in');
      await expect(page.getByText('You are signed out of Portolan.')).toBeVisible();
      await page.goto('/r/team/hello');
      await expect(page).toHaveURL(/\/auth\/login/);

      // The provider remembers who they are and what they allowed, but not that they are in the group.
      await provider.setGroups('nina', []);
      await page.goto('/auth/login?next=/repositories');
      await goOn(page);
      await expect(page).toHaveURL(`${portolan.url}/repositories`);
      await expect(administration(page)).toHaveCount(0);
      expect((await page.goto('/r/team/hello'))!.status()).toBe(404);
      await page.goto('about:blank'); // a page would miss its server
    });
  });
}

test('who signs out here signs out at the provider too, and is led back', async ({ page, portolan, provider, scripted }) => {
  await page.goto('/auth/provider/acme?next=/repositories');
  await provider.passBy(page, 'nina');
  await expect(page).toHaveURL(`${portolan.url}/repositories`);
  await page.getByRole('button', { name: 'Sign out' }).first().click();
  if (scripted) await expectAccessible(page); // axe is script
  await page.getByRole('link', { name: 'Sign out at Acme too' }).click();
  await page.getByRole('button', { name: 'Sign out of Acme' }).click();
  await expect(page).toHaveURL(new RegExp(`^${portolan.url}/auth/login`));
  await goOn(page);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Acme sign-in'); // it asks who they are again
  await page.goto('about:blank'); // a page would miss its server
});

test('an answer that is made up is refused with a reason and an id', async ({ page }) => {
  await page.goto('/auth/provider/acme/callback?code=a&state=made-up');
  await expect(page.getByRole('alert')).toContainText('This sign-in was not begun in this browser');
  await expect(page.getByRole('alert')).toContainText(/err_[0-9a-f]{16}/);
  await expect(page.getByRole('link', { name: 'Continue with Acme' })).toBeVisible();
});

test('who waits is dismissed, and a group of the provider puts people in until it does no more', async ({ page, browser, portolan, provider, scripted }) => {
  const desk = await browser.newContext({ baseURL: portolan.url, javaScriptEnabled: scripted });
  await bringSessions(desk, portolan);
  const admin = await desk.newPage();
  const said = (words: string) => expect(admin.getByRole('status').filter({ hasText: words })).toBeVisible();
  await page.goto('/auth/provider/acme?next=/repositories');
  await provider.passBy(page, 'stranger');
  await expect(page.getByRole('alert')).toContainText('nobody has let you in yet');
  await admin.goto('/admin/users');
  await admin.getByRole('button', { name: 'Dismiss stranger@acme.dev' }).click();
  await said('waits no longer.');
  await expect(admin.getByRole('button', { name: 'Dismiss stranger@acme.dev' })).toHaveCount(0);

  await push(portolan, 'app', '1.0.0', 'team/web:1').done();
  await admin.goto('/admin/groups');
  await admin.getByRole('textbox', { name: 'New group' }).fill('eng-web');
  await admin.getByRole('button', { name: 'Make the group' }).click();
  await admin.getByLabel('Its group').fill('web');
  await admin.getByRole('button', { name: 'Map this group' }).click();
  await said('is in this group.');
  await admin.getByRole('button', { name: 'Unmap web' }).click();
  await said('puts nobody in here any more');
  await admin.getByRole('link', { name: 'Delete…' }).click();
  await admin.getByLabel('Type eng-web to confirm').fill('eng-web');
  await admin.getByRole('button', { name: 'Delete eng-web' }).click();
  await said('The group eng-web is gone, with all access that it had.');
  await desk.close();
  await page.goto('about:blank'); // a page would miss its server
});

test('whom nobody has let in reads as whom they signed in, until an administrator lets them in', async ({ page, browser, portolan, provider, scripted }) => {
  await page.goto('/auth/provider/acme?next=/repositories');
  await provider.passBy(page, 'stranger');
  await expect(page.getByRole('alert')).toContainText('You signed in as stranger@acme.dev, but nobody has let you in yet.');
  if (scripted) await expectAccessible(page); // axe is script
  await page.goto('/admin/mounts');
  await expect(page).toHaveURL(/\/auth\/login/);

  const desk = await browser.newContext({ baseURL: portolan.url, javaScriptEnabled: scripted });
  await bringSessions(desk, portolan);
  const admin = await desk.newPage();
  await admin.goto('/admin/users');
  if (scripted) await expectAccessibleInBoth(admin); // axe is script
  await admin.getByRole('button', { name: 'Let in stranger@acme.dev' }).click();
  await expect(admin.getByRole('status').filter({ hasText: 'is let in, and has a session after the next sign-in.' })).toBeVisible();
  await desk.close();
  await page.goto('/auth/login?next=/account');
  await goOn(page);
  await expect(page).toHaveURL(`${portolan.url}/account`);
  await expect(page.getByText('stranger@acme.dev', { exact: true })).toBeVisible();
  await page.goto('about:blank'); // a page would miss its server
});
