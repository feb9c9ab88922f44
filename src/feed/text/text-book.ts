/**
 * A by-level book that keeps each level's price and quantity as the venue wrote them, for checksums made of that text.
 * It belongs to the feed and serves only the checksum and the cut at the subscribed depth; the engine has its own.
 *
 * A side is an array sorted so that the touch is at the end (asks by negated price, so one code serves both): what
 * changes near the touch moves little. Texts lie in fixed slots of a byte pool.
 */
import { assert } from '../../core/assert.ts';
import { Side } from '../../core/event.ts';
import { CRC32_START, crc32Byte, crc32Finish, crc32Update } from './crc32.ts';
import type { Rows } from './rows.ts';
import { rescaled } from './scale.ts';

/** Bytes of a slot: two lengths, then the texts. */
const SLOT_BYTES = 64;
const TEXT_AT = 2;
/** Longest price or quantity text. A number below 2^53 with up to 18 decimals has at most 20 characters. */
const MAX_TEXT = (SLOT_BYTES - TEXT_AT) / 2;

const ZERO = 0x30;
const POINT = 0x2e;
const COLON = 0x3a;

export const TextForm = {
  /** As written (OKX, Bitfinex). */
  Written: 0,
  /** Digits only, without leading zeros (Kraken). */
  Digits: 1,
} as const;
export type TextForm = (typeof TextForm)[keyof typeof TextForm];

export class TextSide {
  count = 0;
  /** Decimals that prices and quantities are filled up to with zeros, in the form of digits; -1: as many as written. */
  priceDecimals = -1;
  qtyDecimals = -1;
  private readonly direction: number;
  private readonly form: TextForm;
  private keys = new Float64Array(64);
  private slotOf = new Int32Array(64);
  private free = new Int32Array(64).map((_, i) => i);
  private text = new Uint8Array(64 * SLOT_BYTES);

  /** `direction`: 1 for bids, -1 for asks. */
  constructor(direction: 1 | -1, form: TextForm) {
    this.direction = direction;
    this.form = form;
  }

  clear(): void {
    this.count = 0;
    for (let i = 0; i < this.free.length; i++) this.free[i] = i;
  }

  /** Sets a level's texts, from bytes; false if one is too long to be kept. */
  set(
    priceTicks: number,
    bytes: Uint8Array,
    priceFrom: number,
    priceTo: number,
    qtyFrom: number,
    qtyTo: number,
  ): boolean {
    const { priceDecimals, qtyDecimals } = this;
    const longestPrice = priceTo - priceFrom + Math.max(priceDecimals, 0);
    if (longestPrice > MAX_TEXT || qtyTo - qtyFrom + Math.max(qtyDecimals, 0) > MAX_TEXT) return false;
    const key = priceTicks * this.direction;
    const at = this.search(key);
    if (at === this.count || this.keys[at] !== key) this.insert(at, key);
    const slot = this.slotOf[at] * SLOT_BYTES;
    this.text[slot] = this.copy(slot + TEXT_AT, bytes, priceFrom, priceTo, priceDecimals);
    this.text[slot + 1] = this.copy(slot + TEXT_AT + this.text[slot], bytes, qtyFrom, qtyTo, qtyDecimals);
    return true;
  }

  remove(priceTicks: number): void {
    const key = priceTicks * this.direction;
    const at = this.search(key);
    if (at === this.count || this.keys[at] !== key) return;
    this.count--;
    this.free[this.count] = this.slotOf[at];
    this.keys.copyWithin(at, at + 1, this.count + 1);
    this.slotOf.copyWithin(at, at + 1, this.count + 1);
  }

  /** Removes the worst level and returns its price. */
  removeWorst(): number {
    const price = this.keys[0] * this.direction;
    this.remove(price);
    return price;
  }

  /** Price of the level `depth` places behind the touch (0 is the touch). */
  priceAt(depth: number): number {
    return this.keys[this.count - 1 - depth] * this.direction;
  }

  /** Carries a CRC-32 over the price text of the level `depth` places behind the touch. */
  crcPrice(state: number, depth: number): number {
    const slot = this.slotOf[this.count - 1 - depth] * SLOT_BYTES + TEXT_AT;
    return crc32Update(state, this.text, slot, slot + this.text[slot - TEXT_AT]);
  }

  /** ... and over its quantity text. */
  crcQty(state: number, depth: number): number {
    const slot = this.slotOf[this.count - 1 - depth] * SLOT_BYTES;
    const from = slot + TEXT_AT + this.text[slot];
    return crc32Update(state, this.text, from, from + this.text[slot + 1]);
  }

  /** ... and over both, one behind the other, as they are kept. */
  crcPriceAndQty(state: number, depth: number): number {
    const slot = this.slotOf[this.count - 1 - depth] * SLOT_BYTES;
    const from = slot + TEXT_AT;
    return crc32Update(state, this.text, from, from + this.text[slot] + this.text[slot + 1]);
  }

  /** Price decimals changed by `by`. */
  rescale(by: number): void {
    for (let i = 0; i < this.count; i++) this.keys[i] = rescaled(this.keys[i], by);
  }

  /** Index of the first key not below `key`. Levels change mostly near the end, so it looks there first. */
  private search(key: number): number {
    const keys = this.keys;
    let low = 0;
    let high = this.count;
    for (let step = 4; high - step > 0; step *= 4) {
      if (keys[high - step] < key) {
        low = high - step + 1;
        break;
      }
      high -= step;
    }
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (keys[middle] < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  private insert(at: number, key: number): void {
    if (this.count === this.keys.length) this.grow();
    this.keys.copyWithin(at + 1, at, this.count);
    this.slotOf.copyWithin(at + 1, at, this.count);
    this.keys[at] = key;
    this.slotOf[at] = this.free[this.count];
    this.count++;
  }

  private grow(): void {
    const capacity = this.keys.length * 2;
    const keys = new Float64Array(capacity);
    keys.set(this.keys);
    const slotOf = new Int32Array(capacity);
    slotOf.set(this.slotOf);
    const text = new Uint8Array(capacity * SLOT_BYTES);
    text.set(this.text);
    this.free = new Int32Array(capacity).map((_, i) => i);
    this.keys = keys;
    this.slotOf = slotOf;
    this.text = text;
  }

  /** Copies a number's text in this side's form; returns its length. */
  private copy(to: number, bytes: Uint8Array, from: number, end: number, decimals: number): number {
    const inDigits = this.form === TextForm.Digits;
    let at = to;
    let point = end - 1;
    for (let p = from; p < end; p++) {
      const c = bytes[p];
      if (c === POINT) point = p;
      if (inDigits && (c === POINT || (c === ZERO && at === to))) continue;
      this.text[at++] = c;
    }
    for (let written = end - 1 - point; written < decimals; written++) this.text[at++] = ZERO;
    return at - to;
  }
}

export class TextBook {
  readonly bids: TextSide;
  readonly asks: TextSide;

  constructor(form: TextForm) {
    this.bids = new TextSide(1, form);
    this.asks = new TextSide(-1, form);
  }

  side(side: number): TextSide {
    assert(side === Side.Bid || side === Side.Ask, 'a side of the book');
    return side === Side.Bid ? this.bids : this.asks;
  }

  clear(): void {
    this.bids.clear();
    this.asks.clear();
  }

  /** Decimals that texts are filled up to from here on; levels that are in the book stay as they are. */
  fillUp(priceDecimals: number, qtyDecimals: number): void {
    this.bids.priceDecimals = priceDecimals;
    this.bids.qtyDecimals = qtyDecimals;
    this.asks.priceDecimals = priceDecimals;
    this.asks.qtyDecimals = qtyDecimals;
  }

  /** Sets or removes every level of a prepared message, in its order; false when a text is too long to be kept. */
  apply(rows: Rows): boolean {
    const { bytes, side, price, qty, priceFrom, priceTo, qtyFrom, qtyTo } = rows;
    for (let i = 0; i < rows.count; i++) {
      const levels = this.side(side[i]);
      if (qty[i] === 0) levels.remove(price[i]);
      else if (!levels.set(price[i], bytes, priceFrom[i], priceTo[i], qtyFrom[i], qtyTo[i])) return false;
    }
    return true;
  }

  rescalePrices(by: number): void {
    this.bids.rescale(by);
    this.asks.rescale(by);
  }
}

/**
 * CRC-32 of "bid price:bid quantity:ask price:ask quantity:..." over the best `levels` a side, signed (OKX, Bitfinex).
 * Where one side is shorter the other goes on alone.
 */
export function interleavedChecksum(book: TextBook, levels: number): number {
  let crc = CRC32_START;
  let empty = true;
  for (let depth = 0; depth < levels; depth++) {
    if (depth < book.bids.count) {
      crc = crcLevel(crc, book.bids, depth, empty);
      empty = false;
    }
    if (depth < book.asks.count) {
      crc = crcLevel(crc, book.asks, depth, empty);
      empty = false;
    }
  }
  return crc32Finish(crc);
}

function crcLevel(state: number, side: TextSide, depth: number, first: boolean): number {
  const crc = side.crcPrice(first ? state : crc32Byte(state, COLON), depth);
  return side.crcQty(crc32Byte(crc, COLON), depth);
}
