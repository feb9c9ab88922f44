/** A venue's rate limit: so much weight within any window of so long. Pure: the time is given, in ms. */
export class Budget {
  private readonly weight: number;
  private readonly windowMs: number;
  /** What was spent within the window, oldest first. */
  private readonly spent: { readonly at: number; readonly weight: number }[] = [];
  private used = 0;
  private blockedUntil = Number.NEGATIVE_INFINITY;

  constructor(weight: number, windowMs: number) {
    this.weight = weight;
    this.windowMs = windowMs;
  }

  /** How long to wait before `weight` may be spent, in ms; 0: now. More than the whole budget waits for an empty window. */
  waitMs(now: number, weight = 1): number {
    this.forget(now);
    if (now < this.blockedUntil) return this.blockedUntil - now;
    let over = this.used + weight - this.weight;
    if (over <= 0 || this.spent.length === 0) return 0;
    for (const one of this.spent) {
      over -= one.weight;
      if (over <= 0) return one.at + this.windowMs - now;
    }
    return this.spent[this.spent.length - 1].at + this.windowMs - now;
  }

  spend(now: number, weight = 1): void {
    this.spent.push({ at: now, weight });
    this.used += weight;
  }

  /** The venue says to wait: nothing before `until`. */
  block(until: number): void {
    this.blockedUntil = Math.max(this.blockedUntil, until);
  }

  private forget(now: number): void {
    while (this.spent.length > 0 && this.spent[0].at + this.windowMs <= now) {
      this.used -= this.spent[0].weight;
      this.spent.shift();
    }
  }
}
