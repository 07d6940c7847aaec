// How to push, asked from the list of repositories; what is pushed then is seen there.
import { push } from '../support/images';
import { looked } from '../support/steps';
import { expect, test } from '../support/own';

test('a first push is asked for, made, and seen', async ({ page, portolan, scripted }) => {
  await push(portolan, 'app', '1.0.0', 'team/other:1').done();
  await page.goto('/repositories');
  await page.getByRole('link', { name: 'Push an image' }).click();
  const name = page.getByLabel('Repository', { exact: true });
  await name.fill('Team');
  await page.getByRole('button', { name: 'Show the commands' }).click();
  await expect(name).toHaveAttribute('aria-invalid', 'true');
  await expect(name).toHaveValue('Team');
  await looked(page, scripted);
  await name.fill('team/hello');
  await page.getByRole('button', { name: 'Show the commands' }).click();
  await expect(page).toHaveURL('/r/team/hello/-/push');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Push to team/hello');
  await expect(page.getByText('Waiting for the first push')).toBeVisible();
  const commands = page.getByRole('group', { name: 'Commands to push' });
  await expect(commands.locator('code:visible')).toContainText(`docker push ${portolan.host}/team/hello:1`);
  await commands.locator('label', { hasText: 'skopeo' }).click();
  await expect(commands.locator('code:visible')).toHaveText([
    `skopeo copy --dest-tls-verify=false oci-archive:image.tar docker://${portolan.host}/team/hello:1`,
  ]);
  await looked(page, scripted);
  if (scripted) await expect(page.getByText('Live', { exact: true })).toBeVisible();

  await push(portolan, 'app', '1.0.0', 'team/hello:1').done();
  if (scripted) await expect(page.getByRole('status')).toHaveText('1 new tag');
  else await page.reload();
  await expect(page.getByText('Waiting for the first push')).toBeHidden();
  await page.getByRole('link', { name: 'See all tags' }).click();
  await expect(page.getByRole('rowheader').getByRole('link')).toHaveText(['1']);
  await page.getByRole('link', { name: 'Push an image' }).click();
  await expect(page).toHaveURL('/r/team/hello/-/push');
});
