// One first visit for row 16: `node first_visit.mjs URL COOKIE 1|0`, the last says whether script runs. Prints a line of JSON.
import { createRequire } from 'node:module';

const { chromium } = createRequire(import.meta.url)(`${process.env.NODE_PATH}/playwright`);
const [url, cookie, hasScript] = process.argv.slice(2);
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium-headless-shell', args: ['--no-sandbox', '--disable-gpu'] });
const context = await browser.newContext({ viewport: { width: 1440, height: 900 } });
const [name, ...value] = cookie.split('=');
await context.addCookies([{ name, value: value.join('='), url }]);
const page = await context.newPage();
// What a page says of itself is read by script of ours, which runs whether the page's own does or not.
await page.addInitScript(() => {
  const seen = (globalThis.seen = { lcp: 0, cls: 0, tbt: 0 });
  const watch = (type, each) => new PerformanceObserver((list) => list.getEntries().forEach(each)).observe({ type, buffered: true });
  watch('largest-contentful-paint', (entry) => { seen.lcp = entry.startTime; });
  watch('layout-shift', (entry) => { seen.cls += entry.hadRecentInput ? 0 : entry.value; });
  watch('longtask', (entry) => { seen.tbt += Math.max(0, entry.duration - 50); });
});
const session = await context.newCDPSession(page);
await session.send('Network.enable');
await session.send('Network.setCacheDisabled', { cacheDisabled: true });
await session.send('Emulation.setCPUThrottlingRate', { rate: 4 });
if (hasScript !== '1') {
  await page.route(/\.(js|wasm)$/, (route) => route.abort());
}
const files = new Map();
session.on('Network.responseReceived', ({ requestId, response }) => files.set(requestId, { url: response.url, bytes: 0 }));
session.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
  const file = files.get(requestId);
  if (file) file.bytes = encodedDataLength;
});
await page.goto(url, { waitUntil: 'load' });
await page.waitForTimeout(1500);
const seen = await page.evaluate(() => globalThis.seen);
const kB = (fits) => [...files.values()].filter((file) => fits(new URL(file.url).pathname)).reduce((sum, file) => sum + file.bytes, 0) / 1000;
const own = new URL(url).pathname;
console.log(JSON.stringify({
  total_kb: kB((path) => path !== '/events'),
  html_kb: kB((path) => path === own),
  css_kb: kB((path) => path.endsWith('.css')),
  code_kb: kB((path) => /\.(js|wasm)$/.test(path)),
  lcp_ms: seen.lcp,
  tbt_ms: seen.tbt,
  cls: seen.cls,
}));
await browser.close();
