// Steps that journeys share: asking for a delete, and what is said of it.
import type { Locator, Page } from '@playwright/test';
import { expectAccessibleInBoth } from './checks';
import { expect } from './test';

/** What was just done is said on the page that follows; returns the line, which has the way back. */
export async function said(page: Page, words: string | RegExp): Promise<Locator> {
  const line = page.getByRole('status').filter({ hasText: words });
  await expect(line).toBeVisible();
  return line;
}

/** axe in both colours, where it can run. */
export async function looked(page: Page, scripted: boolean) {
  if (scripted) await expectAccessibleInBoth(page);
}

/** Chooses tags in the list and asks what would go with them: in a dialog, or on a page where no script runs. */
export async function askToDelete(page: Page, repository: string, scripted: boolean, ...tags: string[]): Promise<Locator> {
  await page.goto(`/r/${repository}`);
  for (const tag of tags) await page.getByRole('checkbox', { name: `Select ${tag}`, exact: true }).check();
  await page.getByRole('button', { name: 'Delete…' }).click();
  return questioned(page, scripted, tags.length === 1 ? `Delete tag ${tags[0]} from ${repository}` : `Delete ${tags.length} tags from ${repository}`);
}

/** Asks on an image's page what would go with it and all its tags. */
export async function askToDeleteImage(page: Page, repository: string, scripted: boolean, tag: string): Promise<Locator> {
  await page.goto(`/r/${repository}/-/tags/${tag}`);
  await page.getByText('More', { exact: true }).click();
  await page.getByRole('link', { name: 'Delete image and its tags…' }).click();
  return questioned(page, scripted, /^Delete image [0-9a-f]{12} and its \d+ tags$/);
}

/** A line of what would go. */
export const line = (asked: Locator, words: string) => asked.getByRole('listitem').filter({ hasText: words });

/** Whether a control stands on red ground, in whichever way the browser writes that colour. */
const isRed = (control: Locator) => control.evaluate((element) => {
  const canvas = document.createElement('canvas').getContext('2d')!;
  canvas.fillStyle = getComputedStyle(element).backgroundColor;
  canvas.fillRect(0, 0, 1, 1);
  const [red, green, blue, opaque] = canvas.getImageData(0, 0, 1, 1).data;
  return opaque === 255 && red > 2 * green && red > 2 * blue;
});

/** What takes something away is red and stands right of what leaves all as it is, and the keys come to it after that. */
export async function guarded(act: Locator, keep: Locator) {
  const [danger, safe] = [(await act.boundingBox())!, (await keep.boundingBox())!];
  expect(danger.x, 'the way out stands first').toBeGreaterThanOrEqual(safe.x + safe.width);
  expect(Math.abs(danger.y - safe.y), 'both stand in one row').toBeLessThan(danger.height / 2);
  await act.page().mouse.move(0, 0); // under the pointer it is darker
  await expect.poll(() => isRed(act)).toBe(true);
  expect(await isRed(keep)).toBe(false);
  await keep.focus();
  await act.page().keyboard.press('Tab');
  await expect(act).toBeFocused();
}

/** The mark that stands in the list for the image of a tag, as it is drawn. */
export async function markOf(page: Page, tag: string): Promise<string> {
  const row = page.locator('tbody').getByRole('row').filter({ has: page.getByRole('link', { name: tag, exact: true }) }).first();
  return row.locator('svg.dm').first().evaluate((mark) => mark.outerHTML);
}

/** A question over the page or on one of its own, by its title. */
export async function questioned(page: Page, scripted: boolean, name: string | RegExp): Promise<Locator> {
  const asked = scripted ? page.getByRole('dialog', { name }) : page.locator('main');
  await expect(asked.getByRole('heading', { name })).toBeVisible();
  return asked;
}
