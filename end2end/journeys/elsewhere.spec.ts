// Names at a registry elsewhere, Debian's docker-registry 2.8, which deletes images alone: journeys 9, 10, 11 and 13 over
// it, with script and without. After each, whatever was left pulls from the registry itself, byte for byte.
import { expectNoSidewaysScroll } from '../support/checks';
import { HERE, expect, expectHidden, isHidden, knows, namedAt, pulled, signatureOf, tagsAt, test } from '../support/elsewhere';
import { authorization, bytesOnlyIn, digestOf, fill, megabytes, push, short, tag } from '../support/images';
import { enrol, submit } from '../support/people';
import { signIn } from '../support/servers';
import { askToDelete, askToDeleteImage, line, looked, markOf, said } from '../support/steps';
import { test as shared } from '../support/test';

const PASSWORD = 'four quiet harbours';
const [IMAGE, SINGLE] = [digestOf('web', '1.4.2'), digestOf('web', '1.4.0')];
const SIGNATURE = signatureOf('1.4.2');

test.use({ refusals: [403, 409, 422] });
test.afterEach(async ({ page }) => void (await page.goto('about:blank'))); // a page would miss its server

test('two tags go there, each alone, and come back by one press', async ({ page, portolan, hub, scripted }) => {
  const [names, whole] = [await tagsAt(hub), await pulled(hub, ...(await tagsAt(hub)))];
  const asked = await askToDelete(page, HERE, scripted, '1.4.2', '1.4.0');
  for (const sibling of ['1.4', 'prod']) {
    await expect(line(asked, '1.4.2 is removed. Its image stays.').getByRole('link', { name: sibling, exact: true })).toBeVisible();
  }
  await expect(line(asked, '1.4.0 is removed. It is the last tag')).toContainText(/by its digest until .*, then it is deleted at /);
  await expect(asked).toContainText('Other clients of that registry see such tags');
  await expect(asked).toContainText(/moves? the tag to a tombstone first/);
  await looked(page, scripted);
  await expectNoSidewaysScroll(page, 'a delete elsewhere');
  await asked.getByRole('button', { name: 'Delete 2 tags' }).click();

  const undo = (await said(page, `Deleted 2 tags from ${HERE}.`)).getByRole('button', { name: 'Undo' });
  const now = await tagsAt(hub);
  expect(now.filter((name) => !isHidden(name))).toEqual(names.filter((name) => !['1.4.2', '1.4.0'].includes(name)));
  expect(now.filter(isHidden)).toHaveLength(2);
  expect(whole).toMatchObject(await pulled(hub, '1.4', 'prod', '1.5.0-rc.2', SIGNATURE));
  expect(Object.values(whole)).toEqual(expect.arrayContaining(Object.values(await pulled(hub, IMAGE, SINGLE))));
  await expectHidden(portolan);

  await undo.click();
  await said(page, `Restored 2 tags of ${HERE}.`);
  expect(await tagsAt(hub)).toEqual(names);
  expect(await pulled(hub, ...names)).toEqual(whole);
});

test.describe('with a registry that is read again and again', () => {
  test.use({ refreshS: 1 });

  test('an image goes with all its tags there, as long as that is what was said, and comes back from the trash', async ({ page, portolan, hub, scripted }) => {
    const asked = await askToDeleteImage(page, HERE, scripted, '1.4.2');
    for (const name of ['1.4', '1.4.2', 'prod']) await expect(asked.getByRole('link', { name, exact: true })).toBeVisible();
    await expect(asked.getByText(/images that it lists go with it/)).toBeVisible();
    await asked.getByRole('textbox', { name: /^Type .+ to confirm$/ }).fill('team/web');
    await asked.getByRole('button', { name: 'Delete image and 3 tags' }).click();
    await expect(page.getByRole('textbox', { name: /^Type .+ to confirm$/ })).toHaveAttribute('aria-invalid', 'true');
    await expect(page.getByRole('textbox', { name: /^Type .+ to confirm$/ })).toHaveValue('team/web');

    await tag(hub, 'team/web', '1.4.2', 'latest');
    await knows(portolan, (names) => names.includes('latest'));
    const [names, whole] = [await tagsAt(hub), await pulled(hub, ...(await tagsAt(hub)))];
    await page.getByRole('textbox', { name: /^Type .+ to confirm$/ }).fill(HERE);
    await page.getByRole('button', { name: 'Delete image and 3 tags' }).click();
    await expect(page.getByRole('alert')).toContainText('1 more tag now names this image. Look again.');
    expect(await tagsAt(hub)).toEqual(names);
    await looked(page, scripted);
    await page.getByRole('textbox', { name: /^Type .+ to confirm$/ }).fill(HERE);
    await page.getByRole('button', { name: 'Delete image and 4 tags' }).click();

    await said(page, /^Deleted image/);
    expect((await tagsAt(hub)).filter((name) => !isHidden(name))).toEqual(['1.4.0', '1.5.0-rc.2', SIGNATURE].sort());
    expect(whole).toMatchObject(await pulled(hub, '1.4.0', '1.5.0-rc.2', SIGNATURE));
    await expectHidden(portolan);

    await page.goto('/trash');
    await page.getByRole('button', { name: `Restore image ${IMAGE.slice(7, 19)} of ${HERE}` }).click();
    await said(page, /^Restored image/);
    expect(await tagsAt(hub)).toEqual(names);
    expect(await pulled(hub, ...names)).toEqual(whole);
  });

  test('a signature goes there with the image that it is of, and comes back with it', async ({ page, portolan, hub, scripted }) => {
    const own = signatureOf('1.4.0');
    await push(hub, 'base', '1.1.0', `team/web:${own}`).done();
    await knows(portolan, (names) => names.includes(own));
    const [names, whole] = [await tagsAt(hub), await pulled(hub, ...(await tagsAt(hub)))];
    const asked = await askToDeleteImage(page, HERE, scripted, '1.4.0');
    await expect(line(asked, '1 referrer goes with it')).toBeVisible();
    await asked.getByRole('textbox', { name: /^Type .+ to confirm$/ }).fill(HERE);
    await asked.getByRole('button', { name: 'Delete image and 2 tags' }).click();
    const undo = (await said(page, /^Deleted image/)).getByRole('button', { name: 'Undo' });
    expect((await tagsAt(hub)).filter((name) => !isHidden(name))).toEqual(names.filter((name) => !['1.4.0', own].includes(name)));
    await expectHidden(portolan, '1.4.2');
    await undo.click();
    await said(page, /^Restored image/);
    expect(await tagsAt(hub)).toEqual(names);
    expect(await pulled(hub, ...names)).toEqual(whole);
  });

  test('a tag goes back to what it named there, also where that is in the trash', async ({ page, portolan, hub, scripted }) => {
    await push(hub, 'web', '1.4.0', 'team/web:prod').done();
    await page.goto(`/r/${HERE}`);
    await page.getByRole('link', { name: 'History', exact: true }).first().click();
    await page.getByLabel('Tag', { exact: true }).fill('prod');
    await page.getByRole('button', { name: 'Filter' }).click();
    const moves = page.getByRole('table').getByRole('row');
    await expect(async () => {
      await page.reload(); // until the registry was read again
      await expect(moves).toHaveCount(2, { timeout: 500 });
    }).toPass({ timeout: 20_000 });
    await expect(moves.nth(1)).toContainText(short('web', '1.4.0'));
    await looked(page, scripted);

    const whole = await pulled(hub, ...(await tagsAt(hub)).filter((name) => name !== 'prod'));
    await page.getByRole('link', { name: 'Roll back prod to 1.4…' }).click();
    await expect(page.getByRole('row', { name: `Image ${short('web', '1.4.0')} ${short('web', '1.4.2')}` })).toBeVisible();
    await looked(page, scripted);
    await page.getByLabel('Reason').fill('the till stands still');
    await page.getByRole('button', { name: 'Roll back prod to 1.4' }).click();
    await said(page, 'prod names 1.4 again.');
    expect(await namedAt(hub, 'prod')).toBe(IMAGE);

    // To what is in the trash by now: forward again, without that image's tag and without itself.
    const gone = await fetch(`${portolan.url}/api/v1/r/${HERE}/-/manifests/${SINGLE}`, { method: 'DELETE', headers: authorization(portolan) });
    expect(gone.status).toBe(204);
    await page.goto(`/r/${HERE}/-/history?tag=prod`);
    await expect(moves).toHaveCount(3);
    await expect(page.getByText('the till stands still')).toBeVisible();
    await page.getByRole('link', { name: `Roll back prod to ${short('web', '1.4.0')}…` }).first().click();
    await expect(page.getByText(/is in the trash. It comes back first/)).toBeVisible();
    await page.getByRole('button', { name: `Roll back prod to ${short('web', '1.4.0')}` }).click();
    await said(page, `prod names ${short('web', '1.4.0')} again.`);
    expect(await namedAt(hub, 'prod')).toBe(SINGLE);
    await page.goto(`/r/${HERE}/-/history?tag=prod`);
    await expect(moves).toHaveCount(4);
    await expect(moves.nth(1)).toContainText(short('web', '1.4.0'));
    expect(whole).toMatchObject(await pulled(hub, '1.4.2', '1.4', '1.5.0-rc.2', SIGNATURE));
    expect(Object.values(whole)).toEqual(expect.arrayContaining(Object.values(await pulled(hub, 'prod'))));
    await expectHidden(portolan);
  });
});

test('an image gets another name there, and a name that moved meanwhile is looked at again', async ({ page, portolan, hub, scripted }) => {
  const candidate = short('web', '1.5.0-rc.2');
  const whole = await pulled(hub, ...(await tagsAt(hub)).filter((name) => name !== 'prod'));
  await page.goto(`/r/${HERE}`);
  await page.getByLabel('Actions for 1.5.0-rc.2').click();
  await page.getByRole('row', { name: '1.5.0-rc.2' }).getByRole('link', { name: 'Retag…' }).click();
  await page.getByLabel('Tag', { exact: true }).fill('1.5.0');
  await page.getByRole('button', { name: 'Add tag' }).click();
  await said(page, '1.5.0-rc.2 is 1.5.0 as well.');
  expect(await namedAt(hub, '1.5.0')).toBe(digestOf('web', '1.5.0-rc.2'));
  await page.goto(`/r/${HERE}`);
  await expect(page.getByRole('row', { name: '1.5.0-rc.2' }).getByText('same image as 1.5.0', { exact: true })).toBeVisible();
  expect(await markOf(page, '1.5.0')).toBe(await markOf(page, '1.5.0-rc.2'));
  expect(await markOf(page, '1.5.0')).not.toBe(await markOf(page, '1.4.2'));

  await page.goto(`/r/${HERE}/-/tags/1.5.0-rc.2/retag`);
  await page.getByLabel('Tag', { exact: true }).fill('prod');
  await page.getByRole('button', { name: 'Add tag' }).click();
  await expect(page.getByRole('row', { name: `Image ${short('web', '1.4.2')} ${candidate}` })).toBeVisible();
  // It moves meanwhile, which nobody has read yet.
  await push(hub, 'web', '1.4.1', 'team/web:prod').done();
  await page.getByRole('button', { name: 'Move prod to 1.5.0-rc.2' }).click();
  const both = `named ${short('web', '1.4.2')} when you looked and names ${short('web', '1.4.1')} now`;
  await expect(page.getByRole('alert').filter({ hasText: 'prod moved meanwhile' })).toContainText(both);
  expect(await namedAt(hub, 'prod')).toBe(digestOf('web', '1.4.1'));
  await looked(page, scripted);
  expect(whole).toMatchObject(await pulled(hub, '1.4.2', '1.4', '1.4.0', '1.5.0-rc.2', SIGNATURE));

  // A publisher adds names there and moves none.
  await enrol(portolan, 'ci-otto', PASSWORD);
  await submit(portolan, '/n/hub/-/access', 'give-access', { who: 'ci-otto', role: 'publisher', scope: 'hub/*' });
  const cookie = await signIn(portolan.url, { username: 'ci-otto', password: PASSWORD });
  const shown = await (await fetch(`${portolan.url}/r/${HERE}/-/tags/1.4.0/retag?name=prod`, { headers: { cookie } })).text();
  expect(shown).not.toContain('Move prod to');
  const body = new URLSearchParams({ do: 'set-tag', name: 'prod', digest: SINGLE, expect: digestOf('web', '1.4.1') });
  const refused = await fetch(`${portolan.url}/r/${HERE}/-/tags/1.4.0/retag`, { method: 'POST', headers: { cookie }, body, redirect: 'manual' });
  expect(refused.status).toBe(403);
  expect(await namedAt(hub, 'prod')).toBe(digestOf('web', '1.4.1'));
});

test('a tag has another name there in place of its own, and both can be had again', async ({ page, portolan, hub }) => {
  const [names, whole] = [await tagsAt(hub), await pulled(hub, ...(await tagsAt(hub)))];
  await page.goto(`/r/${HERE}/-/tags/1.4/rename`);
  await page.getByLabel('New name').fill('prod');
  await page.getByRole('button', { name: 'Rename 1.4' }).click();
  await expect(page.getByRole('alert').or(page.locator('[aria-invalid=true]'))).not.toHaveCount(0);
  expect(await tagsAt(hub)).toEqual(names);
  await page.getByLabel('New name').fill('1.4-old');
  await page.getByRole('button', { name: 'Rename 1.4' }).click();
  await said(page, '1.4-old');
  expect(await namedAt(hub, '1.4-old')).toBe(IMAGE);
  expect(await namedAt(hub, '1.4')).toBeUndefined();
  await expectHidden(portolan);
  await page.goto('/trash');
  await page.getByRole('button', { name: `Restore tag 1.4 of ${HERE}` }).click();
  await said(page, `Restored tag 1.4 of ${HERE}.`);
  expect(await tagsAt(hub)).toEqual([...names, '1.4-old'].sort());
  expect(whole).toMatchObject(await pulled(hub, ...names));
});

test('a name that moved there meanwhile moves after the second look, and goes back to what it named', async ({ page, hub }) => {
  const candidate = short('web', '1.5.0-rc.2');
  await page.goto(`/r/${HERE}/-/tags/1.5.0-rc.2/retag?name=prod`);
  await push(hub, 'web', '1.4.1', 'team/web:prod').done();
  const move = page.getByRole('button', { name: 'Move prod to 1.5.0-rc.2' });
  await move.click();
  await expect(page.getByRole('alert')).toContainText('prod moved meanwhile');
  await expect(page.getByRole('row', { name: `Image ${short('web', '1.4.1')} ${candidate}` })).toBeVisible();
  await move.click();
  const moved = await said(page, 'prod moved to 1.5.0-rc.2.');
  expect(await namedAt(hub, 'prod')).toBe(digestOf('web', '1.5.0-rc.2'));
  await moved.getByRole('button', { name: 'Undo' }).click();
  await said(page, `prod names ${short('web', '1.4.1')} again.`);
  expect(await namedAt(hub, 'prod')).toBe(digestOf('web', '1.4.1'));
});

test('what a job copied there is taken back on its page', async ({ page, portolan, hub, scripted }) => {
  await fill(portolan, 'team/api', 'web', { '1.4.1': ['1.4.1'] }, { sbom: false });
  const names = await tagsAt(hub);
  await page.goto(`/r/team/api/-/copy?tag=1.4.1&to=${HERE}`);
  await page.getByRole('button', { name: `Copy 1.4.1 to ${HERE}` }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(`Copy of 1 tag from team/api to ${HERE}`);
  const copied = page.getByRole('region', { name: 'Copied tags' });
  await expect(async () => {
    if (!scripted) await page.reload();
    await expect(copied.getByRole('listitem')).toContainText(`names ${short('web', '1.4.1')}, is new`, { timeout: scripted ? 10_000 : 500 });
  }).toPass({ timeout: 20_000 });
  expect(await namedAt(hub, '1.4.1')).toBe(digestOf('web', '1.4.1'));
  await copied.getByRole('button', { name: 'Undo' }).click();
  await said(page, `1.4.1 of ${HERE} is as it was.`);
  expect((await tagsAt(hub)).filter((name) => !isHidden(name))).toEqual(names);
});

test('a tag that moved there meanwhile is not deleted: both states are shown', async ({ page, hub, scripted }) => {
  const asked = await askToDelete(page, HERE, scripted, '1.4.0');
  await push(hub, 'web', '1.4.1', 'team/web:1.4.0').done();
  await asked.getByRole('button', { name: 'Delete tag' }).click();
  await expect(page.getByRole('alert')).toContainText(short('web', '1.4.0'));
  await expect(page.getByRole('alert')).toContainText(short('web', '1.4.1'));
  expect(await namedAt(hub, '1.4.0')).toBe(digestOf('web', '1.4.1'));
});

test('what a delete there frees is said as the registry frees it', async ({ page, scripted }) => {
  const asked = await askToDelete(page, HERE, scripted, '1.4.0');
  const freed = megabytes(bytesOnlyIn('web', '1.4.0', ['1.4.2', '1.5.0-rc.2']));
  await expect(asked).toContainText(`0 now, about ${freed} after the registry's own garbage collection`);
  await expect(asked).not.toContainText('when the trash lets it go');
});

shared.describe('a registry that is only read', () => {
  shared.use({ refusals: [403, 409] });
  const REPOSITORY = 'hub/library/busybox';
  const names = async (url: string) => (await (await fetch(`${url}/v2/library/busybox/tags/list`)).json()).tags;

  shared('has nothing to change it by, and nothing is changed', async ({ page, servers }) => {
    for (const path of [`/r/${REPOSITORY}`, `/r/${REPOSITORY}/-/tags/latest`, `/r/${REPOSITORY}/-/history`]) {
      await page.goto(path);
      await expect(page.getByRole('heading', { level: 1 })).toContainText('busybox');
      const controls = page.locator('main').locator('a, button, summary');
      await expect(controls.filter({ hasText: /^(Retag|Rename|Roll back|Delete|More)/ })).toHaveCount(0);
    }
    const before = await names(servers.hub.url);
    const body = new URLSearchParams({ do: 'set-tag', name: 'stolen', digest: digestOf('base', '1.1.0'), expect: '' });
    const headers = { cookie: servers.full.cookie! };
    const refused = await fetch(`${servers.full.url}/r/${REPOSITORY}/-/tags/latest/retag`, { method: 'POST', headers, body, redirect: 'manual' });
    expect([403, 409]).toContain(refused.status);
    expect(await names(servers.hub.url)).toEqual(before);
  });

  shared('says so at the addresses of what cannot be done', async ({ page }) => {
    for (const act of ['tags/latest/retag', 'tags/latest/rename', 'tags/latest/rollback', 'tags/latest/delete', 'delete?tag=latest', `manifests/${digestOf('base', '1.1.0')}/delete`]) {
      await page.goto(`/r/${REPOSITORY}/-/${act}`);
      await expect(page.locator('main'), act).toContainText('read-only');
      await expect(page.locator('main').locator('form'), act).toHaveCount(0);
    }
  });
});
