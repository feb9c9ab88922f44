/** What an instrument is worth: a random walk through regimes (calm, trending, reverting, volatile). Price units. */
import type { Dice } from './dice.ts';

interface Regime {
  /** Drift per second, in units of the volatility over a second. */
  readonly drift: number;
  readonly volatility: number;
  /** Pull towards the anchor, per second. */
  readonly reversion: number;
  /** +1: takers follow the pressure; -1: they fade it. */
  readonly momentum: number;
}

const REGIMES: readonly Regime[] = [
  { drift: 0, volatility: 0.7, reversion: 0, momentum: -0.5 },
  { drift: 0.03, volatility: 1, reversion: 0, momentum: 1 },
  { drift: -0.03, volatility: 1, reversion: 0, momentum: 1 },
  { drift: 0, volatility: 1, reversion: 0.01, momentum: -1 },
  { drift: 0, volatility: 1.8, reversion: 0, momentum: 0.5 },
];
/** Mean length of a regime, seconds. */
const REGIME_SECONDS = 400;
/** Longest step of the walk, seconds: an instrument that slept does not jump. */
const LONGEST_STEP_SECONDS = 30;

export class FairValue {
  value: number;
  private readonly floor: number;
  private readonly volatility: number;
  private readonly dice: Dice;
  private regime = REGIMES[0];
  private regimeEndsSeconds = 0;
  private anchor: number;
  private atSeconds = 0;

  constructor(value: number, volatility: number, dice: Dice) {
    this.value = value;
    this.anchor = value;
    this.floor = value / 4;
    this.volatility = volatility;
    this.dice = dice;
  }

  get momentum(): number {
    return this.regime.momentum;
  }

  /** Moves on to `nowSeconds`; `intensity` scales the volatility by time of day. */
  advance(nowSeconds: number, intensity: number): void {
    if (nowSeconds >= this.regimeEndsSeconds) {
      this.regime = this.dice.pick(REGIMES);
      this.regimeEndsSeconds = nowSeconds + REGIME_SECONDS * this.dice.exponential();
      this.anchor = this.value;
    }
    const elapsed = nowSeconds - this.atSeconds;
    const dt = Math.min(elapsed, LONGEST_STEP_SECONDS);
    this.atSeconds = nowSeconds;
    const { drift, volatility, reversion } = this.regime;
    const unit = this.volatility * intensity;
    const noise = unit * volatility * Math.sqrt(dt) * this.dice.gaussian();
    this.value += noise + unit * drift * dt - reversion * dt * (this.value - this.anchor);
    if (this.value < this.floor) this.value = this.floor;
  }

  /** Trades move the value a little. */
  push(amount: number): void {
    this.value += amount;
  }

  /** News: the value changes by a fraction. */
  shock(fraction: number): void {
    this.value *= 1 + fraction;
    this.anchor = this.value;
  }
}
