// Addresses that lead nowhere, and addresses that lead deep.
import { expect, test } from '../support/test';

test.describe('addresses that lead nowhere', () => {
  test.use({ refusals: [400, 404] });

  const damaged = `/r/team/web/-/manifests/sha256:${'0'.repeat(64)}`;
  for (const { path, status, heading, words, next } of [
    { path: '/nowhere', status: 404, heading: 'No such page', words: 'It may be mistyped', next: 'See all repositories' },
    { path: '/r/team/absent', status: 404, heading: 'No such repository', words: 'There is no repository team/absent.', next: 'See all repositories' },
    { path: '/r/team/web/-/tags/9.9', status: 404, heading: 'No such tag', words: 'team/web has no tag 9.9.', next: 'See the tags of team/web' },
    { path: damaged, status: 404, heading: 'No such image', words: 'team/web has no image sha256:000', next: 'See the tags of team/web' },
    { path: '/r/team/web/-/manifests/sha256:zz', status: 404, heading: 'No such page', words: 'It may be mistyped', next: 'See all repositories' },
    { path: '/r/Team/Web', status: 404, heading: 'No such page', words: 'It may be mistyped', next: 'See all repositories' },
    { path: '/repositories?after=damaged', status: 400, heading: 'This address cannot be read', words: 'go back to the first page', next: 'Go to the first page' },
    { path: '/r/team/web?before=x', status: 400, heading: 'This address cannot be read', words: 'go back to the first page', next: 'Go to the first page' },
  ]) {
    test(`${path} is answered in words`, async ({ page }) => {
      const response = await page.goto(path);
      expect(response!.status()).toBe(status);
      await expect(page.getByRole('heading', { level: 1 })).toHaveText(heading);
      await expect(page.getByRole('main')).toContainText(words);
      await expect(page).toHaveTitle(`${heading} · Portolan`);
      await page.getByRole('main').getByRole('link', { name: next }).click();
      await expect(page.getByRole('table')).toBeVisible();
    });
  }
});

test('an address holds the filter, the order and the platform', async ({ page }) => {
  await page.goto('/r/team/web?q=1.4.*&sort=name');
  await expect(page.getByRole('searchbox', { name: 'Filter tags' })).toHaveValue('1.4.*');
  await expect(page.getByRole('rowheader').getByRole('link')).toHaveText(['1.4.0', '1.4.1', '1.4.2']);
  await expect(page.getByRole('columnheader', { name: 'Tag' })).toHaveAttribute('aria-sort', 'ascending');
  // The order survives another filter, and the filter another order.
  await page.getByRole('searchbox', { name: 'Filter tags' }).fill('1.5.*');
  await page.getByRole('searchbox', { name: 'Filter tags' }).press('Enter');
  await expect(page).toHaveURL(/q=1\.5\.(\*|%2A)&sort=name/);
  await page.getByRole('columnheader', { name: 'Size' }).getByRole('link').click();
  await expect(page).toHaveURL(/q=1\.5\.(\*|%2A)&sort=size/);
  await expect(page.getByRole('rowheader')).toHaveCount(2);

  await page.goto('/r/team/web/-/tags/1.4.2?platform=linux/amd64');
  await expect(page.getByRole('region', { name: 'Layers' })).toBeVisible();
});

test('a filter without a match says so and can be cleared', async ({ page }) => {
  await page.goto('/r/team/web?q=%3Cimg+src%3Dx%3E');
  await expect(page.getByRole('heading', { name: 'No tags match “<img src=x>”' })).toBeVisible();
  await page.getByRole('link', { name: 'Clear filter' }).click();
  await expect(page).toHaveURL('/r/team/web');
  await expect(page.getByRole('rowheader')).toHaveCount(11);
});
