/** So much a second and no more: per client, per address, per sign-in. Time is an argument, ms of a monotonic clock. */

export interface Rate {
  readonly perSecond: number;
  /** At once, after a pause. */
  readonly burst: number;
}

export class TokenBucket {
  private readonly rate: Rate;
  private left: number;
  private atMs: number;

  constructor(rate: Rate, nowMs: number) {
    this.rate = rate;
    this.left = rate.burst;
    this.atMs = nowMs;
  }

  /** False where there is no more to be had now. */
  take(nowMs: number): boolean {
    const { perSecond, burst } = this.rate;
    this.left = Math.min(burst, this.left + ((nowMs - this.atMs) / 1000) * perSecond);
    this.atMs = nowMs;
    if (this.left < 1) return false;
    this.left--;
    return true;
  }

  /** As good as new. */
  isFull(nowMs: number): boolean {
    return this.left + ((nowMs - this.atMs) / 1000) * this.rate.perSecond >= this.rate.burst;
  }
}

/**
 * Whom an address stands for. Who has an IPv6 address has the 2^64 of its network: they count as one.
 */
export function sourceOf(address: string): string {
  if (!address.includes(':')) return address;
  const [front, back] = address.split('::');
  const groups = front.split(':').filter((group) => group !== '');
  const zeros = back === undefined ? 0 : 8 - groups.length - back.split(':').length;
  return [...groups, ...Array<string>(Math.max(0, zeros)).fill('0'), ...(back ?? '').split(':')].slice(0, 4).join(':');
}

/** A bucket for each address. Those that are as good as new are forgotten when there are many. */
export class BucketsByAddress {
  private readonly rate: Rate;
  private readonly most: number;
  private readonly buckets = new Map<string, TokenBucket>();

  constructor(rate: Rate, most = 10_000) {
    this.rate = rate;
    this.most = most;
  }

  /** False also for addresses beyond the number that can be remembered: who spreads over so many is refused whole. */
  take(address: string, nowMs: number): boolean {
    let bucket = this.buckets.get(address);
    if (bucket === undefined) {
      if (this.buckets.size >= this.most) this.forget(nowMs);
      if (this.buckets.size >= this.most) return false;
      bucket = new TokenBucket(this.rate, nowMs);
      this.buckets.set(address, bucket);
    }
    return bucket.take(nowMs);
  }

  private forget(nowMs: number): void {
    for (const [address, bucket] of this.buckets) if (bucket.isFull(nowMs)) this.buckets.delete(address);
  }
}

const FREE_FAILURES = 5;
const FIRST_PENALTY_MS = 1_000;
const LONGEST_PENALTY_MS = 60_000;
const FORGIVEN_MS = 15 * 60_000;
const MOST_REMEMBERED = 10_000;

/**
 * Sign-ins that fail: after a few an address has to wait, longer each time. One that succeeds makes up for none: who has a token
 * to view could try any number of others in between.
 */
export class FailedSignIns {
  private readonly failures = new Map<string, { count: number; untilMs: number; atMs: number }>();

  /** ms that the address still has to wait; nothing it says is looked at meanwhile. */
  waitMs(address: string, nowMs: number): number {
    return Math.max(0, (this.failures.get(address)?.untilMs ?? 0) - nowMs);
  }

  failed(address: string, nowMs: number): void {
    const before = this.failures.get(address);
    const count = before === undefined || nowMs - before.atMs > FORGIVEN_MS ? 1 : before.count + 1;
    const penaltyMs =
      count <= FREE_FAILURES ? 0 : Math.min(LONGEST_PENALTY_MS, FIRST_PENALTY_MS * 2 ** (count - FREE_FAILURES - 1));
    this.failures.delete(address);
    this.failures.set(address, { count, untilMs: nowMs + penaltyMs, atMs: nowMs });
    if (this.failures.size <= MOST_REMEMBERED) return;
    for (const [oldest] of this.failures) {
      this.failures.delete(oldest);
      break;
    }
  }
}
