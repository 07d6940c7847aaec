// The page of an image by its tabs: how it is configured, what is attached to it, and the bytes of its manifest.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expectAccessibleInBoth } from '../support/checks';
import { digestOf, platformsOf } from '../support/images';
import { expect, test } from '../support/test';

const DIGEST = digestOf('web', '1.5.0-rc.2');
const AMD64 = platformsOf('web', '1.5.0-rc.2').amd64;

test('each tab has an address, and the platform stays while tabs change', async ({ page, scripted }) => {
  await page.goto('/r/team/web/-/tags/1.5.0-rc.2');
  const tabs = page.getByRole('navigation', { name: 'Image', exact: true });
  await expect(tabs.getByRole('link', { name: 'Overview' })).toHaveAttribute('aria-current', 'page');
  await page.getByRole('navigation', { name: 'Platform' }).getByRole('link', { name: 'linux/amd64' }).click();
  await tabs.getByRole('link', { name: 'Config' }).click();
  await expect(page).toHaveURL(/\?tab=config&platform=linux\/amd64$/);
  await expect(tabs.getByRole('link', { name: 'Config' })).toHaveAttribute('aria-current', 'page');
  await expect(page.getByRole('region', { name: 'How it runs' })).toBeVisible();
  const written = page.getByRole('region', { name: 'As it was written' });
  await expect(written).toContainText(AMD64.config.digest.slice(7, 19));
  await expect(written.locator('pre')).toContainText('"architecture": "amd64"');
  if (scripted) await expectAccessibleInBoth(page);
  expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
  await tabs.getByRole('link', { name: 'Overview' }).click();
  await expect(page).toHaveURL(/\/tags\/1\.5\.0-rc\.2\?platform=linux\/amd64$/);
});

test('an SBOM that is attached is opened, and says that nobody verified it', async ({ page, scripted }) => {
  await page.goto(`/r/team/web/-/manifests/${DIGEST}`);
  await page.getByRole('navigation', { name: 'Image', exact: true }).getByRole('link', { name: 'Attestations' }).click();
  await expect(page).toHaveURL(new RegExp(`${DIGEST}/attestations$`));
  const list = page.getByRole('region', { name: 'Attached to this image' });
  await expect(list).toContainText('as stated, not verified');
  await list.getByRole('link', { name: 'SBOM (SPDX)' }).click();
  const opened = page.getByRole('region', { name: 'SBOM (SPDX)' });
  await expect(opened).toContainText('as stated, not verified');
  await expect(opened.locator('pre')).toContainText('"spdxVersion"');
  if (scripted) await expectAccessibleInBoth(page);
  expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
  await opened.getByRole('link', { name: 'Close' }).click();
  await expect(page).toHaveURL(new RegExp(`${DIGEST}/attestations$`));
});

test('a manifest is saved as the bytes that its digest is of', async ({ page }) => {
  await page.goto(`/r/team/web/-/manifests/${DIGEST}/manifest`);
  await expect(page.locator('pre')).toContainText('schemaVersion');
  const saved = page.waitForEvent('download');
  await page.getByRole('link', { name: 'Download' }).click();
  const bytes = readFileSync(await (await saved).path());
  expect(`sha256:${createHash('sha256').update(bytes).digest('hex')}`).toBe(DIGEST);
});

test('where else an image is tagged leads there', async ({ page }) => {
  await page.goto('/r/platform/base/-/tags/1.1.0');
  const card = page.getByRole('region', { name: 'Where else this image is tagged' });
  await card.getByRole('link', { name: 'hub/library/busybox' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toContainText('hub/library/busybox');
});
