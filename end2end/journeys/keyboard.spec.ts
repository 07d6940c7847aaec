// Everything by keys alone.
import { focused, tabTo } from '../support/keys';
import { expect, test } from '../support/test';

for (const path of ['/repositories', '/r/team/web', '/r/team/web/-/tags/staging', '/admin/mounts']) {
  test(`${path}: the skip link comes first, and the focus is seen everywhere`, async ({ page }) => {
    await page.goto(path);
    await page.keyboard.press('Tab');
    const skip = page.getByRole('link', { name: 'Skip to content' });
    await expect(skip).toBeFocused();
    await expect(skip).toBeInViewport();
    for (let stop = 0; stop < 200; stop += 1) {
      await page.keyboard.press('Tab');
      const focus = await focused(page);
      if (!focus) return;
      expect(focus.isSeen, `${focus.name} shows the focus`).toBe(true);
      expect(focus.isInWindow, `${focus.name} is not covered`).toBe(true);
    }
    throw new Error('the focus never left the page');
  });
}

test('the skip link leads to the content', async ({ page }) => {
  await page.goto('/r/team/web');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('main')).toBeFocused();
});

test('find an image without a pointer', async ({ page }) => {
  await page.goto('/repositories');
  await tabTo(page, 'Filter repositories');
  await page.keyboard.type('web');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/q=web/);
  await tabTo(page, 'team/web');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('team/web');
  await tabTo(page, 'docker');
  await page.keyboard.press('ArrowRight');
  await expect(page.getByRole('radio', { name: 'podman' })).toBeChecked();
  await tabTo(page, 'staging');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('team/web:staging');
});
