// Long work on its page: how far it is, in words; paused, resumed, cancelled, with what is kept.
import type { Page } from '@playwright/test';
import { push } from '../support/images';
import { expect, test } from '../support/own';
import { submit } from '../support/people';
import { type Portolan, eventually } from '../support/servers';
import { looked, said } from '../support/steps';

/**
 * Opens a job that was paused on its way. It is over within a moment, and no browser is sure to be as quick: the forms of
 * the pages are sent without one, until a job was caught.
 */
async function openPaused(page: Page, portolan: Portolan) {
  let path = '';
  await eventually('a job is caught on its way', async () => {
    const shown = await submit(portolan, '/jobs', 'run-collection', { dry_run: 'yes' });
    path = shown.match(/action="(\/jobs\/[\w-]+)"/)![1]; // of a form that there is only while it is not over
    await submit(portolan, path, 'pause-job');
    await page.goto(path);
    const paused = page.getByRole('region', { name: 'State' }).getByText('Paused', { exact: true });
    await expect(paused).toBeVisible({ timeout: 2_000 });
    return true;
  });
}

test('a garbage collection is paused, goes on, and is cancelled with what is kept', async ({ page, portolan, scripted }) => {
  await push(portolan, 'web', '1.4.2', 'team/web:1.4.2').done();
  const state = page.getByRole('region', { name: 'State' });
  await openPaused(page, portolan);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Garbage collection, dry run');
  await expect(state.getByText('Paused', { exact: true })).toBeVisible();
  await expect(state).toContainText(/Not begun|Nothing done yet|\d+ of \d+|\d+ items?, \d\S*\s\S*B would be freed/);
  await expect(page.getByRole('region', { name: 'What it said' })).toContainText('Paused by admin.');
  await expect(page.getByRole('button', { name: 'Pause' })).toBeHidden();
  await looked(page, scripted);

  await page.getByRole('link', { name: 'Cancel…' }).click();
  const question = page.getByRole('region', { name: 'Cancel the garbage collection?' });
  await expect(question).toContainText('A dry run frees nothing. What it counted so far is dropped.');
  await looked(page, scripted);
  await question.getByRole('link', { name: /^Keep it/ }).click();
  await expect(question).toBeHidden();
  await page.getByRole('button', { name: 'Resume' }).click();
  await expect(async () => {
    if (!scripted) await page.getByRole('link', { name: 'Refresh' }).click({ timeout: 500 }).catch(() => page.reload());
    await expect(state.getByText('Done', { exact: true })).toBeVisible({ timeout: scripted ? 10_000 : 500 });
  }).toPass({ timeout: 20_000 });
  if (scripted) await expect(page.locator('[data-live-word]')).toHaveText('Ended');
  await expect(state).toContainText(/[1-9]\d* items looked at, 0\sB would be freed/);
  await expect(page.getByRole('region', { name: 'What it said' })).toContainText('Would collect entries of the trash: 0; images: 0;');
  await expect(page.getByRole('button', { name: /Pause|Resume/ })).toHaveCount(0);

  await openPaused(page, portolan);
  await page.getByRole('link', { name: 'Cancel…' }).click();
  await question.getByRole('button', { name: 'Cancel the job' }).click();
  await said(page, /cancelled/i);
  await expect(state.getByText('Cancelled', { exact: true })).toBeVisible();
  await page.goto('/jobs');
  await expect(page.getByRole('button', { name: 'Run garbage collection' })).toBeVisible();
  const rows = page.getByRole('table', { name: 'Jobs, newest first' }).locator('tbody').getByRole('row');
  await expect(rows.first()).toContainText('Cancelled');
  await expect(rows.filter({ hasText: 'Done' }).first()).toContainText(/\d+ items looked at, 0\sB would be freed/);
  await looked(page, scripted);
});
