// Rules where they are met: the list of what they protect, what one refuses and who may lift it.
import { expectNoSidewaysScroll } from '../support/checks';
import { fill } from '../support/images';
import { expect, test } from '../support/own';
import { submit } from '../support/people';
import { line, looked, said } from '../support/steps';

test('what is protected is found, and a rule in the way leads to itself', async ({ page, portolan, scripted }) => {
  await fill(portolan, 'team/web', 'web', { '1.4.1': ['1.4.1', 'prod', 'v1'], '1.5.0-rc.2': ['1.5.0-rc.2'] }, { sbom: false });
  const rule = (tags: string, kind: string, role: string) => submit(portolan, '/n/team/-/policies', 'set-protection', { tags, except: '', kind, role });
  await rule('v*', 'immutable', '');
  await rule('prod', 'protected', 'maintainer');

  await page.goto('/r/team/web');
  await page.getByRole('navigation', { name: 'Views' }).getByRole('link', { name: 'Protected' }).click();
  await expect(page).toHaveURL(/\?q=protected$/);
  await expect(page.locator('tbody').getByRole('row')).toHaveCount(2);
  for (const name of ['prod', 'v1']) await expect(page.getByRole('row', { name }).first()).toBeVisible();
  await looked(page, scripted);
  await expectNoSidewaysScroll(page, 'the list of what is protected');
  await page.getByRole('link', { name: 'All', exact: true }).click();
  await expect(page.locator('tbody').getByRole('row')).toHaveCount(4);

  // Who may, reads why others may not.
  await page.goto('/r/team/web/-/tags/prod/delete');
  await expect(line(page.locator('main'), 'prod is protected: only Maintainer and up')).toContainText('As Admin you may remove it.');
  await expect(page.getByRole('button', { name: 'Delete tag' })).toBeVisible();
  await looked(page, scripted);
  // What nobody may, leads to the rule.
  await page.goto('/r/team/web/-/tags/1.5.0-rc.2/retag');
  await page.getByLabel('Tag', { exact: true }).fill('v1');
  await page.getByRole('button', { name: 'Add tag' }).click();
  await expect(page.getByText('v1 is immutable: nobody moves or deletes it')).toBeVisible();
  await expect(page.getByRole('button', { name: /^Move v1 to/ })).toHaveCount(0);
  await looked(page, scripted);
  await page.goto('/r/team/web/-/tags/v1/delete');
  const barred = line(page.locator('main'), 'v1 is immutable: nobody moves or deletes it');
  await expect(barred).toContainText('As Admin you may change or remove the rule.');
  await barred.getByRole('link', { name: 'See the rule' }).click();
  await expect(page).toHaveURL(/\/n\/team\/-\/policies#rule-/);
  await expect(page.locator('tr:target')).toContainText('v*');
  await looked(page, scripted);
});

test('what is protected among others is left out, and they go', async ({ page, portolan, scripted }) => {
  await fill(portolan, 'team/web', 'web', { '1.4.1': ['1.4.1', 'prod', 'v1'], '1.5.0-rc.2': ['1.5.0-rc.2'] }, { sbom: false });
  await submit(portolan, '/n/team/-/policies', 'set-protection', { tags: 'v*', except: '', kind: 'immutable', role: '' });
  const main = page.locator('main');
  await page.goto('/r/team/web/-/delete?tag=1.4.1&tag=1.5.0-rc.2&tag=v1');
  await expect(line(main, 'v1 is immutable: nobody moves or deletes it')).toBeVisible();
  await expect(page.getByRole('button', { name: /^Delete/ })).toHaveCount(0);
  await looked(page, scripted);
  await page.getByRole('link', { name: 'Leave out 1 protected tag and go on' }).click();
  await expect(page.getByRole('heading', { name: 'Delete 2 tags from team/web' })).toBeVisible();
  await expect(line(main, 'Protected, and left out: v1.')).toBeVisible();
  await looked(page, scripted);
  await page.getByRole('button', { name: 'Delete 2 tags' }).click();
  await said(page, 'Deleted 2 tags from team/web.');
  await expect(page.locator('tbody').getByRole('row')).toHaveCount(2);
});
