/**
 * Price levels as every JSON venue but Coinbase's newer feed writes them: [["61837.63","3.78826"],["61837.62","0.617"]],
 * numbers in quotes or not, any further elements behind them. The hottest loop of the text feeds: a Binance update is
 * little else. Levels of two plain quoted numbers without white space, and OKX's with "0" and the number of orders behind
 * them, are read by `plainLevels`, anything else element by element.
 */
import type { Side } from '../../core/event.ts';
import { POW10 } from './decimal.ts';
import { asDigits, fourDigits, noDigits } from './digits.ts';
import type { JsonScanner } from './json-scan.ts';
import type { NumberShape } from './number-shape.ts';
import type { Rows } from './rows.ts';

const QUOTE = 0x22;
const COMMA = 0x2c;
const POINT = 0x2e;
const ZERO = 0x30;
const OPEN = 0x5b;
const CLOSE = 0x5d;

/** `["`, `","`, `"],[` and `"]]`, as little-endian words. */
const LEVEL_START = 0x225b;
const PRICE_TO_QTY = 0x222c22;
const LEVEL_TO_LEVEL = 0x5b2c5d22;
const LEVEL_TO_END = 0x5d5d22;

const INT_POW10 = Int32Array.of(1, 10, 100, 1000, 10_000);

/** Index of the element that holds the number of orders where a level has so many (OKX: price, size, 0, orders). */
const ORDERS_ELEMENT = 3;

/** Reads the array of levels at the cursor and appends them to `rows`. */
export function scanLevels(scan: JsonScanner, rows: Rows, side: Side): void {
  scan.beginArray();
  while (scan.nextItem()) {
    if (!plainLevels(scan, rows, side)) scanLevel(scan, rows, side);
  }
}

/** Reads the levels ["p","q"],["p","q"] as long as they come in just this form; false if not even the first one does. */
function plainLevels(scan: JsonScanner, rows: Rows, side: Side): boolean {
  const { bytes, end } = scan;
  const start = scan.pos;
  for (;;) {
    if (rows.count === rows.capacity) rows.grow();
    let levelFrom = scan.pos === start ? start : scan.pos + 1;
    if (shapedLevels(scan, rows, side, levelFrom)) {
      if (bytes[scan.pos] !== COMMA || bytes[scan.pos + 1] !== OPEN) return true;
      if (rows.count === rows.capacity) continue;
      levelFrom = scan.pos + 1;
    }
    const i = rows.count;
    if (bytes[levelFrom] !== OPEN || bytes[levelFrom + 1] !== QUOTE) break;
    const priceFrom = levelFrom + 2;
    const priceTo = plainNumber(bytes, priceFrom, QUOTE, scan.priceShape, rows.price, rows.priceDecimals, i);
    if (priceTo === 0 || bytes[priceTo + 1] !== COMMA || bytes[priceTo + 2] !== QUOTE) break;
    const qtyFrom = priceTo + 3;
    const qtyTo = plainNumber(bytes, qtyFrom, QUOTE, scan.qtyShape, rows.qty, rows.qtyDecimals, i);
    if (qtyTo === 0) break;
    rows.id[i] = 0;
    rows.extraFrom[i] = -1;
    const levelTo = bytes[qtyTo + 1] === CLOSE ? qtyTo + 2 : ordersBehind(bytes, qtyTo + 1, rows, i);
    if (levelTo === 0 || levelTo > end) break;
    rows.side[i] = side;
    rows.priceFrom[i] = priceFrom;
    rows.priceTo[i] = priceTo;
    rows.qtyFrom[i] = qtyFrom;
    rows.qtyTo[i] = qtyTo;
    rows.count = i + 1;
    scan.pos = levelTo;
    if (bytes[levelTo] !== COMMA || bytes[levelTo + 1] !== OPEN) return true;
  }
  return scan.pos !== start;
}

/** OKX: ,"0","12"] behind the quantity. Reads the number of orders into row `i`; returns where the level ends, 0: not so. */
function ordersBehind(bytes: Uint8Array, from: number, rows: Rows, i: number): number {
  if (bytes[from] !== COMMA || bytes[from + 1] !== QUOTE || bytes[from + 2] !== ZERO || bytes[from + 3] !== QUOTE)
    return 0;
  if (bytes[from + 4] !== COMMA || bytes[from + 5] !== QUOTE) return 0;
  let p = from + 6;
  let orders = 0;
  let digit = bytes[p] - ZERO;
  while (digit >= 0 && digit <= 9) {
    orders = orders * 10 + digit;
    digit = bytes[++p] - ZERO;
  }
  const digits = p - from - 6;
  if (digits === 0 || digits > 9 || digit !== QUOTE - ZERO || bytes[p + 1] !== CLOSE) return 0;
  rows.id[i] = orders;
  rows.extraFrom[i] = from + 2;
  rows.extraTo[i] = from + 3;
  return p + 2;
}

/**
 * Levels like the last one before: numbers of the same shapes. Where everything stands is guessed from the shapes, not
 * searched, so that nothing waits for what comes before it: first what stands around the numbers is checked, then a
 * column of numbers at a time (small loops without calls: V8 keeps them in registers). False if not even the level at
 * `from` is like that: `plainLevels` reads it and learns its shape.
 */
function shapedLevels(scan: JsonScanner, rows: Rows, side: Side, from: number): boolean {
  const { priceShape, qtyShape } = scan;
  const view = scan.view();
  const first = rows.count;
  const outlined = outlineLevels(view, scan.end, rows, side, priceShape, qtyShape, from);
  const priced = shapedNumbers(view, rows.priceFrom, priceShape, rows.price, rows.priceDecimals, first, outlined);
  const count = shapedNumbers(view, rows.qtyFrom, qtyShape, rows.qty, rows.qtyDecimals, first, priced);
  rows.count = count;
  if (count === first) return false;
  scan.pos = rows.qtyTo[count - 1] + 2;
  return true;
}

/** Places the texts of levels from row rows.count on, as long as what stands around them fits; returns where that ends. */
function outlineLevels(
  view: DataView,
  end: number,
  rows: Rows,
  side: Side,
  priceShape: NumberShape,
  qtyShape: NumberShape,
  from: number,
): number {
  const { side: sides, id, priceFrom, priceTo, qtyFrom, qtyTo, extraFrom, capacity } = rows;
  const pricePoint = 2 + priceShape.whole;
  const priceEnd = pricePoint + 1 + priceShape.places;
  const qtyPoint = priceEnd + 3 + qtyShape.whole;
  const qtyEnd = qtyPoint + 1 + qtyShape.places;
  // Up to here a level's quote, bracket and two bytes behind them are there. No number reads beyond its own quote + 3.
  const last = end - qtyEnd - 4;
  let i = rows.count;
  for (let at = from; at <= last && i < capacity; at += qtyEnd + 3) {
    const behind = view.getInt32(at + qtyEnd, true);
    if (behind !== LEVEL_TO_LEVEL && (behind & 0xffffff) !== LEVEL_TO_END) break;
    if ((view.getInt32(at + priceEnd, true) & 0xffffff) !== PRICE_TO_QTY) break;
    if ((view.getInt32(at, true) & 0xffff) !== LEVEL_START) break;
    if (view.getUint8(at + pricePoint) !== POINT || view.getUint8(at + qtyPoint) !== POINT) break;
    sides[i] = side;
    id[i] = 0;
    priceFrom[i] = at + 2;
    priceTo[i] = at + priceEnd;
    qtyFrom[i] = at + priceEnd + 3;
    qtyTo[i] = at + qtyEnd;
    extraFrom[i] = -1;
    i++;
    if (behind !== LEVEL_TO_LEVEL) break;
  }
  return i;
}

/**
 * Reads a column of numbers of one shape, whose points are where they must be, into rows [first, to); returns the first
 * row with anything else than digits, or `to`.
 */
export function shapedNumbers(
  view: DataView,
  starts: Int32Array,
  shape: NumberShape,
  mantissas: Float64Array,
  decimals: Uint8Array,
  first: number,
  to: number,
): number {
  const { whole, places } = shape;
  // A part of more than four digits is two words. The last word is shifted so that its digits stand behind zeros.
  const wholeUnit = whole > 4 ? INT_POW10[whole - 4] : 0;
  const placesUnit = places > 4 ? INT_POW10[places - 4] : 0;
  const wholeTail = whole > 4 ? 4 : 0;
  const placesTail = whole + (places > 4 ? 5 : 1);
  const wholeShift = (-whole & 3) << 3;
  const placesShift = (-places & 3) << 3;
  const unit = POW10[places];
  for (let i = first; i < to; i++) {
    const from = starts[i];
    const a = asDigits(view.getInt32(from + wholeTail, true)) << wholeShift;
    const b = asDigits(view.getInt32(from + placesTail, true)) << placesShift;
    let before = fourDigits(a);
    let behind = fourDigits(b);
    let bad = noDigits(a) | noDigits(b);
    if (wholeUnit !== 0) {
      const word = asDigits(view.getInt32(from, true));
      before = (before + Math.imul(fourDigits(word), wholeUnit)) | 0;
      bad |= noDigits(word);
    }
    if (placesUnit !== 0) {
      const word = asDigits(view.getInt32(from + whole + 1, true));
      behind = (behind + Math.imul(fourDigits(word), placesUnit)) | 0;
      bad |= noDigits(word);
    }
    if (bad !== 0) return i;
    mantissas[i] = before * unit + behind;
    decimals[i] = places;
  }
  return to;
}

/** Digits, a point or none, then `closer`: its position, with the value in mantissas[i] and decimals[i]; 0 if not so. */
export function plainNumber(
  bytes: Uint8Array,
  from: number,
  closer: number,
  shape: NumberShape,
  mantissas: Float64Array,
  decimals: Uint8Array,
  i: number,
): number {
  let p = from;
  let value = 0;
  let digit = bytes[p] - ZERO;
  while (digit >= 0 && digit <= 9) {
    value = value * 10 + digit;
    digit = bytes[++p] - ZERO;
  }
  if (p === from) return 0;
  let fraction = 0;
  if (digit === POINT - ZERO) {
    const point = p;
    digit = bytes[++p] - ZERO;
    while (digit >= 0 && digit <= 9) {
      value = value * 10 + digit;
      digit = bytes[++p] - ZERO;
    }
    fraction = p - point - 1;
    if (fraction === 0) return 0;
  }
  // 15 digits can't pass 2^53.
  if (digit !== closer - ZERO || p - from > (fraction === 0 ? 15 : 16)) return 0;
  mantissas[i] = value;
  decimals[i] = fraction;
  shape.learn(p - from - (fraction === 0 ? 0 : fraction + 1), fraction);
  return p;
}

/** Reads a plain number behind which `closer` stands as the price of row `i`; false if it is something else. */
export function plainPrice(scan: JsonScanner, rows: Rows, i: number, closer: number): boolean {
  const from = scan.pos;
  const to = plainNumber(scan.bytes, from, closer, scan.priceShape, rows.price, rows.priceDecimals, i);
  if (to === 0 || to >= scan.end || (closer !== QUOTE && isPadded(scan.bytes, from))) return false;
  rows.priceFrom[i] = from;
  rows.priceTo[i] = to;
  scan.pos = to;
  return true;
}

/** The same as its quantity. */
export function plainQty(scan: JsonScanner, rows: Rows, i: number, closer: number): boolean {
  const from = scan.pos;
  const to = plainNumber(scan.bytes, from, closer, scan.qtyShape, rows.qty, rows.qtyDecimals, i);
  if (to === 0 || to >= scan.end || (closer !== QUOTE && isPadded(scan.bytes, from))) return false;
  rows.qtyFrom[i] = from;
  rows.qtyTo[i] = to;
  scan.pos = to;
  return true;
}

/** A digit behind a leading 0: no JSON, where there are no quotes. */
function isPadded(bytes: Uint8Array, from: number): boolean {
  const second = bytes[from + 1];
  return bytes[from] === ZERO && second >= ZERO && second <= ZERO + 9;
}

/** Reads one level [price, quantity, ...] at the cursor. */
export function scanLevel(scan: JsonScanner, rows: Rows, side: Side): void {
  scanLevelAt(scan, rows, rows.add(side));
}

/** ... into row `i`. */
export function scanLevelAt(scan: JsonScanner, rows: Rows, i: number): void {
  scan.beginArray();
  if (!scan.nextItem()) scan.misfit('a price is expected');
  scanPrice(scan, rows, i);
  if (!scan.nextItem()) scan.misfit('a quantity is expected');
  scanQty(scan, rows, i);
  for (let element = 2; scan.nextItem(); element++) {
    if (element === 2) {
      if (scan.string()) {
        rows.extraFrom[i] = scan.textFrom;
        rows.extraTo[i] = scan.textTo;
      }
    } else if (element === ORDERS_ELEMENT) rows.id[i] = scan.idOrZero();
    else scan.skipValue();
  }
}

/** Reads the number at the cursor as the price of row `i`. */
export function scanPrice(scan: JsonScanner, rows: Rows, i: number): void {
  scan.decimal(rows.price, rows.priceDecimals, i);
  rows.priceFrom[i] = scan.textFrom;
  rows.priceTo[i] = scan.textTo;
}

/** Reads the number at the cursor as the quantity of row `i`. */
export function scanQty(scan: JsonScanner, rows: Rows, i: number): void {
  scan.decimal(rows.qty, rows.qtyDecimals, i);
  rows.qtyFrom[i] = scan.textFrom;
  rows.qtyTo[i] = scan.textTo;
}
