// A group is given a role, its people work with it, and a smaller role holds within a second; the last administrator stays.
import { homedir } from 'node:os';
import { join } from 'node:path';
import { expectAccessibleInBoth } from '../support/checks';
import { push } from '../support/images';
import { expect, test } from '../support/own';
import { enrol, submit } from '../support/people';
import { Running } from '../support/process';
import { type Portolan, eventually } from '../support/servers';

const FIXTURES = process.env.PORTOLAN_TEST_FIXTURES ?? join(homedir(), '.cache/portolan/fixtures');
const PRIYA = { username: 'priya', password: 'four quiet harbours' };
/** How soon a smaller role holds. */
const HOLDS_WITHIN_MS = 1_000;

test.use({ refusals: [409, 422] });

/** A push of somebody who is no administrator. */
function pushAs({ username, password }: typeof PRIYA, portolan: Portolan, target: string) {
  const creds = `${username}:${password}`;
  return new Running('skopeo', ['copy', '--quiet', '--dest-tls-verify=false', '--dest-creds', creds, `oci:${FIXTURES}/app:1.0.0`, `docker://${portolan.host}/${target}`]).done();
}

test('a group pushes by its role, until the role is a smaller one', async ({ page, portolan, scripted }) => {
  await push(portolan, 'app', '1.0.0', 'team/web:1').done();
  await enrol(portolan, PRIYA.username, PRIYA.password);
  await submit(portolan, '/admin/groups', 'create-group', { name: 'eng-web' });
  await submit(portolan, '/admin/groups/eng-web', 'add-member', { member: 'priya' });
  await expect(pushAs(PRIYA, portolan, 'team/web:2')).rejects.toThrow(/there is no repository/);

  await page.goto('/n/team/-/access');
  await page.getByLabel('Give access to', { exact: true }).fill('eng-web (group)');
  await page.getByLabel('Role', { exact: true }).selectOption('developer');
  await page.getByRole('button', { name: 'Give access' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'eng-web has access.' })).toBeVisible();
  await pushAs(PRIYA, portolan, 'team/web:2');
  await page.goto('/r/team/web');
  await expect(page.getByRole('link', { name: '2', exact: true })).toBeVisible();

  await page.goto('/n/team/-/access');
  await page.getByLabel('Role of group eng-web').selectOption('reader');
  await page.getByRole('button', { name: 'Save role of group eng-web' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'Access of eng-web changed.' })).toBeVisible();
  if (scripted) await expectAccessibleInBoth(page); // axe is script
  const authorization = `Basic ${btoa(`${PRIYA.username}:${PRIYA.password}`)}`;
  const upload = () => fetch(`${portolan.url}/v2/team/web/blobs/uploads/`, { method: 'POST', headers: { authorization } });
  await eventually('a push is refused', async () => (await upload()).status === 403, HOLDS_WITHIN_MS);
  const { errors } = await (await upload()).json();
  expect(errors[0]).toMatchObject({ code: 'DENIED', message: 'that needs repository.push, which you do not have here' });
  await expect(pushAs(PRIYA, portolan, 'team/web:3')).rejects.toThrow(/denied/);
});

test('the last owner of a namespace cannot be taken away', async ({ page, portolan, scripted }) => {
  await push(portolan, 'app', '1.0.0', 'team/web:1').done();
  await enrol(portolan, PRIYA.username, PRIYA.password);
  await submit(portolan, '/n/team/-/access', 'give-access', { who: 'priya', role: 'owner', scope: 'team/*', tags: '', until: '' });
  await page.goto('/n/team/-/access');
  await page.getByRole('link', { name: 'Take access from user priya' }).click();
  await page.getByRole('button', { name: 'Take Owner from user priya' }).click();
  await expect(page.getByRole('alert')).toContainText(/team would have no owner any more/i);
  if (scripted) await expectAccessibleInBoth(page); // axe is script
  await page.goto('/n/team/-/access');
  await page.getByLabel('Role of user priya').selectOption('reader');
  await page.getByRole('button', { name: 'Save role of user priya' }).click();
  await expect(page.getByRole('alert')).toContainText(/team would have no owner any more/i);
  await page.goto('/n/team/-/access');
  await expect(page.getByLabel('Role of user priya')).toHaveValue('owner');
});

test('the last administrator cannot be taken away', async ({ page, scripted }) => {
  await page.goto('/admin/access');
  await page.getByRole('link', { name: 'Take access from user admin' }).click();
  await page.getByRole('button', { name: 'Take Admin from user admin' }).click();
  await expect(page.getByRole('alert')).toContainText('Nobody would be left who can sign in and may do everything');
  if (scripted) await expectAccessibleInBoth(page); // axe is script
  await page.goto('/admin/access');
  await expect(page.getByRole('row', { name: /admin/ })).toHaveCount(1);
});
