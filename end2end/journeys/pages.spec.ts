// What every page holds, in light and dark, on a desk and on a phone, with script and without: axe finds nothing,
// nothing sticks out, fingers hit. Leaves a picture of each in results/screens where somebody can look at it.
import { expectAccessibleInBoth, expectNoSidewaysScroll, picture, smallTargets, spaceOut } from '../support/checks';
import { places } from '../support/pages';
import { expect, test } from '../support/test';
import { world } from '../support/world';

const WIDTHS = [320, 390, 768, 1024, 1440, 1920];

test.use({ refusals: [400, 404, 410] });

// Files are also loaded to list their tests, when no server runs yet.
const nowhere = { url: '', host: '' };
const names = places({ full: nowhere, empty: nowhere, hub: nowhere, asked: { take: '', revoke: '', invite: '' }, fresh: { ...nowhere, link: '' } }).map((place) => place.name);

for (const name of names) {
  test(`${name}`, async ({ page, context, isMobile, scripted }, info) => {
    const place = places(world()).find((it) => it.name === name)!;
    const width = page.viewportSize()!.width;
    if (place.signedOut) await context.clearCookies();
    const response = await page.goto(place.url);
    expect(response!.status()).toBe(place.status);
    await expect(page.getByRole('heading', { level: 1 })).toHaveCount(1);
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(place.heading);
    await expect(page.locator('[style], main script')).toHaveCount(0);
    for (const colorScheme of ['dark', 'light'] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await picture(page, `${name}-${width}-${colorScheme}${scripted ? '' : '-plain'}`);
    }
    if (scripted) await expectAccessibleInBoth(page); // axe is script
    if (isMobile) {
      await expectNoSidewaysScroll(page, info.title);
      expect.soft(await smallTargets(page), 'targets below 44 pixels').toEqual([]);
      return;
    }
    if (scripted) return; // Widths are looked at without it, and on the phone with it.
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 900 });
      await expectNoSidewaysScroll(page, `${info.title} at ${width}`);
    }
    await page.setViewportSize({ width: 390, height: 844 });
    await spaceOut(page);
    await expectNoSidewaysScroll(page, `${info.title} at 390 with spaced-out text`);
  });
}
