// Deleting without fear, with script and without: journey 9, tags that are chosen; journey 10, an image with all its tags.
import type { Page } from '@playwright/test';
import { expectAccessibleInBoth } from '../support/checks';
import { bytesOnlyIn, bytesToPull, digestOf, megabytes, push, tag } from '../support/images';
import { focused } from '../support/keys';
import { expect, test } from '../support/own';
import { namedIn, pulledFrom, referrersIn } from '../support/pulls';
import type { Portolan } from '../support/servers';
import { askToDelete, askToDeleteImage, line, looked, markOf, said } from '../support/steps';

test.use({ refusals: [409, 422] });

const REPOSITORY = 'team/web';
const [IMAGE, SBOM] = [digestOf('web', '1.5.0-rc.2'), digestOf('web', 'sbom')];

/** Two images: one of three names, one of a single name. */
async function filled(portolan: Portolan) {
  await push(portolan, 'web', '1.4.2', 'team/web:1.4.2').done();
  await tag(portolan, REPOSITORY, '1.4.2', '1.4', 'prod');
  await push(portolan, 'web', '1.4.0', 'team/web:1.4.0').done();
}

test('two tags are chosen, looked at, deleted, and come back by one press', async ({ page, portolan, scripted }) => {
  await filled(portolan);
  const names = ['1.4', '1.4.0', '1.4.2', 'prod'];
  const whole = await pulledFrom(portolan, REPOSITORY, names);
  await page.goto('/r/team/web');
  if (scripted) await expect(page.getByRole('button', { name: 'Delete…' })).toBeHidden();
  const asked = await askToDelete(page, REPOSITORY, scripted, '1.4.2', '1.4.0');
  for (const sibling of ['1.4', 'prod']) {
    await expect(line(asked, '1.4.2 is removed. Its image stays.').getByRole('link', { name: sibling, exact: true })).toBeVisible();
  }
  const until = new Date(Date.now() + 30 * 86_400_000).toLocaleDateString('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' });
  await expect(line(asked, '1.4.0 is removed. It is the last tag')).toContainText(`It can be pulled by its digest until ${until}`);
  await expect(line(asked, 'Frees')).toContainText(`Frees ${megabytes(bytesOnlyIn('web', '1.4.0', ['1.4.2']))} on ${until}`);
  if (scripted) {
    expect((await focused(page))!.name).toBe('Cancel');
    await expectAccessibleInBoth(page);
    await page.keyboard.press('Escape');
    await expect(asked).toBeHidden();
    expect((await focused(page))!.name).toBe('Delete…');
    await page.keyboard.press('Enter');
  }
  await asked.getByRole('button', { name: 'Delete 2 tags' }).click();

  await expect(page).toHaveURL(/\/r\/team\/web$/);
  const done = await said(page, 'Deleted 2 tags from team/web.');
  for (const name of ['1.4.2', '1.4.0']) expect(await namedIn(portolan, REPOSITORY, name), name).toBeUndefined();
  expect(whole).toMatchObject(await pulledFrom(portolan, REPOSITORY, ['1.4', 'prod']));
  expect(await namedIn(portolan, REPOSITORY, digestOf('web', '1.4.0'))).toBe(digestOf('web', '1.4.0'));
  await done.getByRole('button', { name: 'Undo' }).click();
  await said(page, 'Restored 2 tags of team/web.');
  expect(await pulledFrom(portolan, REPOSITORY, names)).toEqual(whole);
});

/** An image of three names, and what is about it. */
async function described(portolan: Portolan) {
  await push(portolan, 'web', '1.5.0-rc.2', 'team/web:1.5.0-rc.2').done();
  await tag(portolan, REPOSITORY, '1.5.0-rc.2', 'staging', 'prod');
  await push(portolan, 'web', 'sbom', `team/web@${SBOM}`).done();
}

/** All of it is there again, to the last byte. */
async function isBack(page: Page, portolan: Portolan, whole: Record<string, string>, names: string[]) {
  await said(page, /^Restored image/);
  expect(await pulledFrom(portolan, REPOSITORY, names)).toEqual(whole);
  expect(await referrersIn(portolan, REPOSITORY, IMAGE)).toEqual([SBOM]);
}

test('an image goes with all that is said, by its name, and only as long as that is so', async ({ page, portolan, scripted }) => {
  await described(portolan);
  const asked = await askToDeleteImage(page, REPOSITORY, scripted, 'staging');
  for (const name of ['1.5.0-rc.2', 'staging', 'prod']) await expect(asked.getByRole('link', { name, exact: true })).toBeVisible();
  for (const platform of ['linux/amd64', 'linux/arm64']) await expect(line(asked, 'images that it lists go with it')).toContainText(platform);
  await expect(line(asked, '1 referrer goes with it')).toContainText('SBOM');
  await looked(page, scripted);
  await asked.getByRole('textbox', { name: /^Type .+ to confirm$/ }).fill('team/wep');
  await asked.getByRole('button', { name: 'Delete image and 3 tags' }).click();
  await expect(page.getByRole('textbox', { name: /^Type .+ to confirm$/ })).toHaveAttribute('aria-invalid', 'true');
  await expect(page.getByRole('textbox', { name: /^Type .+ to confirm$/ })).toHaveValue('team/wep');

  await tag(portolan, REPOSITORY, 'staging', 'latest', 'stable');
  const names = ['1.5.0-rc.2', 'staging', 'prod', 'latest', 'stable', SBOM];
  const whole = await pulledFrom(portolan, REPOSITORY, names);
  await page.getByRole('textbox', { name: /^Type .+ to confirm$/ }).fill(REPOSITORY);
  await page.getByRole('button', { name: 'Delete image and 3 tags' }).click();
  await expect(page.getByRole('alert')).toContainText('2 more tags now name this image. Look again.');
  expect(await namedIn(portolan, REPOSITORY, 'prod')).toBe(IMAGE);
  await looked(page, scripted);
  await page.getByRole('textbox', { name: /^Type .+ to confirm$/ }).fill(REPOSITORY);
  await page.getByRole('button', { name: 'Delete image and 5 tags' }).click();
  const done = await said(page, /^Deleted image/);
  for (const reference of [...names, IMAGE]) expect(await namedIn(portolan, REPOSITORY, reference), reference).toBeUndefined();
  await done.getByRole('button', { name: 'Undo' }).click();
  await isBack(page, portolan, whole, names);
});

test('an image comes back from the trash later, with its tags and with what is about it', async ({ page, portolan }) => {
  await described(portolan);
  const names = ['1.5.0-rc.2', 'staging', 'prod', SBOM];
  const whole = await pulledFrom(portolan, REPOSITORY, names);
  await page.goto('/r/team/web');
  const mark = await markOf(page, 'staging');
  await page.goto(`/r/team/web/-/manifests/${IMAGE}/delete`);
  await page.getByRole('textbox', { name: /^Type .+ to confirm$/ }).fill(REPOSITORY);
  await page.getByRole('button', { name: 'Delete image and 3 tags' }).click();
  await said(page, /^Deleted image/);
  expect(await referrersIn(portolan, REPOSITORY, IMAGE)).toEqual([]);
  await page.goto('/trash');
  await page.getByRole('button', { name: `Restore image ${IMAGE.slice(7, 19)} of team/web` }).click();
  await isBack(page, portolan, whole, names);
  await page.goto('/r/team/web');
  for (const name of ['1.5.0-rc.2', 'staging', 'prod']) expect(await markOf(page, name), name).toBe(mark);
});

test('what goes is as large as its own page says: each platform by itself', async ({ page, portolan, scripted }) => {
  await filled(portolan);
  const asked = await askToDelete(page, REPOSITORY, scripted, '1.4.0');
  const [amd64, arm64] = ['amd64', 'arm64'].map((platform) => megabytes(bytesToPull('web', '1.4.0', platform)));
  await expect(line(asked, 'Frees')).toContainText(`${amd64} to pull for linux/amd64, ${arm64} for linux/arm64`);
});

test('a question that is taller than the window keeps its buttons in reach', async ({ page, portolan, scripted }) => {
  test.skip(!scripted, 'without script it is a page');
  await described(portolan);
  for (const window of [{ width: 1280, height: 600 }, { width: 390, height: 640 }]) {
    await page.setViewportSize(window);
    const asked = await askToDeleteImage(page, REPOSITORY, scripted, 'staging');
    for (const button of [asked.getByRole('link', { name: 'Cancel' }), asked.getByRole('button', { name: 'Delete image and 3 tags' })]) {
      await button.scrollIntoViewIfNeeded();
      await expect(button).toBeInViewport({ ratio: 1 });
    }
  }
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
