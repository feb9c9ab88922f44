/** An instrument was redefined with more decimals: what is held of it is multiplied, exactly. Rare; O(orders). */
import { assert } from '../core/assert.ts';
import { Wide } from '../core/wide.ts';
import type { Orders } from './orders.ts';

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

export function rescaleOrders(orders: Orders, instrument: number, priceFactor: number, qtyFactor: number): void {
  for (let id = 1; id <= orders.count; id++) {
    if (orders.instrument[id] !== instrument) continue;
    scaleColumn(orders.priceTicks, id, priceFactor);
    scaleColumn(orders.stopPriceTicks, id, priceFactor);
    scaleColumn(orders.pegOffsetTicks, id, priceFactor);
    scaleColumn(orders.pendingPriceTicks, id, priceFactor);
    scaleColumn(orders.qtyLots, id, qtyFactor);
    scaleColumn(orders.displayQtyLots, id, qtyFactor);
    scaleColumn(orders.cumQtyLots, id, qtyFactor);
    scaleColumn(orders.leavesQtyLots, id, qtyFactor);
    scaleColumn(orders.statedCumQtyLots, id, qtyFactor);
    scaleColumn(orders.pendingQtyLots, id, qtyFactor);
    scaleColumn(orders.pendingDisplayQtyLots, id, qtyFactor);
    scaleWide(orders.cumValueHi, orders.cumValueLo, id, priceFactor, qtyFactor);
  }
}
