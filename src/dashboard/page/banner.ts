/** What is wrong with what is shown, in plain words over the whole width; numbers are dimmed meanwhile. */
import type { PageContext } from './context.ts';
import { el, setAttribute, setClass, setHidden, setText } from './dom.ts';
import { type Health, healthOf } from './health.ts';

const TITLE = 'tapehead';
const SHORT = { ok: '● connected', ended: '◼ ended', stale: '▲ stale', lost: '✕ not connected' } as const;

export class Banner {
  readonly element = el('div', { id: 'banner', role: 'status', 'aria-live': 'polite', hidden: true });
  /** In the page's head. */
  readonly chip = el('span', { class: 'chip', id: 'standing' });
  private readonly page: PageContext;
  private feedRow: unknown = null;
  private feedRowMs = 0;
  private titleMs = 0;

  constructor(page: PageContext) {
    this.page = page;
  }

  /** Called in every frame, and by a slow timer where there are none. */
  draw(nowMs: number): void {
    const { connection, store, hello } = this.page;
    const feed = store.feed.get('feed') ?? null;
    if (feed !== this.feedRow) {
      this.feedRow = feed;
      this.feedRowMs = nowMs;
    }
    const health = healthOf({
      standing: connection.standing,
      standingText: connection.text,
      frameAgeMs: nowMs - connection.lastFrameMs,
      mode: hello.mode,
      state: store.state,
      feed,
      feedRowAgeMs: nowMs - this.feedRowMs,
    });
    const lapsed = store.state?.lapsedSeq ?? 0;
    const remark =
      lapsed > 0 ? ` The dashboard was too slow and missed records before ${lapsed}; the log has them.` : '';
    setText(this.element, `${health.text}${remark}`.trim());
    setHidden(this.element, health.text === '' && remark === '');
    setClass(this.element, health.level === 'ok' ? 'remark' : health.level);
    setText(this.chip, hello.mode === 'log' && health.level === 'ok' ? '● finished log' : SHORT[health.level]);
    setClass(this.chip, `chip ${health.level}`);
    setAttribute(document.body, 'data-health', health.level);
    if (nowMs - this.titleMs > 500) {
      this.titleMs = nowMs;
      this.title(health);
    }
  }

  /** The window's title says it too: a page behind others is still watched. */
  private title({ level }: Health): void {
    const { store } = this.page;
    const top = store.top.get(store.selected);
    const killed = (store.state?.killed.length ?? 0) > 0 ? '■ KILLED · ' : '';
    const health = level === 'ok' ? '' : `${SHORT[level]} · `;
    const price = top === undefined || top[8] === 0 ? '' : `${store.text('price', store.selected, top[7])} `;
    const text = `${killed}${health}${price}${store.symbol(store.selected)} – ${TITLE}`;
    if (document.title !== text) document.title = text;
  }
}
