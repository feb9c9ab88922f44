/**
 * Which books of a venue are to be made whole, and when it is tried next: a pure state machine, times in ms passed in.
 * A book is asked for at once when it is stale, then after delays with full jitter until it is live.
 */
const FIRST_DELAY_MS = 250;
const MAX_DELAY_MS = 15_000;

interface Pending {
  readonly symbol: string;
  attempts: number;
  dueAt: number;
  isUnderWay: boolean;
}

export class ResyncPlan {
  private readonly pending = new Map<string, Pending>();
  private readonly random: () => number;

  constructor(random: () => number) {
    this.random = random;
  }

  get symbols(): string[] {
    return [...this.pending.keys()];
  }

  /** The book is stale. `graceMs`: what is under way already may mend it. */
  want(symbol: string, now: number, graceMs = 0): void {
    const known = this.pending.get(symbol);
    if (known === undefined) {
      this.pending.set(symbol, { symbol, attempts: 0, dueAt: now + graceMs, isUnderWay: false });
    } else if (graceMs > 0) known.dueAt = Math.max(known.dueAt, now + graceMs);
  }

  /** The next book to ask for at `now`; null where none is due. */
  next(now: number): string | null {
    for (const one of this.pending.values()) if (!one.isUnderWay && one.dueAt <= now) return one.symbol;
    return null;
  }

  /** Asked; it may be asked again `againMs` (and a delay) later where nothing else is heard. */
  asked(symbol: string, now: number, againMs: number): void {
    const one = this.pending.get(symbol);
    if (one === undefined) return;
    one.attempts++;
    one.isUnderWay = againMs === Number.POSITIVE_INFINITY;
    one.dueAt = now + (one.isUnderWay ? 0 : againMs) + this.delay(one.attempts);
  }

  /** The answer is there, or will not come. */
  answered(symbol: string, now: number): void {
    const one = this.pending.get(symbol);
    if (one === undefined) return;
    one.isUnderWay = false;
    one.dueAt = now + this.delay(one.attempts);
  }

  /** The connection is new: every book is asked for at once, or after `graceMs`. */
  afresh(now: number, graceMs: number): void {
    for (const one of this.pending.values()) {
      one.attempts = 0;
      one.dueAt = now + graceMs;
    }
  }

  /** Forgets the books that are live. */
  settle(isLive: (symbol: string) => boolean): void {
    for (const symbol of this.pending.keys()) if (isLive(symbol)) this.pending.delete(symbol);
  }

  private delay(attempts: number): number {
    return this.random() * Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.min(attempts, 30));
  }
}
