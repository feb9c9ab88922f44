/** Signals from the whole history, by their definitions, with no regard to cost: twins of src/strategy/trackers.ts. */

export interface NaiveTouch {
  readonly ns: number;
  readonly bid: number;
  readonly bidQty: number;
  readonly ask: number;
  readonly askQty: number;
  readonly isLive: boolean;
}

export interface NaiveTrade {
  readonly ns: number;
  readonly qty: number;
  readonly aggressor: number;
}

function midOf(touch: NaiveTouch): number | null {
  if (!touch.isLive || touch.bidQty === 0 || touch.askQty === 0 || touch.bid > touch.ask) return null;
  return (touch.bid + touch.ask) / 2;
}

/** The stretches of time in which the mid was usable: its value, and how long it stood, up to `nowNs`. */
function stretches(history: readonly NaiveTouch[], nowNs: number): { readonly mid: number; readonly ns: number }[] {
  return history.flatMap((touch, i) => {
    const mid = midOf(touch);
    const end = i + 1 < history.length ? history[i + 1].ns : nowNs;
    return mid === null ? [] : [{ mid, ns: end - touch.ns }];
  });
}

/**
 * The mean of the mid over the time it was usable, each moment with weight 2^(-age / halfLife), where all time before the
 * first mid counts as if that had stood for ever.
 */
export function naiveMidEma(history: readonly NaiveTouch[], halfLifeNs: number, nowNs: number): number {
  const parts = stretches(history, nowNs);
  if (parts.length === 0) return Number.NaN;
  let ageNs = 0;
  let mean = 0;
  for (const { mid, ns } of parts.slice().reverse()) {
    mean += mid * (2 ** (-ageNs / halfLifeNs) - 2 ** (-(ageNs + ns) / halfLifeNs));
    ageNs += ns;
  }
  return mean + parts[0].mid * 2 ** (-ageNs / halfLifeNs);
}

/** sqrt of (squared changes by weight) / (seconds by weight); changes only between touches that follow each other. */
export function naiveVolatility(history: readonly NaiveTouch[], halfLifeNs: number, nowNs: number): number {
  let ageNs = 0;
  let squares = 0;
  let seconds = 0;
  for (let i = history.length - 1; i >= 0; i--) {
    const mid = midOf(history[i]);
    if (mid === null) continue;
    const end = i + 1 < history.length ? history[i + 1].ns : nowNs;
    const ns = end - history[i].ns;
    // The integral of 2^(-t / halfLife) over the stretch.
    const weight = (age: number): number => (halfLifeNs / Math.LN2) * 2 ** (-age / halfLifeNs);
    seconds += (weight(ageNs) - weight(ageNs + ns)) / 1e9;
    ageNs += ns;
    const before = i > 0 ? midOf(history[i - 1]) : null;
    if (before !== null) squares += (mid - before) ** 2 * 2 ** (-ageNs / halfLifeNs);
  }
  return ageNs < halfLifeNs ? Number.NaN : Math.sqrt(squares / seconds);
}

/** Cont, Kukanov, Stoikov (2014), literally, with the price of an empty side at infinity. */
export function naiveImbalance(history: readonly NaiveTouch[], windowNs: number, nowNs: number): number {
  let sum = 0;
  for (let n = 1; n < history.length; n++) {
    const now = history[n];
    const was = history[n - 1];
    if (!now.isLive || !was.isLive || now.ns <= nowNs - windowNs) continue;
    const bid = (touch: NaiveTouch): number => (touch.bidQty === 0 ? Number.NEGATIVE_INFINITY : touch.bid);
    const ask = (touch: NaiveTouch): number => (touch.askQty === 0 ? Number.POSITIVE_INFINITY : touch.ask);
    if (bid(now) >= bid(was)) sum += now.bidQty;
    if (bid(now) <= bid(was)) sum -= was.bidQty;
    if (ask(now) <= ask(was)) sum -= now.askQty;
    if (ask(now) >= ask(was)) sum += was.askQty;
  }
  return sum;
}

export function naiveTraded(trades: readonly NaiveTrade[], windowNs: number, nowNs: number, signed: boolean): number {
  let sum = 0;
  for (const { ns, qty, aggressor } of trades) {
    if (ns <= nowNs - windowNs) continue;
    if (!signed || aggressor === 1) sum += qty;
    else if (aggressor === 2) sum -= qty;
  }
  return sum;
}
