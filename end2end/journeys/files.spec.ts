// What is in an image: as it runs, and layer by layer with what each removes.
import { platformsOf } from '../support/images';
import { expect, test } from '../support/test';
import type { Page } from '@playwright/test';

const BASE = platformsOf('base', '1.0.0');
const FILES = `/r/platform/base/-/manifests/${BASE.amd64.digest}/files`;

/** Opens a folder when its layers were read, which the first look waits for. */
async function open(page: Page, address: string) {
  await expect(async () => {
    await page.goto(address);
    await expect(page.getByRole('table', { name: 'Files in this folder' })).toBeVisible({ timeout: 500 });
  }).toPass();
}

const names = (page: Page) => page.getByRole('table', { name: 'Files in this folder' }).getByRole('rowheader');

test('from an image into its folders, without what layers removed', async ({ page }) => {
  await page.goto(`/r/platform/base/-/manifests/${BASE.amd64.digest}`);
  await page.getByRole('navigation', { name: 'Image', exact: true }).getByRole('link', { name: 'Files' }).click();
  await expect(page).toHaveURL(FILES);
  await open(page, FILES);
  await page.getByRole('link', { name: 'etc/', exact: true }).click();
  await expect(names(page)).toContainText(['base.conf', 'base.d/', 'os-release', 'passwd']);
  await expect(page.getByText('motd')).toHaveCount(0);
  const release = page.getByRole('row').filter({ hasText: 'os-release' });
  await expect(release).toContainText(/-rw-r--r--/);
  // The way back up is in the head of the folder.
  await page.getByRole('heading', { level: 2 }).getByRole('link', { name: 'Files' }).click();
  await expect(names(page)).toContainText(['bin/', 'etc/']);
});

test('a layer by itself says what it removes', async ({ page }) => {
  await open(page, `${FILES}?path=etc`);
  await page.getByRole('combobox', { name: 'Layer' }).selectOption('3');
  await page.getByRole('button', { name: 'Show' }).click();
  await expect(page).toHaveURL(/layer=3/);
  await expect(names(page).filter({ hasText: 'motd' })).toContainText('removed by this layer');
  await expect(page.locator('del')).toHaveText(['motd']);
  await open(page, `${FILES}?layer=1&path=etc`);
  await expect(names(page)).toContainText(['motd', 'passwd']);
});

test('zstd layers and opaque folders are what they stand for', async ({ page }) => {
  await open(page, `${FILES}?layer=2&path=etc/base.d`);
  await expect(names(page)).toContainText(['10-limits.conf']);
  await open(page, `${FILES}?path=var/cache/build`);
  await expect(names(page)).toHaveText(['README']);
});
