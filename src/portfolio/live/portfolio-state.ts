/**
 * A portfolio as it stands: positions and prices by instrument, the exposures that follow from them, and the figures that
 * follow from those. The same class on both sides: the risk worker fills it from the journal's Exposure records and answers
 * with figures; the engine fills it with the same numbers and asks what an order would change.
 *
 * Money is in the engine's currency, as float64: a figure of risk is an estimate, and 15 digits are more than it has.
 * Nothing is guessed: an instrument that is held and has no price, no history, or terms that can't be computed is a
 * problem, and while there is one there are no figures.
 */
import { assert } from '../../core/assert.ts';
import { widened } from '../../core/widened.ts';
import { ES, MAX_EXPOSURE, type RiskBook, VAR } from './risk-book.ts';

/** What an instrument is to the model; fixed when it is defined. */
export interface Binding {
  /** Row of the history that moves its price (of an option: its underlier's), or -1: there is none. */
  readonly row: number;
  readonly sector: number;
  /** Null for what is linear. */
  readonly derivative: Derivative | null;
}

/** Prices an option from its underlier; `greeks` must not allocate. */
export interface Derivative {
  /** Instrument whose price the underlier has, by symbol. */
  readonly underlier: string;
  /** out: value, delta, gamma, vega (per 1.00 of volatility), per unit; NaN where it can't be computed. */
  greeks(underlierPrice: Float64Array, nowNs: Float64Array, out: Float64Array): void;
}

/** A named shock: the fraction by which each row's price moves. */
export interface StressScenario {
  readonly name: string;
  readonly moves: Float64Array;
}

export interface PortfolioModel {
  /** Rows of the history. */
  readonly rows: number;
  readonly sectors: readonly string[];
  readonly stress: readonly StressScenario[];
  bind(symbol: string): Binding;
  createBook(): RiskBook;
}

/** Places in `figures`. */
export const Figure = {
  Var: 0,
  Es: 1,
  /** Largest loss of the stress scenarios; 0 where there is none, or none of them loses. */
  StressLoss: 2,
  Gross: 3,
  Net: 4,
  /** Largest gross exposure of a sector. */
  SectorGross: 5,
  /** Largest share of one instrument in the gross exposure, 0-1. */
  Concentration: 6,
  Delta: 7,
  /** Change of delta for a move of 1 % of every price. */
  Gamma: 8,
  /** For one point (0.01) of volatility. */
  Vega: 9,
} as const;
export const FIGURES = 10;
export const FIGURE_NAMES: readonly string[] = [
  'VaR',
  'ES',
  'stress loss',
  'gross exposure',
  'net exposure',
  'sector exposure',
  'concentration',
  'delta',
  'gamma',
  'vega',
];

/** Places in the sums. */
const GROSS = 0;
const NET = 1;
const GAMMA = 2;
const VEGA = 3;
const SUMS = 4;
/** Gamma is kept as half the second derivative per move by 100 %; stated per 1 %, of delta: twice that, a hundredth. */
const GAMMA_PER_PERCENT = 0.02;
const VEGA_PER_POINT = 0.01;
/** So few instruments are summed up anew at every request. */
const FEW = 16;
/** Requests after which the sums of more are made anew. */
const REBUILD_EVERY = 1024;
/** Money: what adding and taking away less than this leaves in a sum is below a ten-thousandth. */
const MAX_DRIFT_FREE = 1e9;

/** Places in `unit`: of one unit of an instrument, money. */
const DELTA = 1;
const HALF_GAMMA = 2;
const VOLATILITY = 3;

export class PortfolioState {
  /** The engine's time, for options that run out: a cell that the caller sets. */
  readonly nowNs = new Float64Array(1);
  private readonly model: PortfolioModel;
  private readonly book: RiskBook;
  private readonly bindings: Binding[] = [];
  private readonly symbols: string[] = [];
  private readonly indexOf = new Map<string, number>();
  private readonly options: number[] = [];
  /** By instrument: position in units, price, money per unit and point of price. */
  private qty = new Float64Array(16);
  private price = new Float64Array(16).fill(Number.NaN);
  private moneyPerPoint = new Float64Array(16).fill(Number.NaN);
  /** By instrument, money: for a move of its row by 100 %, half the second derivative, for 1.00 of volatility. */
  private delta = new Float64Array(16);
  private gamma = new Float64Array(16);
  private vega = new Float64Array(16);
  private isProblem = new Uint8Array(16);
  private problems = 0;
  /** Sums: of the whole, by row of the model, by sector, by stress scenario (profit). */
  private readonly sums = new Float64Array(SUMS);
  private readonly rowDelta: Float64Array;
  private readonly rowGamma: Float64Array;
  private readonly sectorGross: Float64Array;
  private readonly stressPnl: Float64Array;
  /** Largest exposure since the sums were made anew. */
  private readonly peak = new Float64Array(1);
  private readonly unit = new Float64Array(4);
  private readonly cell = new Float64Array(1);
  private readonly pair = new Float64Array(2);

  constructor(model: PortfolioModel) {
    this.model = model;
    this.book = model.createBook();
    this.rowDelta = new Float64Array(model.rows);
    this.rowGamma = new Float64Array(model.rows);
    this.sectorGross = new Float64Array(model.sectors.length);
    this.stressPnl = new Float64Array(model.stress.length);
  }

  /** What is held and can't be counted with, and why: for people. O(instruments). */
  problemTexts(): string[] {
    return this.symbols.flatMap((symbol, i) => (this.isProblem[i] === 1 ? [`${symbol}: ${this.problemOf(i)}`] : []));
  }

  /** An instrument is defined, or defined again with other units (its position and price come anew). Allocates. */
  define(instrument: number, symbol: string): void {
    this.grow(instrument + 1);
    const binding = this.model.bind(symbol);
    if (this.bindings[instrument] === undefined && binding.derivative !== null) this.options.push(instrument);
    this.bindings[instrument] = binding;
    this.symbols[instrument] = symbol;
    this.indexOf.set(symbol, instrument);
  }

  /**
   * Position (units, signed), price, and money per unit and point, at `values[at]` and behind. Options on it are valued
   * anew by `revalueOptions`. O(scenarios), and nothing where nothing changed.
   */
  set(instrument: number, values: Float64Array, at: number): void {
    assert(this.bindings[instrument] !== undefined, 'an exposure is of a defined instrument');
    this.qty[instrument] = values[at];
    this.price[instrument] = values[at + 1];
    this.moneyPerPoint[instrument] = values[at + 2];
    this.revalue(instrument);
  }

  /** Prices of underliers moved, or time passed. O(options x scenarios). */
  revalueOptions(): void {
    for (let i = 0; i < this.options.length; i++) this.revalue(this.options[i]);
  }

  /**
   * To be called at every request, `number` counting them, so that rounding does not add up: makes the sums anew where few
   * instruments are held, once in so many requests where many are, and while something is or was held that is so large
   * that its rounding alone would be seen. O(instruments + FEW x scenarios) but then.
   */
  settle(number: number): void {
    let held = 0;
    for (let i = 0; i < this.symbols.length; i++) if (this.delta[i] !== 0 || this.gamma[i] !== 0) held++;
    if (held <= FEW || number % REBUILD_EVERY === 0 || this.peak[0] > MAX_DRIFT_FREE) this.rebuild();
  }

  /** Makes all sums anew. O(instruments + held x (scenarios + stress scenarios)). */
  rebuild(): void {
    this.peak[0] = 0;
    this.sums.fill(0);
    this.sectorGross.fill(0);
    this.stressPnl.fill(0);
    this.rowDelta.fill(0);
    this.rowGamma.fill(0);
    for (let i = 0; i < this.symbols.length; i++) if (this.bindings[i] !== undefined) this.count(i, 1);
    const { delta, gamma, problems } = this.book.exposures;
    for (let row = 0; row < this.rowDelta.length; row++) {
      if (problems > 0 || delta[row] !== this.rowDelta[row] || gamma[row] !== this.rowGamma[row]) this.bookRow(row);
    }
    this.book.rebuild();
  }

  /** All figures, as of now, into `out` (FIGURES long); NaN while there is a problem. O(instruments). */
  read(out: Float64Array): void {
    const { sums, sectorGross } = this;
    if (this.problems > 0) {
      out.fill(Number.NaN);
      return;
    }
    let largest = 0;
    for (let i = 0; i < this.symbols.length; i++) largest = Math.max(largest, Math.abs(this.delta[i]));
    let sector = 0;
    for (let i = 0; i < sectorGross.length; i++) sector = Math.max(sector, sectorGross[i]);
    out[Figure.Var] = this.book.figures[VAR];
    out[Figure.Es] = this.book.figures[ES];
    out[Figure.StressLoss] = this.worstStress(-1, 0, 0);
    out[Figure.Gross] = sums[GROSS];
    out[Figure.Net] = sums[NET];
    out[Figure.SectorGross] = sector;
    out[Figure.Concentration] = largest === 0 ? 0 : largest / sums[GROSS];
    out[Figure.Delta] = sums[NET];
    out[Figure.Gamma] = sums[GAMMA] * GAMMA_PER_PERCENT;
    out[Figure.Vega] = sums[VEGA] * VEGA_PER_POINT;
  }

  /**
   * The figures as they would be with `qty[0]` more units (signed) of the instrument, into `out`; sector and concentration
   * are those of that instrument, the only ones that grow. NaN where they can't be known. O(scenarios + stress scenarios).
   */
  readWith(instrument: number, qty: Float64Array, out: Float64Array): void {
    const { unit, pair, book, sums } = this;
    const binding = this.bindings[instrument];
    if (binding === undefined || this.problems > 0 || !this.valueUnit(instrument, binding)) {
      out.fill(Number.NaN);
      return;
    }
    pair[0] = unit[DELTA] * qty[0];
    pair[1] = unit[HALF_GAMMA] * qty[0];
    book.whatIf(binding.row, pair, 0);
    const now = this.delta[instrument];
    const after = now + pair[0];
    const gross = sums[GROSS] - Math.abs(now) + Math.abs(after);
    out[Figure.Var] = book.candidate[VAR];
    out[Figure.Es] = book.candidate[ES];
    out[Figure.StressLoss] = this.worstStress(binding.row, pair[0], pair[1]);
    out[Figure.Gross] = gross;
    out[Figure.Net] = sums[NET] + pair[0];
    out[Figure.SectorGross] = 0;
    if (binding.sector >= 0) {
      out[Figure.SectorGross] = this.sectorGross[binding.sector] - Math.abs(now) + Math.abs(after);
    }
    out[Figure.Concentration] = after === 0 ? 0 : Math.abs(after) / gross;
    out[Figure.Delta] = sums[NET] + pair[0];
    out[Figure.Gamma] = (sums[GAMMA] + pair[1]) * GAMMA_PER_PERCENT;
    out[Figure.Vega] = (sums[VEGA] + unit[VOLATILITY] * qty[0]) * VEGA_PER_POINT;
  }

  private worstStress(row: number, delta: number, gamma: number): number {
    const { stress } = this.model;
    let worst = 0;
    for (let k = 0; k < stress.length; k++) {
      const move = row < 0 ? 0 : stress[k].moves[row];
      worst = Math.max(worst, 0 - this.stressPnl[k] - (delta + gamma * move) * move);
    }
    return worst;
  }

  /** Takes an instrument's part into all sums but the book's (`sign` 1), or out of them (-1). */
  private count(instrument: number, sign: number): void {
    const { sums } = this;
    const { row, sector } = this.bindings[instrument];
    const delta = sign * this.delta[instrument];
    const gamma = sign * this.gamma[instrument];
    if (row < 0 || (delta === 0 && gamma === 0)) return;
    const gross = sign * Math.abs(delta);
    this.peak[0] = Math.max(this.peak[0], Math.abs(delta), Math.abs(gamma), Math.abs(sign * this.vega[instrument]));
    sums[GROSS] += gross;
    sums[NET] += delta;
    sums[GAMMA] += gamma;
    sums[VEGA] += sign * this.vega[instrument];
    this.rowDelta[row] += delta;
    this.rowGamma[row] += gamma;
    if (sector >= 0) this.sectorGross[sector] += gross;
    const { stress } = this.model;
    for (let k = 0; k < stress.length; k++) {
      const move = stress[k].moves[row];
      this.stressPnl[k] += (delta + gamma * move) * move;
    }
  }

  private revalue(instrument: number): void {
    const { unit } = this;
    const binding = this.bindings[instrument];
    const qty = this.qty[instrument];
    const isFlat = qty === 0;
    const isGood = isFlat || (this.valueUnit(instrument, binding) && this.isCountable(qty));
    const isProblem = isGood ? 0 : 1;
    this.problems += isProblem - this.isProblem[instrument];
    this.isProblem[instrument] = isProblem;
    if (!isGood || binding.row < 0) return;
    const delta = isFlat ? 0 : unit[DELTA] * qty;
    const gamma = isFlat ? 0 : unit[HALF_GAMMA] * qty;
    const vega = isFlat ? 0 : unit[VOLATILITY] * qty;
    if (delta === this.delta[instrument] && gamma === this.gamma[instrument] && vega === this.vega[instrument]) return;
    this.count(instrument, -1);
    this.delta[instrument] = delta;
    this.gamma[instrument] = gamma;
    this.vega[instrument] = vega;
    this.count(instrument, 1);
    this.bookRow(binding.row);
  }

  /** Whether so many units make exposures that sums can hold. */
  private isCountable(qty: number): boolean {
    const { unit } = this;
    const most = Math.max(Math.abs(unit[DELTA]), Math.abs(unit[HALF_GAMMA]), Math.abs(unit[VOLATILITY]));
    return Math.abs(qty) * most <= MAX_EXPOSURE;
  }

  private bookRow(row: number): void {
    this.pair[0] = this.rowDelta[row];
    this.pair[1] = this.rowGamma[row];
    this.book.change(row, this.pair, 0);
  }

  /** Into `unit`: value, delta, half gamma, vega of one unit, money. False where that can't be known. */
  private valueUnit(instrument: number, binding: Binding): boolean {
    const { unit, cell } = this;
    const { derivative } = binding;
    const money = this.moneyPerPoint[instrument];
    if (binding.row < 0 || !(money > 0)) return false;
    const priced = derivative === null ? instrument : (this.indexOf.get(derivative.underlier) ?? -1);
    if (priced < 0) return false;
    const spot = this.price[priced];
    if (!(Math.abs(spot) < Number.POSITIVE_INFINITY)) return false;
    unit[0] = spot * money;
    unit[DELTA] = spot * money;
    unit[HALF_GAMMA] = 0;
    unit[VOLATILITY] = 0;
    if (derivative === null) return true;
    cell[0] = spot;
    derivative.greeks(cell, this.nowNs, unit);
    unit[0] *= money;
    unit[DELTA] *= spot * money;
    unit[HALF_GAMMA] *= 0.5 * spot * spot * money;
    unit[VOLATILITY] *= money;
    return Number.isFinite(unit[0] + unit[DELTA] + unit[HALF_GAMMA] + unit[VOLATILITY]);
  }

  private problemOf(instrument: number): string {
    const { row, derivative } = this.bindings[instrument];
    if (row < 0) return 'no history of its prices, or one that never moves';
    if (!(this.moneyPerPoint[instrument] > 0)) return 'no terms or exchange rate';
    return derivative === null ? 'no price, or too large' : `can't be valued from ${derivative.underlier}`;
  }

  private grow(instruments: number): void {
    if (instruments <= this.qty.length) return;
    this.qty = widened(this.qty, instruments);
    this.price = widened(this.price, instruments, Number.NaN);
    this.moneyPerPoint = widened(this.moneyPerPoint, instruments, Number.NaN);
    this.delta = widened(this.delta, instruments);
    this.gamma = widened(this.gamma, instruments);
    this.vega = widened(this.vega, instruments);
    this.isProblem = widened(this.isProblem, instruments);
  }
}
