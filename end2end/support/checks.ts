// What every page must hold, as functions over an open page.
import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { expect } from './test';

const WCAG = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];

/** No violation of WCAG 2.2 A and AA that axe can find, nor of its best practices. */
export async function expectAccessible(page: Page) {
  await expectNoViolation(axe(page).withTags([...WCAG, 'best-practice']));
}

// Only violations are explained, and rows are alike: both spare most of the time.
const axe = (page: Page) => new AxeBuilder({ page }).options({ resultTypes: ['violations'] }).exclude('tbody tr:nth-child(n + 9)');

async function expectNoViolation(axe: AxeBuilder) {
  const { violations } = await axe.analyze();
  const found = violations.map((it) => `${it.id}: ${it.help}\n${it.nodes.map((node) => `    ${node.target} ${node.failureSummary}`).join('\n')}`);
  expect(found, 'axe finds nothing').toEqual([]);
}

/** The same in both colours: of the dark ones their contrast alone, since all else is the same. */
export async function expectAccessibleInBoth(page: Page) {
  await page.evaluate(() => scrollTo(0, 0)); // what is half under the bar at the top is no smaller for that
  // Colours that are still on their way are no colours.
  await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' });
  await expectNoViolation(axe(page).withRules(['color-contrast']));
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
  await expectAccessible(page);
}

/** The page is not wider than its window; what is wider scrolls inside. */
export async function expectNoSidewaysScroll(page: Page, what: string) {
  const wide = await page.evaluate((width) => {
    const root = document.scrollingElement!;
    if (root.scrollWidth <= width) return [];
    const all = [...document.querySelectorAll('main *')].filter((it) => it.checkVisibility() && it.getBoundingClientRect().right > width + 1);
    return [`${root.scrollWidth} > ${width}`, ...all.slice(0, 4).map((it) => `<${it.tagName.toLowerCase()} class="${it.getAttribute('class')}">`)];
  }, page.viewportSize()!.width); // a phone widens its window to what sticks out
  expect(wide, `no sideways scroll: ${what}`).toEqual([]);
}

/** Controls that a finger cannot hit: below 44 pixels in either direction. Links in running text are exempt. */
export async function smallTargets(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const controls = document.querySelectorAll<HTMLElement>('a[href], button, summary, select, input:not([type=hidden]), [role=button]');
    const small = [];
    for (const control of controls) {
      const box = control.getBoundingClientRect();
      const isSeen = control.checkVisibility({ visibilityProperty: true }) && box.width > 1 && box.height > 1;
      const isInText = control.matches('p a, .skip');
      // The head of a table that is shown as cards is for screen readers alone.
      const isClipped = getComputedStyle(control.closest('thead') ?? control).clipPath !== 'none';
      // A link whose ::after covers its row is as large as the row.
      const covers = getComputedStyle(control, '::after').position === 'absolute';
      if (!isSeen || isInText || isClipped || covers || (box.width >= 43.5 && box.height >= 43.5)) continue;
      const name = control.getAttribute('aria-label') ?? control.textContent!.trim().slice(0, 40);
      small.push(`${control.tagName.toLowerCase()}.${control.className} "${name}" ${Math.round(box.width)}x${Math.round(box.height)}`);
    }
    return small;
  });
}

/** The spacing that a reader may force on text (WCAG 1.4.12), by a way that the policy allows. */
export async function spaceOut(page: Page) {
  await page.evaluate(() => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync('* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important } p { margin-bottom: 2em !important }');
    document.adoptedStyleSheets = [sheet];
  });
}

/** Waits until the islands of a page work. */
export async function awake(page: Page) {
  await expect(page.locator('html')).toHaveJSProperty('isConnected', true);
  await expect(page.getByRole('group', { name: 'Colours' }).locator('[aria-pressed=true]').first()).toBeAttached();
}

/** Keeps a picture of the whole page in results/screens, where somebody can look at it. */
export async function picture(page: Page, name: string) {
  if (process.env.CI) return;
  const window = page.viewportSize()!;
  // Playwright's own `fullPage` takes the finger away from a phone, and with it the styles for one.
  const height = await page.evaluate(() => document.scrollingElement!.scrollHeight);
  await page.setViewportSize({ width: window.width, height: Math.max(window.height, height) });
  const take = () => page.screenshot({ path: `results/screens/${name}.png`, animations: 'disabled', timeout: 8_000 });
  // On a busy machine Chromium may never draw the frame that it was asked for; it does when asked again.
  await take().catch(take);
  await page.setViewportSize(window);
}
