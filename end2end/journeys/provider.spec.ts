// Signing in by an identity provider: to the page that somebody wanted, or to a reason why not.
import { join } from 'node:path';
import { push } from '../support/images';
import { Running } from '../support/process';
import { type Portolan, freePort, startPortolan } from '../support/servers';
import { expectAccessible } from '../support/checks';
import { expect, test as base } from '../support/test';

const PROVIDER = join(__dirname, '../support/provider.mjs');

// Names of hosts are this machine's, and each has its own cookies.
const test = base.extend<{ portolan: Portolan }>({
  signedIn: false,
  portolan: async ({}, use) => {
    const [host, port] = [`127.77.${1 + Math.floor(Math.random() * 250)}.7:${await freePort()}`, await freePort()];
    const provider = new Running(process.execPath, [PROVIDER, String(port), `http://${host}/auth/provider/acme/callback`]);
    const { match } = await provider.line(/ready: (\S+)/);
    const key = (name: string) => `PORTOLAN_AUTH__PROVIDERS__0__${name}`;
    const portolan = await startPortolan({
      env: {
        PORTOLAN_SERVER__LISTEN: host,
        [key('NAME')]: 'acme',
        [key('KIND')]: 'oidc',
        [key('TITLE')]: 'Acme',
        [key('ISSUER')]: match[1],
        [key('CLIENT_ID')]: 'portolan',
        [key('CLIENT_SECRET')]: 'a secret of the journeys',
        [key('ADMIN_GROUPS__0')]: 'ops',
      },
    });
    await use(portolan);
    await portolan.stop();
    await provider.stop();
  },
});

test.use({ refusals: [403] });

test('who signs in at the provider is back on the page that they wanted', async ({ page, portolan, scripted }) => {
  await push(portolan, 'app', '1.0.0', 'team/hello:1').done();
  await page.goto(`${portolan.url}/r/team/hello`);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Sign in');
  if (scripted) await expectAccessible(page);
  await page.getByRole('link', { name: 'Continue with Acme' }).click();
  await page.getByLabel('Name').fill('nina');
  await page.getByRole('button', { name: 'Sign in at Acme' }).click();
  await page.getByRole('button', { name: 'Allow' }).click();
  await expect(page).toHaveURL(`${portolan.url}/r/team/hello`);
  await expect(page.getByRole('link', { name: '1', exact: true })).toBeVisible();
  await page.goto('about:blank');
});

test('an answer that is old or made up is refused with a reason and an id', async ({ page, portolan }) => {
  await page.goto(`${portolan.url}/auth/provider/acme/callback?code=a&state=made-up`);
  await expect(page.getByRole('alert')).toContainText('This sign-in was not begun in this browser');
  await expect(page.getByRole('alert')).toContainText(/err_[0-9a-f]{16}/);
  await expect(page.getByRole('link', { name: 'Continue with Acme' })).toBeVisible();

  await page.goto(`${portolan.url}/auth/provider/acme?next=/repositories`);
  await page.getByLabel('Name').fill('nina');
  await page.getByRole('button', { name: 'Sign in at Acme' }).click();
  await page.getByRole('button', { name: 'Refuse' }).click();
  await expect(page.getByRole('alert')).toContainText('Acme did not let you in (“Nothing was allowed”)');
});

test('whom nobody has let in reads as whom they signed in', async ({ page, portolan, scripted }) => {
  await page.goto(`${portolan.url}/auth/provider/acme?next=/repositories`);
  await page.getByLabel('Name').fill('stranger');
  await page.getByRole('button', { name: 'Sign in at Acme' }).click();
  await page.getByRole('button', { name: 'Allow' }).click();
  await expect(page.getByRole('alert')).toContainText('You signed in as stranger@acme.dev, but nobody has let you in yet.');
  if (scripted) await expectAccessible(page);
  await page.goto(`${portolan.url}/admin/mounts`);
  await expect(page).toHaveURL(/\/auth\/login/);
});
