// Everything by keys alone.
import { join } from 'node:path';
import type { Locator } from '@playwright/test';
import { awake } from '../support/checks';
import { fill } from '../support/images';
import { focused, reach, tabTo } from '../support/keys';
import { test as alone } from '../support/own';
import { Running } from '../support/process';
import { namedIn, pulledFrom } from '../support/pulls';
import { ADMIN, type Portolan, freePort, startPortolan } from '../support/servers';
import { line, said } from '../support/steps';
import { expect, test } from '../support/test';

// A server of its own beside a provider, and nobody signed in.
const own = test.extend<{ host: string; acme: string; portolan: Portolan }>({
  signedIn: false,
  host: async ({}, use) => use(`127.79.${1 + Math.floor(Math.random() * 250)}.7:${await freePort()}`),
  acme: async ({ host }, use) => {
    const callback = `http://${host}/auth/provider/acme/callback`;
    const provider = new Running(process.execPath, [join(__dirname, '../support/provider.mjs'), String(await freePort()), callback]);
    await use((await provider.line(/ready: (\S+)/)).match[1]);
    await provider.stop();
  },
  portolan: async ({ host }, use) => {
    const portolan = await startPortolan({ env: { PORTOLAN_SERVER__LISTEN: host, PORTOLAN_LIMITS__OUTBOUND_ALLOW__0: '127.0.0.0/8' } });
    await use(portolan);
    await portolan.stop();
  },
  baseURL: async ({ portolan }, use) => use(portolan.url),
});

for (const path of ['/repositories', '/r/team/web', '/r/team/web/-/tags/staging', '/admin/mounts']) {
  test(`${path}: the skip link comes first, and the focus is seen everywhere`, async ({ page }) => {
    await page.goto(path);
    await page.keyboard.press('Tab');
    const skip = page.getByRole('link', { name: 'Skip to content' });
    await expect(skip).toBeFocused();
    await expect(skip).toBeInViewport();
    for (let stop = 0; stop < 200; stop += 1) {
      await page.keyboard.press('Tab');
      const focus = await focused(page);
      if (!focus) return;
      expect(focus.isSeen, `${focus.name} shows the focus`).toBe(true);
      expect(focus.isInWindow, `${focus.name} is not covered`).toBe(true);
    }
    throw new Error('the focus never left the page');
  });
}

test('the skip link leads to the content', async ({ page }) => {
  await page.goto('/r/team/web');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('main')).toBeFocused();
});

test('find an image without a pointer', async ({ page }) => {
  await page.goto('/repositories');
  await tabTo(page, 'Filter repositories');
  await page.keyboard.type('web');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/q=web/);
  await tabTo(page, 'team/web');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('team/web');
  await tabTo(page, 'docker');
  await page.keyboard.press('ArrowRight');
  await expect(page.getByRole('radio', { name: 'podman' })).toBeChecked();
  await tabTo(page, 'staging');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('team/web:staging');
});

alone('two tags are chosen, looked at, deleted and brought back without a pointer', async ({ page, portolan }) => {
  await fill(portolan, 'team/web', 'web', { '1.4.2': ['1.4.2', '1.4', 'prod'], '1.4.0': ['1.4.0'] }, { sbom: false });
  const names = ['1.4', '1.4.0', '1.4.2', 'prod'];
  const whole = await pulledFrom(portolan, 'team/web', names);
  const press = async (control: Locator, key: string) => {
    await expect(control).toBeVisible();
    await reach(page, control);
    const focus = (await focused(page))!;
    expect(focus.isSeen && focus.isInWindow, `${focus.name} shows the focus and is not covered`).toBe(true);
    await page.keyboard.press(key);
  };
  await page.goto('/r/team/web');
  await awake(page);
  for (const name of ['1.4.2', '1.4.0']) await press(page.getByRole('checkbox', { name: `Select ${name}`, exact: true }), 'Space');
  const ask = page.getByRole('button', { name: 'Delete…' });
  await press(ask, 'Enter');
  const asked = page.getByRole('dialog', { name: 'Delete 2 tags from team/web' });
  await expect(line(asked, '1.4.2 is removed. Its image stays.').getByRole('link', { name: 'prod', exact: true })).toBeVisible();
  await expect(asked.getByRole('link', { name: 'Cancel' })).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(asked).toBeHidden();
  await expect(ask).toBeFocused();
  for (const name of names) expect(await namedIn(portolan, 'team/web', name), name).toBeDefined();
  await page.keyboard.press('Enter');
  await expect(asked.getByRole('link', { name: 'Cancel' })).toBeFocused();
  await press(asked.getByRole('button', { name: 'Delete 2 tags' }), 'Enter');

  const done = await said(page, 'Deleted 2 tags from team/web.');
  for (const name of ['1.4.2', '1.4.0']) expect(await namedIn(portolan, 'team/web', name), name).toBeUndefined();
  await press(done.getByRole('button', { name: 'Undo' }), 'Enter');
  await said(page, 'Restored 2 tags of team/web.');
  expect(await pulledFrom(portolan, 'team/web', names)).toEqual(whole);
});

// From the form of sign-in to people who sign in by a provider, with what is said where the focus is.
own('a provider is connected, and access is given and taken back', async ({ page, portolan, acme }) => {
  await page.goto('/auth/login');
  await tabTo(page, 'Username');
  await page.keyboard.type(ADMIN.username);
  await tabTo(page, 'Password');
  await page.keyboard.type(ADMIN.password);
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/repositories/);

  await page.goto('/admin/providers/new?preset=keycloak');
  for (const [name, text] of [['Name', 'acme'], ['Title', 'Acme'], ['Issuer', acme], ['Client id', 'portolan'], ['Client secret', 'a secret of the journeys']]) {
    await tabTo(page, name);
    await page.keyboard.press('Control+A');
    await page.keyboard.type(text);
  }
  await page.keyboard.press('Enter');
  await said(page, 'not live yet');
  await expect(page.getByRole('main')).toBeFocused();
  await tabTo(page, 'Try it');
  await page.keyboard.press('Enter');
  await page.getByLabel('Name').fill('nina'); // the pages of the provider are its own
  await page.getByLabel('Name').press('Enter');
  await page.getByRole('button', { name: 'Allow' }).press('Enter');
  await expect(page.getByRole('heading', { name: 'What came back' })).toBeFocused();
  await page.keyboard.press('Shift+Tab');
  expect((await focused(page))?.name).toBe('Enable');
  await page.keyboard.press('Enter');
  await said(page, 'is live');
  await expect(page.getByRole('main')).toBeFocused();

  await page.goto(`${portolan.url}/admin/access`);
  await tabTo(page, 'Give access to');
  await awake(page);
  await page.keyboard.type('everybody');
  await page.keyboard.press('Enter');
  const open = page.getByRole('dialog', { name: 'Give everybody Reader on everything?' });
  await expect(open.getByRole('link', { name: 'Cancel' })).toBeFocused();
  await page.keyboard.press('Shift+Tab');
  await expect(open.getByLabel('Type everything to confirm')).toBeFocused();
  await page.keyboard.type('everything');
  await page.keyboard.press('Enter');
  await said(page, 'everybody has access.');
  await expect(page.getByRole('main')).toBeFocused();
  await tabTo(page, 'Take access from everybody');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('link', { name: 'Cancel' })).toBeFocused();
  await awake(page);
  await page.keyboard.press('Escape');
  await expect(page.getByRole('link', { name: 'Take access from everybody' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('link', { name: 'Cancel' })).toBeFocused();
  await tabTo(page, 'Take Reader from everybody');
  await page.keyboard.press('Enter');
  await said(page, 'Access was taken from everybody.');
  await expect(page.getByRole('main')).toBeFocused();
});
