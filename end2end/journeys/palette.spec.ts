// The palette over any page: what it finds, what it offers, and where the focus is. Without script the search has a page.
import type { Page } from '@playwright/test';
import { awake, expectAccessibleInBoth } from '../support/checks';
import { expect, test } from '../support/test';

const field = (page: Page) => page.getByRole('combobox', { name: 'Search, or type > for commands' });

async function openOver(page: Page, path: string) {
  await page.goto(path);
  await awake(page);
  await page.keyboard.press('Control+k');
  await expect(field(page)).toBeFocused();
}

test('it finds an image by its name and opens it', async ({ page }) => {
  await openOver(page, '/repositories');
  await page.keyboard.type('web 1.4');
  const options = page.getByRole('option');
  await expect(options.first()).toContainText('1.4');
  await expect(field(page)).toHaveAttribute('aria-activedescendant', 'found-1');
  await expect(options.first()).toHaveAttribute('aria-selected', 'true');
  await expectAccessibleInBoth(page);
  await page.keyboard.press('ArrowDown');
  await expect(options.nth(1)).toHaveAttribute('aria-selected', 'true');
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('ArrowUp');
  await expect(options.last(), 'from an end to the other').toHaveAttribute('aria-selected', 'true');
  await page.keyboard.press('ArrowDown');
  const to = await options.first().getAttribute('href');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(to!);
});

test('it lists what the page offers, and gives the focus back', async ({ page }) => {
  await page.goto('/r/team/web');
  await awake(page);
  await page.keyboard.press('j');
  const cursor = page.getByRole('rowheader').getByRole('link').first();
  await expect(cursor).toBeFocused();
  await page.keyboard.press('Control+k');
  await page.keyboard.type('>hist');
  await expect(page.getByRole('option')).toHaveText(['History']);
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toBeHidden();
  await expect(cursor).toBeFocused();
  await page.keyboard.press('Control+k');
  await expect(field(page), 'what was typed stays, to be written over').toHaveValue('>hist');
  await page.keyboard.type('>jobs');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL('/jobs');
});

test('an answer that comes late is not shown', async ({ page }) => {
  await openOver(page, '/repositories');
  let release = () => {};
  const held = new Promise<void>((resolve) => { release = resolve; });
  await page.route(/\/search\?q=api&/, async (route) => {
    await held;
    await route.continue();
  });
  const late = page.waitForResponse(/\/search\?q=api&/);
  await page.keyboard.type('api');
  await field(page).fill('web');
  await expect(page.getByRole('option').first()).toContainText('web');
  const before = await page.getByRole('option').allInnerTexts();
  release();
  await (await late).finished();
  expect(await page.getByRole('option').allInnerTexts()).toEqual(before);
});

test('a question that the page asks comes in a dialog of its own', async ({ page }) => {
  await openOver(page, '/r/team/web/-/tags/1.4.2');
  await page.keyboard.type('>retag');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('dialog', { name: /^Retag / })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('dialog')).toBeHidden();
});
