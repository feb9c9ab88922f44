/**
 * Parent orders: a quantity that child orders share out. A child's *committed* quantity is the most it can ever have
 * executed: while it is open its quantity, or that of a pending replace where this is more; once it ended what it executed,
 * or, where the report that ended it counted more, that much, because those fills are on their way. No report can raise it
 * (the order manager refuses those that would), only a new child or a replace can, and both ask here first: so a parent is
 * never exceeded, whatever order reports arrive in.
 */
import { assert } from '../core/assert.ts';
import type { Fnv64 } from '../core/hash.ts';
import { OrderSide } from '../core/order.ts';
import { Wide } from '../core/wide.ts';
import { widened } from '../core/widened.ts';
import { scaleColumn, scaleWide } from './rescale.ts';

export class Parents {
  /** Parents so far; a parent's id is 1 .. count. */
  count = 0;
  strategy: Uint16Array = new Uint16Array(16);
  instrument: Uint32Array = new Uint32Array(16);
  side: Uint8Array = new Uint8Array(16);
  qtyLots: Float64Array = new Float64Array(16);
  /** Executed by its children, busts taken off. */
  cumQtyLots: Float64Array = new Float64Array(16);
  /** Executed or still possible. */
  committedLots: Float64Array = new Float64Array(16);
  /** Sum of LastQty x LastPx: hi x 2^53 + lo. */
  cumValueHi: Float64Array = new Float64Array(16);
  cumValueLo: Float64Array = new Float64Array(16);
  private readonly wide = new Wide();

  has(parentId: number): boolean {
    return parentId >= 1 && parentId <= this.count && Math.floor(parentId) === parentId;
  }

  /** Returns its id; 0 where side or quantity make no sense. */
  create(strategy: number, instrument: number, side: number, qtyLots: number): number {
    if (side !== OrderSide.Buy && side !== OrderSide.Sell) return 0;
    if (!Number.isSafeInteger(qtyLots) || qtyLots < 1) return 0;
    const id = ++this.count;
    if (id === this.qtyLots.length) this.grow();
    this.strategy[id] = strategy;
    this.instrument[id] = instrument;
    this.side[id] = side;
    this.qtyLots[id] = qtyLots;
    return id;
  }

  /** What may still be given to children. */
  availableLots(parentId: number): number {
    return this.qtyLots[parentId] - this.committedLots[parentId];
  }

  /** NaN before the first fill. */
  avgPxTicks(parentId: number): number {
    const value = this.wide.set(this.cumValueHi[parentId], this.cumValueLo[parentId]).toNumber();
    return this.cumQtyLots[parentId] === 0 ? Number.NaN : value / this.cumQtyLots[parentId];
  }

  /** A child's committed quantity changed by `lots`. */
  commit(parentId: number, lots: number): void {
    this.committedLots[parentId] += lots;
    assert(this.committedLots[parentId] <= this.qtyLots[parentId], 'a parent is not exceeded');
  }

  /** A child executed `qtyLots` (negative: taken back) worth `value`. */
  execute(parentId: number, qtyLots: number, value: Wide): void {
    this.cumQtyLots[parentId] += qtyLots;
    this.wide.set(this.cumValueHi[parentId], this.cumValueLo[parentId]).add(value.hi, value.lo);
    this.cumValueHi[parentId] = this.wide.hi;
    this.cumValueLo[parentId] = this.wide.lo;
  }

  /** The units of an instrument became finer. O(parents). */
  rescale(instrument: number, priceFactor: number, qtyFactor: number): void {
    for (let id = 1; id <= this.count; id++) {
      if (this.instrument[id] !== instrument) continue;
      scaleColumn(this.qtyLots, id, qtyFactor);
      scaleColumn(this.cumQtyLots, id, qtyFactor);
      scaleColumn(this.committedLots, id, qtyFactor);
      scaleWide(this.cumValueHi, this.cumValueLo, id, priceFactor, qtyFactor);
    }
  }

  foldInto(hash: Fnv64): void {
    hash.integer(this.count);
    for (let id = 1; id <= this.count; id++) {
      hash.word((this.strategy[id] << 2) | this.side[id]);
      hash.word(this.instrument[id]);
      hash.integer(this.qtyLots[id]);
      hash.integer(this.cumQtyLots[id]);
      hash.integer(this.committedLots[id]);
      hash.integer(this.cumValueHi[id]);
      hash.integer(this.cumValueLo[id]);
    }
  }

  private grow(): void {
    this.strategy = widened(this.strategy);
    this.instrument = widened(this.instrument);
    this.side = widened(this.side);
    this.qtyLots = widened(this.qtyLots);
    this.cumQtyLots = widened(this.cumQtyLots);
    this.committedLots = widened(this.committedLots);
    this.cumValueHi = widened(this.cumValueHi);
    this.cumValueLo = widened(this.cumValueLo);
  }
}
