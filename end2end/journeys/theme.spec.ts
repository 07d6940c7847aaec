// Light, dark, or as the system: kept by the server, so that no page flashes.
import { awake } from '../support/checks';
import { expect, test } from '../support/test';

test('the choice of colours holds from the first byte of the next page', async ({ page }) => {
  await page.goto('/repositories');
  await awake(page);
  const root = page.locator('html');
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const colours = page.getByRole('group', { name: 'Colours' });
  await expect(root).not.toHaveAttribute('data-theme');
  await expect(colours.getByRole('button', { name: 'As the system' })).toHaveAttribute('aria-pressed', 'true');
  const light = await ground();

  await colours.getByRole('button', { name: 'Dark' }).click();
  await expect(root).toHaveAttribute('data-theme', 'dark');
  await expect(colours.getByRole('button', { name: 'Dark' })).toHaveAttribute('aria-pressed', 'true');
  expect(await ground()).not.toBe(light);

  const reloaded = await page.reload();
  expect(await reloaded!.text(), 'the served HTML').toMatch(/<html[^>]* data-theme="dark"/);
  const next = await page.goto('/r/team/web');
  expect(await next!.text(), 'the served HTML').toMatch(/<html[^>]* data-theme="dark"/);

  await awake(page);
  await colours.getByRole('button', { name: 'As the system' }).click();
  const last = await page.reload();
  expect(await last!.text()).not.toContain('data-theme');
  await page.emulateMedia({ colorScheme: 'dark' });
  expect(await ground()).not.toBe(light);
});
