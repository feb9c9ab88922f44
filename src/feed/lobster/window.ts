/**
 * What LOBSTER's files determine of one side of a book. The orderbook file shows the best N levels; the message file
 * tells every change of them, and nothing of what lies deeper. So there is a horizon: at prices up to it, the levels
 * follow from a known state and the messages; beyond it, only the orderbook file's own rows say what is there, and a
 * level that enters the window from below is adopted from the row (counted, never checked). A level that is pushed out
 * of the window is dropped: what happens to it out there is not shown.
 */
import type { RowSide } from './rows.ts';

/** Changes of a side that the message itself does not tell, in the order in which they are to be emitted. */
export class WindowChanges {
  count = 0;
  /** 0 leaves the window, else the quantity of a level that enters it. */
  readonly qtys: Float64Array;
  readonly prices: Float64Array;
  /** Side. */
  readonly sides: Uint8Array;

  constructor(capacity: number) {
    this.qtys = new Float64Array(capacity);
    this.prices = new Float64Array(capacity);
    this.sides = new Uint8Array(capacity);
  }

  push(side: number, price: number, qty: number): void {
    this.sides[this.count] = side;
    this.prices[this.count] = price;
    this.qtys[this.count++] = qty;
  }
}

export class WindowSide {
  /** Known levels, best first. Keys as in RowSide. */
  readonly keys: Float64Array;
  readonly qtys: Float64Array;
  count = 0;
  /** Highest key up to which every level is known; Infinity where the side has no level unknown. */
  horizon = Number.POSITIVE_INFINITY;
  /** Side of core/event.ts. */
  readonly side: number;
  private readonly sign: number;
  private readonly levels: number;

  constructor(side: number, sign: 1 | -1, levels: number) {
    this.side = side;
    this.sign = sign;
    this.levels = levels;
    // a message may add one level to the window, and one may leave with the first message, which the seed still has
    this.keys = new Float64Array(levels + 2);
    this.qtys = new Float64Array(levels + 2);
  }

  keyOf(price: number): number {
    return this.sign * price;
  }

  priceAt(index: number): number {
    return this.sign * this.keys[index];
  }

  isKnown(key: number): boolean {
    return key <= this.horizon;
  }

  /** True where a level that is not known may be the best one. */
  get isTouchUnknown(): boolean {
    return this.count === 0 && this.horizon !== Number.POSITIVE_INFINITY;
  }

  seed(row: RowSide): void {
    this.keys.set(row.keys.subarray(0, row.count));
    this.qtys.set(row.qtys.subarray(0, row.count));
    this.count = row.count;
    this.setHorizon(row);
  }

  /** Adds (or, negative, takes) quantity at a known key. False where there is not so much to take. */
  change(key: number, delta: number): boolean {
    let at = 0;
    while (at < this.count && this.keys[at] < key) at++;
    if (at === this.count || this.keys[at] !== key) {
      if (delta <= 0) return false;
      this.insert(at, key, delta);
      return true;
    }
    this.qtys[at] += delta;
    if (this.qtys[at] > 0) return true;
    const exact = this.qtys[at] === 0;
    this.remove(at);
    return exact;
  }

  /** Drops levels that are outside of the window now. */
  trim(changes: WindowChanges): void {
    if (this.count <= this.levels) return;
    while (this.count > this.levels) {
      this.count--;
      changes.push(this.side, this.priceAt(this.count), 0);
    }
    this.horizon = this.keys[this.count - 1];
  }

  /** Index of the first level up to the horizon in which the row and what is known differ, or -1. */
  differenceFrom(row: RowSide): number {
    let determined = 0;
    while (determined < row.count && row.keys[determined] <= this.horizon) {
      const at = determined++;
      if (at >= this.count || this.keys[at] !== row.keys[at] || this.qtys[at] !== row.qtys[at]) return at;
    }
    return determined === this.count ? -1 : determined;
  }

  /** Takes in the row's levels beyond the horizon; returns how many. To be called where there is no difference. */
  adopt(row: RowSide, changes: WindowChanges): number {
    const before = this.count;
    for (let at = before; at < row.count; at++) {
      this.keys[at] = row.keys[at];
      this.qtys[at] = row.qtys[at];
      changes.push(this.side, this.priceAt(at), row.qtys[at]);
    }
    this.count = row.count;
    this.setHorizon(row);
    return row.count - before;
  }

  private setHorizon(row: RowSide): void {
    this.horizon = row.count === this.levels ? row.keys[row.count - 1] : Number.POSITIVE_INFINITY;
  }

  private insert(at: number, key: number, qty: number): void {
    this.keys.copyWithin(at + 1, at, this.count);
    this.qtys.copyWithin(at + 1, at, this.count);
    this.keys[at] = key;
    this.qtys[at] = qty;
    this.count++;
  }

  private remove(at: number): void {
    this.keys.copyWithin(at, at + 1, this.count);
    this.qtys.copyWithin(at, at + 1, this.count);
    this.count--;
  }
}
