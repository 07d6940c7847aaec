// The pull command: one click, exact, for the client that the reader uses.
import { Running } from '../support/process';
import { digestOf } from '../support/images';
import { ADMIN } from '../support/servers';
import { awake } from '../support/checks';
import { expect, test } from '../support/test';

test('a client is chosen without script too', async ({ page, servers, scripted }) => {
  await page.goto('/r/team/web');
  const box = page.getByRole('group', { name: 'Commands to pull team/web' });
  const shown = box.locator('code:visible');
  await expect(box.getByRole('radio', { name: 'docker' })).toBeChecked();
  await expect(shown).toHaveText([/^docker pull /]);
  await box.locator('label', { hasText: 'compose' }).click();
  await expect(shown).toHaveText([new RegExp(`^image: ${servers.full.host}/team/web:`)]);
  const copies = page.locator('button.copy:visible');
  await (scripted ? expect(copies).not.toHaveCount(0) : expect(copies).toHaveCount(0));
  if (scripted) return;
  await page.getByLabel('Actions for 1.4.0').click();
  await page.getByRole('row', { name: '1.4.0' }).getByRole('link', { name: 'Copy pull command' }).click();
  await expect(page).toHaveURL(/\/r\/team\/web\/-\/tags\/1\.4\.0#pull$/);
  await expect(page.locator('.snip code:visible')).toHaveText([/^docker pull .*\/team\/web:1\.4\.0$/]);
});

test('copies what it shows, remembers the client, and the command is right', async ({ page, context, servers, scripted }) => {
  test.skip(!scripted, 'copying needs script');
  await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: servers.full.url });
  const clipboard = () => page.evaluate(() => navigator.clipboard.readText());
  await page.goto('/r/team/web/-/tags/1.4.2');
  await awake(page);
  const box = page.getByRole('group', { name: 'Commands to pull team/web' });
  const image = `${servers.full.host}/team/web:1.4.2`;

  await box.getByRole('button', { name: 'Copy docker command' }).click();
  await expect(page.getByRole('status')).toHaveText('Copied docker command');
  expect(await clipboard()).toBe(`docker pull ${image}`);

  await box.locator('label', { hasText: 'podman' }).click();
  await box.getByRole('button', { name: 'Copy podman command' }).click();
  await expect(page.getByRole('status')).toHaveText('Copied podman command');
  expect(await clipboard()).toBe(`podman pull --tls-verify=false ${image}`);
  await page.goto('/r/team/api');
  await expect(page.getByRole('radio', { name: 'podman' })).toBeChecked();
  await expect(page.locator('.snip code:visible')).toHaveText([/^podman pull /]);

  await page.goto('/r/team/web');
  await awake(page);
  await page.getByRole('button', { name: 'Copy repository address' }).click();
  await expect.poll(clipboard).toBe(`${servers.full.host}/team/web`);
  await page.getByLabel('Actions for 1.4.0').click();
  await page.getByRole('row', { name: '1.4.0' }).getByRole('link', { name: 'Copy pull command' }).click();
  await expect(page.getByRole('status')).toHaveText('Copied pull command');
  await expect.poll(clipboard).toBe(`podman pull --tls-verify=false ${servers.full.host}/team/web:1.4.0`);
  await page.keyboard.press('Escape');
  const digest = digestOf('web', '1.4.2');
  await page.getByRole('button', { name: `Copy digest ${digest.slice(7, 19)}` }).first().click();
  await expect.poll(clipboard).toBe(digest);

  const creds = `${ADMIN.username}:${ADMIN.password}`;
  await new Running('skopeo', ['inspect', '--creds', creds, '--tls-verify=false', `docker://${image}`]).done();
});
