// Long work on its page: how far it is, in words; paused, resumed, cancelled, with what is kept.
import type { Page } from '@playwright/test';
import { openGate } from '../support/gate';
import { digestOf, fill, push } from '../support/images';
import { expect, test } from '../support/own';
import { submit } from '../support/people';
import { namedIn } from '../support/pulls';
import { type Portolan, eventually, startPortolan, startUpstream } from '../support/servers';
import { looked, said } from '../support/steps';
import { bringSessions, test as shared } from '../support/test';

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

/** Waits until a job stands so: where no script says it, its page is asked again. */
async function stands(page: Page, scripted: boolean, words: string) {
  const state = page.getByRole('region', { name: 'State' });
  await expect(async () => {
    if (!scripted) await page.getByRole('link', { name: 'Refresh' }).click({ timeout: 500 }).catch(() => page.reload());
    await expect(state.getByText(words, { exact: words === 'Done' }).first()).toBeVisible({ timeout: scripted ? 10_000 : 500 });
  }).toPass({ timeout: 20_000 });
}

test('a garbage collection is paused, goes on, and is cancelled with what is kept', async ({ page, portolan, scripted }) => {
  await push(portolan, 'web', '1.4.2', 'team/web:1.4.2').done();
  const state = page.getByRole('region', { name: 'State' });
  await openPaused(page, portolan);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Garbage collection, dry run');
  await expect(state.getByText('Paused', { exact: true })).toBeVisible();
  await expect(state).toContainText(/Not begun|Nothing done yet|\d+ of \d+|\d+ items?, \d\S*\s\S*B would be freed/);
  await expect(page.getByRole('region', { name: 'Log' })).toContainText('Paused by admin.');
  await expect(page.getByRole('button', { name: 'Pause' })).toBeHidden();
  await looked(page, scripted);

  await page.getByRole('link', { name: 'Cancel…' }).click();
  const question = page.getByRole('region', { name: 'Cancel the garbage collection?' });
  await expect(question).toContainText('A dry run frees nothing. What it counted so far is dropped.');
  await looked(page, scripted);
  await question.getByRole('link', { name: /^Keep it/ }).click();
  await expect(question).toBeHidden();
  await page.getByRole('button', { name: 'Resume' }).click();
  await stands(page, scripted, 'Done');
  if (scripted) await expect(page.locator('[data-live-word]')).toHaveText('Ended');
  await expect(state).toContainText(/[1-9]\d* items looked at, 0\sB would be freed/);
  await expect(page.getByRole('region', { name: 'Log' })).toContainText('Would collect entries of the trash: 0; images: 0;');
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

shared('what frees space is begun by its button, and a copy is paused and resumed by those of its page and its row', async ({ page, scripted }) => {
  const hub = await startUpstream();
  const gate = await openGate(hub);
  const portolan = await startPortolan({ hub: gate.url, refreshS: 3600, env: { PORTOLAN_MOUNTS__0__READ_ONLY: 'false' } });
  await bringSessions(page.context(), portolan);
  const name = 'Copy of 1 tag from team/web to hub/team/new';
  const row = page.getByRole('table', { name: 'Jobs, newest first' }).locator('tbody').getByRole('row').first();
  const title = page.getByRole('heading', { level: 1 });
  try {
    await fill(portolan, 'team/web', 'web', { '1.4.2': ['1.4.2'] }, { sbom: false });
    await page.goto(`${portolan.url}/jobs`);
    await page.getByRole('button', { name: 'Run garbage collection' }).click();
    await said(page, 'The garbage collection is on its way.');
    await expect(title).toHaveText('Garbage collection');
    await stands(page, scripted, 'Done');

    await page.goto(`${portolan.url}/r/team/web/-/copy?tag=1.4.2&to=hub/team/new`);
    gate.isShut = true;
    await page.getByRole('button', { name: 'Copy 1.4.2 to hub/team/new' }).click();
    await expect(title).toHaveText(name);
    await stands(page, scripted, 'it is tried again');
    await page.getByRole('button', { name: 'Pause' }).click();
    await said(page, 'The job is paused.');
    await expect(page.getByRole('region', { name: 'State' }).getByText('Paused', { exact: true })).toBeVisible();
    await page.goto(`${portolan.url}/jobs`);
    await row.getByRole('button', { name: `Resume ${name}` }).click();
    await said(page, 'The job goes on.');
    await row.getByRole('button', { name: `Pause ${name}` }).click();
    await said(page, 'The job is paused.');
    await expect(row).toContainText('Paused');
    gate.isShut = false;
    await row.getByRole('link', { name, exact: true }).click();
    await page.getByRole('button', { name: 'Resume' }).click();
    await stands(page, scripted, 'Done');
    expect(await namedIn(hub, 'team/new', '1.4.2')).toBe(digestOf('web', '1.4.2'));
  } finally {
    await page.goto('about:blank'); // a page would miss its server
    await portolan.stop();
    await Promise.all([gate.stop(), hub.stop()]);
  }
});
