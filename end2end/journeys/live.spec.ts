// What comes in by itself is said to who listens, when they have time, and not again and again. The time of the page stands
// still but for what the test lets pass.
import type { Page } from '@playwright/test';
import { awake } from '../support/checks';
import { push, tag } from '../support/images';
import { expect, test } from '../support/own';

const QUIET_MS = 10_000;
const SLICE_MS = 60;

/** Keeps all that is said from now on; returns how to read it. */
async function listen(page: Page) {
  await page.evaluate(() => {
    const heard: string[] = ((window as any).heard = []);
    const status = document.getElementById('status')!;
    new MutationObserver(() => heard.push(status.textContent!)).observe(status, { childList: true, characterData: true, subtree: true });
  });
  return () => page.evaluate(() => (window as any).heard as string[]);
}

test('new rows are announced politely, and at most once in ten seconds', async ({ page, portolan }) => {
  await push(portolan, 'app', '1.0.0', 'team/hello:1').done();
  await page.clock.install();
  await page.goto('/r/team/hello');
  await awake(page);
  await expect(page.getByText('Live', { exact: true })).toBeVisible();
  await page.clock.pauseAt(await page.evaluate(() => Date.now() + 60_000));
  const heard = await listen(page);
  let passed = 0;
  const comes = async (name: string) => {
    await tag(portolan, 'team/hello', '1', name);
    await expect(async () => {
      await page.clock.runFor(SLICE_MS);
      passed += SLICE_MS;
      await expect(page.getByRole('link', { name, exact: true })).toBeVisible({ timeout: 2 * SLICE_MS });
    }).toPass();
  };
  await comes('2');
  await expect.poll(heard).toEqual(['1 new tag']);
  const from = passed;
  for (const name of ['3', '4', '5']) await comes(name);
  expect(passed - from, 'all of it came within the time').toBeLessThan(QUIET_MS);
  expect(await heard()).toEqual(['1 new tag']);
  await page.clock.runFor(QUIET_MS);
  expect(await heard(), 'what was seen meanwhile is not said late').toEqual(['1 new tag']);
  await comes('6');
  await expect.poll(heard).toEqual(['1 new tag', '1 new tag']);

  // It is said by what waits for a pause, and by nothing that breaks in.
  const status = page.locator('#status');
  await expect(status).toHaveRole('status');
  expect(await page.locator('[aria-live=assertive], [role=alert]').count()).toBe(0);
});
