// A build goes to production on a phone, in a few taps, with script and without: where prod is another name of the same
// repository, and where it is another repository. And the same by keys.
import { expectAccessibleInBoth, expectNoSidewaysScroll, smallTargets } from '../support/checks';
import { digestOf, fill, push } from '../support/images';
import { focused } from '../support/keys';
import { expect, test } from '../support/own';
import { submit } from '../support/people';
import { ADMIN, type Portolan } from '../support/servers';

const short = (image: string) => digestOf('web', image).slice(7, 19);
const names = async (portolan: Portolan, repository: string, reference: string) => {
  const headers = { authorization: `Basic ${btoa(`${ADMIN.username}:${ADMIN.password}`)}` };
  const answer = await fetch(`${portolan.url}/v2/${repository}/manifests/${reference}`, { headers });
  return answer.ok ? answer.headers.get('docker-content-digest') : null;
};

test.use({ refusals: [409, 422] });

test.describe('on a phone', () => {
  test.use({ viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, refusals: [409] });

  test('prod of the same repository', async ({ page, portolan, scripted }) => {
    const fine = async (where: string) => {
      await expectNoSidewaysScroll(page, where);
      expect(await smallTargets(page), where).toEqual([]);
      if (scripted) await expectAccessibleInBoth(page);
    };
    await fill(portolan, 'team/web', 'web', { '1.4.1': ['1.4.1', 'prod'], '1.4.2': ['1.4.2', 'prod'], '1.5.0-rc.2': ['1.5.0-rc.2'] }, { sbom: false });
    await page.goto('/r/team/web/-/tags/1.5.0-rc.2');
    await page.getByRole('link', { name: 'Copy or promote…' }).tap();
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Copy or promote 1.5.0-rc.2');
    await fine('where to');
    await page.screenshot({ path: `results/screens/promote-390-${scripted ? 'script' : 'plain'}.png`, fullPage: true });
    await page.getByRole('link', { name: 'Promote to prod…' }).tap();
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Promote 1.5.0-rc.2 to prod');
    await expect(page.getByText('prod names 1.4.2 in team/web now, and 1.5.0-rc.2 afterwards.')).toBeVisible();
    await fine('what it would do');
    // It moves meanwhile.
    await push(portolan, 'web', '1.4.0', 'team/web:prod').done();
    await page.getByRole('button', { name: 'Promote 1.5.0-rc.2 to prod' }).tap();
    await expect(page.getByRole('alert')).toContainText(`named ${short('1.4.2')} when you looked and names ${short('1.4.0')} now`);
    await fine('both states');
    await page.getByRole('button', { name: 'Promote 1.5.0-rc.2 to prod' }).tap();
    const said = page.getByRole('status').filter({ hasText: 'prod names the same image as 1.5.0-rc.2 now.' });
    await expect(said).toBeVisible();
    expect(await names(portolan, 'team/web', 'prod')).toBe(digestOf('web', '1.5.0-rc.2'));
    await said.getByRole('button', { name: 'Undo' }).tap();
    await expect(page.getByRole('status').filter({ hasText: `prod names ${short('1.4.0')} again.` })).toBeVisible();
  });

  test('another repository', async ({ page, portolan, scripted }) => {
    await fill(portolan, 'team/web', 'web', { '1.4.2': ['1.4.2'], '1.5.0-rc.2': ['1.5.0-rc.2'] });
    await fill(portolan, 'prod/web', 'web', { '1.4.0': ['live'] }, { sbom: false });
    await page.goto('/r/team/web/-/tags/1.5.0-rc.2');
    await page.getByRole('link', { name: 'Copy or promote…' }).tap();
    await page.getByRole('link', { name: 'Copy to prod/web…' }).tap();
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Copy 1.5.0-rc.2 to prod/web');
    await expect(page.getByText('no byte is written')).toBeVisible();
    await page.getByRole('button', { name: 'Copy 1.5.0-rc.2 to prod/web' }).tap();
    await expect(page.getByRole('status').filter({ hasText: 'Copied 1.5.0-rc.2 to prod/web.' })).toBeVisible();
    await expect(page.getByRole('heading', { level: 1 })).toContainText('prod/web:1.5.0-rc.2');
    expect(await names(portolan, 'prod/web', '1.5.0-rc.2')).toBe(digestOf('web', '1.5.0-rc.2'));

    // Under the name that is deployed from there.
    await page.goto('/r/team/web/-/copy?tag=1.4.2');
    await page.getByLabel('Repository', { exact: true }).fill('Prod/web');
    await page.getByRole('region', { name: 'To another repository' }).getByRole('button', { name: 'Go on to another repository' }).tap();
    await expect(page.getByLabel('Repository', { exact: true })).toHaveAttribute('aria-invalid', 'true');
    await expect(page.getByLabel('Repository', { exact: true })).toHaveValue('Prod/web');
    if (scripted) await expectAccessibleInBoth(page);
    await page.getByLabel('Repository', { exact: true }).fill('prod/web');
    await page.getByLabel('Tag there').fill('live');
    await page.getByRole('region', { name: 'To another repository' }).getByRole('button', { name: 'Go on to another repository' }).tap();
    await expect(page.getByText(`live names ${short('1.4.0')} in prod/web now, and 1.4.2 afterwards.`)).toBeVisible();
    await page.getByRole('button', { name: 'Copy 1.4.2 to prod/web as live' }).tap();
    const said = page.getByRole('status').filter({ hasText: 'Copied 1.4.2 to prod/web as live.' });
    await expect(said).toBeVisible();
    await said.getByRole('button', { name: 'Undo' }).tap();
    await expect(page.getByRole('status').filter({ hasText: 'live of prod/web is as it was.' })).toBeVisible();
    expect(await names(portolan, 'prod/web', 'live')).toBe(digestOf('web', '1.4.0'));
  });
});

test('several tags are copied from the list, and a name is given, by keys', async ({ page, portolan, scripted }) => {
  await fill(portolan, 'team/web', 'web', { '1.4.1': ['1.4.1'], '1.4.2': ['1.4.2'] }, { sbom: false });
  await page.goto('/r/team/web?q=1.4*&sort=name');
  await page.getByRole('checkbox', { name: 'Select 1.4.1' }).check();
  await page.getByRole('checkbox', { name: 'Select 1.4.2' }).check();
  await page.getByRole('button', { name: 'Copy or promote…' }).focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Copy 2 tags');
  await page.getByLabel('Repository', { exact: true }).fill('new/web');
  await page.keyboard.press('Enter');
  await expect(page.getByText('The repository new/web is made by it.')).toBeVisible();
  expect((await focused(page))!.name).toBe('Cancel');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('status').filter({ hasText: 'Copied 2 tags to new/web.' })).toBeVisible();
  if (scripted) {
    await page.getByRole('button', { name: 'Undo' }).focus(); // it waits for who is at it
    await expectAccessibleInBoth(page);
  }
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(page.getByRole('status').filter({ hasText: '2 tags of new/web are as they were.' })).toBeVisible();
  expect(await names(portolan, 'new/web', '1.4.1')).toBeNull();
});

test('names are given in a dialog over the list, which keeps its filter', async ({ page, portolan, scripted }) => {
  test.skip(!scripted, 'without script each has its page');
  await fill(portolan, 'team/web', 'web', { '1.4.1': ['1.4.1', 'prod'], '1.4.2': ['1.4.2'] }, { sbom: false });
  await page.goto('/r/team/web?q=1.4*&sort=name');
  await page.getByRole('link', { name: '1.4.1', exact: true }).focus();
  await page.keyboard.press('j');
  expect((await focused(page))!.name).toBe('1.4.2');
  await page.keyboard.press('k');
  expect((await focused(page))!.name).toBe('1.4.1');
  await page.keyboard.press('e');
  const retag = page.getByRole('dialog', { name: 'Retag 1.4.1 of team/web' });
  await expect(retag.getByLabel('Tag', { exact: true })).toBeFocused();
  await retag.getByLabel('Tag', { exact: true }).fill('.bad');
  await page.keyboard.press('Enter');
  await expect(retag.getByLabel('Tag', { exact: true })).toHaveAttribute('aria-invalid', 'true');
  await expect(retag.getByLabel('Tag', { exact: true })).toBeFocused();
  await expectAccessibleInBoth(page);
  await page.keyboard.press('Escape');
  await expect(retag).toBeHidden();
  expect((await focused(page))!.name).toBe('1.4.1');

  await page.getByLabel('Actions for 1.4.2').click();
  await page.getByRole('row', { name: '1.4.2' }).getByRole('link', { name: 'Retag…' }).click();
  await page.getByRole('dialog').getByLabel('Tag', { exact: true }).fill('prod');
  await page.keyboard.press('Enter');
  const move = page.getByRole('dialog', { name: 'Move prod of team/web' });
  await expect(move.getByText(short('1.4.1'))).toBeVisible();
  await move.getByRole('link', { name: 'Cancel' }).click();
  await expect(move).toBeHidden();
  expect((await focused(page))!.name).toBe('Actions for 1.4.2');

  await page.getByLabel('Actions for 1.4.2').click();
  await page.getByRole('row', { name: '1.4.2' }).getByRole('link', { name: 'Rename…' }).click();
  await page.getByRole('dialog').getByLabel('New name').fill('1.4.3');
  await page.keyboard.press('Enter');
  const said = page.getByRole('status').filter({ hasText: '1.4.2 is called 1.4.3 now.' });
  await said.getByRole('button', { name: 'Undo' }).click();
  await expect(page.getByRole('status').filter({ hasText: '1.4.3 is called 1.4.2 now.' })).toBeVisible();

  await page.goto('/r/team/web?q=1.4*&sort=name');
  await page.getByRole('link', { name: '1.4.1', exact: true }).focus();
  await page.keyboard.press('#');
  await page.getByRole('dialog').getByRole('button', { name: 'Delete tag' }).click();
  await expect(page).toHaveURL(/\/r\/team\/web\?q=1\.4\*&sort=name$/);
  await page.getByRole('status').filter({ hasText: 'Deleted tag 1.4.1' }).getByRole('button', { name: 'Undo' }).click();
  await expect(page).toHaveURL(/\/r\/team\/web\?q=1\.4\*&sort=name$/);
  await expect(page.getByRole('link', { name: '1.4.1', exact: true })).toBeVisible();
});

test('a rule holds tags where they are until it goes', async ({ page, portolan, scripted }) => {
  const said = (words: string) => expect(page.getByRole('status').filter({ hasText: words })).toBeVisible();
  await fill(portolan, 'team/web', 'web', { '1.4.1': ['v1.0', 'v1.1-snapshot'], '1.4.2': ['1.4.2'] }, { sbom: false });
  await page.goto('/n/team/-/policies');
  await page.getByLabel('Tags', { exact: false }).first().fill('v*');
  await page.getByLabel('Except').fill('*-snapshot');
  await page.getByRole('button', { name: 'Set rule' }).click();
  await said('The rule about v*');
  if (scripted) await expectAccessibleInBoth(page);
  const move = (name: string) => `/r/team/web/-/copy?tag=1.4.2&to=team/web&name=${name}`;
  await page.goto(move('v1.0'));
  await expect(page.getByText(/^v1\.0 is immutable/)).toBeVisible();
  await expect(page.getByRole('button', { name: 'Promote 1.4.2 to v1.0' })).toHaveCount(0);
  await page.goto(move('v1.1-snapshot'));
  await page.getByRole('button', { name: 'Promote 1.4.2 to v1.1-snapshot' }).click();
  await said('v1.1-snapshot names');
  await page.goto('/n/team/-/policies');
  await page.getByRole('link', { name: 'Remove the rule about v*' }).click();
  await page.getByRole('button', { name: 'Remove rule' }).click();
  await said('The rule about v*');
  await page.goto(move('v1.0'));
  await page.getByRole('button', { name: 'Promote 1.4.2 to v1.0' }).click();
  await said('v1.0 names');
  expect(await names(portolan, 'team/web', 'v1.0')).toBe(digestOf('web', '1.4.2'));

  // What binds everything has a page too, and is followed there from below.
  await submit(portolan, '/admin/policies', 'set-protection', { tags: 'release-*', except: '', kind: 'immutable', role: '' });
  await page.goto('/n/team/-/policies');
  await page.getByRole('link', { name: 'everything' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Policies');
  await expect(page.getByText('release-*')).toBeVisible();
  if (scripted) await expectAccessibleInBoth(page);
});
