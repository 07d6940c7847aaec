// The keyboard alone: where the focus is, whether it is seen, and how it gets somewhere.
import type { Locator, Page } from '@playwright/test';

const FARTHEST = 150;

/** The control that has the focus, and whether that can be seen; nothing once the focus has left the page. */
export async function focused(page: Page) {
  return page.evaluate(() => {
    const control = document.activeElement as HTMLInputElement;
    if (!control || control === document.body) return undefined;
    const name = control.getAttribute('aria-label') ?? control.labels?.[0]?.textContent ?? control.textContent!.trim();
    const isRinged = (it: Element | null) => {
      if (!it) return false;
      const { outlineStyle, outlineWidth } = getComputedStyle(it);
      return outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2;
    };
    const box = control.getBoundingClientRect();
    // What stands in the middle of its first line is the control itself, not something over it.
    const line = control.getClientRects()[0] ?? box;
    const top = document.elementFromPoint(line.left + line.width / 2, line.top + line.height / 2);
    const isInWindow = !!top && (control.contains(top) || top.contains(control)) && box.top < innerHeight && box.bottom > 0;
    return { name, isSeen: isRinged(control) || isRinged(control.closest('label')), isInWindow };
  });
}

/** Presses Tab until a control of that name has the focus. */
export async function tabTo(page: Page, name: string) {
  for (let stop = 0; stop < FARTHEST; stop += 1) {
    await page.keyboard.press('Tab');
    if ((await focused(page))?.name === name) return;
  }
  throw new Error(`Tab never came to ${name}`);
}

/** Goes by Tab, or back by Shift and Tab where it lies behind, until this control has the focus; returns how many presses that took. */
export async function reach(page: Page, control: Locator): Promise<number> {
  for (let presses = 0; presses < FARTHEST; presses += 1) {
    const way = await control.evaluate((it) => {
      const now = document.activeElement;
      if (now === it) return 'there';
      return now && now !== document.body && it.compareDocumentPosition(now) & Node.DOCUMENT_POSITION_FOLLOWING ? 'Shift+Tab' : 'Tab';
    });
    if (way === 'there') return presses;
    await page.keyboard.press(way);
  }
  throw new Error(`the keyboard never came to ${control}`);
}
