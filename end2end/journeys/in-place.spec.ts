// What is asked over the list, by keys: names, a roll back, and what has to be typed; each way out leads back.
import { awake, expectAccessibleInBoth } from '../support/checks';
import { digestOf, fill, short } from '../support/images';
import { focused } from '../support/keys';
import { expect, test } from '../support/own';
import { namedIn } from '../support/pulls';
import { said } from '../support/steps';

test.use({ refusals: [409, 422] });

test.beforeEach(async ({ portolan }) => {
  await fill(portolan, 'team/web', 'web', { '1.4.1': ['prod'], '1.4.2': ['1.4.2', 'prod'] }, { sbom: false });
});

test('a tag gets another name in its row', async ({ page, portolan }) => {
  await page.goto('/r/team/web');
  await awake(page);
  const name = page.getByRole('link', { name: '1.4.2', exact: true }).first();
  await name.focus();
  await page.keyboard.press('F2');
  const asked = page.getByRole('dialog', { name: 'Rename 1.4.2 of team/web' });
  const field = asked.getByLabel('New name');
  await expect(field).toBeFocused();
  await expectAccessibleInBoth(page);
  await page.keyboard.press('Escape');
  await expect(asked).toBeHidden();
  await expect(name).toBeFocused();

  const sent: string[] = [];
  page.on('request', (request) => request.method() === 'POST' && sent.push(request.url()));
  await page.keyboard.press('F2');
  await expect(field).toBeFocused();
  await page.keyboard.type('portolan.trash.mine'); // over what stands there
  await expect(field).toHaveAttribute('aria-invalid', 'true');
  await expect(field).toHaveAccessibleDescription(/keeps names like portolan.trash.mine for itself/);
  await page.keyboard.press('Enter');
  await expect(field).toBeFocused();
  await page.keyboard.press('Control+a');
  await page.keyboard.type('a b');
  await expect(field).toHaveAccessibleDescription(/^A tag has 1 to 128/);
  await expectAccessibleInBoth(page);
  await page.keyboard.press('Control+a');
  await page.keyboard.type('1.4.3');
  await expect(field).not.toHaveAttribute('aria-invalid');
  await expect(field).toHaveAccessibleDescription('A name that is free here');
  expect(sent, 'what is refused here is not sent').toEqual([]);
  await page.keyboard.press('Enter');
  await said(page, '1.4.2 is called 1.4.3 now.');
  expect(await namedIn(portolan, 'team/web', '1.4.3')).toBe(digestOf('web', '1.4.2'));
});

test('a tag is rolled back over the list', async ({ page, portolan }) => {
  await page.goto('/r/team/web');
  await awake(page);
  await page.getByLabel('Actions for prod').click();
  await page.getByRole('row', { name: 'prod' }).first().getByRole('link', { name: 'Roll back…' }).click();
  const asked = page.getByRole('dialog', { name: 'Roll back prod of team/web' });
  await expect(asked.getByRole('link', { name: 'Cancel' })).toBeFocused();
  await asked.getByRole('button', { name: 'Close' }).click();
  await expect(asked).toBeHidden();
  expect((await focused(page))!.name).toBe('Actions for prod');

  await page.keyboard.press('Enter');
  await page.getByRole('row', { name: 'prod' }).first().getByRole('link', { name: 'Roll back…' }).click();
  await asked.getByRole('link', { name: `Choose ${short('web', '1.4.1')}` }).click();
  await expect(asked.getByRole('row', { name: `Image ${short('web', '1.4.2')} ${short('web', '1.4.1')}` })).toBeVisible();
  await asked.getByRole('link', { name: 'Choose another image that it named' }).click();
  await asked.getByRole('link', { name: `Choose ${short('web', '1.4.1')}` }).click();
  await asked.getByLabel('Reason').fill('x'.repeat(501));
  await asked.getByRole('button', { name: `Roll back prod to ${short('web', '1.4.1')}` }).click();
  await expect(asked.getByLabel('Reason')).toHaveAttribute('aria-invalid', 'true');
  await expectAccessibleInBoth(page);
  await expect(page).toHaveURL(/\/r\/team\/web$/);
  await asked.getByLabel('Reason').fill('the till stands still');
  await asked.getByRole('button', { name: `Roll back prod to ${short('web', '1.4.1')}` }).click();
  await said(page, `prod names ${short('web', '1.4.1')} again.`);
  expect(await namedIn(portolan, 'team/web', 'prod')).toBe(digestOf('web', '1.4.1'));
});

test('Enter waits for what has to be typed, and the button says what is wrong', async ({ page }) => {
  await page.goto('/r/team/web/-/tags/1.4.2');
  await awake(page);
  await page.getByText('More', { exact: true }).click();
  await page.getByRole('link', { name: 'Delete image and its tags…' }).click();
  const field = page.getByRole('dialog').getByRole('textbox', { name: /^Type .+ to confirm$/ });
  await field.fill('team/we');
  await field.press('Enter');
  await expect(field).not.toHaveAttribute('aria-invalid');
  await page.getByRole('dialog').getByRole('button', { name: /^Delete image/ }).click();
  await expect(field).toHaveAttribute('aria-invalid', 'true');
  // It may be pasted as well.
  await field.fill('team/web');
  await field.press('Control+a');
  await field.press('Control+x');
  await expect(field).toHaveValue('');
  await field.press('Control+v');
  await expect(field).toHaveValue('team/web');
  await field.press('Enter');
  await said(page, /^Deleted image/);
  await page.getByRole('banner').getByRole('link', { name: 'Trash' }).first().click();
  await awake(page);
  await page.getByRole('link', { name: /^Delete now… image / }).click();
  const purging = page.getByRole('dialog', { name: /^Delete image .* now\?$/ });
  await expect(purging.getByRole('link', { name: 'Cancel' })).toBeFocused();
  await expectAccessibleInBoth(page);
  await page.keyboard.press('Escape');
  await expect(purging).toBeHidden();
  await expect(page).toHaveURL(/\/trash$/);
});
