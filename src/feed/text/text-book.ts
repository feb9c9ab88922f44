/**
 * A by-level book that keeps the CRC-32 of each level's price and quantity as the venue wrote them, for checksums made of
 * that text. It belongs to the feed and serves only the checksum and the cut at the subscribed depth; the engine has its
 * own.
 *
 * A side is sorted so that the touch is at the end (asks by negated price, so one code serves both), with a gap where it
 * last changed: what changes next is mostly near to that, so that little moves. Of a text its own crc and length are
 * kept: the checksum of the book is put together from these (crc32.ts), whatever part of the book has changed.
 */
import { assert } from '../../core/assert.ts';
import { Side } from '../../core/event.ts';
import { CRC32_START, crc32Append, crc32Byte, crc32Finish, crc32Update, MAX_APPENDED } from './crc32.ts';
import type { Rows } from './rows.ts';
import { rescaled } from './scale.ts';

/**
 * Longest price or quantity text; both and a colon are one text. A number below 2^53 with up to 18 decimals has at most 20
 * characters.
 */
const MAX_TEXT = (MAX_APPENDED - 1) / 2;
const FIRST_CAPACITY = 64;
/** Moves of fewer levels are made one by one: a call of copyWithin takes as long. */
const FEW = 24;

const ZERO = 0x30;
const POINT = 0x2e;
const COLON = 0x3a;
const COLON_BYTE = Uint8Array.of(COLON);
const ZERO_BYTE = Uint8Array.of(ZERO);

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
  /** Levels are in [0, gapFrom) and [gapTo, keys.length). */
  private gapFrom = 0;
  private gapTo = FIRST_CAPACITY;
  private keys = new Float64Array(FIRST_CAPACITY);
  /** Of the level's text, from the state 0 on. */
  private crcs = new Int32Array(FIRST_CAPACITY);
  private lengths = new Uint8Array(FIRST_CAPACITY);
  // of the text at hand
  private crc = 0;
  private length = 0;

  /** `direction`: 1 for bids, -1 for asks. */
  constructor(direction: 1 | -1, form: TextForm) {
    this.direction = direction;
    this.form = form;
  }

  clear(): void {
    this.count = 0;
    this.gapFrom = 0;
    this.gapTo = this.keys.length;
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
    this.crc = 0;
    this.length = 0;
    if (this.form === TextForm.Digits) {
      this.digits(bytes, priceFrom, priceTo, priceDecimals);
      this.digits(bytes, qtyFrom, qtyTo, qtyDecimals);
    } else {
      this.piece(bytes, priceFrom, priceTo);
      this.piece(COLON_BYTE, 0, 1);
      this.piece(bytes, qtyFrom, qtyTo);
    }
    const key = priceTicks * this.direction;
    const at = this.search(key);
    const level = at < this.keys.length && this.keys[at] === key ? at : this.insert(at, key);
    this.crcs[level] = this.crc;
    this.lengths[level] = this.length;
    return true;
  }

  remove(priceTicks: number): void {
    const key = priceTicks * this.direction;
    const at = this.search(key);
    if (at === this.keys.length || this.keys[at] !== key) return;
    this.moveGap(at);
    this.gapTo++;
    this.count--;
  }

  /** Removes the worst level and returns its price. */
  removeWorst(): number {
    const price = this.keys[this.placeOf(0)] * this.direction;
    this.remove(price);
    return price;
  }

  /** Price of the level `depth` places behind the touch (0 is the touch). */
  priceAt(depth: number): number {
    return this.keys[this.placeOf(this.count - 1 - depth)] * this.direction;
  }

  /**
   * Carries a CRC-32 over the text of the level `depth` places behind the touch: price and quantity, in the form of digits
   * one behind the other, as written with a colon between them.
   */
  crcLevel(state: number, depth: number): number {
    const at = this.placeOf(this.count - 1 - depth);
    return crc32Append(state, this.crcs[at], this.lengths[at]);
  }

  /** Price decimals changed by `by`. */
  rescale(by: number): void {
    for (let i = 0; i < this.count; i++) {
      const at = this.placeOf(i);
      this.keys[at] = rescaled(this.keys[at], by);
    }
  }

  /** Where the level stands that is number `i` from the worst on. */
  private placeOf(i: number): number {
    return i < this.gapFrom ? i : i + this.gapTo - this.gapFrom;
  }

  /**
   * Place of the first key not below `key`, never in the gap; keys.length if there is none. From the gap on, with steps
   * that grow.
   */
  private search(key: number): number {
    const { keys, gapFrom, gapTo } = this;
    let low: number;
    let high: number;
    if (gapFrom > 0 && keys[gapFrom - 1] >= key) {
      low = 0;
      high = gapFrom - 1;
      for (let step = 2; high - step > 0; step *= 2) {
        if (keys[high - step] < key) {
          low = high - step + 1;
          break;
        }
        high -= step;
      }
    } else {
      low = gapTo;
      high = keys.length;
      for (let step = 2; low + step < high; step *= 2) {
        if (keys[low + step - 1] >= key) {
          high = low + step - 1;
          break;
        }
        low += step;
      }
    }
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (keys[middle] < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Makes a level in front of the one at `at`; returns its place. */
  private insert(at: number, key: number): number {
    this.moveGap(at);
    if (this.gapFrom === this.gapTo) this.grow();
    const place = this.gapFrom++;
    this.keys[place] = key;
    this.count++;
    return place;
  }

  /** Moves the gap to where the level at `at` is the first behind it. */
  private moveGap(at: number): void {
    const { keys, crcs, lengths, gapFrom, gapTo } = this;
    const moved = at < gapFrom ? gapFrom - at : gapTo - at;
    if (at < gapFrom && moved <= FEW) {
      for (let i = 1; i <= moved; i++) this.moveLevel(gapFrom - i, gapTo - i);
    } else if (at >= gapTo && -moved <= FEW) {
      for (let i = 0; i < -moved; i++) this.moveLevel(gapTo + i, gapFrom + i);
    } else {
      const to = moved > 0 ? gapTo - moved : gapFrom;
      const from = moved > 0 ? at : gapTo;
      const end = moved > 0 ? gapFrom : at;
      keys.copyWithin(to, from, end);
      crcs.copyWithin(to, from, end);
      lengths.copyWithin(to, from, end);
    }
    this.gapFrom = gapFrom - moved;
    this.gapTo = gapTo - moved;
  }

  private moveLevel(from: number, to: number): void {
    this.keys[to] = this.keys[from];
    this.crcs[to] = this.crcs[from];
    this.lengths[to] = this.lengths[from];
  }

  /** Twice as many places, the new ones in the gap, which is full. */
  private grow(): void {
    const { keys, crcs, lengths, gapTo } = this;
    const more = keys.length;
    this.keys = new Float64Array(2 * more);
    this.crcs = new Int32Array(2 * more);
    this.lengths = new Uint8Array(2 * more);
    this.keys.set(keys.subarray(0, gapTo));
    this.crcs.set(crcs.subarray(0, gapTo));
    this.lengths.set(lengths.subarray(0, gapTo));
    this.keys.set(keys.subarray(gapTo), gapTo + more);
    this.crcs.set(crcs.subarray(gapTo), gapTo + more);
    this.lengths.set(lengths.subarray(gapTo), gapTo + more);
    this.gapTo = gapTo + more;
  }

  private piece(bytes: Uint8Array, from: number, to: number): void {
    this.crc = crc32Update(this.crc, bytes, from, to);
    this.length += to - from;
  }

  /** A number's text without its point and without leading zeros, with `decimals` digits behind the point at least. */
  private digits(bytes: Uint8Array, from: number, to: number, decimals: number): void {
    let point = from;
    while (point < to && bytes[point] !== POINT) point++;
    const places = Math.max(to - 1 - point, 0);
    let first = from;
    while (first < to && (bytes[first] === ZERO || bytes[first] === POINT)) first++;
    if (first < point) this.piece(bytes, first, point);
    this.piece(bytes, Math.min(Math.max(first, point + 1), to), to);
    for (let written = places; written < decimals; written++) this.piece(ZERO_BYTE, 0, 1);
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
  return side.crcLevel(first ? state : crc32Byte(state, COLON), depth);
}
