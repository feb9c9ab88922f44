/**
 * The numbers of one message, in columns that are reused for every message: price levels, trades, or a bid and an ask.
 * Scanned first, judged as a whole (scale.ts), emitted last, so that a message is applied whole or not at all.
 */
import type { Side } from '../../core/event.ts';

const FIRST_CAPACITY = 1024;

export class Rows {
  count = 0;
  capacity = FIRST_CAPACITY;
  /** The bytes that the numbers were scanned from, as long as the message is at hand. */
  bytes: Uint8Array = new Uint8Array(0);
  /** Side of the book, or of the aggressor. */
  side = new Uint8Array(FIRST_CAPACITY);
  /** Price mantissa as scanned (NaN: not a number that fits), and after `Scale` fitted the message: ticks. */
  price = new Float64Array(FIRST_CAPACITY);
  priceDecimals = new Uint8Array(FIRST_CAPACITY);
  /** Quantity mantissa as scanned (NaN: not a number that fits), then lots. */
  qty = new Float64Array(FIRST_CAPACITY);
  qtyDecimals = new Uint8Array(FIRST_CAPACITY);
  /** Orders at the level, or the trade's id; 0 where the venue states none. */
  id = new Float64Array(FIRST_CAPACITY);
  /** The venue's time of the row, session ns, for messages whose rows have their own. */
  time = new Float64Array(FIRST_CAPACITY);
  /** Where the texts stand in `bytes`. */
  priceFrom = new Int32Array(FIRST_CAPACITY);
  priceTo = new Int32Array(FIRST_CAPACITY);
  qtyFrom = new Int32Array(FIRST_CAPACITY);
  qtyTo = new Int32Array(FIRST_CAPACITY);
  /** Third element of a level where the venue sends one, else -1. */
  extraFrom = new Int32Array(FIRST_CAPACITY);
  extraTo = new Int32Array(FIRST_CAPACITY);

  /** Empties the columns for a message in `bytes`. */
  clear(bytes: Uint8Array): void {
    this.count = 0;
    this.bytes = bytes;
  }

  /** Appends a row with nothing in it and returns its index. */
  add(side: Side): number {
    if (this.count === this.capacity) this.grow();
    const i = this.count++;
    this.side[i] = side;
    this.price[i] = 0;
    this.priceDecimals[i] = 0;
    this.qty[i] = 0;
    this.qtyDecimals[i] = 0;
    this.id[i] = 0;
    this.time[i] = 0;
    this.priceFrom[i] = 0;
    this.priceTo[i] = 0;
    this.qtyFrom[i] = 0;
    this.qtyTo[i] = 0;
    this.extraFrom[i] = -1;
    this.extraTo[i] = -1;
    return i;
  }

  /** Row `i` is one side of a best bid and offer: where the venue left its price out, or empty, there is none. */
  emptyIfMissing(i: number): void {
    if (this.priceFrom[i] !== this.priceTo[i]) return;
    this.price[i] = 0;
    this.priceDecimals[i] = 0;
    this.qty[i] = 0;
    this.qtyDecimals[i] = 0;
  }

  /** Row `to` becomes what row `from` is. */
  copyRow(from: number, to: number): void {
    if (from === to) return;
    this.side[to] = this.side[from];
    this.price[to] = this.price[from];
    this.priceDecimals[to] = this.priceDecimals[from];
    this.qty[to] = this.qty[from];
    this.qtyDecimals[to] = this.qtyDecimals[from];
    this.id[to] = this.id[from];
    this.time[to] = this.time[from];
    this.priceFrom[to] = this.priceFrom[from];
    this.priceTo[to] = this.priceTo[from];
    this.qtyFrom[to] = this.qtyFrom[from];
    this.qtyTo[to] = this.qtyTo[from];
    this.extraFrom[to] = this.extraFrom[from];
    this.extraTo[to] = this.extraTo[from];
  }

  /** Only rows with a higher id stay. */
  dropIdsTo(id: number): void {
    let kept = 0;
    for (let i = 0; i < this.count; i++) if (this.id[i] > id) this.copyRow(i, kept++);
    this.count = kept;
  }

  highestId(): number {
    let highest = 0;
    for (let i = 0; i < this.count; i++) highest = Math.max(highest, this.id[i]);
    return highest;
  }

  /** Doubles every column. The largest message seen sets the size for good. */
  grow(): void {
    const capacity = this.capacity * 2;
    this.side = copyOf(this.side, new Uint8Array(capacity));
    this.price = copyOf(this.price, new Float64Array(capacity));
    this.priceDecimals = copyOf(this.priceDecimals, new Uint8Array(capacity));
    this.qty = copyOf(this.qty, new Float64Array(capacity));
    this.qtyDecimals = copyOf(this.qtyDecimals, new Uint8Array(capacity));
    this.id = copyOf(this.id, new Float64Array(capacity));
    this.time = copyOf(this.time, new Float64Array(capacity));
    this.priceFrom = copyOf(this.priceFrom, new Int32Array(capacity));
    this.priceTo = copyOf(this.priceTo, new Int32Array(capacity));
    this.qtyFrom = copyOf(this.qtyFrom, new Int32Array(capacity));
    this.qtyTo = copyOf(this.qtyTo, new Int32Array(capacity));
    this.extraFrom = copyOf(this.extraFrom, new Int32Array(capacity));
    this.extraTo = copyOf(this.extraTo, new Int32Array(capacity));
    this.capacity = capacity;
  }
}

function copyOf<T extends Uint8Array | Int32Array | Float64Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
