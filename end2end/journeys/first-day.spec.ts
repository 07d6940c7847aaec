// The first day of an administrator who has read nothing: sets the registry up, connects a provider, gives a group push on
// a namespace, invites a colleague, and takes it all back. By keys alone on a desk, by touch on a phone; never a click.
import type { Page } from '@playwright/test';
import { expectNoSidewaysScroll } from '../support/checks';
import { type Hand, fingers, keys } from '../support/hands';
import { MAKES, type Provider } from '../support/providers';
import { type Portolan, freePort, startPortolan } from '../support/servers';
import { expect, test as base } from '../support/test';

const SECRET = 'a secret of the journeys';

interface Fixtures {
  host: string;
  provider: Provider;
  portolan: Portolan;
  hand: Hand;
}

const test = base.extend<Fixtures>({
  signedIn: false,
  // Names of hosts are this machine's, and each has its own cookies.
  host: async ({}, use) => use(`127.79.${1 + Math.floor(Math.random() * 250)}.7:${await freePort()}`),
  provider: async ({ host }, use) => {
    const provider = await MAKES[0].start(`http://${host}/auth/provider/acme/callback`);
    await use(provider);
    await provider.stop();
  },
  portolan: async ({ host }, use) => {
    const env = { PORTOLAN_SERVER__LISTEN: host, PORTOLAN_LIMITS__OUTBOUND_ALLOW__0: '127.0.0.0/8' };
    const portolan = await startPortolan({ admin: false, env });
    await use(portolan);
    await portolan.stop();
  },
  baseURL: async ({ portolan }, use) => use(portolan.url),
  hand: async ({ page, isMobile }, use, info) => {
    await use(isMobile ? fingers(page) : keys(page, (description) => info.annotations.push({ type: 'far', description })));
  },
});

test.use({ refusals: [404, 410, 422], actionTimeout: 20_000 });

/** What a page says was done. */
const said = (page: Page, words: string) => expect(page.getByRole('status').filter({ hasText: words })).toBeVisible();
const headed = (page: Page, words: string) => expect(page.getByRole('heading', { level: 1 })).toHaveText(words);

test('a first day, from the set-up link to taking everything back', async ({ page, browser, portolan, provider, hand, scripted }) => {
  test.setTimeout(180_000);
  const label = (name: string) => page.getByLabel(name, { exact: true }).and(page.locator('input, select'));
  const link = (name: string) => page.getByRole('main').getByRole('link', { name, exact: true });
  const button = (name: string) => page.getByRole('button', { name, exact: true });

  await test.step('sets it up', async () => {
    await page.goto((await portolan.process.line(/Set it up:\s+(\S+)/)).match[1]);
    await hand.write(label('Username'), 'mara');
    await hand.write(label('Your name optional'), 'Mara Lindqvist');
    await hand.write(label('Password'), 'seven calm lighthouses');
    await hand.press(button('Create administrator'));
    await headed(page, 'Repositories');
  });

  await test.step('makes a place for images', async () => {
    await hand.press(link('New repository'));
    await headed(page, 'New repository');
    await hand.write(label('Name'), 'team/web');
    await hand.press(button('Make the repository'));
    await said(page, 'team/web is there.');
  });

  await test.step('connects a provider', async () => {
    await hand.visit('Sign-in');
    await headed(page, 'Sign-in');
    await hand.press(link('Add a provider').first());
    await headed(page, 'Add a provider');
    await hand.press(page.getByRole('link', { name: /^Keycloak/ }));
    await expect(page).toHaveURL(/preset=keycloak/);
    await hand.write(label('Name'), 'acme');
    await hand.write(label('Title'), 'Acme');
    await hand.write(label('Issuer'), provider.issuer);
    await hand.write(label('Client id'), 'portolan');
    await hand.write(label('Client secret'), SECRET);
    await expectNoSidewaysScroll(page, 'a new provider');
    await hand.press(button('Save the provider'));
    await headed(page, 'Acme');

    await hand.press(link('Try it'));
    await hand.write(page.getByLabel('Name'), 'nina');
    await hand.press(button('Sign in at Acme'));
    await hand.press(button('Allow'));
    await expect(page.getByRole('heading', { name: 'What came back' })).toBeVisible();
    await expect(page.getByText('nina@acme.dev', { exact: true })).toBeVisible();
    await expectNoSidewaysScroll(page, 'what came back');
    await hand.press(button('Enable'));
    await said(page, 'Acme is live');
  });

  await test.step('gives a group push on a namespace', async () => {
    await hand.visit('Groups');
    await headed(page, 'Groups');
    await hand.write(label('New group'), 'eng-web');
    await hand.press(button('Make the group'));
    await headed(page, 'eng-web');
    await hand.write(label('Its group'), 'ops');
    await hand.press(button('Map this group'));
    await said(page, 'Who is in ops at');
    await openAccess();
    await hand.write(label('Give access to'), 'eng-web (group)');
    await hand.choose(label('Role'), 'Publisher');
    await hand.press(button('Give access'));
    await said(page, 'eng-web has access.');
  });

  const nina = await (await browser.newContext({ baseURL: portolan.url, javaScriptEnabled: scripted })).newPage();
  await nina.goto('/auth/provider/acme?next=/n/team');
  await provider.passBy(nina, 'nina');
  await headed(nina, 'team');

  let invitation = '';
  await test.step('invites a colleague', async () => {
    await hand.write(label('Give access to'), 'priya@acme.dev');
    await hand.choose(label('Role'), 'Reader');
    await hand.press(button('Give access'));
    await expect(page.getByRole('heading', { name: 'Invite priya@acme.dev?' })).toBeVisible();
    await expectNoSidewaysScroll(page, 'an invitation');
    await hand.press(button('Invite and give access'));
    await said(page, 'priya has an account and access.');
    invitation = await page.getByText('/auth/invite/').innerText();
  });
  const priya = await (await browser.newContext({ baseURL: portolan.url, javaScriptEnabled: scripted })).newPage();
  expect((await priya.goto(invitation))!.status()).toBe(200);

  await test.step('takes it all back', async () => {
    for (const [asks, does, says] of [
      ['Take back the invitation of priya', 'Take back the invitation of priya', 'The invitation of priya is taken back.'],
      ['Take access from group eng-web', 'Take Publisher from group eng-web', 'Access was taken from eng-web.'],
    ]) {
      await hand.press(link(asks));
      await expect(link('Cancel')).toBeFocused();
      await hand.press(button(does));
      await said(page, says);
    }
    expect((await nina.goto('/n/team'))!.status()).toBe(404);

    await hand.visit('Groups');
    await hand.press(link('eng-web'));
    await headed(page, 'eng-web');
    await hand.press(button('Unmap ops'));
    await said(page, 'puts nobody in here any more');
    await deleted('eng-web', 'The group eng-web is gone');
    await hand.visit('Sign-in');
    await hand.press(link('Acme'));
    await headed(page, 'Acme');
    await hand.press(button('Disable'));
    await said(page, 'Acme is not live.');
  });
  expect((await priya.goto(invitation))!.status()).toBe(410);
  await nina.goto('/repositories');
  await headed(nina, 'Sign in');
  await Promise.all([nina.context().close(), priya.context().close()]);
  await page.goto('about:blank'); // a page would miss its server

  async function openAccess() {
    await hand.visit('Repositories');
    await hand.press(link('team/web'));
    await headed(page, 'team/web');
    await hand.press(page.getByRole('navigation', { name: 'Breadcrumb' }).getByRole('link', { name: 'team', exact: true }));
    await headed(page, 'team');
    await hand.press(page.getByRole('navigation', { name: 'Namespace' }).getByRole('link', { name: 'Access' }));
    await expect(label('Give access to')).toBeVisible();
  }

  async function deleted(name: string, words: string) {
    await hand.press(link('Delete…'));
    await expect(page.getByRole('heading', { name: new RegExp(`^Delete (the group )?${name}`) })).toBeVisible();
    await hand.write(label(`Type ${name} to confirm`), name);
    await hand.press(page.getByRole('button', { name: /^Delete/ }));
    await said(page, words);
  }
});
