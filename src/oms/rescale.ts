/** An instrument was redefined with more decimals: what is held of it is multiplied, exactly. Rare; O(orders). */
import { assert } from '../core/assert.ts';
import { Wide } from '../core/wide.ts';
import { OrderMark, type Orders } from './orders.ts';

const product = new Wide();

/** A safe integer times a safe integer, which must be one too; NaN (no price) stays. */
export function scaleColumn(column: Float64Array, row: number, factor: number): void {
  const scaled = column[row] * factor;
  assert(Number.isSafeInteger(scaled) || Number.isNaN(scaled), 'a rescaled quantity or price fits 2^53');
  column[row] = scaled;
}

/** A wide number times both factors. */
export function scaleWide(hi: Float64Array, lo: Float64Array, row: number, a: number, b: number): void {
  scaleWideBy(hi, lo, row, a);
  scaleWideBy(hi, lo, row, b);
}

function scaleWideBy(hi: Float64Array, lo: Float64Array, row: number, factor: number): void {
  product.setProduct(lo[row], factor);
  product.hi += hi[row] * factor;
  product.checkInvariants();
  hi[row] = product.hi;
  lo[row] = product.lo;
}

/** What never left (refused, or held back) may hold any nonsense: it is multiplied and not looked at. */
export function rescaleOrders(orders: Orders, instrument: number, priceFactor: number, qtyFactor: number): void {
  const { priceTicks, stopPriceTicks, pegOffsetTicks, pendingPriceTicks } = orders;
  const { qtyLots, displayQtyLots, cumQtyLots, leavesQtyLots, statedCumQtyLots } = orders;
  const { pendingQtyLots, pendingDisplayQtyLots } = orders;
  const prices = [priceTicks, orders.workingPriceTicks, stopPriceTicks, pegOffsetTicks, pendingPriceTicks];
  const quantities = [qtyLots, displayQtyLots, cumQtyLots, leavesQtyLots, statedCumQtyLots];
  quantities.push(pendingQtyLots, pendingDisplayQtyLots);
  for (let id = 1; id <= orders.count; id++) {
    if (orders.instrument[id] !== instrument) continue;
    const scale = (orders.marks[id] & OrderMark.Sent) === 0 ? multiply : scaleColumn;
    for (const column of prices) scale(column, id, priceFactor);
    for (const column of quantities) scale(column, id, qtyFactor);
    scaleWide(orders.cumValueHi, orders.cumValueLo, id, priceFactor, qtyFactor);
  }
}

function multiply(column: Float64Array, row: number, factor: number): void {
  column[row] *= factor;
}
