/**
 * Price levels as every JSON venue but Coinbase's newer feed writes them: [["61837.63","3.78826"],["61837.62","0.617"]],
 * numbers in quotes or not, any further elements behind them. The hottest loop of the text feeds: a Binance update is
 * little else. Levels of two plain quoted numbers without white space are read by `plainLevels`, anything else element
 * by element.
 */
import type { Side } from '../../core/event.ts';
import type { JsonScanner } from './json-scan.ts';
import type { Rows } from './rows.ts';

const QUOTE = 0x22;
const COMMA = 0x2c;
const POINT = 0x2e;
const ZERO = 0x30;
const OPEN = 0x5b;
const CLOSE = 0x5d;

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
  const bytes = scan.bytes;
  const end = scan.end;
  let levelFrom = scan.pos;
  for (;;) {
    if (rows.count === rows.capacity) rows.grow();
    const i = rows.count;
    if (bytes[levelFrom] !== OPEN || bytes[levelFrom + 1] !== QUOTE) break;
    const priceFrom = levelFrom + 2;
    const priceTo = plainNumber(bytes, priceFrom, rows.price, rows.priceDecimals, i);
    if (priceTo === 0 || bytes[priceTo + 1] !== COMMA || bytes[priceTo + 2] !== QUOTE) break;
    const qtyFrom = priceTo + 3;
    const qtyTo = plainNumber(bytes, qtyFrom, rows.qty, rows.qtyDecimals, i);
    if (qtyTo === 0 || bytes[qtyTo + 1] !== CLOSE || qtyTo + 2 > end) break;
    rows.side[i] = side;
    rows.id[i] = 0;
    rows.priceFrom[i] = priceFrom;
    rows.priceTo[i] = priceTo;
    rows.qtyFrom[i] = qtyFrom;
    rows.qtyTo[i] = qtyTo;
    rows.extraFrom[i] = -1;
    rows.count = i + 1;
    scan.pos = qtyTo + 2;
    if (bytes[qtyTo + 2] !== COMMA || bytes[qtyTo + 3] !== OPEN) return true;
    levelFrom = qtyTo + 3;
  }
  return levelFrom !== scan.pos;
}

/** Digits, a point or none, a closing quote: its position, with the value in mantissas[i] and decimals[i]; 0 if not so. */
function plainNumber(
  bytes: Uint8Array,
  from: number,
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
  if (digit !== QUOTE - ZERO || p - from > (fraction === 0 ? 15 : 16)) return 0;
  mantissas[i] = value;
  decimals[i] = fraction;
  return p;
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
