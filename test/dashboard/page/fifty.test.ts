/** Fifty instruments that change sixty times a second. How smooth that is on a screen: test/long/page.long.ts. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { launch, noBrowser } from '../../support/browser.ts';
import { PageFrames } from '../../support/page-frames.ts';

const INSTRUMENTS = 50;
const FRAMES = 18;
const SEED = 7;
/** Cells that may differ from one frame to the next: four an instrument, and what the other panels show. */
const MOST_TEXTS = 8 * INSTRUMENTS;

let browser: Browser;
const options = { skip: noBrowser };

before(async () => {
  if (noBrowser === false) browser = await launch();
});
after(async () => {
  if (noBrowser === false) await browser.close();
});

/** Bid and ask of all instruments, in units of a tick, as the page shows them. */
const SHOWN = `[...document.querySelectorAll('#watch tbody tr')].map((row) =>
  [1, 2].map((at) => Math.round(Number(row.cells[at].textContent.replaceAll(',', '')) * 1e4)))`;

test(
  'fifty instruments that change sixty times a second are drawn once a frame, and no change is lost',
  options,
  async (t) => {
    const frames = await PageFrames.open(browser, INSTRUMENTS, SEED);
    try {
      const { page, scene, rig } = frames;
      const expected = (): number[][] =>
        Array.from({ length: INSTRUMENTS }, (_, i) => {
          const [, bid, , ask] = rig.view.model.market.topRow(i);
          return [bid, ask];
        });
      for (let i = 0; i < 6; i++) await frames.step();
      const before = await frames.seen();
      const changesBefore = scene.changes;
      const cost = await frames.cost(FRAMES);
      const after = await frames.seen();
      assert.equal(scene.changes - changesBefore, FRAMES * INSTRUMENTS, `seed ${SEED}`);
      assert.deepEqual(await page.evaluate(SHOWN), expected());
      assert.equal(after.frames - before.frames, FRAMES);
      assert.equal(after.callbacks - before.callbacks, FRAMES, 'one callback draws everything');
      assert.equal(after.again - before.again, 0, 'no text is written twice in a frame');
      assert.equal(after.outside - before.outside, 0, 'nothing is written between frames');
      const texts = (after.texts - before.texts) / FRAMES;
      assert.ok(texts > INSTRUMENTS && texts < MOST_TEXTS, `${texts} texts a frame`);
      t.diagnostic(
        `a frame: ${texts.toFixed(0)} texts, ${cost.cpuMs.toFixed(1)} ms of CPU, ${cost.layouts.toFixed(1)} layouts`,
      );
      assert.ok(cost.layouts <= 1.5, `${cost.layouts} layouts a frame: something asks for sizes in the middle of one`);

      // A screen that is slower than the server: what came in between is drawn once, as it is last.
      for (let i = 0; i < 5; i++) {
        for (let k = 0; k < 4; k++) frames.tell();
        await frames.draw();
        assert.deepEqual(await page.evaluate(SHOWN), expected());
      }
      const late = await frames.seen();
      assert.equal(late.again - after.again, 0);
      assert.equal(late.received, frames.sent, 'every frame of the server was taken');
      assert.equal(rig.server.subscriptions.counts.conflated, 0);
    } finally {
      await frames.close();
    }
  },
);

test('a table that does not change costs nothing, whatever else does', options, async () => {
  const frames = await PageFrames.open(browser, 3, SEED);
  try {
    for (let i = 0; i < 4; i++) await frames.step();
    for (let i = 0; i < 4; i++) await frames.step(false, 1_000); // what is drawn seldom has been drawn
    const before = await frames.seen();
    for (let i = 0; i < 10; i++) await frames.step(false);
    const after = await frames.seen();
    assert.ok(after.texts - before.texts <= 20, `${after.texts - before.texts} texts in ten frames without news`);
  } finally {
    await frames.close();
  }
});
