// An administrator invites somebody, gives a group a namespace and takes it all back.
import type { Page } from '@playwright/test';
import { expectAccessible, expectNoSidewaysScroll } from '../support/checks';
import { push } from '../support/images';
import { type Portolan, startPortolan } from '../support/servers';
import { bringSessions, expect, test as base } from '../support/test';

const test = base.extend<{ portolan: Portolan }>({
  portolan: async ({ context }, use) => {
    const portolan = await startPortolan();
    await bringSessions(context, portolan);
    await use(portolan);
    await portolan.stop();
  },
});

test.use({ refusals: [403, 404, 409, 410, 422] });

test('an invitation makes an account, and a group gives it a namespace for as long as it is given', async ({ page, portolan, browser, javaScriptEnabled, scripted }) => {
  // axe is script.
  const check = async (it: Page) => (scripted ? expectAccessible(it) : undefined);
  await push({ ...portolan }, 'app', '1.0.0', 'team/web:1').done();
  await page.goto(`${portolan.url}/repositories`);
  await page.getByRole('link', { name: 'Users' }).first().click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Users');
  await page.getByRole('textbox', { name: 'Username' }).fill('Priya Nair');
  await page.getByRole('button', { name: 'Make an invitation link' }).click();
  await expect(page.getByRole('textbox', { name: 'Username' })).toHaveAttribute('aria-invalid', 'true');
  await page.getByRole('textbox', { name: 'Username' }).fill('priya');
  await page.getByRole('textbox', { name: /^Name/ }).fill('Priya Nair');
  await page.getByRole('button', { name: 'Make an invitation link' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'priya has an account' })).toBeVisible();
  await check(page);
  const link = (await page.getByText('/auth/invite/').textContent())!.trim();
  await page.reload();
  await expect(page.getByText('/auth/invite/')).toHaveCount(0);
  await expect(page.getByText('Invited, 7 days left')).toBeVisible();

  // In a browser of their own.
  const context = await browser.newContext({ javaScriptEnabled });
  const theirs = await context.newPage();
  await theirs.goto(link);
  await check(theirs);
  await theirs.getByLabel('Password').fill('four quiet harbours');
  await theirs.getByRole('button', { name: 'Choose and sign in' }).click();
  await expect(theirs).toHaveURL(`${portolan.url}/repositories`);
  await expect(theirs.getByText('team/web')).toHaveCount(0);
  await expect(theirs.getByRole('heading', { name: 'Administration' })).toHaveCount(0);
  expect((await theirs.goto(link))!.status()).toBe(410);

  await page.getByRole('link', { name: 'Groups' }).first().click();
  await page.getByRole('textbox', { name: 'New group' }).fill('eng-web');
  await page.getByRole('button', { name: 'Make the group' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('eng-web');
  await page.getByLabel('Add somebody').fill('priya');
  await page.getByRole('button', { name: 'Add to the group' }).click();
  await expect(page.getByRole('link', { name: 'Priya Nair' })).toBeVisible();
  await check(page);
  await expectNoSidewaysScroll(page, 'a group');

  await page.goto(`${portolan.url}/n/team/-/access`);
  await page.getByLabel('Give access to', { exact: true }).fill('eng-web (group)');
  await page.getByLabel('Role', { exact: true }).selectOption('developer');
  await page.getByRole('button', { name: 'Give access' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'eng-web has access.' })).toBeVisible();
  await theirs.goto(`${portolan.url}/r/team/web`);
  await expect(theirs.getByRole('heading', { level: 1 })).toHaveText('team/web');
  await theirs.goto(`${portolan.url}/account`);
  await expect(theirs.getByRole('cell', { name: 'Developer' })).toBeVisible();

  await page.getByRole('link', { name: 'Take access from group eng-web' }).click();
  await expect(page.getByRole('heading', { name: 'Take access from group eng-web?' })).toBeVisible();
  await check(page);
  await page.getByRole('button', { name: 'Take Developer from group eng-web' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'Access was taken from eng-web.' })).toBeVisible();
  expect((await theirs.goto(`${portolan.url}/r/team/web`))!.status()).toBe(404);

  await page.goto(`${portolan.url}/admin/users/priya?delete=yes`);
  await page.getByRole('textbox', { name: /^Type .+ to confirm$/ }).fill('pria');
  await page.getByRole('button', { name: 'Delete priya' }).click();
  await expect(page.getByRole('textbox', { name: /^Type .+ to confirm$/ })).toHaveAttribute('aria-invalid', 'true');
  await page.getByRole('textbox', { name: /^Type .+ to confirm$/ }).fill('priya');
  await page.getByRole('button', { name: 'Delete priya' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'The account priya is gone' })).toBeVisible();
  await theirs.goto(`${portolan.url}/account`);
  await expect(theirs.getByRole('heading', { level: 1 })).toHaveText('Sign in');

  await page.getByRole('link', { name: 'Activity' }).first().click();
  for (const words of ['Deleted the account', 'Took access:', 'Gave access:', 'Made the group']) {
    await expect(page.getByText(words).first()).toBeVisible();
  }
  await context.close();
  await page.goto('about:blank');
});
