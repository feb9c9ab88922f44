/**
 * The plainest possible replay of a raw Binance spot recording: JSON.parse, a map a side, the venue's join rule
 * ("How to manage a local order book correctly", Binance spot API documentation), no code of src/. Prices and
 * quantities stay the venue's strings, so nothing is rounded.
 */
import assert from 'node:assert/strict';

interface Depth {
  readonly e: string;
  readonly E: number;
  readonly U: number;
  readonly u: number;
  readonly b: readonly [string, string][];
  readonly a: readonly [string, string][];
}

interface Ticker {
  readonly u: number;
  readonly b: string;
  readonly B: string;
  readonly a: string;
  readonly A: string;
}

interface Trade {
  readonly q: string;
  readonly t: number;
}

export class BinanceReplay {
  readonly bids = new Map<string, string>();
  readonly asks = new Map<string, string>();
  readonly counts: Record<string, number> = {};
  readonly receipts: bigint[] = [];
  readonly tickers: Ticker[] = [];
  readonly trades: Trade[] = [];
  snapshotId = -1;
  /** Diffs that came before the snapshot, and of those how many it made obsolete. */
  buffered = 0;
  obsolete = 0;
  gaps = 0;
  /** Diffs after which the touch could be compared with the venue's own, and how many differed. */
  compared = 0;
  different = 0;
  lastId = -1;
  private readonly waiting: Depth[] = [];

  run(content: string): void {
    const lines = content.split('\n');
    assert.equal(lines.pop(), '', 'the last line ends');
    // A diff shows the book at its last id; a bookTicker of a lower id may be received after it. So tickers first.
    const messages: unknown[] = [];
    for (const line of lines) {
      const space = line.indexOf(' ');
      assert.match(line.slice(0, space), /^\d{19}$/);
      this.receipts.push(BigInt(line.slice(0, space)));
      const message = JSON.parse(line.slice(space + 1));
      const stream: string = message.stream === undefined ? 'snapshot' : message.stream.split('@').slice(1).join('@');
      this.counts[stream] = (this.counts[stream] ?? 0) + 1;
      if (stream === 'bookTicker') this.tickers.push(message.data);
      else if (stream === 'trade') this.trades.push(message.data);
      else messages.push(message.data ?? message);
    }
    for (const message of messages) this.book(message as Depth & { lastUpdateId?: number });
  }

  private book(message: Depth & { lastUpdateId?: number }): void {
    if (message.lastUpdateId !== undefined) {
      const snapshot = message as unknown as {
        lastUpdateId: number;
        bids: [string, string][];
        asks: [string, string][];
      };
      this.snapshotId = this.lastId = snapshot.lastUpdateId;
      for (const [price, qty] of snapshot.bids) this.bids.set(price, qty);
      for (const [price, qty] of snapshot.asks) this.asks.set(price, qty);
      this.buffered = this.waiting.length;
      for (const depth of this.waiting) this.apply(depth);
      return;
    }
    if (this.snapshotId < 0) this.waiting.push(message);
    else this.apply(message);
  }

  private apply(depth: Depth): void {
    if (depth.u <= this.snapshotId) {
      this.obsolete++;
      return;
    }
    if (this.lastId === this.snapshotId) assert.ok(depth.U <= this.lastId + 1, 'the first diff overlaps the snapshot');
    else if (depth.U !== this.lastId + 1) this.gaps++;
    this.lastId = depth.u;
    for (const [price, qty] of depth.b) set(this.bids, price, qty);
    for (const [price, qty] of depth.a) set(this.asks, price, qty);
    this.compare();
  }

  private compare(): void {
    // Binary search: the last ticker with an id at most lastId.
    let low = 0;
    let high = this.tickers.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.tickers[middle].u <= this.lastId) low = middle + 1;
      else high = middle;
    }
    if (low === 0) return;
    const ticker = this.tickers[low - 1];
    const bid = best(this.bids, 1);
    const ask = best(this.asks, -1);
    this.compared++;
    const same =
      bid === ticker.b && ask === ticker.a && this.bids.get(bid) === ticker.B && this.asks.get(ask) === ticker.A;
    if (!same) this.different++;
  }
}

/** Best price of a side; 1 for bids, -1 for asks. */
export function best(side: ReadonlyMap<string, string>, direction: 1 | -1): string {
  let result = '';
  let value = -Infinity;
  for (const price of side.keys()) {
    const rank = Number(price) * direction;
    if (rank > value) {
      value = rank;
      result = price;
    }
  }
  return result;
}

/** A venue's decimal string as an exact count of 10^-decimals. */
export function units(text: string, decimals: number): bigint {
  const [whole, fraction] = text.split('.');
  assert.match(fraction.slice(decimals), /^0*$/, 'no digits are lost');
  return BigInt(whole + fraction.slice(0, decimals));
}

function set(side: Map<string, string>, price: string, qty: string): void {
  if (Number(qty) === 0) side.delete(price);
  else side.set(price, qty);
}
