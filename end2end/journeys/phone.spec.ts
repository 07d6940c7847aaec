// On a phone: the same pages by touch.
import type { Locator, Page } from '@playwright/test';
import { expectAccessible, expectNoSidewaysScroll, smallTargets } from '../support/checks';
import { digestOf, fill, short, tag } from '../support/images';
import { test as own } from '../support/own';
import { namedIn, pulledFrom, referrersIn } from '../support/pulls';
import { line, said } from '../support/steps';
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

own('what is said of something done covers neither the end of a page nor what the keys have got to', async ({ page, portolan }) => {
  const names = ['1.4.2', '1.4', '1', 'prod', 'staging', 'stable', 'latest', 'next'];
  await fill(portolan, 'team/web', 'web', { '1.4.2': names }, { sbom: false });
  await page.goto('/r/team/web');
  const confirm = page.getByRole('dialog').getByRole('button', { name: 'Delete tag' });
  await through(page, page.getByLabel('Actions for prod'), page.getByRole('link', { name: 'Delete tag…' }), confirm);
  const toast = await said(page, 'Deleted tag prod from team/web.');
  await expect(page.locator('.toasts')).toBeAttached(); // the script has it
  await page.evaluate(() => window.scrollTo(0, document.body.scrollHeight));
  const end = await page.locator('#main .page').evaluate((it) => it.lastElementChild!.getBoundingClientRect().bottom);
  expect(end, 'the page ends above it').toBeLessThanOrEqual((await toast.boundingBox())!.y);

  await page.evaluate(() => window.scrollTo(0, 0));
  await page.locator('#main').focus();
  const last = page.getByLabel('Actions for staging');
  let stops = 0;
  while (!(await last.evaluate((it) => it === document.activeElement))) {
    expect((stops += 1), 'the last row is reached').toBeLessThan(80);
    await page.keyboard.press('Tab');
    const covered = await page.evaluate(() => {
      const [at, over] = [document.activeElement!, document.querySelector('.toasts')!];
      const [a, b] = [at.getBoundingClientRect(), over.getBoundingClientRect()];
      return !over.contains(at) && a.bottom > b.top && a.top < b.bottom ? at.outerHTML : undefined;
    });
    expect(covered).toBeUndefined();
  }
  await expect(toast).toBeVisible();
});

own('two tags are chosen, looked at and deleted by touch, and come back by one tap', async ({ page, portolan }) => {
  await fill(portolan, 'team/web', 'web', { '1.4.2': ['1.4.2', '1.4', 'prod'], '1.4.0': ['1.4.0'] }, { sbom: false });
  const names = ['1.4', '1.4.0', '1.4.2', 'prod'];
  const whole = await pulledFrom(portolan, 'team/web', names);
  await page.goto('/r/team/web');
  const box = (name: string) => page.getByRole('checkbox', { name: `Select ${name}`, exact: true });
  await through(page, box('1.4.2'), box('1.4.0'), page.getByRole('button', { name: 'Delete…' }));
  const asked = page.getByRole('dialog', { name: 'Delete 2 tags from team/web' });
  for (const sibling of ['1.4', 'prod']) {
    await expect(line(asked, '1.4.2 is removed. Its image stays.').getByRole('link', { name: sibling, exact: true })).toBeVisible();
  }
  await expect(line(asked, '1.4.0 is removed. It is the last tag')).toContainText('by its digest until');
  await expectAccessible(page);
  await through(page, asked.getByRole('button', { name: 'Delete 2 tags' }));
  const toast = await said(page, 'Deleted 2 tags from team/web.');
  for (const name of ['1.4.2', '1.4.0']) expect(await namedIn(portolan, 'team/web', name), name).toBeUndefined();
  expect(whole).toMatchObject(await pulledFrom(portolan, 'team/web', ['1.4', 'prod']));
  await through(page, toast.getByRole('button', { name: 'Undo' }));
  await said(page, 'Restored 2 tags of team/web.');
  expect(await pulledFrom(portolan, 'team/web', names)).toEqual(whole);
});

own.describe('where what is asked for is refused', () => {
  own.use({ refusals: [409, 422] });

  own('an image goes by touch with all its tags, as long as that is what was said, and comes back from the trash', async ({ page, portolan }) => {
    const [image, sbom] = [digestOf('web', '1.5.0-rc.2'), digestOf('web', 'sbom')];
    await fill(portolan, 'team/web', 'web', { '1.5.0-rc.2': ['1.5.0-rc.2', 'staging', 'prod'] });
    await page.goto('/r/team/web/-/tags/staging');
    await through(page, page.getByText('More', { exact: true }));
    for (const it of await page.getByRole('navigation', { name: 'More to do' }).getByRole('link').all()) {
      const box = (await it.boundingBox())!;
      expect(box.x, 'the menu is on the page').toBeGreaterThanOrEqual(0);
      expect(box.x + box.width).toBeLessThanOrEqual(page.viewportSize()!.width);
    }
    await through(page, page.getByRole('link', { name: 'Delete image and its tags…' }));
    const asked = page.getByRole('dialog', { name: /^Delete image [0-9a-f]{12} and its \d tags$/ });
    const name = asked.getByRole('textbox', { name: /^Type .+ to confirm$/ });
    const remove = (n: number) => asked.getByRole('button', { name: `Delete image and ${n} tags` });
    for (const it of ['1.5.0-rc.2', 'staging', 'prod']) await expect(asked.getByRole('link', { name: it, exact: true })).toBeVisible();
    await expect(line(asked, '1 referrer goes with it')).toContainText('SBOM');
    await expectAccessible(page);
    await name.fill('team/wep');
    await through(page, remove(3));
    await expect(name).toHaveAttribute('aria-invalid', 'true');
    await expect(name).toHaveValue('team/wep');

    await tag(portolan, 'team/web', 'staging', 'latest');
    const names = ['1.5.0-rc.2', 'staging', 'prod', 'latest', sbom];
    const whole = await pulledFrom(portolan, 'team/web', names);
    await name.fill('team/web');
    await through(page, remove(3));
    await expect(page.getByRole('alert')).toContainText('1 more tag now names this image. Look again.');
    expect(await namedIn(portolan, 'team/web', 'prod')).toBe(image);
    await name.fill('team/web');
    await through(page, remove(4));
    await said(page, /^Deleted image/);
    for (const reference of [...names, image]) expect(await namedIn(portolan, 'team/web', reference), reference).toBeUndefined();

    await page.goto('/trash');
    await through(page, page.getByRole('button', { name: `Restore image ${image.slice(7, 19)} of team/web` }));
    await said(page, /^Restored image/);
    expect(await pulledFrom(portolan, 'team/web', names)).toEqual(whole);
    expect(await referrersIn(portolan, 'team/web', image)).toEqual([sbom]);
  });
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
  await through(page, page.getByRole('button', { name: 'Move prod to 1.5.0-rc.2' }));
  await said(page, 'prod moved to 1.5.0-rc.2.');
  expect(await namedIn(portolan, 'team/web', 'prod')).toContain(candidate);
});
