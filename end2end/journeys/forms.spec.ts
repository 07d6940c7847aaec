// The forms that no other journey fills in, each once: repositories and their settings, members, people and their sessions.
import { push } from '../support/images';
import { expect, test } from '../support/own';
import { enrol, submit } from '../support/people';
import { ADMIN, signIn } from '../support/servers';
import { looked } from '../support/steps';

const PASSWORD = 'four quiet harbours';

test.use({ refusals: [401, 404, 422] });

test('a repository is made, described, opened to everybody, and deleted', async ({ page, portolan, scripted }) => {
  const said = (words: string) => expect(page.getByRole('status').filter({ hasText: words })).toBeVisible();
  const stranger = async (path: string) => (await fetch(`${portolan.url}${path}`)).status;
  await page.goto('/repositories');
  await page.getByRole('link', { name: 'New repository' }).click();
  await page.getByLabel('Name', { exact: true }).fill('Team/Web');
  await page.getByLabel('Description').fill('The shop');
  await page.getByRole('button', { name: 'Make the repository' }).click();
  await expect(page.getByLabel('Name', { exact: true })).toHaveAttribute('aria-invalid', 'true');
  await expect(page.getByLabel('Description')).toHaveValue('The shop');
  await page.getByLabel('Name', { exact: true }).fill('team/web');
  await page.getByRole('button', { name: 'Make the repository' }).click();
  await said('team/web is there. Push the first image to it.');
  await push(portolan, 'app', '1.0.0', 'team/web:1').done();

  await page.goto('/r/team/web/-/settings');
  await page.getByLabel('Description').fill('The shop and its till');
  await page.getByLabel('Who may see and pull it').selectOption('public');
  await page.getByRole('button', { name: 'Save settings' }).click();
  const asked = scripted ? page.getByRole('dialog', { name: 'Make team/web public?' }) : page.getByRole('region', { name: 'Make team/web public?' });
  await expect(asked.getByText('1 repository becomes readable by anybody')).toBeVisible();
  await looked(page, scripted);
  if (scripted) {
    // Whoever changes their mind is where they were, and may ask again.
    await asked.getByRole('link', { name: 'Cancel' }).click();
    await expect(asked).toBeHidden();
    await expect(page.getByLabel('Description')).toHaveValue('The shop and its till');
    await page.getByRole('button', { name: 'Save settings' }).click();
  }
  await asked.getByRole('textbox', { name: /^Type .+ to confirm$/ }).fill('team');
  await asked.getByRole('button', { name: 'Make team/web public' }).click();
  await expect(page.getByRole('textbox', { name: /^Type .+ to confirm$/ })).toHaveAttribute('aria-invalid', 'true');
  expect(await stranger('/v2/team/web/tags/list')).toBe(401);
  await page.getByRole('textbox', { name: /^Type .+ to confirm$/ }).fill('team/web');
  await page.getByRole('button', { name: 'Make team/web public' }).click();
  await said('The settings of team/web are saved.');
  await expect(page.getByLabel('Description')).toHaveValue('The shop and its till');
  expect(await stranger('/v2/team/web/tags/list')).toBe(200);
  await page.goto('/n/team/-/settings');
  await page.getByLabel('New repositories begin as').selectOption('internal');
  await page.getByRole('button', { name: 'Save settings' }).click();
  await said('The settings of team are saved.');

  await page.goto('/r/team/web/-/settings');
  await page.getByRole('link', { name: 'Delete this repository…' }).click();
  await page.getByRole('textbox', { name: /^Type .+ to confirm$/ }).fill('team/wep');
  await page.getByRole('button', { name: 'Delete team/web' }).click();
  await expect(page.getByRole('textbox', { name: /^Type .+ to confirm$/ })).toHaveAttribute('aria-invalid', 'true');
  await page.getByRole('textbox', { name: /^Type .+ to confirm$/ }).fill('team/web');
  await page.getByRole('button', { name: 'Delete team/web' }).click();
  await said('The repository team/web is deleted');
  expect(await stranger('/v2/team/web/tags/list')).toBe(401);
});

test('a member is put out, and somebody loses a token and all sessions, is disabled and let in again', async ({ page, portolan }) => {
  const said = (words: string) => expect(page.getByRole('status').filter({ hasText: words })).toBeVisible();
  await enrol(portolan, 'priya', PASSWORD);
  await submit(portolan, '/admin/groups', 'create-group', { name: 'eng-web' });
  await submit(portolan, '/admin/groups/eng-web', 'add-member', { member: 'priya' });
  await page.goto('/admin/groups/eng-web');
  await page.getByRole('button', { name: 'Remove priya' }).click();
  await said('priya is out of the group.');

  const cookie = await signIn(portolan.url, { username: 'priya', password: PASSWORD });
  await submit({ url: portolan.url, cookie }, '/account/tokens', 'create-token', { name: 'Laptop' });
  await page.goto('/admin/users/priya');
  await page.getByRole('link', { name: 'Revoke the token Laptop' }).click();
  await page.getByRole('button', { name: 'Revoke Laptop' }).click();
  await said('The token Laptop is revoked.');

  const account = async () => (await fetch(`${portolan.url}/account`, { headers: { cookie }, redirect: 'manual' })).status;
  expect(await account()).toBe(200);
  await page.goto('/admin/users/priya');
  await page.getByRole('button', { name: 'Sign out everywhere' }).click();
  await said('priya is signed out everywhere.');
  expect(await account()).not.toBe(200);

  await page.getByRole('button', { name: 'Disable' }).click();
  await said('priya is let in no more.');
  await expect(signIn(portolan.url, { username: 'priya', password: PASSWORD })).rejects.toThrow();
  await page.getByRole('button', { name: 'Let in again' }).click();
  await said('priya is let in again.');
  await signIn(portolan.url, { username: 'priya', password: PASSWORD });
});

test('one\'s own other session is ended, and a new password ends the rest', async ({ page, portolan }) => {
  const said = (words: string) => expect(page.getByRole('status').filter({ hasText: words })).toBeVisible();
  const others = await Promise.all([signIn(portolan.url), signIn(portolan.url)]);
  const areIn = async () => {
    const statuses = await Promise.all(others.map(async (cookie) => (await fetch(`${portolan.url}/account`, { headers: { cookie }, redirect: 'manual' })).status));
    return statuses.filter((status) => status === 200).length;
  };
  await page.goto('/account');
  await page.getByRole('button', { name: /^End the session of/ }).first().click();
  await said('That session is over.');
  expect(await areIn()).toBe(1);

  await page.getByLabel('Present password').fill('wrong horse');
  await page.getByLabel('New password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Change password' }).click();
  await expect(page.getByLabel('Present password')).toHaveAttribute('aria-invalid', 'true');
  await expect(page.getByLabel('New password')).toHaveValue('');
  await page.getByLabel('Present password').fill(ADMIN.password);
  await page.getByLabel('New password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Change password' }).click();
  await said('Your password changed.');
  expect(await areIn()).toBe(0);
  await signIn(portolan.url, { username: ADMIN.username, password: PASSWORD });
});
