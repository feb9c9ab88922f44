/** One animation frame for all: a panel draws when something it shows has changed, at most as often as it says. */
import type { Shown, Store } from './store.ts';

export interface Panel {
  readonly section: HTMLElement;
  /** What it shows. */
  readonly topics: readonly Shown[];
  /** At most so often; default: every frame. */
  readonly everyMs?: number;
  draw(nowMs: number): void;
}

export class Renderer {
  /** Frames that took longer to draw than a 60th of a second. */
  slowFrames = 0;
  frames = 0;
  private readonly store: Store;
  private readonly panels: { readonly panel: Panel; seen: number; nextMs: number }[] = [];
  private readonly always: ((nowMs: number) => void)[] = [];

  constructor(store: Store) {
    this.store = store;
  }

  add(panel: Panel): void {
    this.panels.push({ panel, seen: -1, nextMs: 0 });
  }

  /** Called in every frame. */
  addAlways(draw: (nowMs: number) => void): void {
    this.always.push(draw);
  }

  start(): void {
    requestAnimationFrame(this.frame);
  }

  private readonly frame = (nowMs: number): void => {
    requestAnimationFrame(this.frame);
    const fromMs = performance.now();
    for (const draw of this.always) draw(nowMs);
    for (const one of this.panels) {
      const { panel } = one;
      let version = 0;
      for (const topic of panel.topics) version += this.store.version(topic);
      if (version === one.seen || nowMs < one.nextMs) continue;
      one.seen = version;
      one.nextMs = nowMs + (panel.everyMs ?? 0);
      panel.draw(nowMs);
    }
    this.frames++;
    if (performance.now() - fromMs > 1000 / 60) this.slowFrames++;
  };
}
