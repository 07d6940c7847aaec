// On a phone: the same pages by touch.
import { expectAccessible, expectNoSidewaysScroll, smallTargets } from '../support/checks';
import { expect, test } from '../support/test';

test('the menu leads everywhere', async ({ page }) => {
  await page.goto('/repositories');
  await page.getByLabel('Menu', { exact: true }).tap();
  const menu = page.getByRole('navigation', { name: 'Main menu' });
  await expect(menu.getByRole('link', { name: 'Repositories' })).toHaveAttribute('aria-current', 'page');
  expect(await smallTargets(page)).toEqual([]);
  await expectAccessible(page);
  await expectNoSidewaysScroll(page, 'with the menu open');
  await page.screenshot({ path: 'results/screens/menu-390-light.png', animations: 'disabled' });
  await page.getByRole('group', { name: 'Colours' }).getByRole('button', { name: 'Dark' }).tap();
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  await page.getByRole('link', { name: 'Mounts' }).tap();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Mounts');
});

test('a whole card opens its row', async ({ page }) => {
  await page.goto('/repositories?q=web');
  const card = page.getByRole('row').filter({ hasText: 'team/web' });
  const box = (await card.boundingBox())!;
  await page.touchscreen.tap(box.x + box.width - 12, box.y + 12);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('team/web');
});
