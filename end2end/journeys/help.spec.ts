// Help: in the same place on every page, with this registry's own name in it.
import { ADMIN } from '../support/servers';
import { expect, test } from '../support/test';

test('help is found from every page and says how to work with this registry', async ({ page, servers }) => {
  for (const path of ['/repositories', '/r/team/web', '/r/team/web/-/tags/1.4.2', '/account', '/admin/users']) {
    await page.goto(path);
    const help = page.getByRole('link', { name: 'Help', exact: true });
    await expect(help).toHaveCount(1);
    await expect(help).toBeVisible();
  }
  await page.getByRole('link', { name: 'Help', exact: true }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Help');
  const signIn = page.getByRole('group', { name: 'Commands to sign in' });
  await expect(signIn.locator('code:visible')).toHaveText([`docker login -u ${ADMIN.username} ${servers.full.host}`]);
  await signIn.locator('label', { hasText: 'podman' }).click();
  await expect(signIn.locator('code:visible')).toHaveText([`podman login --tls-verify=false -u ${ADMIN.username} ${servers.full.host}`]);
  const filters = page.getByRole('region', { name: 'Filter tags' });
  await expect(filters.locator('dt').filter({ hasText: 'age:>30d' })).toBeVisible();
  await page.getByRole('link', { name: 'See all keys, or switch them off' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Keys');
});

test('what help says of filters holds', async ({ page }) => {
  await page.goto('/help');
  const words = await page.getByRole('region', { name: 'Filter tags' }).locator('dt').allInnerTexts();
  expect(words.length).toBeGreaterThan(3);
  for (const word of words) {
    const response = await page.goto(`/r/team/web?q=${encodeURIComponent(word)}`);
    expect(response!.status(), word).toBe(200);
  }
});
