// How a person gets through a page: by keys alone, or by touch. Neither ever clicks.
import { type Locator, type Page, expect } from '@playwright/test';
import { focused, reach } from './keys';

export interface Hand {
  /** Follows a link or presses a button. */
  press(control: Locator): Promise<void>;
  /** Writes into a field, over what stands there. */
  write(field: Locator, text: string): Promise<void>;
  /** Chooses by the word with which an option begins. */
  choose(field: Locator, word: string): Promise<void>;
  /** Goes to a page of the menu. */
  visit(name: string): Promise<void>;
}

/** Tab, Enter and letters; wherever it stops on a page of ours, the focus is seen. `far` hears of each way that was long. */
export function keys(page: Page, far: (words: string) => void): Hand {
  const go = async (control: Locator) => {
    await control.waitFor();
    const isOurs = (await page.title()).endsWith('Portolan');
    if (isOurs) await skipTo(page, control);
    const presses = await reach(page, control);
    const focus = await focused(page);
    if (isOurs) expect(focus, `${control} shows the focus`).toMatchObject({ isSeen: true, isInWindow: true });
    if (presses > 12) far(`${presses} presses to ${focus!.name} on ${new URL(page.url()).pathname}`);
  };
  return {
    press: async (control) => {
      await go(control);
      await page.keyboard.press('Enter');
    },
    write: async (field, text) => {
      await go(field);
      await page.keyboard.press('Control+a');
      await page.keyboard.type(text);
    },
    choose: async (field, word) => {
      await go(field);
      await page.keyboard.type(word);
    },
    visit: async (name) => {
      await go(page.getByRole('banner').getByRole('link', { name, exact: true }));
      await page.keyboard.press('Enter');
    },
  };
}

/** On a page that was just opened the skip link leads past the menus, to what is on the page itself. */
async function skipTo(page: Page, control: Locator) {
  const isFar = await control.evaluate((it) => document.activeElement === document.body && !!it.closest('main') && !!document.querySelector('.skip'));
  if (!isFar) return;
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
}

/** Taps, and a keyboard on the screen for words. */
export function fingers(page: Page): Hand {
  return {
    press: (control) => control.tap(),
    write: async (field, text) => {
      await field.tap();
      await field.fill('');
      await page.keyboard.type(text);
    },
    choose: async (field, word) => {
      const options = await field.getByRole('option').allTextContents();
      await field.selectOption({ label: options.find((it) => it.startsWith(word))! }); // phones show a list of their own
    },
    visit: async (name) => {
      await page.getByLabel('Menu', { exact: true }).tap();
      await page.getByRole('navigation').getByRole('link', { name, exact: true }).tap();
    },
  };
}
