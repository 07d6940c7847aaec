// On a phone: the same pages by touch.
import type { Locator, Page } from '@playwright/test';
import { expectAccessible, expectNoSidewaysScroll, smallTargets } from '../support/checks';
import { fill, short } from '../support/images';
import { test as own } from '../support/own';
import { namedIn } from '../support/pulls';
import { said } from '../support/steps';
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

/** Taps one control after another, each of a size for fingers, on pages that fit. */
async function through(page: Page, ...controls: Locator[]) {
  for (const control of controls) {
    await control.waitFor();
    expect(await smallTargets(page), page.url()).toEqual([]);
    await expectNoSidewaysScroll(page, page.url());
    await control.tap();
  }
}

own('a wrong delete is taken back by the next tap, or by three of them later', async ({ page, portolan }) => {
  await fill(portolan, 'team/web', 'web', { '1.4.2': ['1.4.2', 'prod'] }, { sbom: false });
  await page.goto('/r/team/web');
  const actions = page.getByLabel('Actions for prod');
  const remove = page.getByRole('link', { name: 'Delete tag…' });
  const confirm = page.getByRole('dialog', { name: 'Delete tag prod from team/web' }).getByRole('button', { name: 'Delete tag' });
  await through(page, actions, remove, confirm);
  const toast = await said(page, 'Deleted tag prod from team/web.');
  await expect(toast).toBeInViewport({ ratio: 1 });
  await through(page, toast.getByRole('button', { name: 'Undo' }));
  await said(page, 'Restored tag prod of team/web.');

  await through(page, actions, remove, confirm);
  await said(page, 'Deleted tag prod from team/web.');
  await page.goto('/repositories');
  const trash = page.getByRole('navigation', { name: 'Main menu' }).getByRole('link', { name: 'Trash' });
  await through(page, page.getByLabel('Menu', { exact: true }), trash, page.getByRole('button', { name: 'Restore tag prod of team/web' }));
  await said(page, 'Restored tag prod of team/web.');
  await page.goto('/r/team/web');
  await expect(page.getByRole('link', { name: 'prod', exact: true })).toBeVisible();
});

own('a build becomes prod by five taps and four letters', async ({ page, portolan }) => {
  await fill(portolan, 'team/web', 'web', { '1.4.2': ['1.4.2', 'prod'], '1.5.0-rc.2': ['1.5.0-rc.2'] }, { sbom: false });
  const candidate = short('web', '1.5.0-rc.2');
  await page.goto('/r/team/web');
  const field = page.getByLabel('Tag', { exact: true });
  await through(page, page.getByLabel('Actions for 1.5.0-rc.2'), page.getByRole('link', { name: 'Retag…' }), field);
  await page.keyboard.type('prod');
  await through(page, page.getByRole('button', { name: 'Add tag' }));
  await expect(page.getByRole('row', { name: `Image ${short('web', '1.4.2')} ${candidate}` })).toBeVisible();
  await expectAccessible(page);
  await through(page, page.getByRole('button', { name: `Move prod to ${candidate}` }));
  await said(page, `prod moved to ${candidate}.`);
  expect(await namedIn(portolan, 'team/web', 'prod')).toContain(candidate);
});
