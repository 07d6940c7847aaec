// Deleting without fear, with script and without: journey 9, tags that are chosen; journey 10, an image with all its tags.
import { expectAccessibleInBoth } from '../support/checks';
import { digestOf, push, tag } from '../support/images';
import { focused } from '../support/keys';
import { expect, test } from '../support/own';
import { ADMIN, type Portolan } from '../support/servers';

test.use({ refusals: [409, 422] });

const pulls = async (portolan: Portolan, reference: string) => {
  const headers = { authorization: `Basic ${btoa(`${ADMIN.username}:${ADMIN.password}`)}` };
  return (await fetch(`${portolan.url}/v2/team/web/manifests/${reference}`, { headers })).status === 200;
};

/** Two images: one of three names, one of a single name. */
async function filled(portolan: Portolan) {
  await push(portolan, 'web', '1.4.2', 'team/web:1.4.2').done();
  await tag(portolan, 'team/web', '1.4.2', '1.4', 'prod');
  await push(portolan, 'web', '1.4.0', 'team/web:1.4.0').done();
}

test('two tags are chosen, looked at, deleted, and come back by one press', async ({ page, portolan, scripted }) => {
  await filled(portolan);
  await page.goto('/r/team/web');
  if (scripted) await expect(page.getByRole('button', { name: 'Delete…' })).toBeHidden();
  await page.getByRole('checkbox', { name: 'Select 1.4.2' }).check();
  await page.getByRole('checkbox', { name: 'Select 1.4.0' }).check();
  if (scripted) await expect(page.getByRole('form', { name: 'Selected tags' })).toContainText('2 tags selected');
  await page.getByRole('button', { name: 'Delete…' }).click();

  const asked = scripted ? page.getByRole('dialog', { name: 'Delete 2 tags from team/web' }) : page.locator('main');
  await expect(asked.getByRole('listitem').filter({ hasText: '1.4.2 is removed. Its image stays.' })).toContainText('prod');
  await expect(asked.getByRole('listitem').filter({ hasText: '1.4.0 is removed. It is the last tag' })).toContainText('by its digest until');
  await expect(asked.getByText(/^Frees .* when the trash lets it go\.$/)).toBeVisible();
  expect((await focused(page))!.name).toBe('Cancel');
  if (scripted) {
    await expectAccessibleInBoth(page);
    await page.keyboard.press('Escape');
    await expect(asked).toBeHidden();
    expect((await focused(page))!.name).toBe('Delete…');
    await page.keyboard.press('Enter');
  }
  await asked.getByRole('button', { name: 'Delete 2 tags' }).click();

  await expect(page).toHaveURL(/\/r\/team\/web$/);
  const said = page.getByRole('status').filter({ hasText: 'Deleted 2 tags from team/web.' });
  await expect(said).toBeVisible();
  for (const [reference, isThere] of [['1.4.2', false], ['1.4.0', false], ['prod', true], [digestOf('web', '1.4.0'), true]] as const) {
    expect(await pulls(portolan, reference), reference).toBe(isThere);
  }
  await said.getByRole('button', { name: 'Undo' }).click();
  await expect(page.getByRole('status').filter({ hasText: 'Restored 2 tags of team/web.' })).toBeVisible();
  for (const reference of ['1.4.2', '1.4.0', 'prod']) expect(await pulls(portolan, reference), reference).toBe(true);
});

test('an image goes with all that is said, by its name, and only as long as that is so', async ({ page, portolan, scripted }) => {
  await filled(portolan);
  await page.goto('/r/team/web/-/tags/1.4.2');
  await page.getByText('More', { exact: true }).click();
  await page.getByRole('link', { name: 'Delete image and its tags…' }).click();
  const asked = scripted ? page.getByRole('dialog', { name: /^Delete image [0-9a-f]{12} and its 3 tags$/ }) : page.locator('main');
  for (const name of ['1.4', '1.4.2', 'prod']) await expect(asked.getByRole('link', { name, exact: true })).toBeVisible();
  await expect(asked.getByText(/images that it lists go with it/)).toBeVisible();
  if (scripted) await expectAccessibleInBoth(page);
  await asked.getByLabel('Name of the repository').fill('team/wep');
  await asked.getByRole('button', { name: 'Delete image and 3 tags' }).click();
  await expect(page.getByLabel('Name of the repository')).toHaveAttribute('aria-invalid', 'true');
  await expect(page.getByLabel('Name of the repository')).toHaveValue('team/wep');

  await tag(portolan, 'team/web', '1.4.2', 'latest', 'stable');
  await page.getByLabel('Name of the repository').fill('team/web');
  await page.getByRole('button', { name: 'Delete image and 3 tags' }).click();
  await expect(page.getByRole('alert')).toContainText('2 more tags now name this image. Look again.');
  expect(await pulls(portolan, 'prod')).toBe(true);
  if (scripted) await expectAccessibleInBoth(page);
  await page.getByLabel('Name of the repository').fill('team/web');
  await page.getByRole('button', { name: 'Delete image and 5 tags' }).click();

  const said = page.getByRole('status').filter({ hasText: /^Deleted image/ });
  await expect(said).toBeVisible();
  for (const reference of ['1.4.2', 'latest', digestOf('web', '1.4.2')]) expect(await pulls(portolan, reference), reference).toBe(false);
  await said.getByRole('button', { name: 'Undo' }).click();
  await expect(page.getByRole('status').filter({ hasText: /^Restored image/ })).toBeVisible();
  for (const reference of ['1.4.2', '1.4', 'prod', digestOf('web', '1.4.2')]) expect(await pulls(portolan, reference), reference).toBe(true);
});

test('rows are chosen by keys and in ranges, and stay chosen when rows come in', async ({ page, portolan, scripted }) => {
  test.skip(!scripted, 'without script each row has its box');
  await filled(portolan);
  await page.goto('/r/team/web?sort=name');
  const box = (name: string) => page.getByRole('checkbox', { name: `Select ${name}`, exact: true });
  const bar = page.getByRole('form', { name: 'Selected tags' });
  await box('1.4').click();
  await box('1.4.2').click({ modifiers: ['Shift'] });
  await expect(bar).toContainText('3 tags selected');
  await push(portolan, 'web', '1.5.0-rc.2', 'team/web:zzz').done();
  await page.mouse.move(0, 0);
  await box('1.4.2').blur();
  await expect(box('zzz')).toBeVisible();
  await expect(bar).toContainText('3 tags selected');
  await bar.getByRole('button', { name: 'Clear' }).click();
  await expect(bar).toBeHidden();
  await page.getByRole('checkbox', { name: 'Select all on this page' }).check();
  await expect(bar).toContainText('5 tags selected');
  await page.getByRole('checkbox', { name: 'Select all on this page' }).uncheck();
  await page.getByRole('link', { name: 'prod', exact: true }).focus();
  await page.keyboard.press('x');
  await expect(box('prod')).toBeChecked();
  await page.keyboard.press('#');
  const asked = page.getByRole('dialog', { name: 'Delete tag prod from team/web' });
  await asked.getByRole('link', { name: 'Cancel' }).click();
  await expect(asked).toBeHidden();
  expect((await focused(page))!.name).toBe('prod');
});
