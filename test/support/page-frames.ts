/**
 * The dashboard's page frame by frame, whatever the machine is busy with: the clock of the server and the screen's stand still
 * until the test says that a 60th of a second has passed.
 */
import type { Browser, CDPSession, Page } from 'playwright-core';
import { type PageOptions, signIn } from './browser.ts';
import { DashboardRig } from './dashboard-rig.ts';
import { DashboardScene } from './dashboard-scene.ts';

/** A hair longer than the period of 60 updates a second, so that every frame has one that is due. */
export const FRAME_MS = 1000 / 60 + 0.01;

/**
 * In the page: counts what comes from the server and what is written into the document (texts, and in which frame), and keeps
 * the page's frame and its clock until `nextFrame(ms)`, which resolves when the frame is on the screen.
 */
const IN_PAGE = `window.seen = { received: 0, texts: 0, again: 0, outside: 0, frames: 0, callbacks: 0 };
{
  const { seen } = window;
  const realFrame = window.requestAnimationFrame.bind(window);
  let waiting = [];
  let nowMs = 0;
  performance.now = () => nowMs;
  let isInFrame = false;
  window.requestAnimationFrame = (callback) => waiting.push(callback);
  const written = new Set();
  window.nextFrame = (ms) => new Promise((resolve) => realFrame(() => {
    const due = waiting;
    nowMs = ms;
    waiting = [];
    written.clear();
    isInFrame = true;
    seen.frames++;
    seen.callbacks += due.length;
    for (const callback of due) callback(ms);
    isInFrame = false;
    setTimeout(resolve, 0);
  }));
  const { get, set } = Object.getOwnPropertyDescriptor(CharacterData.prototype, 'data');
  Object.defineProperty(CharacterData.prototype, 'data', {
    get,
    set(text) {
      seen.texts++;
      if (!isInFrame) seen.outside++;
      if (written.has(this)) seen.again++;
      written.add(this);
      set.call(this, text);
    },
  });
  window.WebSocket = class extends WebSocket {
    constructor(...rest) {
      super(...rest);
      // The second byte of a MessagePack array is its first number: 2 and 3 are data.
      this.addEventListener('message', ({ data }) => {
        const type = new Uint8Array(data)[1];
        if (type === 2 || type === 3) setTimeout(() => seen.received++, 0);
      });
    }
  };
}`;

export interface Seen {
  /** Frames of data that the page has taken. */
  readonly received: number;
  /** Texts written, those written twice in a frame, and those written between frames. */
  readonly texts: number;
  readonly again: number;
  readonly outside: number;
  /** Frames drawn, and callbacks that drew them. */
  readonly frames: number;
  readonly callbacks: number;
}

export interface FrameCost {
  /** CPU time of the page's thread, and what of it (by the clock on the wall) is script, style and layout; ms. */
  readonly cpuMs: number;
  readonly scriptMs: number;
  readonly styleMs: number;
  readonly layoutMs: number;
  readonly layouts: number;
}

export class PageFrames {
  readonly rig: DashboardRig;
  readonly scene: DashboardScene;
  readonly page: Page;
  private readonly clock: { shiftMs: number; atMs: number };
  private readonly cdp: CDPSession;
  private ms = 0;

  private constructor(
    rig: DashboardRig,
    scene: DashboardScene,
    page: Page,
    clock: { shiftMs: number; atMs: number },
    cdp: CDPSession,
  ) {
    this.rig = rig;
    this.scene = scene;
    this.page = page;
    this.clock = clock;
    this.cdp = cdp;
  }

  static async open(
    browser: Browser,
    instruments: number,
    seed: number,
    options: PageOptions = {},
  ): Promise<PageFrames> {
    const clock = { shiftMs: 0, atMs: 0 };
    const hello = { strategies: ['maker'], currency: 'USD' };
    const rig = await DashboardRig.start({}, clock, { hasBegun: true, hasPage: true, hello });
    const scene = new DashboardScene(rig.view.model, instruments, seed);
    const { width = 1280, height = 800, scheme = 'light' } = options;
    const context = await browser.newContext({ viewport: { width, height }, colorScheme: scheme });
    const page = await context.newPage();
    await page.addInitScript(IN_PAGE);
    await signIn(page, rig.opened);
    const cdp = await context.newCDPSession(page);
    await cdp.send('Performance.enable');
    const frames = new PageFrames(rig, scene, page, clock, cdp);
    while ((await page.$('#watch tbody tr')) === null) await frames.step(false);
    return frames;
  }

  /** A 60th of a second: the market moves, the page is told, and draws. */
  async step(moves = true, ms = FRAME_MS): Promise<void> {
    this.tell(moves, ms);
    await this.draw(ms);
  }

  /** The server's 60th of a second. */
  tell(moves = true, ms = FRAME_MS): void {
    if (moves) this.scene.step();
    this.clock.atMs += ms;
    this.rig.server.tick();
  }

  /** The screen's: the page has got what it was told, and draws. */
  async draw(ms = FRAME_MS): Promise<void> {
    this.ms += ms;
    await this.page.evaluate(`new Promise((resolve) => {
      const look = () => seen.received >= ${this.sent} ? resolve() : setTimeout(look, 1);
      look();
    }).then(() => nextFrame(${this.ms}))`);
  }

  /** Frames of data that the server has sent. */
  get sent(): number {
    return this.rig.server.subscriptions.counts.frames;
  }

  seen(): Promise<Seen> {
    return this.page.evaluate<Seen>('({ ...seen })');
  }

  /** What a frame costs, over so many of them. */
  async cost(count: number): Promise<FrameCost> {
    const before = await this.metrics();
    for (let i = 0; i < count; i++) await this.step();
    const after = await this.metrics();
    const perFrame = (name: string): number => ((after.get(name) ?? 0) - (before.get(name) ?? 0)) / count;
    return {
      cpuMs: perFrame('ThreadTime') * 1000,
      scriptMs: perFrame('ScriptDuration') * 1000,
      styleMs: perFrame('RecalcStyleDuration') * 1000,
      layoutMs: perFrame('LayoutDuration') * 1000,
      layouts: perFrame('LayoutCount'),
    };
  }

  async close(): Promise<void> {
    await this.page.context().close();
    await this.rig.close();
  }

  private async metrics(): Promise<Map<string, number>> {
    const { metrics } = await this.cdp.send('Performance.getMetrics');
    return new Map(metrics.map(({ name, value }) => [name, value]));
  }
}
