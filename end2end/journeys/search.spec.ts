// Finding an image: by words from any page, or by pasting what names it.
import { expectAccessibleInBoth } from '../support/checks';
import { digestOf } from '../support/images';
import { signIn } from '../support/servers';
import { bringSessions, expect, test } from '../support/test';
import type { Page } from '@playwright/test';

const found = (page: Page) => page.locator('main a[data-result]');

/** Types into the field at the top of the rail, and goes. */
async function jump(page: Page, text: string) {
  await page.getByRole('searchbox', { name: 'Search or jump to' }).fill(text);
  await page.getByRole('searchbox', { name: 'Search or jump to' }).press('Enter');
}

test('a repository and a tag are found by a few letters of each, the fullest name first', async ({ page, scripted }) => {
  await page.goto('/repositories');
  await jump(page, 'web 1.4');
  await expect(page).toHaveURL(/\/search\?q=web/);
  await expect(page).toHaveTitle('Search for web 1.4 · Portolan');
  await expect(page.getByRole('heading', { name: 'Tags' })).toBeVisible();
  await expect(found(page).first()).toHaveText(/^team\/web:1\.4\.2/);
  await expect(found(page).first()).toContainText('same image as');
  if (scripted) await expectAccessibleInBoth(page);
  const all = await found(page).allTextContents();
  const shorter = all.findIndex((text) => /^team\/web:1\.4(?!\.)/.test(text));
  expect(shorter, 'the shorter name of the same image comes after it').toBeGreaterThan(0);
  await found(page).first().click();
  await expect(page).toHaveURL('/r/team/web/-/tags/1.4.2');
});

test('a word finds repositories and tags, each under its heading', async ({ page }) => {
  await page.goto('/search');
  await expect(page.getByRole('heading', { name: 'Find an image, or go straight to one' })).toBeVisible();
  await page.getByRole('searchbox', { name: 'Search', exact: true }).fill('latest');
  await page.getByRole('button', { name: 'Search', exact: true }).click();
  await expect(page.getByRole('list', { name: 'Tags' }).getByRole('link', { name: /^team\/web:latest/ })).toBeVisible();
  await page.getByRole('searchbox', { name: 'Search', exact: true }).fill('mailer');
  await page.getByRole('button', { name: 'Search', exact: true }).click();
  await page.getByRole('list', { name: 'Repositories' }).getByRole('link', { name: /^team\/jobs\/mailer/ }).click();
  await expect(page).toHaveURL('/r/team/jobs/mailer');
});

test('what is pasted leads straight there', async ({ page, servers }) => {
  const digest = digestOf('web', '1.4.2');
  await page.goto('/repositories');
  for (const [text, address] of [
    [`docker pull ${servers.full.host}/team/web:1.4.2`, '/r/team/web/-/tags/1.4.2'],
    [`team/web@${digest}`, `/r/team/web/-/manifests/${digest}`],
    [digest.slice(7, 19), `/r/team/web/-/manifests/${digest}`],
    [`${servers.full.url}/r/team/web/-/tags/staging`, '/r/team/web/-/tags/staging'],
    [`${servers.hub.host}/library/busybox:1.1.0`, '/r/hub/library/busybox/-/tags/1.1.0'],
  ]) {
    await jump(page, text);
    await expect(page, text).toHaveURL(address);
  }
  await jump(page, 'team/web:9.9');
  await expect(page.getByText('Nothing fits “9.9” there.')).toBeVisible();
  await expect(found(page).first()).toHaveText(/^team\/web/);
});

test('what does not fit says what to do, and keeps what was typed', async ({ page }) => {
  await page.goto(`/search?q=${encodeURIComponent('<b>web\u202e</b>')}`);
  await expect(page.getByRole('heading', { name: /^Nothing fits/ })).toContainText('<b>web\ufffd</b>');
  await expect(page.getByRole('searchbox', { name: 'Search', exact: true })).toHaveValue('<b>web\ufffd</b>');
  await page.getByRole('link', { name: 'See all repositories' }).click();
  await expect(page).toHaveURL('/repositories');
});

test('somebody who may not see it finds nothing of it, by words or by pasting', async ({ browser, servers, javaScriptEnabled }) => {
  const context = await browser.newContext({ javaScriptEnabled, baseURL: servers.full.url });
  // She develops tools, and nothing else.
  const cookie = await signIn(servers.full.url, { username: 'priya', password: 'four quiet harbours' });
  await bringSessions(context, { url: servers.full.url, cookie });
  const page = await context.newPage();
  for (const text of ['web 1.4', 'team/web:1.4.2', `docker pull ${servers.full.host}/team/web:1.4.2`, digestOf('web', '1.4.2')]) {
    await page.goto(`/search?q=${encodeURIComponent(text)}`);
    await expect(page.getByRole('heading', { name: /^Nothing fits/ })).toBeVisible();
    await expect(page).toHaveURL(/\/search/);
  }
  await page.goto('/search?q=toolbox');
  await expect(found(page).first()).toHaveText(/^tools\/toolbox/);
  await context.close();
});
