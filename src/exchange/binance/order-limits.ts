/**
 * Binance's limits on orders, per account: so many new orders in 10 s and in a day, counted in windows that begin at whole
 * multiples ("General information on rate limits").
 */
import { WireError } from './order-errors.ts';

export interface OrderLimit {
  readonly interval: 'SECOND' | 'DAY';
  readonly intervalNum: number;
  readonly windowMs: number;
  readonly limit: number;
}

const ORDER_LIMITS: readonly OrderLimit[] = [
  { interval: 'SECOND', intervalNum: 10, windowMs: 10_000, limit: 1_000 },
  { interval: 'DAY', intervalNum: 1, windowMs: 86_400_000, limit: 2_000_000 },
];

export class OrderCounts {
  private readonly limits: readonly OrderLimit[];
  private readonly windows: { startMs: number; count: number }[];

  constructor(limits: readonly OrderLimit[] = ORDER_LIMITS) {
    this.limits = limits;
    this.windows = limits.map(() => ({ startMs: 0, count: 0 }));
  }

  /** Counts an order. Throws WireError 429 with the time to try again where it is one too many. */
  take(nowMs: number): void {
    this.roll(nowMs);
    const at = this.limits.findIndex(({ limit }, i) => this.windows[i].count >= limit);
    if (at >= 0) {
      const { limit, windowMs, interval, intervalNum } = this.limits[at];
      const retryAfter = this.windows[at].startMs + windowMs;
      const text = `Too many new orders; current limit is ${limit} orders per ${intervalNum} ${interval}.`;
      throw new WireError(429, -1015, text, { serverTime: nowMs, retryAfter });
    }
    for (const window of this.windows) window.count++;
  }

  /** `rateLimits` of an answer. */
  rows(nowMs: number): Record<string, unknown>[] {
    this.roll(nowMs);
    return this.limits.map(({ interval, intervalNum, limit }, i) => {
      return { rateLimitType: 'ORDERS', interval, intervalNum, limit, count: this.windows[i].count };
    });
  }

  /** x-mbx-order-count-… of a REST answer. */
  headers(nowMs: number): Record<string, string> {
    this.roll(nowMs);
    const headers: Record<string, string> = {};
    for (const [i, { interval, intervalNum }] of this.limits.entries()) {
      headers[`x-mbx-order-count-${intervalNum}${interval === 'SECOND' ? 's' : 'd'}`] = String(this.windows[i].count);
    }
    return headers;
  }

  private roll(nowMs: number): void {
    for (const [i, { windowMs }] of this.limits.entries()) {
      const startMs = nowMs - (nowMs % windowMs);
      if (this.windows[i].startMs !== startMs) this.windows[i] = { startMs, count: 0 };
    }
  }
}
