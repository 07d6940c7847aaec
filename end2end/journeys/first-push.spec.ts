// An empty registry says what to do, and shows the first push by itself.
import { push, tag } from '../support/images';
import { expect, test } from '../support/own';
import { type Portolan } from '../support/servers';

/** How soon a push is to be seen in an open page, counted from the answer to the manifest. */
const SEEN_WITHIN_MS = 2_000;

/** The moment at which the server has answered the manifest of a tag. */
function accepted(portolan: Portolan, repository: string, name: string) {
  return portolan.process.line(new RegExp(`"method":"PUT","path":"/v2/${repository}/manifests/${name}","status":201`));
}

test('an empty registry shows how to push, and the first push appears', async ({ page, portolan, scripted }, info) => {
  await page.goto('/');
  await expect(page).toHaveURL(/\/repositories$/);
  await expect(page.getByText('No repositories yet.')).toBeVisible();
  await expect(page.getByRole('heading', { name: 'Waiting for the first push' })).toBeVisible();
  const image = `${portolan.host}/team/hello:1`;
  for (const command of [
    `docker pull hello-world && docker tag hello-world ${image} && docker push ${image}`,
    `podman pull docker.io/library/hello-world && podman push --tls-verify=false hello-world ${image}`,
    `skopeo copy --dest-tls-verify=false docker://docker.io/library/hello-world docker://${image}`,
  ]) {
    await expect(page.locator('code', { hasText: command })).toBeVisible();
  }
  await expect(page.getByText('make demo')).toBeVisible();
  if (scripted) await expect(page.getByText('Live', { exact: true })).toBeVisible();

  const pushed = push(portolan, 'app', '1.0.0', 'team/hello:1');
  const row = page.getByRole('row').filter({ has: page.getByRole('link', { name: 'team/hello', exact: true }) });
  const newestTag = row.getByRole('link', { name: '1', exact: true });
  const { at } = await accepted(portolan, 'team/hello', '1');
  if (scripted) {
    await newestTag.waitFor();
    const tookMs = Date.now() - at;
    info.annotations.push({ type: 'seen after', description: `${tookMs} ms` });
    expect(tookMs, 'ms from the answer to the manifest until the row is seen').toBeLessThanOrEqual(SEEN_WITHIN_MS);
    await expect(page.getByRole('status')).toHaveText('1 new repository');
  }
  await pushed.done();
  if (!scripted) await page.reload();
  await expect(newestTag).toBeVisible();
  await expect(page.getByText('Waiting for the first push')).toBeHidden();
  await expect(page.getByText(/^1 repository\. .+ stored, .+ before sharing layers\.$/)).toBeVisible();
});

test('an open list of tags takes new ones in, but moves nothing under the pointer', async ({ page, portolan, scripted }) => {
  test.skip(!scripted, 'lists are live with script only');
  await push(portolan, 'app', '1.0.0', 'team/hello:1').done();
  await page.goto('/r/team/hello');
  await expect(page.getByText('Live', { exact: true })).toBeVisible();
  const names = page.getByRole('rowheader').getByRole('link');
  await expect(names).toHaveText(['1']);

  await tag(portolan, 'team/hello', '1', '2');
  await expect(names).toHaveText(['2', '1']);
  await expect(page.getByRole('row').filter({ has: page.getByRole('link', { name: '2', exact: true }) })).toContainText('same image as 1');
  await expect(page.getByRole('navigation', { name: 'Repository' })).toContainText('2');

  await page.getByRole('row').filter({ has: page.getByRole('link', { name: '1', exact: true }) }).hover();
  await tag(portolan, 'team/hello', '1', '3');
  const more = page.getByRole('button', { name: '1 new tag' });
  await expect(more).toBeVisible();
  await expect(names).toHaveText(['2', '1']);
  await more.click();
  await expect(names).toHaveText(['3', '2', '1']);
});

test('a page that lost the server catches up when it is back', async ({ page, portolan, scripted, context }) => {
  test.skip(!scripted, 'lists are live with script only');
  await page.goto('/repositories');
  await expect(page.getByText('Live', { exact: true })).toBeVisible();
  // A page in the background closes its stream; what happens meanwhile is fetched on return.
  const other = await context.newPage();
  await page.evaluate(() => {
    Object.defineProperty(document, 'hidden', { configurable: true, get: () => true });
    document.dispatchEvent(new Event('visibilitychange'));
  });
  await expect(page.getByText(/^Paused, as of \d\d:\d\d$/)).toBeVisible();
  await push(portolan, 'app', '1.0.0', 'team/hello:1').done();
  await page.evaluate(() => {
    Object.defineProperty(document, 'hidden', { configurable: true, get: () => false });
    document.dispatchEvent(new Event('visibilitychange'));
  });
  await expect(page.getByRole('link', { name: 'team/hello', exact: true })).toBeVisible();
  await other.close();
});
