/**
 * Every limit that binds one strategy in one instrument, side by side and in the order of the checks: those of single
 * orders, those of totals at engine, account and strategy scope. A vector for buys and one for sells, for each (strategy,
 * instrument); `keepsAll` compares a request's figures with a stretch of one in one loop.
 *
 * Beside each limit stands its inverse. value x inverse differs from the rounded value / limit by less than 2^-51 of
 * itself, so without a division it shows that a value is far from its limit, which nearly all are.
 */
import { widened } from '../core/widened.ts';
import { Check, type Request, SCOPES } from './checks.ts';
import {
  ACCOUNT_ROW,
  COLLAR_MILLIONTHS,
  COLLAR_TICKS,
  ENGINE_ROW,
  type ExposureRows,
  INSTRUMENT,
  MAX_AGE_NS,
  MAX_LONG,
  MAX_NOTIONAL,
  MAX_QTY,
  MAX_SHORT,
  SUBJECT,
  VECTOR,
} from './exposure-rows.ts';
import type { Limits } from './limits.ts';
import type { Rates } from './rates.ts';

const NONE = Number.POSITIVE_INFINITY;

/** Places in a vector, and in `Request.values`. From POSITIONS to DRAWDOWNS three each: engine, account, strategy. */
export const AGE = 0;
export const COLLAR_PERCENT = 1;
export const COLLAR = 2;
export const QTY = 3;
export const NOTIONAL = 4;
export const VOLUME = 5;
export const STRATEGY_RATE = 6;
export const INSTRUMENT_RATE = 7;
export const POSITIONS = 8;
export const GROSSES = POSITIONS + SCOPES;
export const NETS = GROSSES + SCOPES;
export const CREDITS = NETS + SCOPES;
export const LOSSES = CREDITS + SCOPES;
export const DRAWDOWNS = LOSSES + SCOPES;
export const VAR = DRAWDOWNS + SCOPES;
export const PLACES = VAR + 1;

/** A value that is not compared: whoever only reduces a position is not bound by limits on totals. */
export const NOT_BOUND = Number.NEGATIVE_INFINITY;

/** From a limit to its inverse. */
const INVERSE = 32;
/** Four times what value x inverse and value / limit may differ. */
const INVERSE_ERROR = 2 ** -50;
/** The vector for sells stands behind the one for buys. */
const SIDE_WORDS = 64;

/** The check that a place belongs to. */
const CHECK_AT = Uint8Array.of(
  Check.Reference,
  Check.CollarPercent,
  Check.CollarTicks,
  Check.MaxQty,
  Check.MaxNotional,
  Check.AverageVolume,
  Check.StrategyRate,
  Check.InstrumentRate,
  ...[Check.Position, Check.Gross, Check.Net, Check.Credit, Check.Loss, Check.Drawdown].flatMap((check) =>
    new Array<number>(SCOPES).fill(check),
  ),
  Check.Var,
);

export class LimitVectors {
  /** What a request comes to, by place. */
  readonly values = new Float64Array(PLACES);
  f64 = new Float64Array(SIDE_WORDS * 2 * 16);
  /** Words in use; vector 0 is nobody's. */
  private used = SIDE_WORDS * 2;
  private readonly limits: Limits;
  private readonly rates: Rates;

  constructor(limits: Limits, rates: Rates) {
    this.limits = limits;
    this.rates = rates;
  }

  /**
   * Writes the vectors of a strategy in an instrument, by its row, which holds its limits already, as do those of its engine
   * and account: when the rows are made, and whenever a limit or the instrument changes.
   */
  resolve(rows: ExposureRows, row: number): void {
    const { limits, rates } = this;
    const { f64 } = rows;
    if (f64[row + VECTOR] === 0) f64[row + VECTOR] = this.make();
    const scopes = [f64[row + ENGINE_ROW], f64[row + ACCOUNT_ROW], row];
    const strategy = limits.subjects.indexOf(f64[row + SUBJECT]);
    for (const [side, most] of [MAX_LONG, MAX_SHORT].entries()) {
      const at = f64[row + VECTOR] + side * SIDE_WORDS;
      this.set(at + AGE, f64[row + MAX_AGE_NS]);
      this.set(at + COLLAR_PERCENT, f64[row + COLLAR_MILLIONTHS] / 10_000);
      this.set(at + COLLAR, f64[row + COLLAR_TICKS]);
      this.set(at + QTY, f64[row + MAX_QTY]);
      this.set(at + NOTIONAL, f64[row + MAX_NOTIONAL]);
      this.f64[at + VOLUME + INVERSE] = Number.NaN; // its limit follows the market: `Sizes.readVolume` writes it
      this.set(at + STRATEGY_RATE, rates.messages[strategy].max);
      this.set(at + INSTRUMENT_RATE, rates.instruments[f64[row + INSTRUMENT]]?.max ?? NONE);
      for (const [i, one] of scopes.entries()) {
        const subject = f64[one + SUBJECT];
        this.set(at + POSITIONS + i, f64[one + most]);
        this.set(at + GROSSES + i, limits.maxGross[subject]);
        this.set(at + NETS + i, limits.maxNet[subject]);
        this.set(at + CREDITS + i, limits.maxCredit[subject]);
        this.set(at + LOSSES + i, limits.maxLoss[subject]);
        this.set(at + DRAWDOWNS + i, limits.maxDrawdown[subject]);
      }
      this.set(at + VAR, limits.maxVar);
    }
  }

  /** Where the vector for a side stands, by a strategy's row. */
  at(rows: Float64Array, row: number, side: number): number {
    return (rows[row + VECTOR] | 0) + (side - 1) * SIDE_WORDS;
  }

  /**
   * Whether `values` from place `from` to before `to` keep their limits; the request then has the nearest of them and who
   * came near, as `Request.within` would leave it. False says nothing: the checks have to be made one by one.
   */
  keepsAll(request: Request, at: number, from: number, to: number): boolean {
    const { f64, values } = this;
    let { far } = request;
    for (let place = from; place < to; place++) {
      const value = values[place];
      if (value * f64[at + INVERSE + place] < far || value === NOT_BOUND) continue;
      const limit = f64[at + place];
      if (!(value <= limit)) return false;
      if (limit === NONE) continue;
      if (value === limit && place >= LOSSES && place < VAR) return false; // reached is beyond
      const ratio = limit > 0 ? value / limit : 0;
      if (ratio >= request.warnRatio) request.warnMask |= 1 << CHECK_AT[place];
      if (ratio <= request.nearest) continue;
      request.nearest = ratio;
      request.lastValue = value;
      request.lastLimit = limit;
      // Neither nearer nor near enough for a warning, by more than what the inverse may be off.
      const least = ratio < request.warnRatio ? ratio : request.warnRatio;
      far = least - Math.abs(least) * INVERSE_ERROR;
      request.far = far;
    }
    return true;
  }

  private make(): number {
    const at = this.used;
    this.used += SIDE_WORDS * 2;
    if (this.used > this.f64.length) this.f64 = widened(this.f64);
    return at;
  }

  /** A limit of 0 has no inverse, nor has one that makes no sense: what is compared with it is compared exactly. */
  private set(at: number, limit: number): void {
    this.f64[at] = limit;
    this.f64[at + INVERSE] = limit > 0 ? 1 / limit : Number.NaN;
  }
}
