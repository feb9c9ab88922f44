/**
 * Binance's depth updates in the form in which the venue writes them, without white space, fields in their order:
 *
 *   {"e":"depthUpdate","E":1,"T":1,"s":"BTCUSDT","U":1,"u":1,"pu":1,"b":[["1.5","2"]],"a":[]}
 *
 * T and pu (futures) may be missing, and all may be in a combined stream's wrapper. AssemblyScript, compiled to
 * WebAssembly by `npm run build`; depth-scan.ts puts the frame into the memory and takes the results out of it. Whatever
 * is written in another way is left to the general path (binance-fields.ts): no check here is looser than there.
 *
 * Why not TypeScript: 16 bytes at a time. A number is loaded whole, its end and its point are found by one comparison, its
 * digits are moved to their places by one shuffle and multiplied by their units in three steps: a level costs 12 ns
 * instead of 40 (latency-bench, decode, 2026-11-22).
 *
 * Behind the frame stand zeros, which fit nothing: no read goes on behind them, so that only the end is checked.
 */
import {
  EVENT_MS,
  FINAL_ID,
  FIRST_ID,
  FRAME_AT,
  MASKS_AT,
  MASKS_A_ROW,
  MOST_LEVELS,
  MOST_PRICE,
  PREVIOUS_ID,
  PRICES_AT,
  PRICE_DECIMALS,
  QTYS_AT,
  QTY_DECIMALS,
  SIDES_AT,
  SYMBOL_FROM,
  SYMBOL_TO,
  T_ASKS,
  T_BIDS,
  T_DATA,
  T_FINAL,
  T_FIRST,
  T_HEAD,
  T_HEAD_END,
  T_PREVIOUS,
  T_SYMBOL,
  T_TRADE_TIME,
  T_WRAPPER,
  TEXTS_AT,
  TEXT_SLOT,
  UNHELD_PRICE,
  UNHELD_QTY,
} from './depth-layout';

const QUOTE: u8 = 0x22;
const POINT = 0x2e;
const ZERO: u8 = 0x30;
const AT_SIGN = 0x40;
const CLOSE_BRACE = 0x7d;

/** As little-endian words: `[]`, `[["`, `","`, `"],[`, `"]]` and `dept`. */
const EMPTY = 0x5d5b;
const LEVELS_START = 0x225b5b;
const PRICE_TO_QTY = 0x222c22;
const LEVEL_TO_LEVEL = 0x5b2c5d22;
const LEVELS_END = 0x5d5d22;
const DEPT = 0x74706564;

/** Digits that can't pass 2^53. */
const MOST_DIGITS: u32 = 15;

const BID = 1;
const ASK = 2;

let end: usize = 0;
/** Where the bids begin. */
let bidsAt: usize = 0;
let isWrapped: bool = false;
/**
 * Lengths of the last price and quantity. The next number is looked for behind a number of that length before the length
 * is known: a branch is foretold, and what follows does not wait (that the branch writes to here as well keeps it one).
 */
let lastPriceLength = 0;
let lastQtyLength = 0;

/** Reads what is before the levels of the frame of `length` bytes; false: it is not of this form. */
export function open(length: i32): bool {
  end = FRAME_AT + length;
  v128.store(end, i8x16.splat(0));
  v128.store(end, i8x16.splat(0), 16);
  let p: usize = FRAME_AT;
  isWrapped = is(p, T_WRAPPER);
  if (isWrapped) {
    const to = endOfString(p + 11);
    if (to == 0 || isPartial(p + 11, to) || !is(to, T_DATA)) return false;
    p = to + 9;
  }
  if (!is(p, T_HEAD) || !is(p + 16, T_HEAD_END)) return false;
  p = integer(p + 23, EVENT_MS);
  // T is of no use beside E: the cell is written again.
  if (p != 0 && is(p, T_TRADE_TIME)) p = integer(p + 5, FIRST_ID);
  if (p == 0 || !is(p, T_SYMBOL)) return false;
  const symbolTo = endOfString(p + 6);
  if (symbolTo == 0 || !is(symbolTo, T_FIRST)) return false;
  store<i32>(SYMBOL_FROM << 2, <i32>(p + 6 - FRAME_AT));
  store<i32>(SYMBOL_TO << 2, <i32>(symbolTo - FRAME_AT));
  p = integer(symbolTo + 6, FIRST_ID);
  if (p == 0 || !is(p, T_FINAL)) return false;
  p = integer(p + 5, FINAL_ID);
  if (p == 0) return false;
  if (is(p, T_PREVIOUS)) {
    p = integer(p + 6, PREVIOUS_ID);
    if (p == 0) return false;
  } else store<f64>(PREVIOUS_ID << 3, -1);
  if (!is(p, T_BIDS)) return false;
  bidsAt = p + 5;
  return true;
}

/**
 * Reads the levels into the columns and returns how many there are; -1: not of this form, or not all prices (quantities)
 * have as many decimals, or a price is 0. `priceUnit`, `qtyUnit`: what all of them may be multiples of.
 */
export function levels(priceUnit: f64, qtyUnit: f64): i32 {
  const unit = f64x2.replace_lane(f64x2.splat(priceUnit), 1, qtyUnit);
  let most = f64x2.splat(0);
  let least = f64x2.splat(Infinity);
  let unheld = i64x2.splat(0);
  let priceDecimals = -1;
  let qtyDecimals = -1;
  let priceGuess = lastPriceLength;
  let qtyGuess = lastQtyLength;
  let count = 0;
  let p = bidsAt;
  for (let side = BID; side <= ASK; side++) {
    if (side == ASK) {
      if (!is(p, T_ASKS)) return -1;
      p += 5;
    }
    if (load<u16>(p) == EMPTY) {
      p += 2;
      continue;
    }
    if ((load<u32>(p) & 0xffffff) != LEVELS_START) return -1;
    p += 3;
    for (;;) {
      if (count == MOST_LEVELS) return -1;
      const priceDigits = digitsAt(p);
      const priceStops = stops(priceDigits);
      const pricePoint = ctz(priceStops);
      const hasPoint = load<u8>(p + pricePoint) == POINT;
      const priceLength = hasPoint ? ctz(priceStops & (priceStops - 1)) : pricePoint;
      const pricePlaces = priceLength - pricePoint - i32(hasPoint);
      if (!isNumber(priceLength, pricePoint, hasPoint)) return -1;
      if ((load<u32>(p + priceLength) & 0xffffff) != PRICE_TO_QTY) return -1;
      if (priceLength != priceGuess) {
        priceGuess = priceLength;
        lastPriceLength = priceLength;
      }
      p += priceGuess + 3;

      const qtyDigits = digitsAt(p);
      const qtyStops = stops(qtyDigits);
      const qtyPoint = ctz(qtyStops);
      const qtyHasPoint = load<u8>(p + qtyPoint) == POINT;
      const qtyLength = qtyHasPoint ? ctz(qtyStops & (qtyStops - 1)) : qtyPoint;
      const qtyPlaces = qtyLength - qtyPoint - i32(qtyHasPoint);
      if (!isNumber(qtyLength, qtyPoint, qtyHasPoint)) return -1;
      if (qtyLength != qtyGuess) {
        qtyGuess = qtyLength;
        lastQtyLength = qtyLength;
      }
      p += qtyGuess;

      const value = values(
        fours(i8x16.swizzle(priceDigits, maskOf(priceLength, pricePoint))),
        fours(i8x16.swizzle(qtyDigits, maskOf(qtyLength, qtyPoint))),
      );
      v128.store_lane<f64>(PRICES_AT + (count << 3), value, 0);
      v128.store_lane<f64>(QTYS_AT + (count << 3), value, 1);
      store<u8>(SIDES_AT + count, side);
      most = f64x2.pmax(most, value);
      least = f64x2.pmin(least, value);
      const units = f64x2.floor(f64x2.div(value, unit));
      unheld = v128.or(unheld, f64x2.ne(f64x2.mul(units, unit), value));
      if (count == 0) {
        priceDecimals = pricePlaces;
        qtyDecimals = qtyPlaces;
      } else if (((priceDecimals ^ pricePlaces) | (qtyDecimals ^ qtyPlaces)) != 0) return -1;
      count++;

      const behind = load<u32>(p);
      if (behind == LEVEL_TO_LEVEL && load<u8>(p, 4) == QUOTE) {
        p += 5;
        continue;
      }
      if ((behind & 0xffffff) != LEVELS_END) return -1;
      p += 3;
      break;
    }
  }
  if (load<u8>(p) != CLOSE_BRACE || (isWrapped && load<u8>(p, 1) != CLOSE_BRACE)) return -1;
  if (p + 1 + usize(isWrapped) != end || f64x2.extract_lane(least, 0) == 0) return -1;
  v128.store(MOST_PRICE << 3, most);
  store<i32>(PRICE_DECIMALS << 2, priceDecimals);
  store<i32>(QTY_DECIMALS << 2, qtyDecimals);
  store<i32>(UNHELD_PRICE << 2, i32(i64x2.extract_lane(unheld, 0) != 0));
  store<i32>(UNHELD_QTY << 2, i32(i64x2.extract_lane(unheld, 1) != 0));
  return count;
}

/** A digit as 0 to 9, any other byte above. */
@inline
function digitsAt(p: usize): v128 {
  return i8x16.sub(v128.load(p), i8x16.splat(ZERO));
}

/**
 * Bit i: byte i is no digit (above 9, it has its highest bit set after this addition). Bit 16 is always set: what stands
 * there is looked at by itself.
 */
@inline
function stops(digits: v128): i32 {
  return i8x16.bitmask(i8x16.add_sat_u(digits, i8x16.splat(0x76))) | 0x10000;
}

/** Digits, or digits, a point and digits, that are less than 2^53. */
@inline
function isNumber(length: i32, point: i32, hasPoint: bool): bool {
  const digits = length - i32(hasPoint);
  return <u32>(digits - 1) < MOST_DIGITS && point != 0 && !(hasPoint && length == point + 1);
}

@inline
function maskOf(length: i32, point: i32): v128 {
  return v128.load(MASKS_AT + ((length * MASKS_A_ROW + point) << 4));
}

/** Sixteen digits as four numbers of four. */
@inline
function fours(digits: v128): v128 {
  const tens = i16x8.mul(v128.and(digits, i16x8.splat(0xff)), i16x8.splat(10));
  const pairs = i16x8.add(tens, i16x8.shr_u(digits, 8));
  return i32x4.dot_i16x8_s(pairs, i16x8(100, 1, 100, 1, 100, 1, 100, 1));
}

/** Two numbers of sixteen digits, of four times four digits each. */
@inline
function values(a: v128, b: v128): v128 {
  const eights = i32x4.dot_i16x8_s(i16x8.narrow_i32x4_s(a, b), i16x8(10000, 1, 10000, 1, 10000, 1, 10000, 1));
  const high = f64x2.convert_low_i32x4_s(v128.shuffle<i32>(eights, eights, 0, 2, 0, 2));
  const low = f64x2.convert_low_i32x4_s(v128.shuffle<i32>(eights, eights, 1, 3, 1, 3));
  return f64x2.add(f64x2.mul(high, f64x2.splat(1e8)), low);
}

/** Reads a plain integer into a float64 cell; returns where it ends, or 0. What follows is the caller's to check. */
function integer(p: usize, place: i32): usize {
  const digits = digitsAt(p);
  const length = ctz(stops(digits));
  if (!isNumber(length, length, false) || (length > 1 && load<u8>(p) == ZERO)) return 0;
  const number = fours(i8x16.swizzle(digits, maskOf(length, length)));
  store<f64>(place << 3, f64x2.extract_lane(values(number, number), 0));
  return p + length;
}

/** Where the plain string at `p` has its closing quote; 0 for one with escapes, other than ASCII, or without an end. */
function endOfString(p: usize): usize {
  for (; p < end; p += 16) {
    const text = v128.load(p);
    // As signed bytes, those above 0x7f are below 0x20.
    const odd = v128.or(i8x16.eq(text, i8x16.splat(0x5c)), i8x16.lt_s(text, i8x16.splat(0x20)));
    const found = i8x16.bitmask(v128.or(odd, i8x16.eq(text, i8x16.splat(QUOTE))));
    if (found == 0) continue;
    p += ctz(found);
    return load<u8>(p) == QUOTE ? p : 0;
  }
  return 0;
}

/** A stream of partial books: its name holds @depth and a digit behind it. */
function isPartial(from: usize, to: usize): bool {
  for (let p = from; p < to; p++) {
    const isDepth = load<u8>(p) == AT_SIGN && load<u32>(p, 1) == DEPT && load<u8>(p, 5) == 0x68;
    if (isDepth && <u32>(load<u8>(p, 6) - ZERO) < 10) return true;
  }
  return false;
}

/** The text stands at `p`. */
@inline
function is(p: usize, text: i32): bool {
  const at = <usize>(TEXTS_AT + text * TEXT_SLOT);
  return !v128.any_true(v128.and(v128.xor(v128.load(p), v128.load(at)), v128.load(at, 16)));
}
