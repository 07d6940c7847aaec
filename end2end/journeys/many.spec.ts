// Many tags at once: those that a filter matches, on all its pages, go by one plan and come back by one press; and what was
// deleted together comes back together, or goes for good.
import { picture } from '../support/checks';
import { authorization, push, tag } from '../support/images';
import { expect, test } from '../support/own';
import { focused } from '../support/keys';
import { namedIn, pulledFrom } from '../support/pulls';
import { ADMIN, type Portolan } from '../support/servers';
import { guarded, line, looked, questioned, said } from '../support/steps';
import { ageSessions } from '../support/times';

test.use({ refusals: [409, 422] });

const REPOSITORY = 'team/web';

/** An image that is `prod` and has so many names besides; they are given by several at a time. */
async function filled(portolan: Portolan, n: number) {
  await push(portolan, 'web', '1.4.2', `${REPOSITORY}:prod`).done();
  const names = Array.from({ length: n }, (_, at) => `dev-${String(at + 1).padStart(3, '0')}`);
  const nHands = Math.ceil(n / 10);
  const hands = Array.from({ length: nHands }, (_, hand) => names.filter((_, at) => at % nHands === hand));
  await Promise.all(hands.map((own) => tag(portolan, REPOSITORY, 'prod', ...own)));
  return names;
}

async function tagsOf(portolan: Portolan): Promise<string[]> {
  const answer = await fetch(`${portolan.url}/v2/${REPOSITORY}/tags/list`, { headers: authorization(portolan) });
  return (await answer.json()).tags;
}

test('all that a filter matches goes by one plan, whatever page it is on, and comes back by one press', async ({ page, portolan, scripted }) => {
  const names = await filled(portolan, 60);
  const filter = page.getByRole('searchbox', { name: 'Filter tags' });
  await page.goto('/r/team/web?sort=name');
  await filter.fill('dev-* age:>30d');
  await filter.press('Enter');
  await expect(page.getByRole('heading', { name: 'No tags match' })).toBeVisible();
  await filter.fill('dev-* age:<1d');
  await filter.press('Enter');
  await expect(page.locator('tbody').getByRole('row')).toHaveCount(50);
  const all = page.getByRole('checkbox', { name: 'Select all 60 that match' });
  if (scripted) {
    // What chooses all of them is there once something is chosen.
    await expect(all).toBeHidden();
    await page.getByRole('checkbox', { name: 'Select all on this page' }).check();
    await expect(page.getByRole('form', { name: 'Selected tags' })).toContainText('50 tags selected');
  }
  await all.check();
  if (scripted) {
    await expect(page.getByRole('form', { name: 'Selected tags' })).toContainText('60 tags selected');
    expect((await focused(page))!.name).toBe('Clear');
  }
  await looked(page, scripted);
  await page.getByRole('button', { name: 'Delete…' }).click();

  const asked = await questioned(page, scripted, 'Delete 60 tags from team/web');
  const act = (n: number) => page.getByRole('button', { name: `Delete ${n} tags`, exact: true });
  await expect(asked.getByRole('link', { name: 'dev-050', exact: true })).toBeVisible();
  await expect(asked.getByRole('link', { name: 'dev-060', exact: true })).toBeHidden();
  await asked.getByText('10 more').click();
  await expect(asked.getByRole('link', { name: 'dev-060', exact: true })).toBeVisible();
  await guarded(act(60), asked.getByRole('link', { name: 'Cancel' }));
  await looked(page, scripted);
  const number = page.getByRole('textbox', { name: /^Type .+ to confirm$/ });
  await number.fill('59');
  await act(60).click();
  await expect(number).toHaveAttribute('aria-invalid', 'true');
  await tag(portolan, REPOSITORY, 'prod', 'dev-061');
  const whole = await pulledFrom(portolan, REPOSITORY, ['prod', 'dev-001', 'dev-061']);
  await number.fill('60');
  await act(60).click();
  await expect(page.getByRole('alert')).toContainText('1 more tag now matches. Look again.');
  expect(await tagsOf(portolan)).toHaveLength(62);
  await number.fill('61');
  await act(61).click();

  const done = await said(page, 'Deleted 61 tags from team/web.');
  expect(await tagsOf(portolan)).toEqual(['prod']);
  await done.getByRole('button', { name: 'Undo' }).click();
  await said(page, 'Restored 61 tags of team/web.');
  expect(await tagsOf(portolan)).toEqual([...names, 'dev-061', 'prod']);
  expect(await pulledFrom(portolan, REPOSITORY, ['prod', 'dev-001', 'dev-061'])).toEqual(whole);
});

test('what was deleted together comes back without what is there again, or goes for good', async ({ page, portolan, scripted }) => {
  const names = await filled(portolan, 7);
  const remove = async (n: number) => {
    await page.goto('/r/team/web/-/delete?filter=dev-*');
    await page.getByRole('button', { name: `Delete ${n} tags` }).click();
    return said(page, `Deleted ${n} tags from team/web.`);
  };
  const done = await remove(7);
  await push(portolan, 'web', '1.4.1', 'team/web:dev-003').done();
  await done.getByRole('button', { name: 'Undo' }).click();
  const question = page.getByRole('region', { name: 'Restore all that was deleted together?' });
  await expect(question).toContainText('dev-003 names another image by now.');
  await expect(question.getByRole('button', { name: 'Move dev-003 back' })).toBeVisible();
  await looked(page, scripted);
  if (scripted) await picture(page, 'trash-together-1440');
  await question.getByRole('link', { name: 'Cancel' }).click();
  await expect(question).toBeHidden();
  const row = page.getByRole('row').filter({ hasText: '7 tags of team/web' });
  await expect(row).toContainText('from dev-001 to dev-007, deleted together');
  await looked(page, scripted);
  if (scripted) await picture(page, 'trash-folded-1440');
  await row.getByRole('button', { name: /^Restore all 7/ }).click();
  await question.getByRole('button', { name: 'Leave it out' }).click();
  await said(page, 'Restored 6 things that were deleted together.');
  expect(await tagsOf(portolan)).toEqual([...names, 'prod']);
  await expect(page.getByRole('button', { name: 'Restore tag dev-003 of team/web' })).toBeVisible();

  await remove(7);
  await page.goto('/trash');
  ageSessions(portolan);
  await page.getByRole('link', { name: 'Delete all now… 7 tags of team/web' }).click();
  const asked = await questioned(page, scripted, 'Delete 7 tags of team/web now?');
  for (const name of names) await expect(asked.getByRole('listitem').filter({ hasText: name })).toBeVisible();
  const act = page.getByRole('button', { name: 'Delete 7 tags for good' });
  await guarded(act, asked.getByRole('link', { name: 'Cancel' }));
  await looked(page, scripted);
  const [name, password] = [page.getByRole('textbox', { name: /^Type .+ to confirm$/ }), page.getByLabel('Your password')];
  await password.fill(ADMIN.password);
  await name.fill('team/wep');
  await act.click();
  await expect(name).toHaveAttribute('aria-invalid', 'true');
  await name.fill(REPOSITORY);
  await password.fill('not it');
  await act.click();
  await expect(page.getByText('This is not your password')).toBeVisible();
  await looked(page, scripted);
  await name.fill(REPOSITORY);
  await password.fill(ADMIN.password);
  await act.click();
  await said(page, 'Deleted 7 tags of team/web for good.');
  await expect(page.getByRole('button', { name: 'Restore tag dev-003 of team/web' })).toBeVisible();
  await expect(page.getByText('7 tags of team/web', { exact: true })).toHaveCount(0);
  expect(await namedIn(portolan, REPOSITORY, 'dev-003')).toBeUndefined();
});

test('more tags than one request takes go by a job, and come back from its page', async ({ page, portolan, scripted }) => {
  const names = await filled(portolan, 520);
  const state = page.getByRole('region', { name: 'State' });
  const ended = async (words: string) => {
    await expect(async () => {
      if (!scripted) await page.reload();
      await expect(state.getByText('Done', { exact: true })).toBeVisible({ timeout: scripted ? 15_000 : 500 });
    }).toPass({ timeout: 20_000 });
    await expect(state).toContainText(words);
  };
  await page.goto('/r/team/web?q=dev-*');
  if (scripted) await page.getByRole('checkbox', { name: 'Select all on this page' }).check();
  await page.getByRole('checkbox', { name: 'Select all 520 that match' }).check();
  await page.getByRole('button', { name: 'Delete…' }).click();
  const asked = await questioned(page, scripted, 'Delete 520 tags from team/web');
  await expect(line(asked, 'Frees')).toBeVisible();
  await page.getByRole('textbox', { name: /^Type .+ to confirm$/ }).fill('520');
  await page.getByRole('button', { name: 'Delete 520 tags' }).click();

  await expect(page).toHaveURL(/\/jobs\/[\w-]+$/);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(/^Delete (520 )?tags from team\/web$/);
  await ended('520 tags');
  expect(await tagsOf(portolan)).toEqual(['prod']);
  const held = page.getByRole('region', { name: 'Trash' });
  await expect(held).toContainText('520 tags are in the trash, deleted together.');
  await looked(page, scripted);
  await held.getByRole('button', { name: 'Undo' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Restore from the trash');
  await ended('520 things');
  expect(await tagsOf(portolan)).toEqual([...names, 'prod']);
  await expect(held).toContainText('Nothing of it is in the trash.');
  await page.getByRole('link', { name: 'Tags of team/web' }).click();
  await expect(page.getByRole('navigation', { name: 'Repository' })).toContainText('521');
});
