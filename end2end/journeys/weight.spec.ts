// What a first visit costs, as it comes over the wire.
import { mkdir, writeFile } from 'node:fs/promises';
import { awake } from '../support/checks';
import { expect, test } from '../support/test';

const LIMIT_BYTES = 150_000;
/** Of one kind: what the styles and the list itself may weigh. */
const MOST_BYTES: [RegExp, number][] = [[/\.css$/, 12_000], [/\/repositories$/, 8_000]];

test('a first visit weighs at most 150 kB', async ({ page, context }) => {
  const session = await context.newCDPSession(page);
  await session.send('Network.enable');
  const files = new Map<string, { url: string; bytes: number; encoding: string }>();
  session.on('Network.responseReceived', ({ requestId, response }) => {
    files.set(requestId, { url: new URL(response.url).pathname, bytes: 0, encoding: response.headers['content-encoding'] ?? 'none' });
  });
  session.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    const file = files.get(requestId);
    if (file) file.bytes = encodedDataLength;
  });
  await page.goto('/repositories');
  await awake(page);
  await page.waitForTimeout(500); // for icons that styles ask for late

  const visit = [...files.values()].filter((file) => file.url !== '/events').sort((a, b) => b.bytes - a.bytes);
  const total = visit.reduce((sum, file) => sum + file.bytes, 0);
  await mkdir('results', { recursive: true });
  await writeFile('results/weight.json', JSON.stringify({ limit_bytes: LIMIT_BYTES, total_bytes: total, files: visit }, null, 2));
  for (const kind of [/\.css$/, /\.js$/, /\.wasm$/, /icons\.svg$/, /\/repositories$/]) {
    expect(visit.filter((file) => kind.test(file.url)), `${kind} is fetched once`).toHaveLength(1);
  }
  for (const [kind, most] of MOST_BYTES) {
    expect(visit.find((file) => kind.test(file.url))?.bytes, `${kind} is light`).toBeLessThanOrEqual(most);
  }
  expect(total).toBeLessThanOrEqual(LIMIT_BYTES);
});
