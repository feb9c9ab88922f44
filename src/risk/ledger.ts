/**
 * The books of account of each position: its fills, and from them cash, cost of what is open by both methods, and fees,
 * exactly. Rows in position-rows.ts. A fill is O(1) (FIFO: amortised); taking one back is O(fills of the position).
 */
import { assert } from '../core/assert.ts';
import { Wide } from '../core/wide.ts';
import { Fills } from './fills.ts';
import {
  CASH,
  COST,
  FEES,
  FIFO,
  FIRST_FILL,
  LAST_FILL,
  NEXT_ROW,
  OPEN_FILL,
  type PositionRows,
  QTY,
} from './position-rows.ts';

export class Ledger {
  private readonly rows: PositionRows;
  private readonly fills = new Fills();
  private readonly wide = new Wide();
  private readonly part = new Wide();

  constructor(rows: PositionRows) {
    this.rows = rows;
  }

  /** One more fill; `lots` signed, `fee` in whole units of any size below 2^106. */
  add(row: number, lots: number, pxTicks: number, feeUnits: number, execId: number): void {
    this.wide.setNumber(feeUnits);
    this.append(row, this.fills.add(lots, pxTicks, this.wide.hi, this.wide.lo, execId));
  }

  /** Takes out the last fill like this (with this ExecID, unless that is 0): the position is as if it had never been. */
  takeBack(row: number, lots: number, px: number, execId: number): void {
    const { fills } = this;
    const { f64 } = this.rows;
    let before = 0;
    let found = 0;
    for (let last = 0, fill = f64[row + FIRST_FILL]; fill !== 0; last = fill, fill = fills.next[fill]) {
      const same = fills.qtyLots[fill] === lots && fills.pxTicks[fill] === px;
      if (!same || (execId !== 0 && fills.execId[fill] !== execId)) continue;
      before = last;
      found = fill;
    }
    assert(found !== 0, 'the execution that is taken back was one of the position');
    if (before === 0) f64[row + FIRST_FILL] = fills.next[found];
    else fills.next[before] = fills.next[found];
    if (f64[row + LAST_FILL] === found) f64[row + LAST_FILL] = before;
    for (let at = QTY; at <= FEES + 1; at++) f64[row + at] = 0;
    f64[row + OPEN_FILL] = 0;
    // First all of them: the queue is searched for what is open, and must not find what was.
    for (let fill = f64[row + FIRST_FILL]; fill !== 0; fill = fills.next[fill]) fills.openLots[fill] = 0;
    for (let fill = f64[row + FIRST_FILL]; fill !== 0; fill = fills.next[fill]) this.apply(row, fill);
  }

  /** The instrument's units became smaller: prices x priceFactor, quantities x qtyFactor, money by both. */
  rescale(instrument: number, priceFactor: number, qtyFactor: number): void {
    const { fills } = this;
    const { f64 } = this.rows;
    for (let row = this.rows.firstOf(instrument); row !== 0; row = f64[row + NEXT_ROW]) {
      f64[row + QTY] *= qtyFactor;
      assert(Number.isSafeInteger(f64[row + QTY]), 'a position is exact in the new units');
      for (const at of [CASH, COST, FIFO, FEES]) this.scale(f64, f64, row + at, row + at + 1, priceFactor, qtyFactor);
      for (let fill = f64[row + FIRST_FILL]; fill !== 0; fill = fills.next[fill]) {
        fills.qtyLots[fill] *= qtyFactor;
        fills.openLots[fill] *= qtyFactor;
        fills.pxTicks[fill] *= priceFactor;
        this.scale(fills.feeHi, fills.feeLo, fill, fill, priceFactor, qtyFactor);
      }
    }
  }

  /** Asserts that a row is what its fills make it. */
  checkRow(row: number): void {
    const { fills } = this;
    const { f64 } = this.rows;
    const cash = new Wide();
    const fifo = new Wide();
    const part = new Wide();
    let qty = 0;
    let open = 0;
    for (let fill = f64[row + FIRST_FILL]; fill !== 0; fill = fills.next[fill]) {
      part.setProduct(-fills.qtyLots[fill], fills.pxTicks[fill]);
      cash.add(part.hi, part.lo);
      part.setProduct(fills.qtyLots[fill] > 0 ? fills.openLots[fill] : -fills.openLots[fill], fills.pxTicks[fill]);
      fifo.add(part.hi, part.lo);
      qty += fills.qtyLots[fill];
      open += fills.openLots[fill];
    }
    assert(qty === f64[row + QTY] && open === Math.abs(qty), 'a position is the sum of its fills');
    assert(cash.compare(f64[row + CASH], f64[row + CASH + 1]) === 0, 'cash is the sum of the fills');
    assert(fifo.compare(f64[row + FIFO], f64[row + FIFO + 1]) === 0, 'FIFO cost is that of the open fills');
    if (qty === 0) assert(f64[row + COST] === 0 && f64[row + COST + 1] === 0, 'what is flat costs nothing');
  }

  private append(row: number, fill: number): void {
    const { f64 } = this.rows;
    if (f64[row + FIRST_FILL] === 0) f64[row + FIRST_FILL] = fill;
    else this.fills.next[f64[row + LAST_FILL]] = fill;
    f64[row + LAST_FILL] = fill;
    this.apply(row, fill);
  }

  /** Cash, cost, FIFO queue and fees of a row behind one more fill, its last. */
  private apply(row: number, fill: number): void {
    const { fills, wide } = this;
    const { f64 } = this.rows;
    const lots = fills.qtyLots[fill];
    const px = fills.pxTicks[fill];
    const held = f64[row + QTY];
    this.addProduct(row, CASH, -lots, px);
    this.put(row, FEES, wide.set(fills.feeHi[fill], fills.feeLo[fill]).add(f64[row + FEES], f64[row + FEES + 1]));
    const closes = held * lots < 0 ? Math.min(Math.abs(held), Math.abs(lots)) : 0;
    if (closes > 0) {
      this.closeAverage(row, closes, Math.abs(held));
      this.closeFifo(row, closes, held > 0 ? 1 : -1);
    }
    const opens = Math.abs(lots) - closes;
    if (opens > 0) {
      const signed = lots > 0 ? opens : -opens;
      this.addProduct(row, COST, signed, px);
      this.addProduct(row, FIFO, signed, px);
      fills.openLots[fill] = opens;
      if (f64[row + OPEN_FILL] === 0) f64[row + OPEN_FILL] = fill;
    }
    f64[row + QTY] = held + lots;
  }

  private closeAverage(row: number, closes: number, held: number): void {
    const { f64 } = this.rows;
    if (closes === held) {
      f64[row + COST] = 0;
      f64[row + COST + 1] = 0;
      return;
    }
    const { wide, part } = this;
    wide.set(f64[row + COST], f64[row + COST + 1]);
    const negative = wide.sign < 0;
    if (negative) wide.negate();
    const { hi, lo } = wide;
    const rest = wide.divideFloor(held); // cost = quotient x held + rest
    part.setProduct(rest, closes).divideRound(held);
    wide.multiply(closes).add(part.hi, part.lo); // the closed part's cost
    wide.negate().add(hi, lo);
    if (negative) wide.negate();
    this.put(row, COST, wide);
  }

  private closeFifo(row: number, closes: number, sign: number): void {
    const { fills } = this;
    const { f64 } = this.rows;
    let fill = f64[row + OPEN_FILL];
    while (closes > 0) {
      assert(fill !== 0, 'what is held was opened by a fill');
      const taken = Math.min(closes, fills.openLots[fill]);
      this.addProduct(row, FIFO, -sign * taken, fills.pxTicks[fill]);
      fills.openLots[fill] -= taken;
      closes -= taken;
      while (fill !== 0 && fills.openLots[fill] === 0) fill = fills.next[fill];
    }
    f64[row + OPEN_FILL] = fill;
  }

  private addProduct(row: number, at: number, lots: number, px: number): void {
    const { f64 } = this.rows;
    this.put(row, at, this.wide.setProduct(lots, px).add(f64[row + at], f64[row + at + 1]));
  }

  private put(row: number, at: number, value: Wide): void {
    this.rows.f64[row + at] = value.hi;
    this.rows.f64[row + at + 1] = value.lo;
  }

  private scale(hi: Float64Array, lo: Float64Array, atHi: number, atLo: number, a: number, b: number): void {
    this.wide.set(hi[atHi], lo[atLo]).multiply(a).multiply(b);
    assert(this.wide.inRange, 'money of a position is exact in the new units');
    hi[atHi] = this.wide.hi;
    lo[atLo] = this.wide.lo;
  }
}
