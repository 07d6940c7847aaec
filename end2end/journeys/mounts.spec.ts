// A registry is connected on a page: it is asked first, read, stays readable while it is down, and is forgotten here
// alone.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expectAccessibleInBoth } from '../support/checks';
import { fill } from '../support/images';
import { expect, test as base } from '../support/own';
import { submit } from '../support/people';
import { type Portolan, type Upstream, eventually, startPortolan, startUpstream } from '../support/servers';

const test = base.extend<{ hub: Upstream; portolan: Portolan }>({
  hub: async ({}, use) => {
    const hub = await startUpstream();
    await fill(hub, 'library/busybox', 'base', { '1.0.0': ['1.0.0', '1.0'] }, { sbom: false });
    await use(hub);
    await hub.stop();
  },
  portolan: async ({}, use) => {
    const portolan = await startPortolan({ env: { PORTOLAN_LIMITS__OUTBOUND_ALLOW__0: '127.0.0.0/8' } });
    await use(portolan);
    await portolan.stop();
  },
});

test.use({ refusals: [422] });

test('a registry is asked, mounted, read while it is down, and forgotten here alone', async ({ page, portolan, hub, scripted }) => {
  await page.goto('/admin/mounts');
  await page.getByRole('link', { name: 'Add a mount' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Add a mount');
  await page.getByLabel('Prefix', { exact: true }).fill('hub');
  await page.getByLabel('Address', { exact: true }).fill('http://169.254.169.254');
  await page.getByRole('button', { name: 'Ask the registry' }).click();
  await expect(page.getByText(/is at 169\.254\.169\.254, which is not a public address/)).toBeVisible();
  await expect(page.getByLabel('Prefix', { exact: true })).toHaveValue('hub');

  await page.getByLabel('Address', { exact: true }).fill(hub.url);
  await page.getByLabel('Seconds between two readings').fill('1');
  await page.getByRole('button', { name: 'Ask the registry' }).click();
  const answer = page.getByRole('region', { name: 'The registry answers' });
  await expect(answer).toContainText('It has repositories, such as hub/library/busybox.');
  await expect(answer).toContainText('list repositories');
  await expect(answer).toContainText('Nothing is kept yet.');
  await expect(page.getByText('Who may move and delete tags here may do it there by the user of this mount.')).toBeVisible();
  if (scripted) await expectAccessibleInBoth(page); // axe is script
  const cookie = portolan.cookie!;
  const served = async (path: string) => (await fetch(portolan.url + path, { headers: { cookie } })).text();
  expect(await served('/admin/mounts')).not.toContain(hub.url);

  await page.getByRole('button', { name: 'Add the mount' }).click();
  await expect(page.getByText('hub/ is mounted, and is being read.')).toBeVisible();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('hub/');
  if (scripted) await expectAccessibleInBoth(page); // axe is script
  const path = '/r/hub/library/busybox';
  await eventually('its tags are there', async () => (await served(path)).includes('>1.0.0<'));
  await page.goto('/admin/mounts/hub');
  await page.getByLabel('Seconds between two readings').fill('2');
  await page.getByRole('button', { name: 'Save the mount' }).click();
  await expect(page.getByText('The mount hub/ changed, and is being read again.')).toBeVisible();
  await expect(page.getByLabel('Seconds between two readings')).toHaveValue('2');

  await expect(page.getByText('It has no secret yet, and tells of nothing')).toBeVisible();
  await page.getByRole('button', { name: 'Make its secret' }).click();
  await expect(page.getByText('has a new secret to tell of pushes by')).toBeVisible();
  const header = page.getByText(/^Authorization: Bearer ptl_h_[\w-]{43}$/);
  await expect(header).toBeVisible();
  if (scripted) await expectAccessibleInBoth(page); // axe is script
  await page.goto('/admin/mounts/hub');
  await expect(header).toHaveCount(0);
  await expect(page.getByText('Nothing heard yet')).toBeVisible();
  await page.getByRole('link', { name: 'Make a new secret…' }).click();
  await expect(page.getByRole('heading', { name: 'Make a new secret for hub/?' })).toBeVisible();
  await page.goto('/admin/mounts/hub');
  await page.getByRole('button', { name: 'Check now' }).click();
  await expect(page.getByText('hub/ is being read now.')).toBeVisible();
  await page.goto('/n/hub/-/access');
  await expect(page.getByText(`Docker clients still sign in at ${hub.host}.`)).toBeVisible();

  await hub.kill();
  await eventually('the failure is noticed', async () => (await served(path)).includes('could not be read'));
  for (const address of [path, '/repositories', '/admin/mounts/hub']) {
    await page.goto(address);
    await expect(page.getByText(/could not be read\. What you see is as of/).first()).toBeVisible();
  }
  await page.goto(path);
  await expect(page.getByRole('link', { name: '1.0.0', exact: true })).toBeVisible();
  await hub.revive();
  await eventually('it is read again', async () => !(await served(path)).includes('could not be read'));

  await page.goto('/admin/mounts/hub');
  await page.getByRole('link', { name: 'Remove…' }).click();
  const question = page.getByRole('region', { name: 'Remove hub/?' });
  await expect(question).toContainText('1 repository goes');
  await expect(question).toContainText('Nothing is deleted at the registry.');
  if (scripted) await expectAccessibleInBoth(page); // axe is script
  await question.getByRole('textbox', { name: /^Type .+ to confirm$/ }).fill('hub');
  await question.getByRole('button', { name: 'Remove hub/' }).click();
  await expect(question.getByRole('textbox', { name: /^Type .+ to confirm$/ })).toHaveAccessibleDescription('Type hub/ to confirm.');
  await question.getByRole('textbox', { name: /^Type .+ to confirm$/ }).fill('hub/');
  await question.getByRole('button', { name: 'Remove hub/' }).click();
  await expect(page.getByText('The mount hub/ is gone here.')).toBeVisible();
  expect((await fetch(portolan.url + path, { headers: { cookie } })).status).toBe(404);
  expect((await (await fetch(`${hub.url}/v2/library/busybox/tags/list`)).json()).tags).toContain('1.0.0');
  await page.goto('about:blank'); // a page would miss its server
});

test('while a slow registry is read for the first time, the list says how far that is', async ({ page, portolan }) => {
  const repositories = Array.from({ length: 200 }, (_, n) => `team/service-${n}`);
  const slow = createServer((request, response) => {
    const answer = (body: unknown) => response.setHeader('content-type', 'application/json').end(JSON.stringify(body));
    if (request.url === '/v2/') return answer({});
    if (request.url!.startsWith('/v2/_catalog')) return answer({ repositories });
    setTimeout(() => answer({ name: request.url!.slice('/v2/'.length, -'/tags/list'.length), tags: [] }), 500);
  });
  await new Promise<void>((listens) => slow.listen(0, '127.0.0.1', listens));
  const url = `http://127.0.0.1:${(slow.address() as AddressInfo).port}`;
  const rest = { username: '', password: '', repositories: '', auth_hosts: '', upstream_prefix: '', token_service: '' };
  await submit(portolan, '/admin/mounts/new', 'create-mount', { prefix: 'hub', url, visibility: 'private', refresh_s: '3600', ...rest });
  await expect(async () => {
    await page.goto('/repositories');
    await expect(page.getByText(/[1-9]\d* of 200 read/)).toBeVisible({ timeout: 500 });
  }).toPass({ timeout: 30_000 });
  await page.goto('about:blank'); // a page would miss its server
  slow.closeAllConnections();
  slow.close();
});
