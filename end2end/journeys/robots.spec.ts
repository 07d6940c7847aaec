// A robot for CI: its secret is shown once, it pushes where it may, and it ends when it is rotated.
import { homedir } from 'node:os';
import { join } from 'node:path';
import { expectAccessibleInBoth } from '../support/checks';
import { push } from '../support/images';
import { expect, test } from '../support/own';
import { Running } from '../support/process';
import { eventually } from '../support/servers';

const FIXTURES = process.env.PORTOLAN_TEST_FIXTURES ?? join(homedir(), '.cache/portolan/fixtures');

test.use({ refusals: [422] });

/** A client that signs in as somebody. */
function skopeo(command: string, creds: string, ...rest: string[]) {
  const [tls, as] = command === 'copy' ? ['--dest-tls-verify=false', '--dest-creds'] : ['--tls-verify=false', '--creds'];
  return new Running('skopeo', [command, tls, as, creds, ...rest]).done();
}

test('a robot for CI pushes where it may, until its secret is rotated', async ({ page, portolan, scripted }) => {
  await push(portolan, 'app', '1.0.0', 'team/api:1').done();
  await page.goto('/n/team/-/access');
  await page.getByRole('link', { name: 'Robots', exact: true }).click();
  await expect(page.getByRole('heading', { name: 'No robots yet' })).toBeVisible();
  const ninetyDays = new Date(Date.now() + 90 * 86_400_000).toISOString().slice(0, 10);
  await expect(page.getByLabel('Until', { exact: true })).toHaveValue(ninetyDays);
  await page.getByLabel('Name', { exact: true }).fill('admin');
  await page.getByLabel('Role', { exact: true }).selectOption('publisher');
  await page.getByLabel('Where', { exact: true }).fill('team/web');
  await page.getByRole('button', { name: 'New robot' }).click();
  await expect(page.getByText(/admin is taken/i)).toBeVisible();
  await expect(page.getByLabel('Where', { exact: true })).toHaveValue('team/web');
  await page.getByLabel('Name', { exact: true }).fill('ci-web');
  await page.getByRole('button', { name: 'New robot' }).click();

  const said = page.getByRole('status').filter({ hasText: 'The robot ci-web is there.' });
  await expect(said).toBeVisible();
  if (scripted) await expectAccessibleInBoth(page); // axe is script
  const secret = await said.locator('code', { hasText: /^ptl_r_/ }).innerText();
  const ready = page.getByRole('group', { name: 'Where to put it' });
  const shown = ready.locator('code:visible');
  await expect(shown).toHaveText([`echo '${secret}' | docker login ${portolan.host} -u ci-web --password-stdin`]);
  for (const [client, words] of [['GitHub Actions', 'docker/login-action'], ['Docker Swarm', '--with-registry-auth'], ['.env', 'REGISTRY_USERNAME=ci-web'], ['Kubernetes', 'kubernetes.io/dockerconfigjson']]) {
    await ready.locator('label', { hasText: client }).click();
    await expect(shown).toHaveText([new RegExp(words.replaceAll('.', '\\.'))]);
  }
  const data = /\.dockerconfigjson: (\S+)/.exec(await shown.innerText())![1];
  const { auths } = JSON.parse(atob(data));
  expect(atob(auths[portolan.host].auth)).toBe(`ci-web:${secret}`);
  await page.reload();
  await expect(page.getByText(/ptl_r_/)).toHaveCount(0);
  await expect(page.getByText('The robot ci-web is there.')).toHaveCount(0);

  const row = page.getByRole('row', { name: /ci-web/ });
  await expect(row).toContainText('Publisher on team/web');
  await expect(row).toContainText('Never');
  const creds = `ci-web:${secret}`;
  const image = `oci:${FIXTURES}/app:1.0.0`;
  await skopeo('copy', creds, image, `docker://${portolan.host}/team/web:1`);
  await expect(skopeo('inspect', creds, `docker://${portolan.host}/team/api:1`)).rejects.toThrow();
  await page.reload();
  await expect(row).not.toContainText('Never');

  await row.getByRole('link', { name: 'Rotate ci-web' }).click();
  const question = page.getByRole('region', { name: 'Rotate the secret of ci-web?' });
  await expect(question).toContainText('stops working at once');
  await expect(question).toContainText('It was last used');
  await question.getByRole('button', { name: 'Rotate ci-web' }).click();
  const rotated = await page.getByRole('status').locator('code', { hasText: /^ptl_r_/ }).innerText();
  expect(rotated).not.toBe(secret);
  const opens = async (password: string) => {
    const authorization = `Basic ${btoa(`ci-web:${password}`)}`;
    return (await fetch(`${portolan.url}/v2/team/web/tags/list`, { headers: { authorization } })).status;
  };
  await eventually('the old secret is refused', async () => (await opens(secret)) === 401, 1_000);
  expect(await opens(rotated)).toBe(200);

  await page.getByRole('button', { name: 'Disable ci-web' }).click();
  await expect(row).toContainText('Disabled');
  expect(await opens(rotated)).toBe(401);
  const enabled = page.getByRole('status').filter({ hasText: 'The robot ci-web is let in again.' });
  await page.getByRole('status').filter({ hasText: 'The robot ci-web is let in no more.' }).getByRole('button', { name: 'Undo' }).click();
  await expect(enabled).toBeVisible();
  expect(await opens(rotated)).toBe(200);
  await page.getByRole('button', { name: 'Disable ci-web' }).click();
  await expect(row).toContainText('Disabled');
  await page.getByRole('button', { name: 'Enable ci-web' }).click();
  await expect(enabled).toBeVisible();
  expect(await opens(rotated)).toBe(200);
  await page.getByRole('link', { name: 'Delete ci-web' }).click();
  const deletion = page.getByRole('region', { name: 'Delete ci-web?' });
  await deletion.getByRole('textbox', { name: /^Type .+ to confirm$/ }).fill('ci-web');
  await deletion.getByRole('button', { name: 'Delete ci-web' }).click();
  await expect(page.getByRole('heading', { name: 'No robots yet' })).toBeVisible();
  await page.goto('about:blank');
});

test('a token of one\'s own is a bound, shown once and revoked', async ({ page, portolan, scripted }) => {
  await push(portolan, 'app', '1.0.0', 'team/api:1').done();
  await page.goto('/account');
  await page.getByRole('link', { name: 'Tokens', exact: true }).click();
  await page.getByLabel('Name', { exact: true }).fill('Laptop');
  await page.getByLabel('At most').selectOption('reader');
  await page.getByLabel(/^Where/).fill('team/*');
  await page.getByRole('button', { name: 'New token' }).click();
  const said = page.getByRole('status').filter({ hasText: 'The token Laptop is there.' });
  const secret = await said.locator('code', { hasText: /^ptl_p_/ }).innerText();
  const status = async (method: string, path: string) => {
    const authorization = `Basic ${btoa(`admin:${secret}`)}`;
    return (await fetch(portolan.url + path, { method, headers: { authorization } })).status;
  };
  expect(await status('GET', '/v2/team/api/tags/list')).toBe(200);
  expect(await status('POST', '/v2/team/api/blobs/uploads/')).toBe(403);
  await page.getByRole('link', { name: 'I have stored it' }).click();
  await expect(page.getByText(/ptl_p_/)).toHaveCount(0);
  await page.getByRole('link', { name: 'Revoke the token Laptop' }).click();
  await page.getByRole('region', { name: 'Revoke the token Laptop?' }).getByRole('button', { name: 'Revoke Laptop' }).click();
  await expect(page.getByText('The token Laptop is revoked.')).toBeVisible();
  expect(await status('GET', '/v2/team/api/tags/list')).toBe(401);
  await page.goto('about:blank');
});
