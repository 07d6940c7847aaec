// What a repository holds as images, filters by what they are, stars, and the way from a name that is mistyped.
import { expectAccessibleInBoth } from '../support/checks';
import { digestOf, platformsOf } from '../support/images';
import { expect, test } from '../support/test';

// A filter that is none is refused, and a name that is mistyped is not there.
test.use({ refusals: [400, 404] });

test('each image stands once, with its tags, its platforms and what is attached to it', async ({ page, scripted }) => {
  await page.goto('/r/team/web');
  await page.getByRole('navigation', { name: 'Repository' }).getByRole('link', { name: 'Images' }).click();
  await expect(page).toHaveURL('/r/team/web/-/images');
  const digest = digestOf('web', '1.5.0-rc.2');
  const row = page.getByRole('row').filter({ has: page.getByRole('link', { name: digest.slice(7, 19) }) });
  await expect(row).toHaveCount(1);
  await expect(row.getByRole('link', { name: 'staging', exact: true })).toBeVisible();
  await row.getByText(/2 platforms/).click();
  await row.getByRole('link', { name: 'linux/arm64' }).click();
  await expect(page).toHaveURL(`/r/team/web/-/manifests/${platformsOf('web', '1.5.0-rc.2').arm64.digest}`);
  await page.goto('/r/team/web/-/images');
  if (scripted) await expectAccessibleInBoth(page);
  await page.getByRole('navigation', { name: 'Views' }).getByRole('link', { name: 'Untagged' }).click();
  await expect(page).toHaveURL('/r/team/web/-/images?q=untagged');
  await expect(page.getByRole('link', { name: digest.slice(7, 19) })).toHaveCount(0);
});

test('a filter finds tags by what they name, and says what it does not know', async ({ page }) => {
  await page.goto('/r/team/web');
  const [field, filter] = [page.getByRole('searchbox', { name: 'Filter tags' }), page.getByRole('button', { name: 'Filter' })];
  await field.fill(`digest:${digestOf('web', '1.4.2').slice(7, 15)}`);
  await filter.click();
  await expect(page.getByRole('rowheader').getByRole('link', { name: '1.4.2', exact: true })).toBeVisible();
  await expect(page.getByRole('rowheader').getByRole('link', { name: 'staging', exact: true })).toHaveCount(0);
  await page.getByRole('searchbox', { name: 'Filter tags' }).fill('stars:>3');
  await page.getByRole('button', { name: 'Filter' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('This filter cannot be used');
  await expect(page.getByText('`stars:` is no filter')).toBeVisible();
  await expect(page.getByRole('searchbox', { name: 'Filter', exact: true })).toHaveValue('stars:>3');
});

test('a name that is mistyped leads to those that are like it', async ({ page }) => {
  await page.goto('/r/team/web/-/tags/stagin');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('No such tag');
  await page.getByRole('list', { name: 'Tags that are written like it:' }).getByRole('link', { name: 'staging' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('team/web:staging');
});
