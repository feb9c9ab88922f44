/**
 * The dashboard's page with 50 instruments that all change 60 times a second, in Chromium that renders in software. First frame by
 * frame, what one costs the page's thread; then as a screen would have it, how many frames were dropped: an interval of more than
 * one and a half of the screen's. `INSTRUMENTS`, `SECONDS` and `SEED` say how many, how long, and which. What a frame costs has a
 * bound; how many are dropped depends on what else the machine does, and is told with its load.
 */
import assert from 'node:assert/strict';
import { loadavg } from 'node:os';
import type { Browser } from 'playwright-core';
import { launch, openPage } from '../support/browser.ts';
import { DashboardRig } from '../support/dashboard-rig.ts';
import { DashboardScene } from '../support/dashboard-scene.ts';
import { FRAME_MS, type FrameCost, PageFrames } from '../support/page-frames.ts';

const INSTRUMENTS = Number(process.env.INSTRUMENTS ?? 50);
const SECONDS = Number(process.env.SECONDS ?? 10);
const STEPPED_FRAMES = 240;
const WARM_FRAMES = 60;
const seed = Number(process.env.SEED ?? 7);

interface Screen {
  readonly frames: number;
  /** Frames that a screen of 60 Hz shows twice for want of a new one. */
  readonly dropped: number;
  readonly updates: number;
  /** CPU time of the page's thread, as a share of one core. */
  readonly coreShare: number;
}

async function stepped(browser: Browser): Promise<FrameCost> {
  const frames = await PageFrames.open(browser, INSTRUMENTS, seed);
  try {
    for (let i = 0; i < WARM_FRAMES; i++) await frames.step();
    const before = await frames.seen();
    const cost = await frames.cost(STEPPED_FRAMES);
    const after = await frames.seen();
    assert.equal(after.again - before.again, 0, 'no text is written twice in a frame');
    assert.equal(after.outside - before.outside, 0, 'nothing is written between frames');
    return cost;
  } finally {
    await frames.close();
  }
}

async function onScreen(browser: Browser): Promise<Screen> {
  const hello = { strategies: ['maker'], currency: 'USD' };
  const rig = await DashboardRig.start({}, undefined, { hasBegun: true, hasPage: true, hello });
  const scene = new DashboardScene(rig.view.model, INSTRUMENTS, seed);
  const from = performance.now();
  let steps = 0;
  const timer = setInterval(() => {
    for (; steps * FRAME_MS < performance.now() - from; steps++) scene.step();
  }, 4);
  try {
    const { page, errors } = await openPage(browser, rig.opened);
    await page.waitForSelector('#watch tbody tr');
    const cdp = await page.context().newCDPSession(page);
    await cdp.send('Performance.enable');
    const threadSeconds = async (): Promise<number> =>
      (await cdp.send('Performance.getMetrics')).metrics.find(({ name }) => name === 'ThreadTime')?.value ?? 0;
    await page.waitForTimeout(2_000);
    const sentBefore = rig.server.subscriptions.counts.frames;
    const before = await threadSeconds();
    const gaps = await page.evaluate<number[]>(`new Promise((resolve) => {
      const gaps = [];
      let last = performance.now();
      const endMs = last + ${SECONDS * 1000};
      const frame = (nowMs) => {
        gaps.push(nowMs - last);
        last = nowMs;
        if (nowMs < endMs) requestAnimationFrame(frame);
        else resolve(gaps.slice(1));
      };
      requestAnimationFrame(frame);
    })`);
    const coreShare = ((await threadSeconds()) - before) / SECONDS;
    const dropped = gaps.reduce((sum, gap) => sum + (gap > 1.5 * FRAME_MS ? Math.round(gap / FRAME_MS) - 1 : 0), 0);
    const updates = rig.server.subscriptions.counts.frames - sentBefore;
    assert.deepEqual(errors, []);
    await page.context().close();
    return { frames: gaps.length, dropped, updates, coreShare };
  } finally {
    clearInterval(timer);
    await rig.close();
  }
}

console.log(`seed ${seed}`);
const browser = await launch();
try {
  const cost = await stepped(browser);
  const screen = await onScreen(browser);
  const round = (value: number): string => value.toFixed(1);
  const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
  console.log(
    `${INSTRUMENTS} instruments: a frame takes ${round(cost.cpuMs)} ms of the page's thread (script ${round(cost.scriptMs)}, style ` +
      `${round(cost.styleMs)}, layout ${round(cost.layoutMs)} by the clock) of ${round(FRAME_MS)}; in ${SECONDS} s ${screen.frames} frames, ` +
      `${screen.dropped} dropped (${percent(screen.dropped / (screen.frames + screen.dropped))}), ${screen.updates} updates, ` +
      `${percent(screen.coreShare)} of a core; load ${round(loadavg()[0])} on the way`,
  );
  assert.ok(cost.cpuMs < FRAME_MS, `a frame takes ${cost.cpuMs} ms`);
} finally {
  await browser.close();
}
