// The first administrator, signing in and out, and wrong passwords.
import { push } from '../support/images';
import { ADMIN, type Portolan, signIn, startPortolan } from '../support/servers';
import { bringSessions, expect, test as base } from '../support/test';

const test = base.extend<{ portolan: Portolan }>({
  signedIn: false,
  portolan: async ({}, use) => {
    const portolan = await startPortolan();
    await use(portolan);
    await portolan.stop();
  },
});

test.use({ refusals: [401, 409, 410, 422, 429] });

test('the link of a first run makes the administrator, once', async ({ page }) => {
  const portolan = await startPortolan({ admin: false });
  try {
    const link = (await portolan.process.line(/Set it up:\s+(\S+)/)).match[1];
    await page.goto(`${portolan.url}/repositories`);
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Sign in');
    await page.goto(link);
    await expect(page.getByRole('heading', { name: 'Create the first administrator' })).toBeVisible();

    await page.getByLabel('Username').fill('mara');
    await page.getByLabel('Your name').fill('Mara Lindqvist');
    await page.getByLabel('Password').fill('password1');
    await page.getByRole('button', { name: 'Create administrator' }).click();
    await expect(page.getByText('one of the passwords that are tried first')).toBeVisible();
    await expect(page.getByLabel('Password')).toHaveAttribute('aria-invalid', 'true');
    await expect(page.getByLabel('Password')).toHaveValue('');
    await expect(page.getByLabel('Username')).toHaveValue('mara');
    await expect(page.getByLabel('Your name')).toHaveValue('Mara Lindqvist');

    await page.getByLabel('Password').fill('four quiet harbours');
    await page.getByRole('button', { name: 'Create administrator' }).click();
    await expect(page).toHaveURL(`${portolan.url}/repositories`);
    await expect(page.getByRole('heading', { name: 'Waiting for the first push' })).toBeVisible();
    await expect(page.getByRole('button', { name: 'Sign out' }).first()).toBeAttached();

    await page.goto(link);
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('This set-up link does not work');
    const cookie = await signIn(portolan.url, { username: 'mara', password: 'four quiet harbours' });
    expect(cookie).toContain('ptl_s_');
  } finally {
    await page.goto('about:blank'); // a page would miss its server
    await portolan.stop();
  }
});

test('who signs in goes where they wanted to, and who signs out is out', async ({ page, portolan, context }) => {
  await push({ ...portolan }, 'app', '1.0.0', 'team/hello:1').done();
  await page.goto(`${portolan.url}/r/team/hello?sort=name`);
  await expect(page).toHaveURL(/\/auth\/login\?next=/);
  await page.getByLabel('Username').fill('Admin');
  await page.getByLabel('Password').fill(ADMIN.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page).toHaveURL(`${portolan.url}/r/team/hello?sort=name`);
  await expect(page.getByRole('link', { name: '1', exact: true })).toBeVisible();

  await page.getByRole('button', { name: 'Sign out' }).first().click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Sign in');
  await page.goto(`${portolan.url}/r/team/hello`);
  await expect(page).toHaveURL(/\/auth\/login/);
  await bringSessions(context, portolan);
  await page.goto(`${portolan.url}/r/team/hello`);
  await expect(page.getByRole('link', { name: '1', exact: true })).toBeVisible();
  await page.goto('about:blank');
});

test('a wrong password says nothing of who exists, and after ten of them each waits', async ({ page, portolan }) => {
  await page.goto(`${portolan.url}/auth/login`);
  const tryIn = async (username: string, password: string) => {
    await page.getByLabel('Username').fill(username);
    await page.getByLabel('Password').fill(password);
    await page.getByRole('button', { name: 'Sign in' }).click();
  };
  const words: string[] = [];
  for (const username of ['admin', 'nobody']) {
    await tryIn(username, 'wrong horse');
    await expect(page.getByRole('alert')).toContainText('do not belong together');
    await expect(page.getByRole('alert')).toBeFocused();
    await expect(page.getByLabel('Username')).toHaveValue(username);
    words.push((await page.getByRole('alert').innerText()).replace(/err_\w+/, 'err'));
  }
  expect(words[0]).toBe(words[1]);
  for (let n = 1; n < 10; n++) await tryIn('admin', `wrong horse ${n}`);
  await tryIn('admin', 'wrong horse 10');
  await expect(page.getByRole('alert')).toContainText('Too many tries that were wrong; wait 1 s');
  await tryIn('admin', ADMIN.password);
  await expect(page).toHaveURL(/\/repositories/);
  await page.goto('about:blank');
});
