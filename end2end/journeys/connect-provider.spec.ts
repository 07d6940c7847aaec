// An identity provider is added on a page: saved, tried before it is live, enabled, and disabled with all who came by it.
import { expectAccessibleInBoth } from '../support/checks';
import { expect, test as base } from '../support/own';
import { MAKES, type Provider } from '../support/providers';
import { type Portolan, eventually, freePort, startPortolan } from '../support/servers';

interface Acme extends Provider {
  callback: string;
}

// Names of hosts are this machine's, and each has its own cookies.
const test = base.extend<{ host: string; acme: Acme; portolan: Portolan }>({
  host: async ({}, use) => use(`127.78.${1 + Math.floor(Math.random() * 250)}.7:${await freePort()}`),
  acme: async ({ host }, use) => {
    const callback = `http://${host}/auth/provider/acme/callback`;
    const provider = await MAKES[0].start(callback);
    await use({ ...provider, callback });
    await provider.stop();
  },
  portolan: async ({ host }, use) => {
    const env = { PORTOLAN_SERVER__LISTEN: host, PORTOLAN_LIMITS__OUTBOUND_ALLOW__0: '127.0.0.0/8' };
    const portolan = await startPortolan({ env });
    await use(portolan);
    await portolan.stop();
  },
});

test('a provider is added, tried, enabled, disabled with who came by it, and removed', async ({ page, browser, portolan, acme, scripted }) => {
  await page.goto('/admin/providers');
  await page.getByRole('link', { name: 'Add a provider' }).first().click();
  await page.getByRole('link', { name: 'Keycloak' }).click();
  await expect(page.getByText('mapper')).toBeVisible();
  await page.getByLabel('Name', { exact: true }).fill('acme');
  // The address to register follows the name, where a script can make it.
  if (scripted) await expect(page.getByText(acme.callback, { exact: true })).toBeVisible();
  await page.getByLabel('Title', { exact: true }).fill('Acme');
  await page.getByLabel('Issuer', { exact: true }).fill(acme.issuer);
  await page.getByLabel('Client id', { exact: true }).fill('portolan');
  await page.getByLabel('Client secret', { exact: true }).fill('a secret of the journeys');
  await page.getByLabel('Scopes').fill('openid profile email');
  await page.getByLabel('Groups of administrators').fill('ops');
  await page.getByRole('button', { name: 'Save the provider' }).click();

  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Acme');
  await expect(page.getByText('not live yet').first()).toBeVisible();
  await expect(page.getByText(acme.callback)).toBeVisible();
  expect(await page.content()).not.toContain('a secret of the journeys');

  await page.getByRole('link', { name: 'Try it' }).click();
  await acme.passBy(page, 'nina');
  await expect(page.getByRole('heading', { name: 'What came back' })).toBeVisible();
  await expect(page.getByText('Nobody was signed in, and nothing of this is kept.')).toBeVisible();
  await expect(page.getByText('nina@acme.dev', { exact: true })).toBeVisible();
  if (scripted) await expectAccessibleInBoth(page);

  await page.getByRole('button', { name: 'Enable' }).click();
  await expect(page.getByText('Acme is live: people sign in by it.')).toBeVisible();

  const other = await browser.newContext({ baseURL: portolan.url, javaScriptEnabled: scripted });
  const nina = await other.newPage();
  await nina.goto('/admin/users');
  await nina.getByRole('link', { name: 'Continue with Acme' }).click();
  await acme.passBy(nina, 'nina');
  await expect(nina).toHaveURL(`${portolan.url}/admin/users`);

  await page.goto('/admin/providers/acme');
  await page.getByRole('button', { name: 'Disable' }).click();
  await expect(page.getByText('Who was here by its word alone is out.')).toBeVisible();
  await eventually('who came by it is out', async () => {
    await nina.goto('/admin/users');
    return nina.url().includes('/auth/login');
  });
  await other.close();

  await page.getByLabel('Title', { exact: true }).fill('Acme Corporation');
  await page.getByRole('button', { name: 'Save settings' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Acme Corporation');
  await page.getByRole('link', { name: 'Remove…' }).click();
  const question = page.getByRole('region', { name: 'Remove Acme Corporation?' });
  await question.getByRole('textbox', { name: /^Type .+ to confirm$/ }).fill('acme');
  await question.getByRole('button', { name: 'Remove Acme Corporation' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'is gone. Who came by it stays' })).toBeVisible();
  await expect(page.getByRole('heading', { name: 'No providers' })).toBeVisible();
});
