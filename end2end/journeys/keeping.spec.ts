// What a namespace says of its tags: rules that are set, changed and removed, and how long the trash keeps what is deleted;
// and all of it deleted at once, and brought back.
import { fill } from '../support/images';
import { expect, test } from '../support/own';
import { namedIn, pulledFrom } from '../support/pulls';
import { guarded, line, looked, questioned, said } from '../support/steps';

test.use({ refusals: [409, 422] });

test('a rule is tried, set, changed and removed, and holds as it says each time', async ({ page, portolan, scripted }) => {
  await fill(portolan, 'team/web', 'web', { '1.4.1': ['1.4.1', 'prod', 'v1'] }, { sbom: false });
  const isKept = async (tag: string, words: string | undefined) => {
    await page.goto(`/r/team/web/-/tags/${tag}/delete`);
    const rule = line(page.locator('main'), words ?? 'immutable');
    await expect(rule).toHaveCount(words === undefined ? 0 : 1);
    await page.goto('/n/team/-/policies');
  };
  await page.goto('/n/team/-/policies');
  await page.getByLabel('Tags', { exact: false }).first().fill('v*');
  await page.getByRole('button', { name: 'Try on present tags' }).click();
  await expect(page.getByText('It would bind 1 of 3 tags:')).toBeVisible();
  await isKept('v1', undefined);
  await page.getByLabel('Tags', { exact: false }).first().fill('v*');
  await page.getByRole('button', { name: 'Set rule' }).click();
  await said(page, 'The rule about v* is set');
  await isKept('v1', 'v1 is immutable');

  await page.getByRole('link', { name: 'Change the rule about v*' }).click();
  const form = page.getByRole('form', { name: 'Change rule' });
  await expect(form.getByLabel('Tags')).toHaveValue('v*');
  await looked(page, scripted);
  await form.getByLabel('Tags').fill('prod');
  await form.getByLabel('Rule', { exact: true }).selectOption('protected');
  await form.getByLabel('Who still may').selectOption('maintainer');
  await form.getByRole('button', { name: 'Change rule' }).click();
  await said(page, 'The rule is about prod now');
  await expect(page.getByRole('table', { name: 'Protection rules' }).locator('tbody').getByRole('row')).toHaveCount(1);
  await isKept('v1', undefined);
  await isKept('prod', 'prod is protected: only Maintainer and up');

  await page.getByRole('link', { name: 'Remove the rule about prod' }).click();
  const question = page.getByRole('region', { name: 'Remove the rule about prod?' });
  const remove = question.getByRole('button', { name: 'Remove rule' });
  await guarded(remove, question.getByRole('link', { name: 'Cancel' }));
  await looked(page, scripted);
  await remove.click();
  await said(page, 'The rule about prod is gone.');
  await isKept('prod', undefined);
});

test('what was done to a rule is taken back by one press', async ({ page, portolan }) => {
  await fill(portolan, 'team/web', 'web', { '1.4.1': ['prod'] }, { sbom: false });
  const isDeletable = async () => {
    const page = await fetch(`${portolan.url}/r/team/web/-/tags/prod/delete`, { headers: { cookie: portolan.cookie! } });
    return !(await page.text()).includes('prod is immutable');
  };
  const undo = async (words: string, then: string) => {
    await (await said(page, words)).getByRole('button', { name: 'Undo' }).click();
    await said(page, then);
  };
  const set = async () => {
    await page.getByLabel('Tags', { exact: false }).first().fill('prod');
    await page.getByRole('button', { name: 'Set rule' }).click();
  };
  await page.goto('/n/team/-/policies');
  await set();
  expect(await isDeletable()).toBe(false);
  await undo('The rule about prod is set', 'The rule about prod is gone.');
  expect(await isDeletable()).toBe(true);
  await set();
  await page.getByRole('link', { name: 'Change the rule about prod' }).click();
  const form = page.getByRole('form', { name: 'Change rule' });
  await form.getByLabel('Tags').fill('v*');
  await form.getByRole('button', { name: 'Change rule' }).click();
  expect(await isDeletable()).toBe(true);
  await undo('The rule is about v* now', 'The rule is about prod now');
  expect(await isDeletable()).toBe(false);
  await page.getByRole('link', { name: 'Remove the rule about prod' }).click();
  await page.getByRole('button', { name: 'Remove rule' }).click();
  await undo('The rule about prod is gone.', 'The rule about prod is set');
  expect(await isDeletable()).toBe(false);
});

test('a namespace goes whole for as long as its trash keeps it, and comes back whole', async ({ page, portolan, scripted }) => {
  await fill(portolan, 'team/web', 'web', { '1.4.1': ['1.4.1', 'prod'] }, { sbom: false });
  await fill(portolan, 'team/jobs/mailer', 'mailer', { '0.9.0': ['0.9.0'] }, { sbom: false });
  await fill(portolan, 'tools/web', 'web', { '1.4.1': ['prod'] }, { sbom: false });
  const whole = [await pulledFrom(portolan, 'team/web', ['1.4.1', 'prod']), await pulledFrom(portolan, 'team/jobs/mailer', ['0.9.0'])];
  await page.goto('/n/team/-/policies');
  await page.getByRole('spinbutton', { name: 'Days in the trash' }).fill('3');
  await page.getByRole('button', { name: 'Save days' }).click();
  await expect(page.getByRole('heading', { name: 'Keep deleted things of team for 3 days?' })).toBeVisible();
  await guarded(page.getByRole('button', { name: 'Keep them for 3 days' }), page.getByRole('link', { name: 'Cancel' }));
  await looked(page, scripted);
  await page.getByRole('textbox', { name: /^Type .+ to confirm$/ }).fill('team');
  await page.getByRole('button', { name: 'Keep them for 3 days' }).click();
  await said(page, 'The settings of team are saved.');
  await expect(page.getByText('Deleted things are kept for 3 days')).toBeVisible();

  await page.goto('/n/team/-/settings');
  await page.getByRole('link', { name: 'Delete this namespace…' }).click();
  const asked = await questioned(page, scripted, 'Delete team');
  const act = page.getByRole('button', { name: 'Delete 2 repositories' });
  for (const name of ['team/web', 'team/jobs/mailer']) await expect(line(asked, '2 repositories go').getByRole('link', { name, exact: true })).toBeVisible();
  await expect(line(asked, '3 tags go with them.')).toContainText('team/web:prod');
  await guarded(act, asked.getByRole('link', { name: 'Cancel' }));
  await looked(page, scripted);
  await page.getByRole('textbox', { name: /^Type .+ to confirm$/ }).fill('tools');
  await act.click();
  await expect(page.getByRole('textbox', { name: /^Type .+ to confirm$/ })).toHaveAttribute('aria-invalid', 'true');
  await page.getByRole('textbox', { name: /^Type .+ to confirm$/ }).fill('team');
  await act.click();
  await said(page, 'The namespace team is deleted, with all its repositories.');
  expect(await namedIn(portolan, 'team/web', 'prod')).toBeUndefined();
  expect(await namedIn(portolan, 'team/jobs/mailer', '0.9.0')).toBeUndefined();
  expect(await namedIn(portolan, 'tools/web', 'prod')).toBeDefined();

  await page.goto('/n/team/-/trash');
  const until = new Date(Date.now() + 3 * 86_400_000).toLocaleDateString('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' });
  const row = page.getByRole('row').filter({ hasText: 'Namespace team, 2 repositories, 3 tags' });
  await expect(row).toContainText(until);
  await row.getByRole('link', { name: 'Show all 2' }).click();
  await expect(page.getByText('These 2 were deleted together.')).toBeVisible();
  await looked(page, scripted);
  await page.getByRole('button', { name: 'Restore all 2' }).click();
  await said(page, 'Restored 2 things that were deleted together.');
  expect([await pulledFrom(portolan, 'team/web', ['1.4.1', 'prod']), await pulledFrom(portolan, 'team/jobs/mailer', ['0.9.0'])]).toEqual(whole);
});
