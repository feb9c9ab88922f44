/** Everything with the keyboard alone: no test here has a mouse. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { launch, noBrowser, until } from '../../support/browser.ts';
import { DashboardRig } from '../../support/dashboard-rig.ts';
import { DashboardScene } from '../../support/dashboard-scene.ts';

let browser: Browser;
const options = { skip: noBrowser };

before(async () => {
  if (noBrowser === false) browser = await launch();
});
after(async () => {
  if (noBrowser === false) await browser.close();
});

/** Where the focus is, and whether one sees it. */
const FOCUS = `(() => {
  const at = document.activeElement;
  if (at === null || at === document.body) return '';
  const { outlineStyle, outlineWidth } = getComputedStyle(at);
  const isSeen = outlineStyle !== 'none' && Number.parseFloat(outlineWidth) >= 2;
  const name = at.id || at.textContent.trim();
  return [at.closest('section, dialog, header, #killed, form')?.id ?? '', at.localName, name, isSeen ? '' : 'UNSEEN'].join('|');
})()`;

const focus = (page: Page): Promise<string> => page.evaluate<string>(FOCUS);

async function opened(rig: DashboardRig): Promise<Page> {
  const page = await (await browser.newContext({ viewport: { width: 1280, height: 800 } })).newPage();
  await page.goto(rig.opened.url);
  await until(page, "document.activeElement?.id === 'token'");
  await page.keyboard.type(rig.tokens.admin ?? '');
  await page.keyboard.press('Tab');
  assert.match(await focus(page), /button\|Sign in\|$/);
  await page.keyboard.press('Enter');
  await page.waitForSelector('#orders tbody tr');
  await page.waitForSelector('#fills tbody tr');
  return page;
}

async function withDesk(act: (page: Page, rig: DashboardRig, scene: DashboardScene) => Promise<void>): Promise<void> {
  const hello = { strategies: ['maker'], currency: 'USD' };
  const rig = await DashboardRig.start({}, undefined, { hasBegun: true, hasPage: true, hello });
  const scene = new DashboardScene(rig.view.model, 3, 5, 4);
  for (let i = 0; i < 12; i++) scene.step();
  try {
    const page = await opened(rig);
    await act(page, rig, scene);
    await page.context().close();
  } finally {
    await rig.close();
  }
}

test('Tab comes by everything that can be pressed, once round, and one always sees where it is', options, async () => {
  await withDesk(async (page) => {
    const stops: string[] = [];
    for (let i = 0; i < 60; i++) {
      await page.keyboard.press('Tab');
      const at = await focus(page);
      if (at === '') break;
      stops.push(at);
    }
    assert.deepEqual(
      stops.filter((stop) => stop.endsWith('UNSEEN')),
      [],
    );
    const expected = [
      /button\|[◐○●] /,
      /button\|\? keys/,
      /button\|Sign out/,
      /button\|kill/,
      /^watch\|tr/,
      /^positions\|tr/,
      /^orders\|input\|only-open/,
      /^orders\|tr/,
      /^fills\|tr/,
      /^strategies\|button\|Halt/,
      /^strategies\|button\|Cancel all/,
    ];
    for (const one of expected) {
      const found = stops.filter((stop) => one.test(stop)).length;
      assert.equal(found, 1, `${one}: ${found} stops of\n${stops.join('\n')}`);
    }
  });
});

test(
  'instruments, orders and their stories, fills, the theme and the list of keys have keys of their own',
  options,
  async () => {
    await withDesk(async (page) => {
      const chosen = (): Promise<string | null> => page.textContent('#watch tr[aria-current] td');
      assert.equal(await chosen(), 'SYM00USDT');
      await page.keyboard.press('ArrowDown');
      await until(page, "document.querySelector('#ladder .note').textContent === 'SYM01USDT'");
      await until(page, "document.querySelector('#watch tr[aria-current] td').textContent === 'SYM01USDT'");
      await page.keyboard.press('ArrowUp');
      await until(page, "document.querySelector('#ladder .note').textContent === 'SYM00USDT'");

      await page.keyboard.press('o');
      const ids = await page.evaluate<string[]>(
        "[...document.querySelectorAll('#orders tbody tr')].map((row) => row.cells[0].textContent)",
      );
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('Enter');
      await until(page, `document.querySelector('.story')?.textContent === 'order ${ids[1]}'`);
      await page.keyboard.press('Escape');
      await until(page, "document.querySelector('dialog') === null");
      assert.match(await focus(page), new RegExp(`^orders\\|tr\\|${ids[1]}.*\\|$`), 'the focus is back where it was');
      await page.keyboard.press('End');
      await page.keyboard.press('Enter');
      await until(page, `document.querySelector('.story')?.textContent === 'order ${ids.at(-1)}'`);
      await page.keyboard.press('Escape');
      await page.keyboard.press('Shift+Tab');
      await page.keyboard.press('Space');
      await until(page, `document.querySelectorAll('#orders tbody tr').length === 4`);

      await page.keyboard.press('f');
      assert.match(await focus(page), /^fills\|tr\|.*\|$/);
      const before = await page.evaluate('getComputedStyle(document.body).backgroundColor');
      await page.keyboard.press('t');
      await page.keyboard.press('t');
      assert.notEqual(await page.evaluate('getComputedStyle(document.body).backgroundColor'), before);
      await page.keyboard.press('?');
      await page.waitForSelector('dialog[open] .keys');
      await page.keyboard.press('Enter'); // Close has the focus
      await until(page, "document.querySelector('dialog') === null");
    });
  },
);

test(
  'the kill switch, a strategy’s halt and the cancelling of all orders ask, and do nothing on Escape',
  options,
  async () => {
    await withDesk(async (page, rig) => {
      const done = (): string[] => rig.commands.map((command) => command.do);
      const hold = async (): Promise<void> => {
        await page.keyboard.press('k');
        assert.match(await focus(page), /button\|kill\|$/);
        await page.keyboard.down('Enter');
        await page.waitForSelector('#confirm-go');
        await page.keyboard.up('Enter');
      };
      await hold();
      assert.match(await focus(page), /button\|confirm-go\|$/);
      await page.keyboard.press('Escape');
      await page.waitForSelector('dialog', { state: 'detached' });
      await hold();
      await page.keyboard.press('Tab');
      assert.match(await focus(page), /button\|Do nothing\|$/);
      await page.keyboard.press('Enter');
      await page.waitForSelector('dialog', { state: 'detached' });
      assert.deepEqual(done(), []);
      await hold();
      await page.keyboard.press('Enter');
      while (done().length === 0) await page.waitForTimeout(10);
      assert.deepEqual(done(), ['kill']);

      for (const [button, command] of [
        ['Halt', 'halt-strategy'],
        ['Cancel all orders', 'cancel-all'],
      ] as const) {
        for (let i = 0; i < 40 && !(await focus(page)).includes(`|${button}|`); i++) await page.keyboard.press('Tab');
        await page.keyboard.press('Enter');
        await page.waitForSelector('#confirm-go');
        await page.keyboard.press('Enter');
        await page.waitForSelector('dialog', { state: 'detached' });
        while (done().at(-1) !== command) await page.waitForTimeout(10);
      }

      rig.view.model.standing.killed.add('engine');
      await page.waitForSelector('#killed:not([hidden])');
      for (let i = 0; i < 40 && !(await focus(page)).includes('|Resume engine …|'); i++)
        await page.keyboard.press('Tab');
      await page.keyboard.press('Enter');
      await page.waitForSelector('#confirm-words');
      await page.keyboard.type('resume engine');
      await page.keyboard.press('Enter');
      while (done().at(-1) !== 'resume') await page.waitForTimeout(10);

      for (let i = 0; i < 40 && !(await focus(page)).includes('|Sign out|'); i++) await page.keyboard.press('Tab');
      await page.keyboard.press('Enter');
      await page.waitForSelector('#token');
    });
  },
);
