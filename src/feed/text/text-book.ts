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
import { CRC32_DIGITS, CRC32_START, crc32Append, crc32Byte, crc32Finish, crc32Update, MAX_APPENDED } from './crc32.ts';
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
/** Levels beside the gap that a search looks at first. */
const FIRST_SPAN = 16;

const ZERO = 0x30;
const POINT = 0x2e;
const COLON = 0x3a;
const COLON_BYTE = Uint8Array.of(COLON);

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
      this.digits(bytes, qtyFrom, qtyTo, qtyDecimals);
      this.digits(bytes, priceFrom, priceTo, priceDecimals);
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

  /** Place of the first key not below `key`, never in the gap; keys.length if there is none. From the gap on. */
  private search(key: number): number {
    const { keys, gapFrom, gapTo } = this;
    let span = FIRST_SPAN;
    if (gapFrom > 0 && keys[gapFrom - 1] >= key) {
      let high = gapFrom - 1;
      for (; high > span && keys[high - span] >= key; span *= 8) high -= span;
      const low = high > span ? high - span + 1 : 0;
      return searchSpan(keys, low, high - low, key);
    }
    let low = gapTo;
    for (; low + span < keys.length && keys[low + span - 1] < key; span *= 8) low += span;
    return searchSpan(keys, low, Math.min(span, keys.length - low), key);
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

  /**
   * A number's text without its point and without leading zeros, with `decimals` digits behind the point at least, in front
   * of the text at hand: from its last digit on, each adds what its place makes of it, and none waits for another.
   */
  private digits(bytes: Uint8Array, from: number, to: number, decimals: number): void {
    let first = from;
    while (first < to && (bytes[first] === ZERO || bytes[first] === POINT)) first++;
    let { crc, length } = this;
    if (decimals > 0) {
      for (let written = decimalsOf(bytes, from, to); written < decimals; written++) crc ^= CRC32_DIGITS[length++ << 4];
    }
    for (let p = to - 1; p >= first; p--) {
      const digit = bytes[p] - ZERO;
      if (digit >= 0 && digit <= 9) crc ^= CRC32_DIGITS[(length++ << 4) | digit];
      else if (digit !== POINT - ZERO) crc ^= crc32Append(crc32Update(0, bytes, p, p + 1), 0, length++); // an exponent
    }
    this.crc = crc;
    this.length = length;
  }
}

/**
 * First of `count` places from `from` on whose key is not below `key`; from + count if there is none. Which way a search
 * goes can't be foretold, so the result of a comparison is added, not branched on.
 */
function searchSpan(keys: Float64Array, from: number, count: number, key: number): number {
  let low = from;
  let left = count;
  while (left > 1) {
    const half = left >>> 1;
    low += half & -Number(keys[low + half - 1] < key);
    left -= half;
  }
  return left === 1 ? low + Number(keys[low] < key) : low;
}

/** Digits behind the point of a plain number's text. */
function decimalsOf(bytes: Uint8Array, from: number, to: number): number {
  for (let p = from; p < to; p++) if (bytes[p] === POINT) return to - 1 - p;
  return 0;
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
