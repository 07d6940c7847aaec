// Long work on its page: how far it is, in words; paused, resumed, cancelled, with what is kept.
import { push } from '../support/images';
import { expect, test } from '../support/own';
import { looked, said } from '../support/steps';

test.use({ refusals: [409] });

test('a garbage collection is paused, goes on, and is cancelled with what is kept', async ({ page, portolan, scripted }) => {
  await push(portolan, 'web', '1.4.2', 'team/web:1.4.2').done();
  const state = page.getByRole('region', { name: 'State' });
  /** It is over soon: until it was caught on its way, another one starts. */
  const pauseOne = () => expect(async () => {
    await page.goto('/jobs');
    await page.getByRole('button', { name: 'Dry run' }).click();
    await page.getByRole('button', { name: 'Pause' }).click({ timeout: 1_000 });
    await expect(state.getByText('Paused', { exact: true })).toBeVisible({ timeout: 1_000 });
  }).toPass({ timeout: 60_000 });

  await pauseOne();
  await expect(page).toHaveURL(/\/jobs\/[\w-]+$/);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Garbage collection, dry run');
  await expect(state).toContainText(/Waits for its turn|\d+ of \d+|\d+ items?, \d\S* \S*B would be freed/);
  await expect(page.getByRole('region', { name: 'What it said' })).toContainText('Paused by admin.');
  await expect(page.getByRole('button', { name: 'Pause' })).toBeHidden();
  await looked(page, scripted);

  await page.getByRole('link', { name: 'Cancel…' }).click();
  const question = page.getByRole('region', { name: 'Cancel the garbage collection?' });
  await expect(question).toContainText('What was freed so far stays freed. The rest stays for the next run.');
  await looked(page, scripted);
  await question.getByRole('link', { name: 'Cancel', exact: true }).click();
  await expect(question).toBeHidden();
  await page.getByRole('button', { name: 'Resume' }).click();
  // With script by itself.
  await expect(async () => {
    if (!scripted) await page.goto(page.url());
    await expect(state.getByText('Done', { exact: true })).toBeVisible({ timeout: scripted ? 10_000 : 500 });
  }).toPass({ timeout: 20_000 });
  await expect(state).toContainText(/[1-9]\d* items, 0 B would be freed/);
  await expect(page.getByRole('region', { name: 'What it said' })).toContainText('Would collect entries of the trash: 0; images: 0;');
  await expect(page.getByRole('button', { name: /Pause|Resume/ })).toHaveCount(0);

  await pauseOne();
  await page.getByRole('link', { name: 'Cancel…' }).click();
  await question.getByRole('button', { name: 'Cancel the job' }).click();
  await said(page, /cancelled/i);
  await expect(state.getByText('Cancelled', { exact: true })).toBeVisible();
  await page.goto('/jobs');
  const rows = page.getByRole('table', { name: 'Jobs, newest first' }).locator('tbody').getByRole('row');
  await expect(rows.first()).toContainText('Cancelled');
  await expect(rows.nth(1)).toContainText('Done');
  await looked(page, scripted);
});
