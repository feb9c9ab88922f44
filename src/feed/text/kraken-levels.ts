/**
 * Levels of Kraken's websocket v2: [{"price":61837.6,"qty":1.50000000},...]. As level-scan.ts does for levels in quotes:
 * where everything stands is guessed from the level before, what stands around the numbers is checked, and then a column
 * of numbers is read at a time. What is written in another way is read key by key.
 */
import type { Side } from '../../core/event.ts';
import { ascii, type JsonScanner } from './json-scan.ts';
import { plainPrice, plainQty, scanPrice, scanQty, shapedNumbers } from './level-scan.ts';
import { Literal } from './literal.ts';
import type { Rows } from './rows.ts';

const PRICE = ascii('price');
const QTY = ascii('qty');

const ZERO = 0x30;
const COMMA = 0x2c;
const POINT = 0x2e;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

const LEVEL_START = new Literal('{"price":');
const PRICE_TO_QTY = new Literal(',"qty":');
/** `{"pr`, `ice"` and `:` stand in front of the price, `,"qt` and `ty":` (the t is one) between it and the quantity. */
const START_0 = 0x7270227b;
const START_4 = 0x22656369;
const COLON = 0x3a;
const START_BYTES = 9;
const MIDDLE_0 = 0x7471222c;
const MIDDLE_3 = 0x3a227974;
const MIDDLE_BYTES = 7;
/** `},` and `}]`, and the `{` of the next level. */
const LEVEL_TO_LEVEL = 0x2c7d;
const LEVEL_TO_END = 0x5d7d;

/** Reads the array of levels at the cursor and appends them to `rows`. */
export function scanKrakenLevels(scan: JsonScanner, rows: Rows, side: Side): void {
  scan.beginArray();
  while (scan.nextItem()) {
    if (!plainLevels(scan, rows, side)) anyLevel(scan, rows, rows.add(side));
  }
}

/** Reads the levels behind a [ to the ] that ends them, in front of which the cursor stays; false if they are written otherwise. */
export function plainKrakenLevels(scan: JsonScanner, rows: Rows, side: Side): boolean {
  if (scan.bytes[scan.pos] === CLOSE_BRACKET) return true;
  return plainLevels(scan, rows, side) && scan.bytes[scan.pos] === CLOSE_BRACKET;
}

/** Reads levels as long as they come without white space and with their keys in order; false if the first one does not. */
function plainLevels(scan: JsonScanner, rows: Rows, side: Side): boolean {
  const { bytes } = scan;
  const start = scan.pos;
  for (let at = start; ; at = scan.pos + 1) {
    if (rows.count === rows.capacity) rows.grow();
    if (!shapedLevels(scan, rows, side, at) && !plainLevel(scan, rows, side, at)) break;
    if (bytes[scan.pos] !== COMMA || bytes[scan.pos + 1] !== OPEN_BRACE) return true;
  }
  return scan.pos !== start;
}

/** Levels with numbers of the same shapes as the last ones; false if not even the one at `from` is like that. */
function shapedLevels(scan: JsonScanner, rows: Rows, side: Side, from: number): boolean {
  const { priceShape, qtyShape } = scan;
  const view = scan.view();
  const first = rows.count;
  const outlined = outlineLevels(scan, view, rows, side, from);
  if (outlined === first) return false;
  const priced = shapedNumbers(view, rows.priceFrom, priceShape, rows.price, rows.priceDecimals, first, outlined);
  const count = shapedNumbers(view, rows.qtyFrom, qtyShape, rows.qty, rows.qtyDecimals, first, priced);
  rows.count = count;
  if (count === first) return false;
  scan.pos = rows.qtyTo[count - 1] + 1;
  return true;
}

/** Places the texts of levels from row rows.count on, as long as what stands around them fits; returns where that ends. */
function outlineLevels(scan: JsonScanner, view: DataView, rows: Rows, side: Side, from: number): number {
  const { priceShape, qtyShape, end } = scan;
  const { side: sides, id, priceFrom, priceTo, qtyFrom, qtyTo, extraFrom, capacity } = rows;
  const pricePoint = START_BYTES + priceShape.whole;
  const priceEnd = pricePoint + 1 + priceShape.places;
  const qtyStart = priceEnd + MIDDLE_BYTES;
  const qtyPoint = qtyStart + qtyShape.whole;
  const qtyEnd = qtyPoint + 1 + qtyShape.places;
  // A number of several digits must not begin with 0: no byte is 0 where that is allowed.
  const noPriceZero = priceShape.whole > 1 ? ZERO : 0;
  const noQtyZero = qtyShape.whole > 1 ? ZERO : 0;
  // Up to here a level's brace and three bytes behind it are there, and no number reads beyond them.
  const last = end - qtyEnd - 4;
  let i = rows.count;
  for (let at = from; at <= last && i < capacity; at += qtyEnd + 2) {
    const behind = view.getUint16(at + qtyEnd, true);
    if (behind !== LEVEL_TO_LEVEL && behind !== LEVEL_TO_END) break;
    if (view.getInt32(at, true) !== START_0 || view.getInt32(at + 4, true) !== START_4) break;
    if (view.getUint8(at + 8) !== COLON || view.getUint8(at + pricePoint) !== POINT) break;
    if (view.getInt32(at + priceEnd, true) !== MIDDLE_0 || view.getInt32(at + priceEnd + 3, true) !== MIDDLE_3) break;
    if (view.getUint8(at + qtyPoint) !== POINT) break;
    if (view.getUint8(at + START_BYTES) === noPriceZero || view.getUint8(at + qtyStart) === noQtyZero) break;
    sides[i] = side;
    id[i] = 0;
    priceFrom[i] = at + START_BYTES;
    priceTo[i] = at + priceEnd;
    qtyFrom[i] = at + qtyStart;
    qtyTo[i] = at + qtyEnd;
    extraFrom[i] = -1;
    i++;
    if (behind !== LEVEL_TO_LEVEL) break;
  }
  return i;
}

/** One level of whatever shapes, which are those of the next, it is guessed; false if it is something else. */
function plainLevel(scan: JsonScanner, rows: Rows, side: Side, from: number): boolean {
  const i = rows.count;
  const before = scan.pos;
  scan.pos = from;
  const isPlain =
    scan.passes(LEVEL_START) &&
    plainPrice(scan, rows, i, COMMA) &&
    scan.passes(PRICE_TO_QTY) &&
    plainQty(scan, rows, i, CLOSE_BRACE);
  if (!isPlain) {
    scan.pos = before;
    return false;
  }
  rows.side[i] = side;
  rows.id[i] = 0;
  rows.extraFrom[i] = -1;
  rows.count = i + 1;
  scan.pos++;
  return true;
}

function anyLevel(scan: JsonScanner, rows: Rows, row: number): void {
  let numbers = 0;
  scan.beginObject();
  while (scan.nextKey()) {
    if (scan.keyIs(PRICE)) {
      scanPrice(scan, rows, row);
      numbers |= 1;
    } else if (scan.keyIs(QTY)) {
      scanQty(scan, rows, row);
      numbers |= 2;
    } else scan.skipValue();
  }
  if (numbers !== 3) scan.misfit('a level without price and qty');
}
