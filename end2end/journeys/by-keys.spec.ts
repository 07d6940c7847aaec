// What was done to names, taken back, kept and let go by keys alone; and long work paused, resumed and cancelled.
import type { Page } from '@playwright/test';
import { awake, picture } from '../support/checks';
import { openGate } from '../support/gate';
import { type Hand, keys } from '../support/hands';
import { digestOf, fill, short } from '../support/images';
import { reach } from '../support/keys';
import { expect, test } from '../support/own';
import { namedIn, pulledFrom } from '../support/pulls';
import { startPortolan, startUpstream } from '../support/servers';
import { guarded, said } from '../support/steps';
import { bringSessions, test as shared } from '../support/test';

const [FIRST, SECOND] = [short('web', '1.4.1'), short('web', '1.4.2')];

/** Hands that never point. */
const handsOf = (page: Page): Hand => keys(page, () => {});

test('a tag goes back from its history and from an image that it left, comes back from the trash, and goes for good', async ({ page, portolan }) => {
  await fill(portolan, 'team/web', 'web', { '1.4.1': ['prod'], '1.4.2': ['1.4.2', 'prod'] }, { sbom: false });
  const hand = handsOf(page);
  await page.goto('/r/team/web');
  await awake(page);
  await hand.press(page.getByRole('navigation', { name: 'Repository' }).getByRole('link', { name: 'History' }));
  await awake(page);
  await hand.press(page.getByRole('link', { name: `Roll back prod to ${FIRST}…` }));
  const asked = page.getByRole('dialog', { name: 'Roll back prod of team/web' });
  await expect(asked.getByRole('link', { name: 'Cancel' })).toBeFocused();
  await hand.write(asked.getByLabel('Reason'), 'the till stands still');
  await hand.press(asked.getByRole('button', { name: `Roll back prod to ${FIRST}` }));
  await said(page, `prod names ${FIRST} again.`);
  expect(await namedIn(portolan, 'team/web', 'prod')).toBe(digestOf('web', '1.4.1'));

  // Forward again, from the card of the image that it named in between.
  await page.goto('/r/team/web/-/tags/1.4.2');
  await awake(page);
  const card = page.getByRole('region', { name: 'Names this image has had' });
  await hand.press(card.getByRole('link', { name: 'Roll back prod to this…' }));
  await expect(asked.getByRole('link', { name: 'Cancel' })).toBeFocused();
  await hand.press(asked.getByRole('button', { name: 'Roll back prod to 1.4.2' }));
  await said(page, 'prod names 1.4.2 again.');

  const remove = async () => {
    await page.goto('/r/team/web');
    await awake(page);
    await reach(page, page.getByRole('link', { name: 'prod', exact: true }));
    await page.keyboard.press('#');
    const question = page.getByRole('dialog', { name: 'Delete tag prod from team/web' });
    await expect(question.getByRole('link', { name: 'Cancel' })).toBeFocused();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await said(page, 'Deleted tag prod from team/web.');
    await hand.visit('Trash');
    await awake(page);
  };
  await remove();
  await hand.press(page.getByRole('button', { name: 'Restore tag prod of team/web' }));
  await said(page, 'Restored tag prod of team/web.');
  expect(await namedIn(portolan, 'team/web', 'prod')).toBe(digestOf('web', '1.4.2'));
  await remove();
  await hand.press(page.getByRole('link', { name: 'Delete now… tag prod of team/web' }));
  const name = page.getByRole('dialog', { name: 'Delete tag prod of team/web now?' }).getByLabel('Type prod to confirm');
  await hand.write(name, 'pro');
  await page.keyboard.press('Enter');
  await expect(name).toBeFocused();
  await page.keyboard.type('d');
  await page.keyboard.press('Enter');
  await said(page, 'Deleted tag prod of team/web for good.');
  await expect(page.getByText('The trash is empty')).toBeVisible();
});

test('a namespace goes back in time, a rule is set and removed, and a tag is promoted from its row', async ({ page, portolan }) => {
  await fill(portolan, 'team/web', 'web', { '1.4.1': ['1.4.1', 'prod'], '1.5.0-rc.2': ['1.5.0-rc.2'] }, { sbom: false });
  const hand = handsOf(page);
  await page.goto('/n/team');
  await awake(page);
  await hand.press(page.getByRole('link', { name: 'As of a time' }));
  await hand.press(page.getByRole('link', { name: 'An hour ago' }));
  for (const way of ['', 'Undo…']) {
    if (way) await hand.press(page.getByRole('link', { name: way }));
    const does = way ? '3 tags come back' : '3 tags go to the trash';
    await hand.press(page.getByRole('link', { name: `Roll back: ${does}…` }));
    const question = page.getByRole('region', { name: `Roll back team: ${does}?` });
    await expect(question.getByRole('link', { name: 'Cancel' })).toBeFocused();
    await guarded(question.getByRole('button', { name: `Roll back: ${does}` }), question.getByRole('link', { name: 'Cancel' }));
    await hand.press(question.getByRole('button', { name: `Roll back: ${does}` }));
    await said(page, '3 tags of team are as they were on');
    expect(await namedIn(portolan, 'team/web', 'prod')).toBe(way ? digestOf('web', '1.4.1') : undefined);
  }

  await hand.press(page.getByRole('navigation', { name: 'Namespace' }).getByRole('link', { name: 'Policies' }));
  await hand.write(page.getByLabel('Tags', { exact: false }).first(), 'prod');
  await hand.choose(page.getByLabel('Rule', { exact: true }), 'Immutable');
  await hand.press(page.getByRole('button', { name: 'Set rule' }));
  await said(page, 'The rule about prod is set');
  await hand.press(page.getByRole('link', { name: 'Remove the rule about prod' }));
  await expect(page.getByRole('link', { name: 'Cancel' })).toBeFocused();
  await hand.press(page.getByRole('button', { name: 'Remove rule' }));
  await said(page, 'The rule about prod is gone.');

  await page.goto('/r/team/web');
  await awake(page);
  await reach(page, page.getByRole('link', { name: '1.5.0-rc.2', exact: true }));
  await page.keyboard.press('p');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Copy or promote 1.5.0-rc.2');
  await hand.press(page.getByRole('link', { name: 'Promote to prod…' }));
  await expect(page.getByRole('link', { name: 'Cancel' })).toBeFocused();
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await said(page, 'prod names the same image as 1.5.0-rc.2 now');
  expect(await namedIn(portolan, 'team/web', 'prod')).toBe(digestOf('web', '1.5.0-rc.2'));
});

test('an image, a repository and a namespace go by their names, and what went together comes back together', async ({ page, portolan }) => {
  await fill(portolan, 'team/web', 'web', { '1.4.1': ['1.4.1'], '1.4.2': ['1.4.2', 'prod'] }, { sbom: false });
  await fill(portolan, 'team/jobs/mailer', 'mailer', { '0.9.0': ['0.9.0'] }, { sbom: false });
  const pulled = async () => [await pulledFrom(portolan, 'team/web', ['1.4.1', '1.4.2', 'prod']), await pulledFrom(portolan, 'team/jobs/mailer', ['0.9.0'])];
  const [hand, whole] = [handsOf(page), await pulled()];
  /** Types a name but for its end, which does nothing, and then all of it. */
  const typed = async (title: string | RegExp, name: string) => {
    const field = page.getByRole('dialog', { name: title }).getByLabel(`Type ${name} to confirm`);
    await hand.write(field, name.slice(0, -1));
    await page.keyboard.press('Enter');
    await expect(field).toBeFocused();
    await page.keyboard.type(name.slice(-1));
    await page.keyboard.press('Enter');
  };
  const restored = async (control: string, words: string) => {
    await hand.press(page.getByRole('button', { name: control }));
    await said(page, words);
    expect(await pulled()).toEqual(whole);
  };

  await page.goto('/r/team/web/-/tags/1.4.2');
  await awake(page);
  await hand.press(page.locator('summary', { hasText: 'More' }));
  await hand.press(page.getByRole('link', { name: 'Delete image and its tags…' }));
  await typed(`Delete image ${SECOND} and its 2 tags`, 'team/web');
  await said(page, `Deleted image ${SECOND}`);
  expect(await namedIn(portolan, 'team/web', 'prod')).toBeUndefined();
  await restored('Undo', `Restored image ${SECOND}`);

  await page.goto('/r/team/web/-/settings');
  await awake(page);
  await hand.press(page.getByRole('link', { name: 'Delete this repository…' }));
  await typed('Delete team/web', 'team/web');
  await said(page, 'The repository team/web is deleted');
  expect(await namedIn(portolan, 'team/web', 'prod')).toBeUndefined();
  await hand.visit('Trash');
  await awake(page);
  await restored('Restore repository team/web', 'Restored repository team/web');

  await page.goto('/n/team/-/policies');
  await awake(page);
  await hand.write(page.getByRole('spinbutton', { name: 'Days in the trash' }), '3');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { name: 'Keep deleted things of team for 3 days?' })).toBeFocused();
  await hand.write(page.getByRole('textbox', { name: /^Type .+ to confirm$/ }), 'team');
  await page.keyboard.press('Enter');
  await said(page, 'The settings of team are saved.');
  await expect(page.getByText('Deleted things are kept for 3 days')).toBeVisible();

  await hand.press(page.getByRole('navigation', { name: 'Namespace' }).getByRole('link', { name: 'Settings' }));
  await awake(page);
  await hand.press(page.getByRole('link', { name: 'Delete this namespace…' }));
  await typed('Delete team', 'team');
  await said(page, 'The namespace team is deleted');
  expect(await namedIn(portolan, 'team/jobs/mailer', '0.9.0')).toBeUndefined();
  await hand.visit('Trash');
  await awake(page);
  const row = page.getByRole('row').filter({ hasText: 'Namespace team, 2 repositories, 4 tags' });
  const until = new Date(Date.now() + 3 * 86_400_000).toLocaleDateString('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' });
  await expect(row).toContainText(until);
  await restored('Restore all 2 that were deleted together', 'Restored 2 things that were deleted together.');
});

shared('a copy that waits for its registry is paused and resumed, taken back, and cancelled the next time', async ({ page }) => {
  const hub = await startUpstream();
  const gate = await openGate(hub);
  const portolan = await startPortolan({ hub: gate.url, refreshS: 3600, env: { PORTOLAN_MOUNTS__0__READ_ONLY: 'false' } });
  await bringSessions(page.context(), portolan);
  const hand = handsOf(page);
  const name = 'Copy of 1 tag from team/web to hub/team/new';
  const row = page.getByRole('table', { name: 'Jobs, newest first' }).locator('tbody').getByRole('row').first();
  const state = page.getByRole('region', { name: 'State' });
  const copy = async () => {
    await page.goto(`${portolan.url}/r/team/web/-/copy?tag=1.4.2&to=hub/team/new`);
    await awake(page);
    gate.isShut = true;
    await hand.press(page.getByRole('button', { name: 'Copy 1.4.2 to hub/team/new' }));
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(name);
    await expect(state).toContainText('it is tried again');
    await hand.visit('Jobs');
    await awake(page);
    await expect(row).toContainText('Running');
  };
  try {
    await fill(portolan, 'team/web', 'web', { '1.4.2': ['1.4.2'] }, { sbom: false });
    await copy();
    await expect(row.getByRole('progressbar', { name: `Progress of ${name}` })).toBeVisible();
    await picture(page, 'jobs-waits-1440');
    await hand.press(row.getByRole('button', { name: `Pause ${name}` }));
    await said(page, 'The job is paused.');
    await expect(row).toContainText('Paused');
    await hand.press(row.getByRole('link', { name: `Cancel ${name}…` }));
    const question = page.getByRole('region', { name: 'Cancel the copy?' });
    const keep = question.getByRole('link', { name: 'Keep it paused' });
    await expect(keep).toBeFocused();
    await guarded(question.getByRole('button', { name: 'Cancel the job' }), keep);
    await hand.press(keep);
    await expect(question).toBeHidden();
    await awake(page);
    await expect(page.getByRole('link', { name: 'Cancel…' })).toBeFocused();
    gate.isShut = false;
    await hand.press(page.getByRole('button', { name: 'Resume' }));
    await expect(state.getByText('Done', { exact: true })).toBeVisible({ timeout: 20_000 });
    expect(await namedIn(hub, 'team/new', '1.4.2')).toBe(digestOf('web', '1.4.2'));
    const copied = page.getByRole('region', { name: 'Copied tags' });
    await expect(copied.getByRole('listitem')).toContainText(`names ${SECOND}, is new`);
    await picture(page, 'job-copied-1440');
    await hand.press(copied.getByRole('button', { name: 'Undo' }));
    await said(page, '1.4.2 of hub/team/new is as it was.');
    expect(await namedIn(hub, 'team/new', '1.4.2')).toBeUndefined();

    await copy();
    await hand.press(row.getByRole('link', { name: `Cancel ${name}…` }));
    await expect(question.getByRole('link', { name: 'Keep it running' })).toBeFocused();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await said(page, 'The job is cancelled.');
    await expect(state.getByText('Cancelled', { exact: true })).toBeVisible();
  } finally {
    await page.goto('about:blank'); // a page would miss its server
    await portolan.stop();
    await Promise.all([gate.stop(), hub.stop()]);
  }
});
