/**
 * The gate: no order leaves on a figure that is missing, too old or no number, and none that adds to what is at its limit.
 *
 * The risk worker's figures are as of a request some moments ago. What changed since is added by the engine's own state,
 * which held the same numbers at the request:
 *
 *   projected = worker's figure + (own figure with the order - own figure at the request)
 *
 * An order is refused where it raises a figure (its own part, not what the market did) and the projected one is beyond the
 * hard limit; what lowers it passes. Without figures that can be trusted everything is refused: an order that looks as if
 * it reduced a position may be the one that hedges the rest.
 */
import { RejectCode } from '../../core/order.ts';
import { FIGURES, Figure, type PortfolioState } from './portfolio-state.ts';

export interface GateLimit {
  /** Place in the figures, or DRAWDOWN. */
  readonly figure: number;
  /** Infinity: none. */
  readonly soft: number;
  readonly hard: number;
  readonly code: RejectCode;
}

/** Not one of the state's figures: the engine's equity knows it. */
export const DRAWDOWN = FIGURES;

/** Figures that have a sign: what counts is how far they are from 0. */
const SIGNED: readonly number[] = [Figure.Net, Figure.Delta, Figure.Gamma, Figure.Vega];
/** A rise by less is rounding. */
const ROUNDING = 1e-9;

export class PortfolioGate {
  /** Of the last check: what was compared with which limit (of the one that refused, else of the nearest). */
  lastValue = 0;
  lastLimit = 0;
  /** The worker's figures; NaN until there are any. */
  readonly figures = new Float64Array(FIGURES).fill(Number.NaN);
  /** The engine's drawdown, money: a cell that the caller keeps. */
  readonly drawdown = new Float64Array(1);
  readonly limits: readonly GateLimit[];
  private readonly hardLimits: readonly GateLimit[];
  private readonly maxAgeNs: number;
  private readonly state: PortfolioState;
  /** Own figures at the request under way, and at the one that the worker's figures answer. */
  private readonly asked = new Float64Array(FIGURES).fill(Number.NaN);
  private readonly base = new Float64Array(FIGURES).fill(Number.NaN);
  private readonly now = new Float64Array(FIGURES);
  private readonly after = new Float64Array(FIGURES);
  /** Engine's time of the request that the figures answer. */
  private readonly asOfNs = Float64Array.of(Number.NEGATIVE_INFINITY);
  private readonly isWarned: Uint8Array;

  constructor(state: PortfolioState, limits: readonly GateLimit[], maxAgeNs: number) {
    this.state = state;
    this.limits = limits;
    this.hardLimits = limits.filter(({ hard }) => hard < Number.POSITIVE_INFINITY);
    this.maxAgeNs = maxAgeNs;
    this.isWarned = new Uint8Array(limits.length);
  }

  /** Figures are asked for: of the state as it is now. */
  request(): void {
    this.state.read(this.asked);
  }

  /** The worker's answer to the last request, made at `asOf[0]`; `values[at]` and behind: the figures, NaN for none. */
  take(values: Float64Array, at: number, asOf: Float64Array): void {
    for (let k = 0; k < FIGURES; k++) this.figures[k] = values[at + k];
    this.base.set(this.asked);
    this.asOfNs[0] = asOf[0];
  }

  /** Age of the figures at `now[0]`, ns; Infinity without any. */
  ageNs(now: Float64Array): number {
    return now[0] - this.asOfNs[0];
  }

  get hasHardLimits(): boolean {
    return this.hardLimits.length > 0;
  }

  /**
   * Whether an order for `qty[0]` more units (signed) may leave at `now[0]`, `state` being the portfolio as it is, or as it may
   * become.
   */
  check(state: PortfolioState, instrument: number, qty: Float64Array, now: Float64Array): RejectCode {
    const { hardLimits } = this;
    this.lastValue = 0;
    this.lastLimit = 0;
    if (hardLimits.length === 0) return RejectCode.None;
    if (!(now[0] - this.asOfNs[0] <= this.maxAgeNs)) return RejectCode.RiskUnavailable;
    state.read(this.now);
    state.readWith(instrument, qty, this.after);
    if (!this.areFinite()) return RejectCode.RiskUnavailable;
    let nearest = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < hardLimits.length; i++) {
      const { figure, hard, code } = hardLimits[i];
      const value = this.projected(figure);
      if (!(value <= hard) && this.raises(figure)) {
        this.lastValue = value;
        this.lastLimit = hard;
        return code;
      }
      if (value / hard <= nearest) continue;
      nearest = value / hard;
      this.lastValue = value;
      this.lastLimit = hard;
    }
    return RejectCode.None;
  }

  /**
   * Limits whose soft level was crossed upwards since the last call: `warn` is told of each once, until it fell below
   * `hysteresis` (a share of the level) again.
   */
  review(hysteresis: number, warn: (limit: GateLimit, value: number) => void): void {
    for (const [i, limit] of this.limits.entries()) {
      const value = this.current(limit.figure);
      if (value >= limit.soft && this.isWarned[i] === 0) {
        this.isWarned[i] = 1;
        warn(limit, value);
      } else if (value < limit.soft * hysteresis) this.isWarned[i] = 0;
    }
  }

  /** As the worker last said; NaN where it said nothing. */
  current(figure: number): number {
    if (figure === DRAWDOWN) return this.drawdown[0];
    const value = this.figures[figure];
    return SIGNED.includes(figure) ? Math.abs(value) : value;
  }

  private projected(figure: number): number {
    if (figure === DRAWDOWN) return this.drawdown[0];
    const { figures, base, after } = this;
    // Sector and concentration are those of the order's own instrument, which the engine knows exactly: only they can grow.
    if (figure === Figure.SectorGross || figure === Figure.Concentration) return after[figure];
    const value = figures[figure] + (after[figure] - base[figure]);
    return SIGNED.includes(figure) ? Math.abs(value) : value;
  }

  /** No figure is trusted while one of them is no number. */
  private areFinite(): boolean {
    const { figures, base, now, after } = this;
    let sum = this.drawdown[0] * 0;
    for (let k = 0; k < FIGURES; k++) sum += (figures[k] + base[k] + now[k] + after[k]) * 0; // 0, or NaN
    return sum === 0;
  }

  /** Whether the order itself makes the figure larger. Drawdown: whatever adds to the exposure. */
  private raises(figure: number): boolean {
    const { now, after } = this;
    if (figure === DRAWDOWN) return after[Figure.Gross] > now[Figure.Gross] * (1 + ROUNDING);
    if (figure === Figure.SectorGross || figure === Figure.Concentration) {
      return after[Figure.Gross] > now[Figure.Gross] * (1 + ROUNDING);
    }
    if (!SIGNED.includes(figure)) return after[figure] > now[figure] + ROUNDING * Math.abs(now[figure]);
    return Math.abs(after[figure]) > Math.abs(now[figure]) * (1 + ROUNDING);
  }
}
