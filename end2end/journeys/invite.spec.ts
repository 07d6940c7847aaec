// A colleague whom nobody here knows is invited where they are to work, sees that and nothing else, and is out again
// within a second.
import { expectAccessibleInBoth } from '../support/checks';
import { push } from '../support/images';
import { expect, test } from '../support/own';
import { eventually } from '../support/servers';

/** How soon access that was taken is gone, in open browsers too. */
const GONE_WITHIN_MS = 1_000;

test.use({ refusals: [404, 410, 422] });

test('an unknown address is invited with access, comes in by the link, and loses it all at once', async ({ page, browser, portolan, context, scripted }) => {
  for (const repository of ['team/web', 'other/thing']) await push(portolan, 'app', '1.0.0', `${repository}:1`).done();
  await page.goto('/n/team');
  await page.getByRole('link', { name: 'Access', exact: true }).last().click();
  await page.getByLabel('Give access to', { exact: true }).fill('priya.nair@acme.dev');
  await page.getByLabel('Role', { exact: true }).selectOption('reader');
  await page.getByRole('button', { name: 'Give access' }).click();
  const offer = page.getByRole('region', { name: 'Invite priya.nair@acme.dev?' });
  await expect(page.getByLabel('Give access to', { exact: true })).toHaveValue('priya.nair@acme.dev');
  await expect(page.getByLabel('Role', { exact: true })).toHaveValue('reader');
  await expect(offer.getByLabel('Username')).toHaveValue('priya.nair');
  if (scripted) await expectAccessibleInBoth(page); // axe is script
  await offer.getByLabel('Username').fill('admin');
  await offer.getByLabel('Name optional').fill('Priya Nair');
  await offer.getByRole('button', { name: 'Invite and give access' }).click();
  await expect(offer.getByLabel('Username')).toHaveAttribute('aria-invalid', 'true');
  await expect(offer.getByLabel('Name optional')).toHaveValue('Priya Nair');
  await offer.getByLabel('Username').fill('priya');
  await offer.getByRole('button', { name: 'Invite and give access' }).click();

  const said = page.getByRole('status').filter({ hasText: 'priya has an account and access. Pass the link on.' });
  const link = await said.getByText('/auth/invite/').innerText();
  if (scripted) {
    await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: portolan.url });
    await said.getByRole('button', { name: 'Copy' }).click();
    await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toBe(link);
    await expectAccessibleInBoth(page);
  }
  await page.reload();
  await expect(page.getByText('/auth/invite/')).toHaveCount(0);
  await expect(page.getByRole('row', { name: /Priya Nair/ })).toContainText('team and below');
  await expect(page.getByRole('row', { name: /Priya Nair/ })).toContainText('Invited, 7 days left');
  await page.goto('/admin/users');
  await expect(page.getByRole('row', { name: /Priya Nair/ })).toContainText('Invited, 7 days left');

  const other = await browser.newContext({ baseURL: portolan.url, javaScriptEnabled: scripted });
  const theirs = await other.newPage();
  await theirs.goto(link);
  await expect(theirs.getByRole('heading', { name: 'Choose a password' })).toBeVisible();
  await theirs.getByLabel('Password').fill('short');
  await theirs.getByRole('button', { name: 'Choose and sign in' }).click();
  await expect(theirs.getByLabel('Password')).toHaveAttribute('aria-invalid', 'true');
  await theirs.getByLabel('Password').fill('four quiet harbours');
  await theirs.getByRole('button', { name: 'Choose and sign in' }).click();
  await expect(theirs).toHaveURL('/repositories');
  await expect(theirs.getByRole('rowheader').getByRole('link')).toHaveText(['team/web']);
  await expect(theirs.getByRole('navigation', { name: 'Administration' })).toHaveCount(0);
  await theirs.getByRole('link', { name: 'team/web', exact: true }).click();
  await expect(theirs.getByRole('link', { name: '1', exact: true })).toBeVisible();
  for (const [path, status] of [['/r/other/thing', 404], ['/n/other', 404], ['/n/team/-/access', 403], ['/admin/users', 403]] as const) {
    expect((await theirs.goto(path))!.status(), path).toBe(status);
  }
  expect((await theirs.goto(link))!.status(), 'the link works once').toBe(410);

  const cookie = (await other.cookies()).map(({ name, value }) => `${name}=${value}`).join('; ');
  expect((await fetch(`${portolan.url}/r/team/web`, { headers: { cookie } })).status).toBe(200);
  await page.goto('/n/team/-/access');
  await page.getByRole('link', { name: 'Take access from user priya' }).click();
  const question = page.getByRole('region', { name: 'Take access from user priya?' });
  await question.getByRole('button', { name: 'Take Reader from user priya' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'Access was taken from priya.' })).toBeVisible();
  await eventually('it is gone', async () => (await fetch(`${portolan.url}/r/team/web`, { headers: { cookie } })).status === 404, GONE_WITHIN_MS);
  expect((await theirs.goto('/r/team/web'))!.status()).toBe(404);
  await theirs.goto('/repositories');
  await expect(theirs.getByText('team/web')).toHaveCount(0);
  await other.close();
});

test('a link that a newer one replaced, or whose account was disabled, lets nobody in', async ({ page, browser, portolan, scripted }) => {
  const invite = async (button: string) => {
    await page.getByRole('button', { name: button }).click();
    return page.getByRole('status').getByText('/auth/invite/').innerText();
  };
  await page.goto('/admin/users');
  await page.getByRole('textbox', { name: 'Username' }).fill('priya');
  const first = await invite('Make an invitation link');
  await page.goto('/admin/users/priya');
  const second = await invite('New invitation link');

  const other = await browser.newContext({ baseURL: portolan.url, javaScriptEnabled: scripted });
  const theirs = await other.newPage();
  const status = async (link: string) => (await theirs.goto(link))!.status();
  expect([await status(first), await status(second)]).toEqual([410, 200]);
  await page.goto('/admin/users/priya');
  await page.getByRole('button', { name: 'Disable' }).click();
  await theirs.getByLabel('Password').fill('four quiet harbours');
  await theirs.getByRole('button', { name: 'Choose and sign in' }).click();
  await theirs.goto('/repositories');
  await expect(theirs.getByRole('heading', { level: 1 })).toHaveText('Sign in');
  await other.close();
});

test('an invitation that is taken back where it was given lets nobody in', async ({ page, portolan, browser, scripted }) => {
  await push(portolan, 'app', '1.0.0', 'team/web:1').done();
  await page.goto('/n/team/-/access');
  await page.getByLabel('Give access to', { exact: true }).fill('priya.nair@acme.dev');
  await page.getByLabel('Role', { exact: true }).selectOption('reader');
  await page.getByRole('button', { name: 'Give access' }).click();
  const offer = page.getByRole('region', { name: 'Invite priya.nair@acme.dev?' });
  await offer.getByLabel('Username').fill('priya');
  await offer.getByRole('button', { name: 'Invite and give access' }).click();
  const link = await page.getByRole('status').getByText('/auth/invite/').innerText();
  const theirs = await (await browser.newContext({ baseURL: portolan.url, javaScriptEnabled: scripted })).newPage();
  expect((await theirs.goto(link))!.status()).toBe(200);
  await page.getByRole('link', { name: 'Take back the invitation of priya' }).click();
  await page.getByRole('button', { name: 'Take back the invitation of priya' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'The invitation of priya is taken back.' })).toBeVisible();
  expect((await theirs.goto(link))!.status()).toBe(410);
  await theirs.context().close();
});
