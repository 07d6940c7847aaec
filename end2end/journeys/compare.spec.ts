// What changed between two images: chosen in the list, read, turned round, shared.
import { expectAccessibleInBoth } from '../support/checks';
import { platformsOf } from '../support/images';
import { expect, test } from '../support/test';
import type { Page } from '@playwright/test';

const [OLD, NEW] = [platformsOf('web', '1.4.2').amd64, platformsOf('web', '1.5.0-rc.2').amd64];
const has = new Set([...OLD.layers, OLD.config].map(({ digest }) => digest));
const fetched = [...NEW.layers, NEW.config].filter(({ digest }) => !has.has(digest));
const nLayers = NEW.layers.filter(({ digest }) => !has.has(digest)).length;

/** A number of the page by what it counts. */
const number = (page: Page, words: string | RegExp) => page.locator('.delta').filter({ hasText: words }).locator('dd');

test('two tags of the list are compared; swapping turns it round, and the address says all of it', async ({ page, scripted }) => {
  await page.goto('/r/team/web');
  for (const tag of ['1.4.2', '1.5.0-rc.2']) await page.getByRole('checkbox', { name: `Select ${tag}`, exact: true }).check();
  await page.getByRole('button', { name: 'Compare', exact: true }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Compare');
  const first = await page.getByLabel('From', { exact: true }).inputValue();
  if (first !== '1.4.2') await page.getByRole('link', { name: 'Swap from and to' }).click();
  await expect(page).toHaveURL(/compare/);
  await expect(page.getByLabel('From', { exact: true })).toHaveValue('1.4.2');
  await expect(page.getByLabel('To', { exact: true })).toHaveValue('1.5.0-rc.2');
  await expect(number(page, 'Layers to fetch')).toHaveText(`${nLayers} of ${NEW.layers.length}`);
  const bytes = fetched.reduce((sum, { size }) => sum + size, 0);
  await expect(number(page, 'To fetch for who has the first')).toHaveText(inUnits(bytes));
  await expect(page.getByRole('region', { name: 'Layers' }).getByRole('row')).not.toHaveCount(1);
  const patch = page.getByRole('region', { name: 'Changes of the configuration' });
  await expect(patch.locator('tr.del .sg').first()).toContainText('removed');
  await expect(patch.locator('tr.add .sg').first()).toContainText('added');
  const removed = await patch.locator('tr.del code').allTextContents();
  if (scripted) await expectAccessibleInBoth(page);

  await page.getByRole('link', { name: 'Swap from and to' }).click();
  await expect(page).toHaveURL(/\/compare\/1\.5\.0-rc\.2\.\.\.1\.4\.2$/);
  expect(await page.getByRole('region', { name: 'Changes of the configuration' }).locator('tr.add code').allTextContents()).toEqual(removed);
  await page.getByRole('navigation', { name: 'Platform' }).getByRole('link', { name: 'linux/arm64' }).click();
  await expect(page.getByText(/on linux\/arm64/)).toBeVisible();
  expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
});

test('what changed between the two newest images is one press away', async ({ page }) => {
  await page.goto('/repositories');
  await page.getByRole('link', { name: 'team/web', exact: true }).click();
  await page.getByRole('navigation', { name: 'Repository' }).getByRole('link', { name: 'Compare' }).click();
  await expect(page.getByRole('region', { name: 'Configuration', exact: true })).toBeVisible();
  await expect(page.getByRole('region', { name: 'Layers' })).toBeVisible();
  await page.getByLabel('To', { exact: true }).fill('1.4.2');
  await page.getByLabel('From', { exact: true }).fill('1.4.1');
  await page.getByRole('button', { name: 'Compare', exact: true }).click();
  await expect(page).toHaveURL(/from=1\.4\.1&to=1\.4\.2/);
  await expect(page.getByLabel('From', { exact: true })).toHaveValue('1.4.1');
});

/** A size as pages write it. */
function inUnits(bytes: number): RegExp {
  const unit = bytes >= 1e6 ? 1e6 : 1e3;
  const value = bytes / unit;
  const text = value.toFixed(value < 9.995 ? 2 : value < 99.95 ? 1 : 0).replace(/(\.\d*?)0+$/, '$1').replace(/\.$/, '');
  return new RegExp(`^${text.replace('.', '\\.')}\\s${bytes >= 1e6 ? 'MB' : 'kB'}$`);
}
