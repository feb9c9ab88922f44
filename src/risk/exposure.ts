/**
 * Totals: positions and open orders by engine, account and strategy. What they are limited to: total-limits.ts.
 *
 * Every open order counts at its worst: the quantity that may still be executed over every pending request, at the most a
 * lot of it may be worth (`riskPriceTicks`, with the touch as it was when the order was last checked). The amounts counted
 * are kept per order, so a change is a difference.
 *
 * Amounts are rounded away from 0; one that can't be known (no mark, no exchange rate) is NaN, and counts as 0 in the sums.
 */
import { assert } from '../core/assert.ts';
import type { Fnv64 } from '../core/hash.ts';
import { OrderSide } from '../core/order.ts';
import { Wide } from '../core/wide.ts';
import { widened } from '../core/widened.ts';
import { type Request, SCOPES } from './checks.ts';
import {
  BUY_LOTS,
  BUY_MICRO,
  ExposureRows,
  HIGHEST_BUY,
  INSTRUMENT,
  LOWEST_SELL,
  NEXT_ROW,
  POSITION,
  POSITION_MICRO,
  SELL_LOTS,
  SELL_MICRO,
  SUBJECT,
  UNVALUED,
} from './exposure-rows.ts';
import type { Positions } from './positions.ts';
import { ENGINE, type Subjects } from './subjects.ts';

/** In `cells`. */
const LOTS = 0;
const PRICE = 1;
const RESULT = 2;

export class Exposure {
  readonly rows: ExposureRows;
  /** By subject, micro-units of its currency. */
  readonly gross: Float64Array;
  readonly net: Float64Array;
  readonly openBuy: Float64Array;
  readonly openSell: Float64Array;
  /** What was added to the sums, and what positions moved, since `UseBounds` looked at the subject. */
  readonly movedMicro: Float64Array;
  /** Positions that can't be valued, and open orders that can't. */
  readonly unvalued: Int32Array;
  /** Counted, by OrderID. */
  private lots = new Float64Array(1 << 10);
  private micro = new Float64Array(1 << 10);
  private microEngine = new Float64Array(1 << 10);
  private readonly subjects: Subjects;
  private readonly positions: Positions;
  private readonly wide = new Wide();
  /** Numbers on their way between functions. */
  private readonly cells = new Float64Array(3);

  constructor(subjects: Subjects, positions: Positions) {
    this.subjects = subjects;
    this.positions = positions;
    this.rows = new ExposureRows(subjects.count);
    this.gross = new Float64Array(subjects.count);
    this.net = new Float64Array(subjects.count);
    this.openBuy = new Float64Array(subjects.count);
    this.openSell = new Float64Array(subjects.count);
    this.movedMicro = new Float64Array(subjects.count);
    this.unvalued = new Int32Array(subjects.count);
  }

  /** What orders count at present, 0 where they don't. */
  countedLots(orderId: number): number {
    return orderId < this.lots.length ? this.lots[orderId] : 0;
  }

  /** Fills in its notional and what it may add: `worstLots` at its risk price, beyond what is counted of the order. */
  measure(request: Request): void {
    const { instrument, orderId, worstLots } = request;
    const { cells } = this;
    const currency = this.subjects.currencyOfAccount[request.account];
    const isCounted = orderId < this.lots.length;
    cells[LOTS] = worstLots;
    cells[PRICE] = request.riskPriceTicks;
    this.convert(instrument, currency);
    const micro = cells[RESULT];
    if (currency !== 0) this.convert(instrument, 0);
    const engine = cells[RESULT];
    if (request.qtyLots !== worstLots) {
      cells[LOTS] = request.qtyLots;
      this.convert(instrument, currency);
      request.notionalMicro = cells[RESULT];
    } else request.notionalMicro = micro;
    request.extraLots = worstLots - (isCounted ? this.lots[orderId] : 0);
    request.extraMicro = micro - (isCounted ? this.micro[orderId] : 0);
    request.extraMicroEngine = engine - (isCounted ? this.microEngine[orderId] : 0);
    request.reduces = 0;
    for (let i = 0; i < SCOPES; i++) if (this.reduces(request, request.rows[i])) request.reduces |= 1 << i;
  }

  /** Whether the order's notional is known, but no safe integer. */
  isOverflow(request: Request): boolean {
    if (!Number.isNaN(request.notionalMicro)) return false;
    return this.positions.conversion(request.instrument, this.subjects.currencyOfAccount[request.account]).isResolved;
  }

  /** What buying (selling) could make of the subject's net exposure. */
  netUse(subject: number, side: number): number {
    return side === OrderSide.Buy
      ? this.net[subject] + this.openBuy[subject]
      : this.openSell[subject] - this.net[subject];
  }

  creditUse(subject: number): number {
    const equity = this.positions.equityMicro[subject];
    const tied = this.positions.costMicro[subject] + this.openBuy[subject] + this.openSell[subject];
    return equity < 0 ? tied - equity : tied;
  }

  /** Counts an order as it is now: `lots` may still be executed, each worth at most `priceTicks`. */
  count(
    orderId: number,
    instrument: number,
    account: number,
    strategy: number,
    side: number,
    lots: number,
    priceTicks: number,
  ): void {
    if (orderId >= this.lots.length) this.grow(orderId);
    if (lots === 0 && this.lots[orderId] === 0) return;
    const currency = this.subjects.currencyOfAccount[account];
    const was = this.isUnvalued(orderId);
    const { cells } = this;
    cells[LOTS] = lots;
    cells[PRICE] = priceTicks;
    if (lots === 0) cells[RESULT] = 0;
    else this.convert(instrument, currency);
    const micro = cells[RESULT];
    if (lots !== 0 && currency !== 0) this.convert(instrument, 0);
    const engine = cells[RESULT];
    const dLots = lots - this.lots[orderId];
    const dMicro = known(micro) - known(this.micro[orderId]);
    const dEngine = known(engine) - known(this.microEngine[orderId]);
    this.lots[orderId] = lots;
    this.micro[orderId] = micro;
    this.microEngine[orderId] = engine;
    const unvalued = (this.isUnvalued(orderId) ? 1 : 0) - (was ? 1 : 0);
    this.add(ENGINE, instrument, side, dLots, dEngine, unvalued);
    this.add(this.subjects.ofAccount(account), instrument, side, dLots, dMicro, unvalued);
    this.add(this.subjects.ofStrategy(strategy), instrument, side, dLots, dMicro, unvalued);
  }

  /** The strategy's position changed by so many lots, signed; values are those of `revalue`, to be called next. */
  move(instrument: number, account: number, strategy: number, lots: number): void {
    const { f64 } = this.rows;
    f64[this.rows.find(ENGINE, instrument) + POSITION] += lots;
    f64[this.rows.find(this.subjects.ofAccount(account), instrument) + POSITION] += lots;
    f64[this.rows.find(this.subjects.ofStrategy(strategy), instrument) + POSITION] += lots;
  }

  /** Values every position of the instrument at its mark. */
  revalue(instrument: number): void {
    const { rows, subjects } = this;
    const { f64 } = rows;
    const mark = this.positions.markOf(instrument);
    for (let row = rows.firstOf(instrument); row !== 0; row = f64[row + NEXT_ROW]) {
      const lots = f64[row + POSITION];
      if (lots === 0 && f64[row + POSITION_MICRO] === 0 && f64[row + UNVALUED] === 0) continue;
      const subject = f64[row + SUBJECT];
      const currency = subject === ENGINE ? 0 : subjects.currencyOf(subject);
      const conversion = this.positions.halfConversion(instrument, currency);
      const isKnown = lots === 0 || (conversion.isResolved && !Number.isNaN(mark));
      this.cells[RESULT] = 0;
      if (lots !== 0 && isKnown) conversion.ceilInto(this.wide.setProduct(Math.abs(lots), mark), this.cells, RESULT);
      const size = this.cells[RESULT];
      const unvalued = isKnown && !Number.isNaN(size) ? 0 : 1;
      const value = lots < 0 ? 0 - known(size) : known(size);
      this.readGross(row);
      const before = this.cells[RESULT];
      const change = value - f64[row + POSITION_MICRO];
      this.net[subject] += change;
      this.movedMicro[subject] += change < 0 ? 0 - change : change;
      f64[row + POSITION_MICRO] = value;
      this.readGross(row);
      this.gross[subject] += this.cells[RESULT] - before;
      this.unvalued[subject] += unvalued - f64[row + UNVALUED];
      f64[row + UNVALUED] = unvalued;
    }
  }

  rescale(instrument: number, qtyFactor: number, orderInstrument: Uint32Array, orders: number): void {
    const { f64 } = this.rows;
    for (let row = this.rows.firstOf(instrument); row !== 0; row = f64[row + NEXT_ROW]) {
      f64[row + POSITION] *= qtyFactor;
      f64[row + BUY_LOTS] *= qtyFactor;
      f64[row + SELL_LOTS] *= qtyFactor;
      f64[row + HIGHEST_BUY] = Number.POSITIVE_INFINITY;
      f64[row + LOWEST_SELL] = 0;
    }
    const end = Math.min(orders + 1, this.lots.length);
    for (let orderId = 1; orderId < end; orderId++) {
      if (orderInstrument[orderId] === instrument) this.lots[orderId] *= qtyFactor;
    }
  }

  checkInvariants(): void {
    const { rows, subjects } = this;
    const sums = [0, 1, 2, 3].map(() => new Float64Array(subjects.count));
    for (let i = 1; i <= rows.count; i++) {
      const row = rows.at(i);
      const subject = rows.f64[row + SUBJECT];
      this.readGross(row);
      sums[0][subject] += this.cells[RESULT];
      sums[1][subject] += rows.f64[row + POSITION_MICRO];
      sums[2][subject] += rows.f64[row + BUY_MICRO];
      sums[3][subject] += rows.f64[row + SELL_MICRO];
      assert(rows.f64[row + BUY_LOTS] >= 0 && rows.f64[row + SELL_LOTS] >= 0, 'open quantities are not negative');
    }
    for (const [i, held] of [this.gross, this.net, this.openBuy, this.openSell].entries()) {
      assert(
        held.every((value, subject) => value === sums[i][subject]),
        'exposure is the sum over instruments',
      );
    }
  }

  foldInto(hash: Fnv64): void {
    for (let i = 1; i <= this.rows.count; i++) {
      const row = this.rows.at(i);
      for (const at of [POSITION, BUY_LOTS, SELL_LOTS, POSITION_MICRO, BUY_MICRO, SELL_MICRO, SUBJECT, INSTRUMENT]) {
        hash.integer(this.rows.f64[row + at]);
      }
    }
  }

  private add(subject: number, instrument: number, side: number, lots: number, micro: number, unvalued: number): void {
    const row = this.rows.find(subject, instrument);
    const { f64 } = this.rows;
    this.readGross(row);
    const before = this.cells[RESULT];
    if (micro > 0) this.movedMicro[subject] += micro;
    if (side === OrderSide.Buy) {
      f64[row + BUY_LOTS] += lots;
      f64[row + BUY_MICRO] += micro;
      this.openBuy[subject] += micro;
    } else {
      f64[row + SELL_LOTS] += lots;
      f64[row + SELL_MICRO] += micro;
      this.openSell[subject] += micro;
    }
    this.readGross(row);
    this.gross[subject] += this.cells[RESULT] - before;
    this.unvalued[subject] += unvalued;
  }

  /** The row's part of gross exposure into cells[RESULT]: on the path of every touch no number is handed back. */
  private readGross(row: number): void {
    const { f64 } = this.rows;
    const value = f64[row + POSITION_MICRO];
    const long = value + f64[row + BUY_MICRO];
    const short = f64[row + SELL_MICRO] - value;
    this.cells[RESULT] = long > short ? long : short;
  }

  /** Whether the request only reduces the position of a row, together with all that is open on its side. */
  private reduces(request: Request, row: number): boolean {
    const { f64 } = this.rows;
    const position = f64[row + POSITION];
    return request.side === OrderSide.Buy
      ? f64[row + BUY_LOTS] + request.extraLots <= -position
      : f64[row + SELL_LOTS] + request.extraLots <= position;
  }

  /** LOTS x PRICE in micro-units of a currency, rounded up: RESULT. NaN where it can't be known or is no safe integer. */
  private convert(instrument: number, currency: number): void {
    const conversion = this.positions.conversion(instrument, currency);
    if (conversion.isResolved) conversion.ceilProductInto(this.wide, this.cells, LOTS, this.cells, RESULT);
    else this.cells[RESULT] = Number.NaN;
  }

  private isUnvalued(orderId: number): boolean {
    return Number.isNaN(this.micro[orderId]) || Number.isNaN(this.microEngine[orderId]);
  }

  private grow(orderId: number): void {
    this.lots = widened(this.lots, orderId + 1);
    this.micro = widened(this.micro, orderId + 1);
    this.microEngine = widened(this.microEngine, orderId + 1);
  }
}

function known(micro: number): number {
  return Number.isNaN(micro) ? 0 : micro;
}
