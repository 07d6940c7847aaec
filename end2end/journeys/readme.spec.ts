// The pictures of the README: scripts/end2end.sh --project readme
import { fillDemo } from '../support/images';
import { startPortolan } from '../support/servers';
import { test } from '../support/test';

test('pictures of the list of repositories', async ({ page }) => {
  // What a newcomer sees after `make serve` and `make demo`.
  const portolan = await startPortolan({ env: { PORTOLAN_SERVER__PUBLIC_URL: 'http://127.0.0.1:8080' } });
  try {
    await fillDemo(portolan);
    for (const [colorScheme, name] of [['light', 'repositories'], ['dark', 'repositories-dark']] as const) {
      await page.emulateMedia({ colorScheme });
      await page.goto(`${portolan.url}/repositories`);
      await page.getByText('Live', { exact: true }).waitFor();
      await page.screenshot({ path: `../docs/screenshots/${name}.png`, animations: 'disabled' });
    }
  } finally {
    await portolan.stop();
  }
});
