/**
 * How much may still be asked: what the venue says of its limits (`rateLimits` of the websocket API, x-mbx headers of REST),
 * and pauses that it orders (429, 418). Windows are the venue's: a limit of "10 SECOND" starts anew at every whole 10 s of
 * its clock. Pure: the venue's time is an argument.
 */

const SECONDS: Readonly<Record<string, number>> = { SECOND: 1, MINUTE: 60, HOUR: 3600, DAY: 86_400 };
const LETTERS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

interface Window {
  readonly windowMs: number;
  readonly isOrders: boolean;
  limit: number;
  count: number;
  startMs: number;
}

/** An entry of `rateLimits` in an answer, or in exchangeInfo (without `count`). */
export interface RateLimitText {
  readonly rateLimitType: string;
  readonly interval: string;
  readonly intervalNum: number;
  readonly limit: number;
  readonly count?: number;
}

export class RateLimits {
  private readonly windows = new Map<string, Window>();
  private pausedUntilMs = 0;

  /** From an answer. `nowMs`: the venue's clock. */
  learn(limits: readonly RateLimitText[], nowMs: number): void {
    for (const { rateLimitType, interval, intervalNum, limit, count } of limits) {
      const seconds = (SECONDS[interval] ?? 0) * intervalNum;
      if (seconds === 0 || !(rateLimitType === 'ORDERS' || rateLimitType === 'REQUEST_WEIGHT')) continue;
      const window = this.window(rateLimitType === 'ORDERS', seconds * 1000, nowMs);
      window.limit = limit;
      if (count !== undefined) window.count = Math.max(window.count, count);
    }
  }

  /** From REST headers: x-mbx-order-count-10s, x-mbx-used-weight-1m. */
  learnHeaders(headers: Readonly<Record<string, string | string[] | undefined>>, nowMs: number): void {
    for (const [name, value] of Object.entries(headers)) {
      const match = /^x-mbx-(order-count|used-weight)-(\d+)([smhd])$/.exec(name);
      const count = Number(value);
      if (match === null || !Number.isFinite(count)) continue;
      const window = this.window(match[1] === 'order-count', Number(match[2]) * LETTERS[match[3]] * 1000, nowMs);
      window.count = Math.max(window.count, count);
    }
  }

  /** The venue said not to ask before then. */
  pauseUntil(retryAtMs: number): void {
    this.pausedUntilMs = Math.max(this.pausedUntilMs, retryAtMs);
  }

  /** Whether an order may be sent now; counts it. */
  takeOrder(nowMs: number): boolean {
    if (nowMs < this.pausedUntilMs) return false;
    let fits = true;
    for (const window of this.windows.values()) {
      roll(window, nowMs);
      if (window.count >= window.limit) fits = false;
    }
    if (!fits) return false;
    for (const window of this.windows.values()) window.count++;
    return true;
  }

  /** How long cancels and queries have to wait, ms: they count as weight only. */
  delayMs(nowMs: number): number {
    let untilMs = this.pausedUntilMs;
    for (const window of this.windows.values()) {
      roll(window, nowMs);
      if (!window.isOrders && window.count >= window.limit)
        untilMs = Math.max(untilMs, window.startMs + window.windowMs);
    }
    return Math.max(0, untilMs - nowMs);
  }

  private window(isOrders: boolean, windowMs: number, nowMs: number): Window {
    const name = `${isOrders}${windowMs}`;
    let window = this.windows.get(name);
    if (window === undefined) {
      window = { windowMs, isOrders, limit: Number.POSITIVE_INFINITY, count: 0, startMs: 0 };
      this.windows.set(name, window);
    }
    roll(window, nowMs);
    return window;
  }
}

function roll(window: Window, nowMs: number): void {
  const startMs = nowMs - (nowMs % window.windowMs);
  if (startMs === window.startMs) return;
  window.startMs = startMs;
  window.count = 0;
}
