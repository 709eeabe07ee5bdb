// The same acts by a finger on a phone and by a mouse and keys on a desk, so that one story is told of both.
import type { Locator, Page } from 'playwright-core';
import { dropOnPage, type Shape } from '../support/browser.ts';
import type { Words } from '../support/words.ts';
import * as drive from './drive-steps.ts';
import { patienceMs } from './steps.ts';

export interface Hands {
  readonly page: Page;
  press(target: Locator): Promise<void>;
  /** Presses what opens the picker of files, and chooses. */
  pick(target: Locator, paths: readonly string[]): Promise<void>;
  bringFiles(paths: readonly string[]): Promise<void>;
  bringFolder(path: string): Promise<void>;
  openRow(name: string): Promise<void>;
  /** To the neighbour of the file that is shown. */
  nextFile(): Promise<void>;
  closeFile(): Promise<void>;
  closeSheet(): Promise<void>;
  /** @param act key of its words */
  choose(name: string, act: string): Promise<void>;
  makeFolder(name: string): Promise<void>;
  /** @param said key of what the toast says */
  undo(said: string): Promise<void>;
  /** @param place key of its words */
  visit(place: string): Promise<void>;
  /** Everything in the folder, beginning with one entry. */
  chooseAll(first: string): Promise<void>;
  /** @returns where the file lies that the browser saved */
  saveChosen(): Promise<string>;
}

export function handsOn(page: Page, shape: Shape, words: Words): Hands {
  const press = (target: Locator) => (shape === 'phone' ? target.tap() : target.click());
  const pick = async (target: Locator, paths: readonly string[]) => {
    const [chooser] = await Promise.all([page.waitForEvent('filechooser', { timeout: patienceMs }), press(target)]);
    await chooser.setFiles([...paths]);
  };
  const item = (act: string) => page.getByRole('menuitem', { name: new RegExp(`^${words.pattern(act).source}`) });
  const addMenu = () => press(page.locator(shape === 'phone' ? '.tools' : '.acts').getByRole('button', { name: words.text('add') }));
  const bar = page.getByRole('toolbar', { name: words.text('selection_bar') });
  const shared = {
    page,
    press,
    pick,
    async choose(name: string, act: string) {
      await press(drive.rowOf(page, name).getByRole('button', { name: words.text('actions_of', { name }) }));
      await press(item(act));
    },
    async makeFolder(name: string) {
      await addMenu();
      await press(item('new_folder'));
      await page.getByLabel(words.text('folder_name')).fill(name);
      await press(page.getByRole('button', { name: words.text('make'), exact: true }));
      await drive.appears(page, name);
    },
    async undo(said: string) {
      const toast = page.locator('.toaster p').filter({ hasText: words.pattern(said) });
      await press(toast.last().getByRole('button', { name: words.text('undo') }));
    },
    async closeSheet() {
      await press(page.getByRole('dialog').getByRole('button', { name: words.text('close'), exact: true }));
      await page.getByRole('dialog').waitFor({ state: 'detached', timeout: patienceMs });
    },
    async saveChosen() {
      const [download] = await Promise.all([
        page.waitForEvent('download', { timeout: patienceMs }),
        press(bar.getByRole('button', { name: words.text('save'), exact: true })),
      ]);
      await page.getByText(words.text('save_done')).first().waitFor({ timeout: patienceMs });
      return download.path();
    },
  };
  if (shape !== 'phone')
    return {
      ...shared,
      bringFiles: (paths) => dropOnPage(page, paths),
      bringFolder: (path) => dropOnPage(page, [path]),
      openRow: (name) => drive.rowOf(page, name).dblclick(),
      nextFile: () => page.keyboard.press('ArrowRight'),
      async closeFile() {
        await page.keyboard.press('Escape');
        await page.getByRole('dialog').waitFor({ state: 'detached', timeout: patienceMs });
      },
      visit: (place) => drive.visit(page, words, place),
      async chooseAll(first) {
        await drive.rowOf(page, first).click();
        await page.keyboard.press('Control+a');
        await bar.waitFor({ timeout: patienceMs });
      },
    };
  return {
    ...shared,
    bringFiles: (paths) => pick(page.locator('nav.tabs').getByRole('button', { name: words.text('add') }), paths),
    async bringFolder(path) {
      await addMenu();
      await pick(item('choose_folder_act'), [path]);
    },
    openRow: (name) => drive.rowOf(page, name).locator('.name').tap(),
    async nextFile() {
      const dialog = page.getByRole('dialog');
      await swipe(page, dialog.locator('.body'));
      // A finger that is lent by a program: the first tap after it moved is taken for its end.
      await dialog.locator('h2').tap();
    },
    async closeFile() {
      await page.goBack();
      await page.getByRole('dialog').waitFor({ state: 'detached', timeout: patienceMs });
    },
    async visit(place) {
      const tabs = page.locator('nav.tabs');
      const more = tabs.getByRole('link', { name: words.text('nav_more'), exact: true });
      await more.waitFor({ timeout: patienceMs });
      const tab = tabs.getByRole('link', { name: words.text(place), exact: true });
      if (await tab.count()) return tab.tap();
      await more.tap();
      await page
        .locator('main')
        .getByRole('link', { name: words.text(place), exact: true })
        .tap();
      await page.getByRole('heading', { level: 1, name: words.text(place) }).waitFor({ timeout: patienceMs });
    },
    async chooseAll(first) {
      await hold(page, drive.rowOf(page, first).locator('.name'), bar);
      await bar.getByRole('button', { name: words.pattern('select_all') }).tap();
    },
  };
}

/** A finger from the right to the left. */
async function swipe(page: Page, on: Locator): Promise<void> {
  const { x, y } = await middleOf(on);
  const touch = await touchesOf(page);
  await touch('touchStart', x + 100, y);
  for (const left of [60, 20, -20, -60, -100]) await touch('touchMove', x + left, y);
  await touch('touchEnd');
}

/** A finger that stays until the page has answered. */
async function hold(page: Page, on: Locator, answer: Locator): Promise<void> {
  const { x, y } = await middleOf(on);
  const touch = await touchesOf(page);
  await touch('touchStart', x, y);
  await answer.waitFor({ timeout: patienceMs });
  await touch('touchEnd');
}

async function middleOf(target: Locator): Promise<{ readonly x: number; readonly y: number }> {
  const box = await target.boundingBox({ timeout: patienceMs });
  if (!box) throw new Error('what is to be touched is not in view');
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
}

async function touchesOf(page: Page) {
  const session = await page.context().newCDPSession(page);
  return (type: 'touchStart' | 'touchMove' | 'touchEnd', x?: number, y?: number) =>
    session.send('Input.dispatchTouchEvent', { type, touchPoints: x === undefined || y === undefined ? [] : [{ x, y }] });
}
