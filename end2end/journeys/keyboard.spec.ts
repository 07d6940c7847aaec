// Everything by keys alone.
import type { Page } from '@playwright/test';
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

/** Presses Tab until a control of that name has the focus. */
async function tabTo(page: Page, name: string) {
  for (let stop = 0; stop < 100; stop += 1) {
    await page.keyboard.press('Tab');
    if ((await focused(page))?.name === name) return;
  }
  throw new Error(`Tab never came to ${name}`);
}

/** The control that has the focus, and whether that can be seen; nothing once the focus has left the page. */
async function focused(page: Page) {
  return page.evaluate(() => {
    const control = document.activeElement as HTMLInputElement;
    if (!control || control === document.body) return undefined;
    const name = control.getAttribute('aria-label') ?? control.labels?.[0]?.textContent ?? control.textContent!.trim();
    const isRinged = (it: Element | null) => {
      if (!it) return false;
      const { outlineStyle, outlineWidth } = getComputedStyle(it);
      return outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2;
    };
    const box = control.getBoundingClientRect();
    // What stands in the middle of its first line is the control itself, not something over it.
    const line = control.getClientRects()[0] ?? box;
    const top = document.elementFromPoint(line.left + line.width / 2, line.top + line.height / 2);
    const isInWindow = !!top && (control.contains(top) || top.contains(control)) && box.top < innerHeight && box.bottom > 0;
    return { name, isSeen: isRinged(control) || isRinged(control.closest('label')), isInWindow };
  });
}
