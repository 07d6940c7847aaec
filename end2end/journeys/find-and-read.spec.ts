// From the list of repositories down to what an image is made of, and back.
import { digestOf, platformsOf } from '../support/images';
import { expect, test } from '../support/test';
import { MANY } from '../support/world';
import type { Locator, Page } from '@playwright/test';

const STAGING = platformsOf('web', '1.5.0-rc.2');

test('filter, open a repository, read its tags', async ({ page, isMobile }) => {
  await page.goto('/repositories');
  await page.getByRole('searchbox', { name: 'Filter repositories' }).fill('web');
  await page.getByRole('button', { name: 'Filter' }).click();
  await expect(page).toHaveURL(/\?q=web$/);
  await expect(names(page)).toHaveText(['team/web']);
  await expect(page.getByText('1 match')).toBeVisible();
  await names(page).first().click();

  await expect(page).toHaveTitle('team/web · Portolan');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('team/web');
  await expect(page.getByText(/^[\d.]+\sMB stored, [\d.]+\sMB before sharing layers$/)).toBeVisible();
  const row = page.getByRole('row').filter({ has: page.getByRole('link', { name: '1.4.2', exact: true }) });
  await expect(row).toContainText('same image as 1.4, latest');
  await expect(row).toContainText(digestOf('web', '1.4.2').slice(7, 19));
  await expect(row).toContainText(/[\d.]+\s[kM]B/);
  if (!isMobile) {
    await expect(row).toContainText(/amd64\s*arm64/);
    await expect(row.getByRole('cell').filter({ has: page.locator('time[datetime^="2025-04-09"]') })).toHaveText('9 Apr 2025', { useInnerText: true });
    await expect(row.locator('time').last()).toHaveText(/just now|min ago/);
  }
});

test('links in the head put the tags in another order', async ({ page, isMobile }) => {
  test.skip(isMobile, 'on phones rows are cards, without a head');
  await page.goto('/r/team/web');
  const head = (name: string) => page.getByRole('columnheader', { name });
  await expect(head('Moved')).toHaveAttribute('aria-sort', 'descending');
  await expect(page.locator('[aria-sort]')).toHaveCount(1);

  await head('Tag').getByRole('link').click();
  await expect(head('Tag')).toHaveAttribute('aria-sort', 'ascending');
  await expect(head('Moved')).not.toHaveAttribute('aria-sort');
  const byName = await names(page).allTextContents();
  expect(byName).toEqual([...byName].sort());
  expect(byName).toHaveLength(11);

  await head('Built').getByRole('link').click();
  await expect(head('Built')).toHaveAttribute('aria-sort', 'descending');
  await expect(page).toHaveURL(/sort=built/);
  const byAge = await page.getByRole('row').locator('td:nth-child(5) time').evaluateAll((all) => all.map((it) => it.getAttribute('datetime')!));
  expect(byAge).toEqual([...byAge].sort().reverse());

  await head('Size').getByRole('link').click();
  await expect(head('Size')).toHaveAttribute('aria-sort', 'descending');

  await page.goto('/r/platform/base?sort=built');
  await expect(page.getByRole('row').filter({ has: page.getByRole('link', { name: 'reproducible', exact: true }) })).toContainText('not stated');
});

test('an image by its tag: platforms, layers, how it runs, what is attached', async ({ page }) => {
  await page.goto('/r/team/web');
  await page.getByRole('link', { name: 'staging', exact: true }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('team/web:staging');
  await expect(page.getByRole('link', { name: '1.5.0-rc.2' })).toHaveAttribute('href', '/r/team/web/-/tags/1.5.0-rc.2');
  await expect(page.getByText(digestOf('web', '1.5.0-rc.2'), { exact: true })).toBeVisible();
  await expect(page.getByText('2 tags name this image')).toBeVisible();

  const platforms = page.getByRole('region', { name: 'Platforms' });
  await expect(platforms).toContainText('2 platforms');
  const attestation = platforms.getByText('1 attestation').first();
  await attestation.click();
  await expect(platforms.getByText('Attestation', { exact: true }).first()).toBeVisible();
  await expect(page.getByRole('region', { name: 'Attached to this image' })).toContainText(/SBOM|SPDX/);

  const choice = page.getByRole('navigation', { name: 'Platform' });
  await expect(choice.getByRole('link', { name: 'All platforms' })).toHaveAttribute('aria-current', 'true');
  await choice.getByRole('link', { name: 'linux/arm64' }).click();
  await expect(page).toHaveURL(/\?platform=linux/);
  await expect(choice.getByRole('link', { name: 'linux/arm64' })).toHaveAttribute('aria-current', 'true');

  const layers = page.getByRole('region', { name: 'Layers' });
  const rows = layers.getByRole('table', { name: 'Layers, first to last' }).locator('tbody').getByRole('row');
  await expect(rows).toHaveCount(STAGING.arm64.layers.length);
  await expect(layers).toContainText('COPY web /usr/local/bin/web');
  const run = page.getByRole('region', { name: 'How it runs' });
  await expect(run).toContainText('/usr/local/bin/web');
  await expect(run).toContainText('--port 8080');
  await expect(run).toContainText('nobody');
  await run.getByText('3 variables').click();
  await expect(run.getByText('APP_VERSION=1.5.0-rc.2')).toBeVisible();
  // The exact size to pull is that of the fixture's configuration and layers.
  const bytes = [STAGING.arm64.config, ...STAGING.arm64.layers].reduce((sum, it) => sum + it.size, 0);
  await expect(page.getByRole('region', { name: 'Facts' })).toContainText(bytes.toLocaleString('en'));
});

test('an image by its digest has a permanent page', async ({ page, isMobile }) => {
  const digest = digestOf('web', '1.4.2');
  await page.goto('/r/team/web');
  const row = page.getByRole('row').filter({ has: page.getByRole('link', { name: '1.4.2', exact: true }) });
  await row.getByRole('link', { name: digest.slice(7, 19) }).click();
  await expect(page).toHaveURL(`/r/team/web/-/manifests/${digest}`);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(`team/web@${digest.slice(7, 19)}`);
  await expect(page.getByText('3 tags name this image')).toBeVisible();
  if (!isMobile) await expect(page.getByText(`docker pull ${new URL(page.url()).host}/team/web@${digest}`)).toBeVisible();

  await page.getByRole('region', { name: 'Platforms' }).getByRole('link', { name: 'linux/amd64' }).click();
  await expect(page.getByText('No tag names this image')).toHaveCount(0);
  await expect(page.getByText('Part of').first()).toBeVisible();
  await page.getByRole('region', { name: 'Facts' }).getByRole('link', { name: digest.slice(7, 19) }).click();
  await expect(page).toHaveURL(`/r/team/web/-/manifests/${digest}`);
  await page.getByRole('navigation', { name: 'Breadcrumb' }).getByRole('link', { name: 'web', exact: true }).click();
  await expect(page).toHaveURL('/r/team/web');
});

test('a list of more tags than a page holds turns forth and back', async ({ page }) => {
  await page.goto(`/r/${MANY.repository}`);
  const pages = page.getByRole('navigation', { name: 'Pages' });
  const [newer, older] = [pages.getByRole('link', { name: 'Newer' }), pages.getByRole('link', { name: 'Older' })];
  await expect(names(page)).toHaveCount(50);
  await expect(pages).toContainText('50 of 60');
  await expect(newer).toHaveAttribute('aria-disabled', 'true');
  const first = await names(page).allTextContents();

  await older.click();
  await expect(page).toHaveURL(/after=/);
  await expect(names(page)).toHaveCount(MANY.tags - 50);
  await expect(older).toHaveAttribute('aria-disabled', 'true');
  const second = await names(page).allTextContents();
  expect(new Set([...first, ...second]).size, 'each tag is on one page').toBe(MANY.tags);

  await newer.click();
  await expect(names(page)).toHaveCount(50);
  expect(await names(page).allTextContents()).toEqual(first);
  await expect(page.getByRole('row').filter({ hasText: 'build-059' })).toContainText(/same image as .+ and \d+ more/);
});

/** What the rows of the list are called, in order. */
function names(page: Page): Locator {
  return page.getByRole('rowheader').locator('a.name, a.tagname');
}
