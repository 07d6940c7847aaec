// Names given, moved and brought back, by who may; what was deleted comes back, and a namespace as it was.
import { expectNoSidewaysScroll } from '../support/checks';
import { authorization, digestOf, fill, push, short } from '../support/images';
import { expect, test } from '../support/own';
import { enrol, submit } from '../support/people';
import { namedIn } from '../support/pulls';
import { signIn } from '../support/servers';
import { looked, markOf, questioned, said } from '../support/steps';

const PASSWORD = 'four quiet harbours';

test.use({ refusals: [403, 409, 422] });

test('an image gets another name, and a name that is there moves after a look', async ({ page, portolan, scripted }) => {
  const [old, candidate] = [short('web', '1.4.1'), short('web', '1.5.0-rc.2')];
  await fill(portolan, 'team/web', 'web', { '1.4.1': ['1.4.1', 'prod'], '1.5.0-rc.2': ['1.5.0-rc.2'] }, { sbom: false });
  await page.goto('/r/team/web');
  await page.getByLabel('Actions for 1.5.0-rc.2').click();
  await looked(page, scripted);
  await page.getByRole('row', { name: '1.5.0-rc.2' }).getByRole('link', { name: 'Retag…' }).click();
  await page.getByLabel('Tag', { exact: true }).fill('1.5.0 final');
  await page.getByRole('button', { name: 'Add tag' }).click();
  await expect(page.getByLabel('Tag', { exact: true })).toHaveAttribute('aria-invalid', 'true');
  await expect(page.getByLabel('Tag', { exact: true })).toHaveValue('1.5.0 final');
  await page.getByLabel('Tag', { exact: true }).fill('1.5.0');
  await page.getByRole('button', { name: 'Add tag' }).click();
  await said(page, '1.5.0-rc.2 is 1.5.0 as well.');
  await looked(page, scripted);
  await page.goto('/r/team/web');
  await expect(page.getByRole('row', { name: '1.5.0-rc.2' }).getByText('same image as 1.5.0', { exact: true })).toBeVisible();
  expect(await markOf(page, '1.5.0')).toBe(await markOf(page, '1.5.0-rc.2'));
  expect(await markOf(page, '1.5.0')).not.toBe(await markOf(page, '1.4.1'));

  await page.goto('/r/team/web/-/tags/1.5.0-rc.2/retag');
  await page.getByLabel('Tag', { exact: true }).fill('prod');
  await page.getByRole('button', { name: 'Add tag' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Move prod of team/web');
  await expect(page.getByRole('row', { name: `Image ${old} ${candidate}` })).toBeVisible();
  await looked(page, scripted);
  await expectNoSidewaysScroll(page, 'a tag that moves');
  // It moves meanwhile.
  await push(portolan, 'web', '1.4.2', 'team/web:prod').done();
  await page.getByRole('button', { name: 'Move prod to 1.5.0-rc.2' }).click();
  await expect(page.getByRole('alert').filter({ hasText: 'prod moved meanwhile' })).toContainText(`named ${old} when you looked and names ${short('web', '1.4.2')} now`);
  await looked(page, scripted);
  await page.getByRole('button', { name: 'Move prod to 1.5.0-rc.2' }).click();
  await said(page, 'prod moved to 1.5.0-rc.2.');
  await page.getByRole('button', { name: 'Undo' }).click();
  await said(page, `prod names ${short('web', '1.4.2')} again.`);

  // A publisher adds names and moves none.
  await enrol(portolan, 'ci-otto', PASSWORD);
  await submit(portolan, '/n/team/-/access', 'give-access', { who: 'ci-otto', role: 'publisher', scope: 'team/*' });
  const cookie = await signIn(portolan.url, { username: 'ci-otto', password: PASSWORD });
  const shown = await (await fetch(`${portolan.url}/r/team/web/-/manifests/${digestOf('web', '1.4.1')}/tag?name=prod`, { headers: { cookie } })).text();
  expect(shown).not.toContain('Move prod to');
  const body = new URLSearchParams({ do: 'set-tag', name: 'prod', digest: digestOf('web', '1.4.1'), expect: digestOf('web', '1.4.2') });
  const refused = await fetch(`${portolan.url}/r/team/web/-/tags/1.4.1/retag`, { method: 'POST', headers: { cookie }, body, redirect: 'manual' });
  expect(refused.status).toBe(403);
});

test('a tag goes back to what it named, also where that is in the trash', async ({ page, portolan, scripted }) => {
  const first = short('web', '1.4.1');
  await fill(portolan, 'team/web', 'web', { '1.4.1': ['prod'], '1.4.2': ['1.4.2', 'prod'] }, { sbom: false });
  await page.goto('/r/team/web');
  await page.getByRole('link', { name: 'History', exact: true }).first().click();
  await page.getByLabel('Tag', { exact: true }).fill('prod');
  await page.getByRole('button', { name: 'Filter' }).click();
  await expect(page.getByRole('table').getByRole('row')).toHaveCount(3);
  await looked(page, scripted);
  await expectNoSidewaysScroll(page, 'a history');
  // Its image goes to the trash first.
  const gone = await fetch(`${portolan.url}/api/v1/r/team/web/-/manifests/${digestOf('web', '1.4.1')}`, { method: 'DELETE', headers: authorization(portolan) });
  expect(gone.status).toBe(204);
  await page.getByRole('link', { name: `Roll back prod to ${first}…` }).click();
  await expect(page.getByRole('heading', { name: 'Roll back prod of team/web' })).toBeVisible();
  await looked(page, scripted);
  await page.getByLabel('Reason').fill('the till stands still');
  await page.getByRole('button', { name: `Roll back prod to ${first}` }).click();
  await said(page, `prod names ${first} again.`);
  expect(await namedIn(portolan, 'team/web', 'prod')).toBe(digestOf('web', '1.4.1'));
  await page.goto('/r/team/web/-/history?tag=prod');
  await expect(page.getByRole('table').getByRole('row')).toHaveCount(4);
  await expect(page.getByText('the till stands still')).toBeVisible();

  // And forward again from the image that it left.
  await page.goto('/r/team/web/-/tags/1.4.2');
  const card = page.getByRole('region', { name: 'Names this image has had' });
  const moves = card.getByRole('listitem').filter({ hasText: 'prod' });
  await expect(moves).toHaveText([/moved on to /, /moved here from /]);
  await expect(moves.first()).toContainText(`moved on to ${first}`);
  await card.getByRole('link', { name: 'Roll back prod to this…' }).click();
  const asked = await questioned(page, scripted, 'Roll back prod of team/web');
  await expect(asked.getByRole('row', { name: `Image ${first} ${short('web', '1.4.2')}` })).toBeVisible();
  await looked(page, scripted);
  await asked.getByRole('button', { name: 'Roll back prod to 1.4.2' }).click();
  const done = await said(page, 'prod names 1.4.2 again.');
  await done.getByRole('button', { name: 'Undo' }).click();
  await said(page, `prod names ${first} again.`);
  expect(await namedIn(portolan, 'team/web', 'prod')).toBe(digestOf('web', '1.4.1'));
});

test('a tag is called otherwise, not as another one is, and as before again', async ({ page, portolan, scripted }) => {
  await fill(portolan, 'team/web', 'web', { '1.4.1': ['1.4.1', 'prod'], '1.4.2': ['1.4.2'] }, { sbom: false });
  await page.goto('/r/team/web');
  await page.getByLabel('Actions for 1.4.2').click();
  await page.getByRole('row', { name: '1.4.2' }).getByRole('link', { name: 'Rename…' }).click();
  const asked = await questioned(page, scripted, 'Rename 1.4.2 of team/web');
  await looked(page, scripted);
  for (const odd of ['.bad', 'prod']) {
    await asked.getByLabel('New name').fill(odd);
    await asked.getByRole('button', { name: 'Rename 1.4.2' }).click();
    await expect(page.getByLabel('New name')).toHaveValue(odd);
    await expect(page.getByLabel('New name')).toHaveAttribute('aria-invalid', 'true');
  }
  await asked.getByLabel('New name').fill('1.4.3');
  await asked.getByRole('button', { name: 'Rename 1.4.2' }).click();
  const done = await said(page, '1.4.2 is called 1.4.3 now.');
  expect(await namedIn(portolan, 'team/web', '1.4.2')).toBeUndefined();
  expect(await namedIn(portolan, 'team/web', '1.4.3')).toBe(digestOf('web', '1.4.2'));
  await done.getByRole('button', { name: 'Undo' }).click();
  await said(page, '1.4.3 is called 1.4.2 now.');
  expect(await namedIn(portolan, 'team/web', '1.4.2')).toBe(digestOf('web', '1.4.2'));
  expect(await namedIn(portolan, 'team/web', '1.4.3')).toBeUndefined();
  expect(await namedIn(portolan, 'team/web', 'prod')).toBe(digestOf('web', '1.4.1'));
});

test('what was deleted comes back, over what is there if that is wanted, or goes for good', async ({ page, portolan, scripted }) => {
  await fill(portolan, 'team/web', 'web', { '1.4.1': ['1.4.1', 'prod'], '1.4.2': ['1.4.2'] }, { sbom: false });
  await submit(portolan, '/r/team/web/-/tags/prod/rollback', 'roll-back-tag', { to: '', expect: digestOf('web', '1.4.1') });
  await page.goto('/repositories');
  await page.getByRole('banner').getByRole('link', { name: 'Trash' }).first().click();
  await expect(page.getByRole('row', { name: /prod/ })).toBeVisible();
  await looked(page, scripted);
  await expectNoSidewaysScroll(page, 'the trash');
  await push(portolan, 'web', '1.4.2', 'team/web:prod').done();
  await page.getByRole('button', { name: 'Restore tag prod of team/web' }).click();
  await expect(page.getByRole('heading', { name: 'Restore tag prod of team/web?' })).toBeVisible();
  await looked(page, scripted);
  await page.getByRole('button', { name: 'Move prod back' }).click();
  await said(page, 'Restored tag prod of team/web.');
  await expect(page.getByText('The trash is empty')).toBeVisible();

  await submit(portolan, '/r/team/web/-/tags/1.4.2/rollback', 'roll-back-tag', { to: '', expect: digestOf('web', '1.4.2') });
  await page.goto('/n/team/-/trash');
  await page.getByRole('link', { name: 'Delete now… tag 1.4.2 of team/web' }).click();
  await expect(page.getByRole('heading', { name: 'Delete tag 1.4.2 of team/web now?' })).toBeVisible();
  await looked(page, scripted);
  await page.getByRole('textbox', { name: /^Type .+ to confirm$/ }).fill('1.4');
  await page.getByRole('button', { name: 'Delete tag for good' }).click();
  await expect(page.getByRole('textbox', { name: /^Type .+ to confirm$/ })).toHaveAttribute('aria-invalid', 'true');
  await page.getByRole('textbox', { name: /^Type .+ to confirm$/ }).fill('1.4.2');
  await page.getByRole('button', { name: 'Delete tag for good' }).click();
  await said(page, 'Deleted tag 1.4.2 of team/web for good.');
});

test('a namespace goes back to how it was, and forward again', async ({ page, portolan, scripted }) => {
  await fill(portolan, 'team/web', 'web', { '1.4.1': ['1.4.1', 'prod'] }, { sbom: false });
  const then = new Date().toISOString();
  await fill(portolan, 'team/web', 'web', { '1.4.2': ['1.4.2', 'prod'] }, { sbom: false });
  await page.goto('/n/team');
  await page.getByRole('link', { name: 'As of a time' }).click();
  await page.getByRole('link', { name: 'An hour ago' }).click();
  await expect(page.getByRole('heading', { name: /^3 tags name something else/ })).toBeVisible();
  await page.goto(`/n/team/-/as-of?t=${then}`);
  await looked(page, scripted);
  await expectNoSidewaysScroll(page, 'a namespace as of a time');
  await page.getByRole('link', { name: 'Roll back: 1 tag moves and 1 goes to the trash…' }).click();
  await looked(page, scripted);
  await page.getByRole('button', { name: 'Roll back: 1 tag moves and 1 goes to the trash' }).click();
  await said(page, '2 tags of team are as they were on');
  await page.getByRole('link', { name: 'Undo…' }).click();
  await page.getByRole('link', { name: 'Roll back: 1 tag moves and 1 comes back…' }).click();
  await page.getByRole('button', { name: 'Roll back: 1 tag moves and 1 comes back' }).click();
  await said(page, '2 tags of team are as they were on');
  await page.goto('/r/team/web');
  await expect(page.getByRole('row', { name: '1.4.2' }).first()).toBeVisible();
});
