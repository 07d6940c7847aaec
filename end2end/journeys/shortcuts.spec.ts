// Single keys: what they do, where they do nothing, and how they are switched off.
import type { Page } from '@playwright/test';
import { awake, expectAccessibleInBoth } from '../support/checks';
import { focused } from '../support/keys';
import { expect, test } from '../support/test';

const SWITCH_OFF = 'Switch them off';

async function visit(page: Page, path: string) {
  await page.goto(path);
  await awake(page);
}

test('they are switched off and on by a form, also without script', async ({ page, scripted }) => {
  await page.goto('/help/shortcuts');
  await expect(page.getByText('Single keys are on')).toBeVisible();
  await page.getByRole('button', { name: SWITCH_OFF }).click();
  await expect(page.getByText('Single keys are off')).toBeVisible();
  await page.goto('/r/team/web');
  await expect(page.locator('html')).toHaveAttribute('data-keys', 'off');
  if (scripted) {
    await awake(page);
    for (const key of ['j', '?', 'g', 'r', '/']) await page.keyboard.press(key);
    expect(await focused(page), 'no key did anything').toBeUndefined();
    await expect(page).toHaveURL('/r/team/web');
    await expect(page.getByRole('dialog')).toHaveCount(0);
  }
  await page.goto('/help/shortcuts');
  await page.getByRole('button', { name: 'Switch them on' }).click();
  await expect(page.getByText('Single keys are on')).toBeVisible();
  await expect(page.locator('html')).not.toHaveAttribute('data-keys');
});

test('the cursor goes from row to row in every list, and Enter opens', async ({ page, scripted }) => {
  test.skip(!scripted, 'keys need script');
  await visit(page, '/repositories');
  const names = page.getByRole('rowheader').getByRole('link');
  await page.keyboard.press('j');
  await expect(names.nth(0)).toBeFocused();
  expect((await focused(page))!.isSeen, 'the cursor is seen').toBe(true);
  await page.keyboard.press('j');
  await expect(names.nth(1)).toBeFocused();
  await page.keyboard.press('k');
  await page.keyboard.press('k');
  await expect(names.nth(0), 'it stays in the list').toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/r\//);

  await visit(page, '/r/team/web');
  await page.keyboard.press('k');
  const tags = page.getByRole('rowheader').getByRole('link');
  await expect(tags.last(), 'from nowhere back is the last row').toBeFocused();
  await page.keyboard.press('x');
  await expect(page.getByRole('status').first()).toHaveText('1 tag selected');
  await visit(page, '/admin/users');
  await page.keyboard.press('j');
  expect((await focused(page))!.name).toBeTruthy();
});

test('a slash goes to the filter, in which letters are letters', async ({ page, scripted }) => {
  test.skip(!scripted, 'keys need script');
  await visit(page, '/r/team/web');
  await page.keyboard.press('/');
  const filter = page.getByRole('searchbox', { name: 'Filter tags' });
  await expect(filter).toBeFocused();
  await page.keyboard.type('jk?gr');
  await expect(filter).toHaveValue('jk?gr');
  await expect(page).toHaveURL('/r/team/web');
  await visit(page, '/account');
  await page.keyboard.press('/');
  await expect(page.getByRole('searchbox', { name: 'Search or jump to' }), 'without a filter it is the search').toBeFocused();
  await page.locator('main').focus();
  await page.keyboard.press('Control+j');
  await expect(page.getByRole('main'), 'with a modifier it is the browser’s').toBeFocused();
});

test('two keys go where the menu leads', async ({ page, scripted }) => {
  test.skip(!scripted, 'keys need script');
  for (const [key, url] of [['s', '/search'], ['a', '/activity'], ['j', '/jobs'], ['t', '/trash'], ['r', '/repositories']]) {
    await visit(page, '/r/team/web');
    await page.keyboard.press('g');
    await page.keyboard.press(key);
    await expect(page).toHaveURL(url);
  }
});

test('a tag is copied and compared where the cursor stands', async ({ page, context, servers, scripted }) => {
  test.skip(!scripted, 'keys need script');
  await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: servers.full.url });
  const clipboard = () => page.evaluate(() => navigator.clipboard.readText());
  await visit(page, '/r/team/web');
  await page.getByRole('link', { name: '1.4.0', exact: true }).focus();
  await page.keyboard.press('y');
  await expect(page.getByRole('row', { name: '1.4.0' }).locator('summary')).toHaveAttribute('data-done');
  await expect.poll(clipboard).toBe(`docker pull ${servers.full.host}/team/web:1.4.0`);
  await page.keyboard.press('c');
  await expect(page).toHaveURL('/r/team/web/-/compare?tag=1.4.0');

  await visit(page, '/r/team/web');
  for (const name of ['1.4.1', '1.4.2']) await page.getByRole('checkbox', { name: `Select ${name}`, exact: true }).check();
  await page.keyboard.press('c');
  await expect(page).toHaveURL(/compare.*tag=1\.4\.[12].*tag=1\.4\.[12]/);

  await visit(page, '/r/team/web/-/tags/1.4.2');
  await page.keyboard.press('y');
  await expect.poll(clipboard).toBe(`docker pull ${servers.full.host}/team/web:1.4.2`);
  await page.keyboard.press('c');
  await expect(page).toHaveURL(/\/r\/team\/web\/-\/compare\?to=1\.4\.2$/);
});

test('a question mark shows them over the page', async ({ page, scripted }) => {
  test.skip(!scripted, 'keys need script');
  await visit(page, '/r/team/web');
  await page.keyboard.press('j');
  const cursor = page.getByRole('rowheader').getByRole('link').first();
  await page.keyboard.press('?');
  const keys = page.getByRole('dialog', { name: 'Keys' });
  await expect(keys.getByText('Copy the pull command: of the row, or of the page')).toBeVisible();
  await expectAccessibleInBoth(page);
  await page.keyboard.press('j');
  await expect(keys, 'under a dialog nothing moves').toBeVisible();
  await page.keyboard.press('Escape');
  await expect(keys).toBeHidden();
  await expect(cursor).toBeFocused();
});
