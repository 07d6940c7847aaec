// What is said of something done, and its way back: it stays for its time, waits for who is at it, and the keys reach it.
// The time of the page stands still but for what a test lets pass.
import type { Page } from '@playwright/test';
import { awake, expectNoSidewaysScroll } from '../support/checks';
import { push, tag } from '../support/images';
import { focused, reach } from '../support/keys';
import { expect, test } from '../support/own';
import { askToDelete, said } from '../support/steps';

const STAYS_MS = 8_000;
const SLICE_MS = 50;

test.beforeEach(async ({ page, portolan }) => {
  await push(portolan, 'web', '1.4.2', 'team/web:1.4.2').done();
  await tag(portolan, 'team/web', '1.4.2', '1.4', 'prod', 'latest');
  await page.clock.install();
});

/** Deletes a tag in the dialog, and returns what is said of it, just as its time begins. */
async function remove(page: Page, name: string) {
  await page.clock.resume();
  const asked = await askToDelete(page, 'team/web', true, name);
  await page.clock.pauseAt(await page.evaluate(() => Date.now() + 60_000)); // ahead of it however slow the way there is
  await asked.getByRole('button', { name: 'Delete tag' }).click();
  const toast = await said(page, `Deleted tag ${name} from team/web.`);
  await woken(page);
  return toast;
}

/** Lets time pass until the script of a page runs. */
async function woken(page: Page) {
  await expect(async () => {
    await page.clock.runFor(SLICE_MS);
    await awake(page);
  }).toPass();
}

test('it stays for its time and then goes', async ({ page }) => {
  const toast = await remove(page, 'latest');
  await page.clock.runFor(STAYS_MS - 2 * SLICE_MS);
  await expect(toast).toBeVisible();
  await page.clock.runFor(3 * SLICE_MS);
  await expect(toast).toBeHidden();
});

test('it waits while a pointer is over it, and while the keys are at it', async ({ page, portolan }) => {
  const toast = await remove(page, 'latest');
  await toast.hover();
  await page.clock.runFor(10 * STAYS_MS);
  await expect(toast).toBeVisible();
  const undo = toast.getByRole('button', { name: 'Undo' });
  expect(await reach(page, undo), 'the way back is the next stop').toBeLessThanOrEqual(1);
  expect(await focused(page)).toMatchObject({ name: 'Undo', isSeen: true, isInWindow: true });
  await page.mouse.move(0, 0);
  await page.clock.runFor(10 * STAYS_MS);
  await expect(toast).toBeVisible();
  for (const stop of ['Dismiss', undefined]) {
    await page.keyboard.press('Tab');
    if (stop) expect((await focused(page))!.name).toBe(stop);
  }
  await page.clock.runFor(1_000);
  await expect(toast).toBeHidden();

  const again = await remove(page, 'prod');
  await reach(page, again.getByRole('button', { name: 'Undo' }));
  await page.keyboard.press('Enter');
  await said(page, 'Restored tag prod of team/web.');
  const names = await fetch(`${portolan.url}/r/team/web`, { headers: { cookie: portolan.cookie! } });
  expect(await names.text()).toContain('>prod<');
});

test('up to three go along from page to page, each with its way back', async ({ page, portolan }) => {
  const toasts = page.locator('[data-toast]');
  const words = () => toasts.locator('p').allTextContents();
  const deleted = (...names: string[]) => names.map((name) => `Deleted tag ${name} from team/web.`);
  await push(portolan, 'web', '1.4.1', 'team/web:1.4.1').done();
  await remove(page, 'latest');
  for (const name of ['prod', '1.4', '1.4.1']) {
    await page.goto('/r/team/web');
    await woken(page);
    await page.getByRole('checkbox', { name: `Select ${name}`, exact: true }).check();
    await page.getByRole('button', { name: 'Delete…' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete tag' }).click();
    await said(page, deleted(name)[0]);
    await woken(page);
  }
  await expect.poll(words).toEqual(deleted('1.4.1', '1.4', 'prod'));
  await page.goto('/trash');
  await woken(page);
  await expect(toasts).toHaveCount(3);
  for (const name of ['latest', 'prod', '1.4']) await expect(page.getByRole('button', { name: `Restore tag ${name} of team/web` })).toBeVisible();
  await expectNoSidewaysScroll(page, 'three toasts');

  await toasts.nth(0).getByRole('button', { name: 'Dismiss' }).click();
  await expect(toasts).toHaveCount(2);
  await toasts.nth(1).getByRole('button', { name: 'Undo' }).click();
  await said(page, 'Restored tag prod of team/web.');
  await woken(page);
  await expect.poll(words).toEqual(['Restored tag prod of team/web.', ...deleted('1.4')]);
  await page.mouse.move(0, 0);
  await page.clock.runFor(STAYS_MS);
  await expect(toasts).toHaveCount(0);
});
