/**
 * Positions and P&L, exactly: per strategy and instrument, summed up by strategy, account and engine.
 *
 * Per position two whole numbers say everything: the cash its fills brought (sold less bought, fees apart) and the cost
 * of what is open. Realised = cash + cost, so when a position is flat its cost is 0 and its realised P&L *is* its cash.
 * Average cost rounds once per closing fill: the cost of the closed part is rounded to the nearest unit (halves away from
 * zero) and what is open keeps the rest; closing everything takes all of it. FIFO needs no rounding.
 *
 * Sums over instruments are micro-units of a currency: each position's realised, and its equity (realised + unrealised,
 * less fees), are converted from their totals and rounded down, never added up from rounded parts. Equity, and with it
 * drawdown, is evaluated at every fill and at every change of the mark of an instrument that is held.
 *
 * A busted execution is taken out of its position's history and the position computed again from the others: the state is
 * that of a position that never had it. O(fills of the position); everything else O(1), a mark O(strategies holding it).
 */
import { assert } from '../core/assert.ts';
import type { Fnv64 } from '../core/hash.ts';
import type { InstrumentDef } from '../core/instrument-def.ts';
import type { InstrumentTerms } from '../core/instrument-terms.ts';
import { signOf } from '../core/order.ts';
import { Wide } from '../core/wide.ts';
import { widened } from '../core/widened.ts';
import { Ledger } from './ledger.ts';
import { Conversion, type FxRates } from './money.ts';
import {
  ACCOUNT,
  CASH,
  COST,
  COST_MICRO,
  COST_MICRO_ENGINE,
  EQUITY,
  EQUITY_ENGINE,
  FEES,
  FIFO,
  INSTRUMENT,
  NEXT_ROW,
  OPEN_FILL,
  PositionRows,
  PROBLEM,
  QTY,
  REALISED_MICRO,
  STRATEGY,
} from './position-rows.ts';
import { ENGINE, type Subjects } from './subjects.ts';

const UNKNOWN = new Conversion(null);
const NO_MARK = Number.NaN;

export class Positions {
  readonly subjects: Subjects;
  /** By subject, micro-units of its currency. */
  readonly equityMicro: Float64Array;
  readonly realisedMicro: Float64Array;
  readonly peakMicro: Float64Array;
  readonly maxDrawdownMicro: Float64Array;
  /** What open positions cost, each taken by itself. */
  readonly costMicro: Float64Array;
  /** What equity and cost have moved, up and down, since `UseBounds` looked at the subject. */
  readonly movedMicro: Float64Array;
  /** Positions without a mark or an exchange rate: while there is one, the subject's equity is not known. */
  readonly problems: Int32Array;
  /** Of the last `fill`: realised P&L (average cost, before fees) that it brought, in units of the instrument. */
  lastRealisedUnits = 0;
  private readonly fx: FxRates;
  private readonly rows: PositionRows;
  private readonly ledger: Ledger;
  /** Whole units, and half ticks times lots, to micro-units: by instrument x currency. */
  private readonly wholes: Conversion[] = [];
  private readonly halves: Conversion[] = [];
  /** Half ticks (the sum of bid and ask, for mids); NaN until there is one. By instrument. */
  private marks = new Float64Array(16).fill(NO_MARK);
  private readonly wide = new Wide();
  private readonly part = new Wide();
  /** What `readEquity` found. */
  private readonly result = new Float64Array(1);

  constructor(subjects: Subjects, fx: FxRates) {
    this.subjects = subjects;
    this.fx = fx;
    this.rows = new PositionRows(subjects.strategies.length);
    this.ledger = new Ledger(this.rows);
    this.equityMicro = new Float64Array(subjects.count);
    this.realisedMicro = new Float64Array(subjects.count);
    this.peakMicro = new Float64Array(subjects.count);
    this.maxDrawdownMicro = new Float64Array(subjects.count);
    this.costMicro = new Float64Array(subjects.count);
    this.movedMicro = new Float64Array(subjects.count);
    this.problems = new Int32Array(subjects.count);
  }

  /** Defines an instrument, or redefines it (`rescale` then multiplies what is held). */
  define(instrument: number, def: InstrumentDef, terms: InstrumentTerms | null): void {
    const { currencies } = this.subjects;
    for (const [i, currency] of currencies.entries()) {
      this.wholes[instrument * currencies.length + i] = this.fx.conversion(def, terms, currency, 1);
      this.halves[instrument * currencies.length + i] = this.fx.conversion(def, terms, currency, 2);
    }
    if (instrument >= this.marks.length) this.marks = widened(this.marks, instrument + 1, NO_MARK);
  }

  /**
   * An execution (`sign` 1), or one that is taken back (-1): then the fill with this ExecID, side, quantity and price. The
   * fee is whole units of the instrument's money, a rebate negative; of a fill taken back its own fee goes.
   */
  fill(
    strategy: number,
    account: number,
    instrument: number,
    side: number,
    qtyLots: number,
    pxTicks: number,
    feeUnits: number,
    sign = 1,
    execId = 0,
  ): void {
    const { rows } = this;
    const row = rows.make(strategy, account, instrument);
    assert(rows.f64[row + ACCOUNT] === account, 'a strategy trades for one account');
    const lots = signOf(side) * qtyLots;
    const { f64 } = rows;
    this.wide.set(f64[row + CASH], f64[row + CASH + 1]).add(f64[row + COST], f64[row + COST + 1]);
    const { hi, lo } = this.wide;
    if (sign > 0) this.ledger.add(row, lots, pxTicks, feeUnits, execId);
    else this.ledger.takeBack(row, lots, pxTicks, execId);
    this.wide.set(f64[row + CASH], f64[row + CASH + 1]).add(f64[row + COST], f64[row + COST + 1]);
    this.lastRealisedUnits = this.wide.subtract(hi, lo).toNumber();
    this.settle(row);
    this.value(row);
    this.updatePeaks(strategy, account);
  }

  /** The instrument's mark, in half ticks (bid + ask for the mid). */
  mark(instrument: number, halfTicks: number): void {
    if (this.marks[instrument] === halfTicks) return;
    this.marks[instrument] = halfTicks;
    const { rows } = this;
    for (let row = rows.firstOf(instrument); row !== 0; row = rows.f64[row + NEXT_ROW]) this.value(row);
    for (let row = rows.firstOf(instrument); row !== 0; row = rows.f64[row + NEXT_ROW]) {
      if (rows.f64[row + QTY] !== 0) this.updatePeaks(rows.f64[row + STRATEGY], rows.f64[row + ACCOUNT]);
    }
    if (rows.firstOf(instrument) !== 0) this.updatePeak(ENGINE);
  }

  /** Half ticks; NaN while there is none. */
  markOf(instrument: number): number {
    return instrument < this.marks.length ? this.marks[instrument] : Number.NaN;
  }

  /** From whole units of the instrument to micro-units of a currency (index into `subjects.currencies`). */
  conversion(instrument: number, currency: number): Conversion {
    return this.wholes[instrument * this.subjects.currencies.length + currency] ?? UNKNOWN;
  }

  /** From lots times half ticks. */
  halfConversion(instrument: number, currency: number): Conversion {
    return this.halves[instrument * this.subjects.currencies.length + currency] ?? UNKNOWN;
  }

  /** Signed. */
  qtyLots(strategy: number, instrument: number): number {
    const row = this.rows.find(strategy, instrument);
    return this.rows.f64[row + QTY];
  }

  /** NaN when flat. */
  avgCostTicks(strategy: number, instrument: number): number {
    const row = this.rows.find(strategy, instrument);
    const qty = this.rows.f64[row + QTY];
    return qty === 0 ? Number.NaN : this.number(row, COST) / qty;
  }

  /** Whole units of the instrument's money (the nearest float64), average cost, before fees. */
  realisedUnits(strategy: number, instrument: number): number {
    const row = this.rows.find(strategy, instrument);
    return this.sum(row, CASH, COST);
  }

  /** By FIFO, before fees. */
  realisedFifoUnits(strategy: number, instrument: number): number {
    const row = this.rows.find(strategy, instrument);
    return this.sum(row, CASH, FIFO);
  }

  feesUnits(strategy: number, instrument: number): number {
    return this.number(this.rows.find(strategy, instrument), FEES);
  }

  /** Micro-units of the account's currency, average cost, after fees. */
  realisedOf(strategy: number, instrument: number): number {
    return this.rows.f64[this.rows.find(strategy, instrument) + REALISED_MICRO];
  }

  /** Micro-units of the account's currency. */
  unrealisedOf(strategy: number, instrument: number): number {
    const row = this.rows.find(strategy, instrument);
    return this.rows.f64[row + EQUITY] - this.rows.f64[row + REALISED_MICRO];
  }

  /** Micro-units of the account's currency, paid so far, rounded up. */
  feesOf(strategy: number, instrument: number): number {
    const row = this.rows.find(strategy, instrument);
    if (row === 0) return 0;
    const { f64 } = this.rows;
    const currency = this.subjects.currencyOfAccount[f64[row + ACCOUNT]];
    return this.conversion(instrument, currency).ceil(this.wide.set(f64[row + FEES], f64[row + FEES + 1]));
  }

  /** Exact, for checks and reports: cash, cost and FIFO cost of what is open, and fees, in `out`. */
  readExact(strategy: number, instrument: number, out: { cash: Wide; cost: Wide; fifo: Wide; fees: Wide }): void {
    const row = this.rows.find(strategy, instrument);
    const { f64 } = this.rows;
    out.cash.set(f64[row + CASH], f64[row + CASH + 1]);
    out.cost.set(f64[row + COST], f64[row + COST + 1]);
    out.fifo.set(f64[row + FIFO], f64[row + FIFO + 1]);
    out.fees.set(f64[row + FEES], f64[row + FEES + 1]);
  }

  /** Largest fall of a subject's equity from a peak (which starts at 0), and the present one: micro-units. */
  drawdownMicro(subject: number): number {
    return this.peakMicro[subject] - this.equityMicro[subject];
  }

  /** The instrument's units became smaller: prices x priceFactor, quantities x qtyFactor, money by both. */
  rescale(instrument: number, priceFactor: number, qtyFactor: number): void {
    if (instrument < this.marks.length) this.marks[instrument] *= priceFactor;
    this.ledger.rescale(instrument, priceFactor, qtyFactor);
  }

  checkInvariants(): void {
    const { rows, subjects } = this;
    const equity = new Float64Array(subjects.count);
    const realised = new Float64Array(subjects.count);
    for (let i = 1; i <= rows.count; i++) {
      const row = rows.at(i);
      this.ledger.checkRow(row);
      const { f64 } = rows;
      const account = subjects.ofAccount(f64[row + ACCOUNT]);
      const strategy = subjects.ofStrategy(f64[row + STRATEGY]);
      for (const subject of [account, strategy]) {
        equity[subject] += f64[row + EQUITY];
        realised[subject] += f64[row + REALISED_MICRO];
      }
      equity[ENGINE] += f64[row + EQUITY_ENGINE];
    }
    for (let subject = 0; subject < subjects.count; subject++) {
      assert(equity[subject] === this.equityMicro[subject], `equity of ${subjects.nameOf(subject)} is the sum`);
      if (subject !== ENGINE) assert(realised[subject] === this.realisedMicro[subject], 'realised is the sum');
      assert(this.peakMicro[subject] >= this.equityMicro[subject], 'no equity above its peak');
      assert(this.maxDrawdownMicro[subject] >= this.drawdownMicro(subject), 'no drawdown above the largest');
    }
  }

  foldInto(hash: Fnv64): void {
    const { rows } = this;
    for (let i = 1; i <= rows.count; i++) {
      const row = rows.at(i);
      for (let at = 0; at <= OPEN_FILL; at++) hash.integer(rows.f64[row + at]);
    }
    for (let subject = 0; subject < this.subjects.count; subject++) {
      hash.integer(this.equityMicro[subject]);
      hash.integer(this.peakMicro[subject]);
      hash.integer(this.maxDrawdownMicro[subject]);
    }
  }

  /** What only fills change: realised and cost, converted. */
  private settle(row: number): void {
    const { wide, subjects } = this;
    const { f64 } = this.rows;
    const strategy = subjects.ofStrategy(f64[row + STRATEGY]);
    const account = subjects.ofAccount(f64[row + ACCOUNT]);
    const currency = subjects.currencyOfAccount[f64[row + ACCOUNT]];
    const conversion = this.conversion(f64[row + INSTRUMENT], currency);
    wide.set(f64[row + CASH], f64[row + CASH + 1]).add(f64[row + COST], f64[row + COST + 1]);
    const realised = known(conversion.floor(wide.subtract(f64[row + FEES], f64[row + FEES + 1])));
    const change = realised - f64[row + REALISED_MICRO];
    f64[row + REALISED_MICRO] = realised;
    this.realisedMicro[strategy] += change;
    this.realisedMicro[account] += change;
    const cost = known(conversion.ceil(this.absolute(row, COST)));
    const costEngine =
      currency === 0 ? cost : known(this.conversion(f64[row + INSTRUMENT], 0).ceil(this.absolute(row, COST)));
    const costChange = cost - f64[row + COST_MICRO];
    const costChangeEngine = costEngine - f64[row + COST_MICRO_ENGINE];
    this.costMicro[strategy] += costChange;
    this.costMicro[account] += costChange;
    this.costMicro[ENGINE] += costChangeEngine;
    this.addMoved(strategy, account, costChange, costChangeEngine);
    f64[row + COST_MICRO] = cost;
    f64[row + COST_MICRO_ENGINE] = costEngine;
  }

  /** Equity of a row at the mark, and the sums it is part of. */
  private value(row: number): void {
    const { subjects, equityMicro } = this;
    const { f64 } = this.rows;
    const strategy = subjects.ofStrategy(f64[row + STRATEGY]);
    const account = subjects.ofAccount(f64[row + ACCOUNT]);
    const instrument = f64[row + INSTRUMENT];
    const currency = subjects.currencyOfAccount[f64[row + ACCOUNT]];
    const mine = this.halfConversion(instrument, currency);
    this.readEquity(row, mine);
    const equity = this.result[0];
    if (currency !== 0) this.readEquity(row, this.halfConversion(instrument, 0));
    const engine = this.result[0];
    const marked = f64[row + QTY] === 0 || !Number.isNaN(this.marks[instrument]);
    const problem = marked && !Number.isNaN(equity) && !Number.isNaN(engine) ? 0 : 1;
    const change = known(equity) - f64[row + EQUITY];
    f64[row + EQUITY] += change;
    equityMicro[strategy] += change;
    equityMicro[account] += change;
    const changeEngine = known(engine) - f64[row + EQUITY_ENGINE];
    equityMicro[ENGINE] += changeEngine;
    this.addMoved(strategy, account, change, changeEngine);
    f64[row + EQUITY_ENGINE] = known(engine);
    if (problem === f64[row + PROBLEM]) return;
    const step = problem - f64[row + PROBLEM];
    f64[row + PROBLEM] = problem;
    this.problems[strategy] += step;
    this.problems[account] += step;
    this.problems[ENGINE] += step;
  }

  /** Micro-units, rounded down: 2 (cash - fees) + quantity x mark, in half units. Without a mark: realised only. */
  private readEquity(row: number, conversion: Conversion): void {
    const { wide, part } = this;
    const { f64 } = this.rows;
    const qty = f64[row + QTY];
    const mark = this.marks[f64[row + INSTRUMENT]];
    wide.set(f64[row + CASH], f64[row + CASH + 1]).subtract(f64[row + FEES], f64[row + FEES + 1]);
    wide.add(wide.hi, wide.lo);
    if (!Number.isNaN(mark)) part.setProduct(qty, mark);
    else part.set(f64[row + COST], f64[row + COST + 1]).add(f64[row + COST], f64[row + COST + 1]);
    wide.add(part.hi, part.lo);
    const { result } = this;
    if (qty === 0 && wide.sign === 0)
      result[0] = 0; // in any currency
    else if (conversion.isResolved) conversion.floorInto(wide, result, 0);
    else result[0] = Number.NaN;
  }

  private addMoved(strategy: number, account: number, micro: number, microEngine: number): void {
    const { movedMicro } = this;
    const size = micro < 0 ? 0 - micro : micro;
    movedMicro[strategy] += size;
    movedMicro[account] += size;
    movedMicro[ENGINE] += microEngine < 0 ? 0 - microEngine : microEngine;
  }

  private updatePeaks(strategy: number, account: number): void {
    this.updatePeak(this.subjects.ofStrategy(strategy));
    this.updatePeak(this.subjects.ofAccount(account));
    this.updatePeak(ENGINE);
  }

  private updatePeak(subject: number): void {
    const equity = this.equityMicro[subject];
    if (equity > this.peakMicro[subject]) this.peakMicro[subject] = equity;
    const drawdown = this.peakMicro[subject] - equity;
    if (drawdown > this.maxDrawdownMicro[subject]) this.maxDrawdownMicro[subject] = drawdown;
  }

  private absolute(row: number, at: number): Wide {
    const { wide } = this;
    wide.set(this.rows.f64[row + at], this.rows.f64[row + at + 1]);
    return wide.sign < 0 ? wide.negate() : wide;
  }

  private number(row: number, at: number): number {
    return this.wide.set(this.rows.f64[row + at], this.rows.f64[row + at + 1]).toNumber();
  }

  private sum(row: number, a: number, b: number): number {
    const { f64 } = this.rows;
    return this.wide
      .set(f64[row + a], f64[row + a + 1])
      .add(f64[row + b], f64[row + b + 1])
      .toNumber();
  }
}

/** 0 in place of what is not known: `problems` says that it is not. */
function known(micro: number): number {
  return Number.isNaN(micro) ? 0 : micro;
}
