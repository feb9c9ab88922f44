/**
 * What a run was worth over time. Marks are taken at every fill and otherwise at most every so often; all series share
 * their times. When they grow past a budget every second mark is dropped and marks are taken half as often: memory does
 * not grow with the log. Drawdowns are found before anything is dropped, over every mark that was taken.
 */
import { Column } from './columns.ts';
import type { Position } from './ledger.ts';

/** Values kept over all series (64 MB), and marks at most and at least. */
const MAX_VALUES = 1 << 23;
const MAX_MARKS = 1 << 17;
const MIN_MARKS = 1 << 10;

/** Of a curve that is no one strategy's: all of them in one currency, or all of them in all currencies, converted. */
export const WHOLE = -1;
export const CONVERTED = -2;

/** P&L net of fees of one currency: of everything, or of one strategy. */
export class Curve {
  /** Index, WHOLE or CONVERTED. */
  readonly strategy: number;
  readonly currency: string;
  readonly positions: Position[] = [];
  /** What a position's value counts here: 1, or of a converted curve its rate (NaN where it has none). */
  readonly factors: number[] = [];
  readonly values = new Column();
  peak = 0;
  maxDrawdown = 0;
  /** The peak before the deepest trough, and the trough. */
  drawdownFromNs = -1;
  drawdownToNs = -1;
  private peakNs: number;

  constructor(strategy: number, currency: string, startNs: number) {
    this.strategy = strategy;
    this.currency = currency;
    this.peakNs = startNs;
  }

  mark(nowNs: number): void {
    let value = 0;
    const { positions, factors } = this;
    for (let i = 0; i < positions.length; i++) value += positions[i].value * factors[i];
    this.values.push(value);
    if (value >= this.peak) {
      this.peak = value;
      this.peakNs = nowNs;
    } else if (this.peak - value > this.maxDrawdown) {
      this.maxDrawdown = this.peak - value;
      this.drawdownFromNs = this.peakNs;
      this.drawdownToNs = nowNs;
    }
  }
}

/** The mid of one instrument, in its currency; NaN while there was none. */
export interface MidSeries {
  readonly instrument: number;
  readonly values: Column;
}

export class Marks {
  readonly timeNs = new Column();
  readonly curves: Curve[] = [];
  readonly mids: MidSeries[] = [];
  /** No mark was left out that lay this long after the one before. */
  everyNs: number;
  private readonly followed = new Set<number>();
  private lastNs = Number.NEGATIVE_INFINITY;

  constructor(everyNs: number) {
    this.everyNs = everyNs;
  }

  isDue(nowNs: number): boolean {
    return nowNs - this.lastNs >= this.everyNs;
  }

  /** The curves that a position counts for: its strategy's and the whole in its currency, and all converted to `base`. */
  include(position: Position, base: string): void {
    for (const strategy of [CONVERTED, WHOLE, position.strategy]) {
      const currency = strategy === CONVERTED ? base : position.currency;
      const curve = this.curve(strategy, currency);
      curve.positions.push(position);
      curve.factors.push(strategy === CONVERTED ? (position.rateToBase?.toNumber() ?? Number.NaN) : 1);
    }
  }

  private curve(strategy: number, currency: string): Curve {
    const found = this.curves.find((one) => one.strategy === strategy && one.currency === currency);
    if (found !== undefined) return found;
    const curve = new Curve(strategy, currency, this.timeNs.length === 0 ? 0 : this.timeNs.get(0));
    curve.values.extend(this.timeNs.length);
    this.curves.push(curve);
    this.curves.sort((a, b) => a.strategy - b.strategy || (a.currency < b.currency ? -1 : 1));
    return curve;
  }

  isFollowed(instrument: number): boolean {
    return this.followed.has(instrument);
  }

  /** From now on the instrument's mid is kept at every mark. */
  follow(instrument: number): void {
    this.followed.add(instrument);
    const values = new Column();
    for (let i = 0; i < this.timeNs.length; i++) values.push(Number.NaN);
    this.mids.push({ instrument, values });
  }

  /** `midOf`: an instrument's mid now. Positions have been valued. */
  mark(nowNs: number, midOf: (instrument: number) => number): void {
    this.lastNs = nowNs;
    this.timeNs.push(nowNs);
    for (const curve of this.curves) curve.mark(nowNs);
    for (const mid of this.mids) mid.values.push(midOf(mid.instrument));
    const series = 1 + this.curves.length + this.mids.length;
    const most = Math.max(MIN_MARKS, Math.min(MAX_MARKS, Math.floor(MAX_VALUES / series)));
    if (this.timeNs.length >= most) this.thin();
  }

  private thin(): void {
    const columns = [this.timeNs, ...this.curves.map((one) => one.values), ...this.mids.map((one) => one.values)];
    for (const column of columns) {
      const { length } = column;
      // The first and every second after it.
      for (let i = 0; 2 * i < length; i++) column.set(i, column.get(2 * i));
      column.length = Math.ceil(length / 2);
    }
    this.everyNs *= 2;
  }
}

export interface Sharpe {
  /** Mean over standard deviation of the P&L per interval, annualised; null where there is too little of it. */
  readonly ratio: number | null;
  readonly intervalNs: number;
  readonly intervals: number;
  readonly intervalsPerYear: number;
}

const INTERVALS_NS = [60e9, 10e9, 1e9];
const LEAST_INTERVALS = 30;

/**
 * Sharpe ratio of P&L changes per interval of equal length (no capital is known, and the ratio does not depend on it;
 * no riskless rate is taken off). The interval is a minute; where that gives fewer than 30, ten seconds or one.
 * `yearNs`: trading time in a year.
 */
export function sharpeOf(timeNs: Column, values: Column, endNs: number, yearNs: number): Sharpe {
  const startNs = timeNs.length === 0 ? endNs : timeNs.get(0);
  const spanNs = endNs - startNs;
  const intervalNs = INTERVALS_NS.find((one) => spanNs / one >= LEAST_INTERVALS) ?? 1e9;
  const intervals = Math.floor(spanNs / intervalNs);
  const intervalsPerYear = yearNs / intervalNs;
  const none = { ratio: null, intervalNs, intervals, intervalsPerYear };
  if (intervals < LEAST_INTERVALS) return none;
  let at = 0;
  let before = values.get(0);
  let sum = 0;
  const changes = new Float64Array(intervals);
  for (let i = 0; i < intervals; i++) {
    const end = startNs + (i + 1) * intervalNs;
    while (at + 1 < timeNs.length && timeNs.get(at + 1) <= end) at++;
    changes[i] = values.get(at) - before;
    before = values.get(at);
    sum += changes[i];
  }
  const mean = sum / intervals;
  let squares = 0;
  for (const change of changes) squares += (change - mean) ** 2;
  const deviation = Math.sqrt(squares / (intervals - 1));
  // A deviation that is only rounding is none.
  if (!(deviation > Math.abs(mean) * 1e-12)) return none;
  return { ...none, ratio: (mean / deviation) * Math.sqrt(intervalsPerYear) };
}
