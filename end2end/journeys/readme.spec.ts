// The pictures of the README: PORTOLAN_README=1 scripts/end2end.sh --project readme
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fillDemo } from '../support/images';
import { freePort, startPortolan } from '../support/servers';
import { bringSessions, test } from '../support/test';

test('pictures of the list of repositories', async ({ page }) => {
  // What a newcomer sees after `make serve` and `make demo`, whatever listens on that port here:
  // filled under its own address, then shown under the usual one.
  const folder = await mkdtemp(join(tmpdir(), 'portolan-readme-'));
  const filling = await startPortolan({ env: { PORTOLAN_DATA__DIR: folder } });
  await fillDemo(filling).finally(filling.stop);
  const host = `127.0.0.1:${await freePort()}`;
  const env = { PORTOLAN_DATA__DIR: folder, PORTOLAN_SERVER__LISTEN: host, PORTOLAN_SERVER__PUBLIC_URL: 'http://127.0.0.1:8080' };
  const portolan = await startPortolan({ env });
  await bringSessions(page.context(), { url: `http://${host}`, cookie: portolan.cookie });
  try {
    for (const [colorScheme, name] of [['light', 'repositories'], ['dark', 'repositories-dark']] as const) {
      await page.emulateMedia({ colorScheme });
      await page.goto(`http://${host}/repositories`);
      await page.getByText('Live', { exact: true }).waitFor();
      await page.screenshot({ path: `../docs/screenshots/${name}.png`, animations: 'disabled' });
    }
  } finally {
    await page.goto('about:blank'); // a page would miss its server
    await portolan.stop();
    await rm(folder, { recursive: true, force: true });
  }
});
