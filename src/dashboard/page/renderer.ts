/**
 * One animation frame for all: a panel draws when something it shows has changed, at most as often as it says, and seldom while it
 * is scrolled out of sight. However many updates came since the last frame, they are drawn once.
 */
import type { Shown, Store } from './store.ts';

export interface Panel {
  readonly section: HTMLElement;
  /** What it shows. */
  readonly topics: readonly Shown[];
  /** At most so often; default: every frame. */
  readonly everyMs?: number;
  draw(nowMs: number): void;
}

/** Panels out of sight: for those who search the page, or have it read to them. */
const AWAY_MS = 500;
/** A frame that has drawn for so long leaves what may wait to the next ones, which begin with it. */
const BUDGET_MS = 5;

interface Shelf {
  readonly panel: Panel;
  /** Version that was drawn. */
  seen: number;
  nextMs: number;
  isAway: boolean;
}

export class Renderer {
  private readonly store: Store;
  private readonly shelves: Shelf[] = [];
  private readonly always: ((nowMs: number) => void)[] = [];
  private readonly sight = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      const shelf = this.shelves.find(({ panel }) => panel.section === target);
      if (shelf === undefined) continue;
      shelf.isAway = !isIntersecting;
      shelf.nextMs = 0;
    }
  });
  /** The panel that is looked at first. */
  private first = 0;

  constructor(store: Store) {
    this.store = store;
  }

  add(panel: Panel): void {
    this.shelves.push({ panel, seen: -1, nextMs: 0, isAway: false });
    this.sight.observe(panel.section);
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
    const { shelves } = this;
    const first = this.first;
    let isLate = false;
    for (let i = 0; i < shelves.length; i++) {
      const at = (first + i) % shelves.length;
      const shelf = shelves[at];
      const { panel, isAway } = shelf;
      const version = this.versionOf(panel);
      if (version === shelf.seen || nowMs < shelf.nextMs) continue;
      const mayWait = isAway || panel.everyMs !== undefined;
      if (mayWait && isLate) {
        if (this.first === first) this.first = at;
        continue;
      }
      shelf.seen = version;
      shelf.nextMs = nowMs + (isAway ? AWAY_MS : (panel.everyMs ?? 0));
      panel.draw(nowMs);
      isLate ||= mayWait && performance.now() - fromMs > BUDGET_MS;
    }
  };

  private versionOf({ topics }: Panel): number {
    let version = 0;
    for (const topic of topics) version += this.store.version(topic);
    return version;
  }
}
