/** Readable in both themes, and for those who tell colours apart badly. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { launch, noBrowser, until } from '../../support/browser.ts';
import { contrasts } from '../../support/contrast.ts';
import { PageFrames } from '../../support/page-frames.ts';

let browser: Browser;
const options = { skip: noBrowser };

before(async () => {
  if (noBrowser === false) browser = await launch();
});
after(async () => {
  if (noBrowser === false) await browser.close();
});

async function assertReadable(page: Page, what: string, least: number): Promise<number> {
  const found = await contrasts(page);
  assert.ok(found.length >= least, `${what}: only ${found.length} pairs of colours were found`);
  const faint = found.filter(({ ratio, needed }) => ratio < needed);
  assert.deepEqual(
    faint.map(({ text, where, ratio }) => `${text} (${where}): ${ratio.toFixed(2)}`),
    [],
    what,
  );
  return found[0].ratio;
}

for (const scheme of ['light', 'dark'] as const) {
  test(`every text has a contrast of 4.5 or more, ${scheme}`, options, async (t) => {
    const context = await browser.newContext({ colorScheme: scheme });
    const frames = await PageFrames.open(browser, 4, 3, { scheme, height: 3000 });
    try {
      const { model } = frames.rig.view;
      const { page } = frames;
      const signIn = await context.newPage();
      await signIn.goto(frames.rig.opened.url);
      await signIn.fill('#token', 'not the right token');
      await signIn.press('#token', 'Enter');
      await until(signIn, "document.querySelector('.problem').textContent !== ''");
      await assertReadable(signIn, 'signing in', 4);

      for (const severity of ['info', 'warning', 'error'] as const)
        model.alerts.add(1, 1, severity, severity, 'a word');
      model.standing.limits.set('over', ['over', 120, 100, 1.2, 0.7]);
      model.standing.limits.set('unknown', ['unknown', Number.NaN, 100, Number.NaN, 0.7]);
      model.standing.strategies.set('other', ['halted', 'by somebody']);
      model.market.standing(1, 2, model.nowNs);
      for (let i = 0; i < 8; i++) await frames.step(true, 600);
      for (const shown of [
        '#alerts .error',
        '#alerts .warning',
        '.limits .near',
        '.limits .over',
        '.halted',
        '#watch .warned',
        '#orders .over',
      ])
        assert.notEqual(await page.$(shown), null, shown);
      const lowest = await assertReadable(page, 'trading', 12);
      t.diagnostic(`least contrast: ${lowest.toFixed(2)}`);

      await frames.draw(2_000); // nothing from the server meanwhile
      assert.equal(await page.getAttribute('body', 'data-health'), 'stale');
      await assertReadable(page, 'stale', 6);
      await frames.step(true, 600);
      assert.equal(await page.getAttribute('body', 'data-health'), 'ok');

      model.standing.killed.add('engine');
      await frames.step(true, 600);
      await page.keyboard.press('?');
      await assertReadable(page, 'killed, with a dialog', 12);
      await page.keyboard.press('Escape');

      model.ended = 'end of feed';
      await frames.step(true, 600);
      assert.equal(await page.getAttribute('body', 'data-health'), 'ended');
      await assertReadable(page, 'ended', 12);
    } finally {
      await context.close();
      await frames.close();
    }
  });
}

test('sides, gains and standings are told by words, signs or shapes, not by colour alone', options, async () => {
  const frames = await PageFrames.open(browser, 4, 3, { height: 3000 });
  try {
    for (let i = 0; i < 40; i++) frames.tell();
    for (let i = 0; i < 8; i++) await frames.step(true, 600);
    const texts = (selector: string): Promise<string[]> =>
      frames.page.evaluate<string[]>(`[...document.querySelectorAll('${selector}')].map((one) => one.textContent)`);
    const marked = [
      ['#tape td.bid, #orders td.bid, #fills td.bid', /^▲ /],
      ['#tape td.ask, #orders td.ask, #fills td.ask', /^▼ /],
      ['td.gain', /^\+/],
      ['td.loss', /^−/],
      ['.limits .near .words', /^▲ near/],
      ['.chip', /^[●◼▲✕] /],
    ] as const;
    for (const [selector, mark] of marked) {
      const found = await texts(selector);
      assert.ok(found.length > 0, selector);
      for (const text of found) assert.match(text, mark, selector);
    }
  } finally {
    await frames.close();
  }
});
