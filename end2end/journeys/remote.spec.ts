// A registry that exists already, read and shown like our own, also while it is down.
import { fill, platformsOf } from '../support/images';
import { eventually, startPortolan, startUpstream } from '../support/servers';
import { bringSessions, expect, test } from '../support/test';

test('a mounted registry has the same pages, and pulls go to it', async ({ page, servers }) => {
  await page.goto('/repositories');
  const row = page.getByRole('row').filter({ has: page.getByRole('link', { name: 'hub/library/busybox' }) });
  await expect(row).toContainText('Remote');
  await row.getByRole('link', { name: 'hub/library/busybox' }).click();
  await expect(page.getByText(/^Last checked/)).toBeVisible();
  await expect(page.getByText(`docker pull ${servers.hub.host}/library/busybox:`)).toBeVisible();
  const latest = page.getByRole('row').filter({ has: page.getByRole('link', { name: 'latest', exact: true }) });
  await expect(latest).toContainText('same image as 1.1.0');
  await expect(latest).toContainText(/amd64\s*arm64/);
  await expect(latest).toContainText(/first seen (just now|\d+ min ago)/);

  await latest.getByRole('link', { name: 'latest', exact: true }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('hub/library/busybox:latest');
  await expect(page.getByText(`docker pull ${servers.hub.host}/library/busybox:latest`)).toBeVisible();
  await page.getByRole('navigation', { name: 'Platform' }).getByRole('link', { name: 'linux/amd64' }).click();
  const layers = page.getByRole('table', { name: 'Layers, first to last' }).locator('tbody').getByRole('row');
  await expect(layers).toHaveCount(platformsOf('base', '1.1.0').amd64.layers.length);

  await page.goto('/admin/mounts');
  const mount = page.getByRole('region', { name: 'hub/' });
  await expect(mount).toContainText(servers.hub.url);
  await expect(mount).toContainText(/2 repositories, 6 tags, \d images/);
  await expect(mount).toContainText('6 tags share an image with another tag');
});

test('a registry that is down leaves its pages standing, and says so', async ({ page }) => {
  const hub = await startUpstream();
  const portolan = await startPortolan({ hub: hub.url, refreshS: 1 });
  await bringSessions(page.context(), portolan);
  try {
    await fill(hub, 'library/busybox', 'base', { '1.0.0': ['1.0.0', '1.0'] }, { sbom: false });
    const path = `${portolan.url}/r/hub/library/busybox`;
    const served = async () => (await fetch(path, { headers: { cookie: portolan.cookie! } })).text();
    await eventually('the tags are there', async () => (await served()).includes('>1.0.0<'));
    await page.goto(path);
    await expect(page.getByRole('link', { name: '1.0.0', exact: true })).toBeVisible();

    await hub.kill();
    await eventually('the failure is noticed', async () => (await served()).includes('could not be read'));
    for (const address of [path, `${path}/-/tags/1.0.0`, `${portolan.url}/repositories`, `${portolan.url}/admin/mounts`]) {
      const response = await page.goto(address);
      expect(response!.status(), address).toBe(200);
      await expect(page.getByText(/hub \(http:\/\/\S+\) could not be read\. What you see is as of/)).toBeVisible();
      await expect(page.getByText(`${hub.host} refused the connection`)).toBeVisible();
    }
    await page.goto(path);
    await expect(page.getByRole('link', { name: '1.0.0', exact: true })).toBeVisible();
    await expect(page.getByText('Missing upstream')).toBeHidden();

    await hub.revive();
    await eventually('it is read again', async () => !(await served()).includes('could not be read'));
    await expect(async () => {
      await page.reload(); // Between two rounds: during one, a page says how far it is.
      await expect(page.getByText(/^Last checked just now/)).toBeVisible({ timeout: 500 });
    }).toPass({ timeout: 20_000 });
    await expect(page.getByRole('link', { name: '1.0.0', exact: true })).toBeVisible();
  } finally {
    await page.goto('about:blank'); // a page would miss its server
    await Promise.all([portolan.stop(), hub.stop()]);
  }
});
