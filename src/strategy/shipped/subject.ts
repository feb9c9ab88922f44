/**
 * The instrument a shipped strategy trades: found by its symbol (or the first that is defined), its units, and the step
 * of the prices that the market shows. All that depends on decimals is renewed when the instrument is redefined.
 */
import { TradingState } from '../../core/event.ts';
import type { StrategyContext } from '../api.ts';

/** Touches that must have been seen before the step of their prices is believed. */
const MIN_TOUCHES = 50;

export class Subject {
  /** Index of the instrument, -1 until it is defined. */
  instrument = -1;
  symbol: string;
  /** Currency of one tick, units of one lot. */
  tickValue = Number.NaN;
  lotValue = Number.NaN;
  lotLots = 1;
  /** By what `define` changed ticks and lots from before (1 at the first definition). */
  priceFactor = 1;
  qtyFactor = 1;
  private tickTicks = 1;
  private priceDecimals = 0;
  private qtyDecimals = 0;
  /** Greatest common divisor of the touches seen. */
  private seenStep = 0;
  private touches = 0;

  /** `symbol` empty: the first instrument that is defined. */
  constructor(symbol: string) {
    this.symbol = symbol;
  }

  /** To be called from onInstrument. True where the instrument is this one: ticks and lots from before have changed. */
  define(ctx: StrategyContext, instrument: number): boolean {
    const def = ctx.definition(instrument);
    const known = this.instrument >= 0;
    if (known ? this.instrument !== instrument : this.symbol !== '' && this.symbol !== def.symbol) return false;
    this.priceFactor = known ? powerOf10(def.priceDecimals - this.priceDecimals) : 1;
    this.qtyFactor = known ? powerOf10(def.qtyDecimals - this.qtyDecimals) : 1;
    this.instrument = instrument;
    this.symbol = def.symbol;
    this.priceDecimals = def.priceDecimals;
    this.qtyDecimals = def.qtyDecimals;
    this.tickValue = powerOf10(-def.priceDecimals);
    this.lotValue = powerOf10(-def.qtyDecimals);
    this.tickTicks = ctx.tickTicks(instrument);
    this.lotLots = ctx.lotLots(instrument);
    this.seenStep *= this.priceFactor;
    return true;
  }

  /** The book may be acted on: live, both sides there and neither crossed nor locked, and the venue trades. */
  isTradable(ctx: StrategyContext): boolean {
    if (this.instrument < 0) return false;
    const state = ctx.tradingState(this.instrument);
    if (state !== TradingState.Trading && state !== TradingState.Unknown) return false;
    const book = ctx.book(this.instrument);
    return !book.isStale && book.spreadTicks > 0;
  }

  /**
   * Learns the step of the market's prices from its touch. Text venues state no tick size, so that a tick may be far
   * smaller than the step that the venue takes: an order between two steps would be one that no venue accepts.
   */
  observe(ctx: StrategyContext): void {
    const book = ctx.book(this.instrument);
    if (!book.hasBid || !book.hasAsk) return;
    this.touches++;
    if (this.seenStep === 0 || book.bidPriceTicks % this.seenStep !== 0) {
      this.seenStep = greatestCommonDivisor(this.seenStep, book.bidPriceTicks);
    }
    if (book.askPriceTicks % this.seenStep !== 0) {
      this.seenStep = greatestCommonDivisor(this.seenStep, book.askPriceTicks);
    }
  }

  /** Least step of the strategy's prices, in ticks: what the configuration says, or what the market shows. */
  get stepTicks(): number {
    if (this.touches < MIN_TOUCHES || this.seenStep % this.tickTicks !== 0) return this.tickTicks;
    return this.seenStep;
  }

  /** The highest price of the step that is not above this one. */
  stepBelow(priceTicks: number): number {
    const step = this.stepTicks;
    return Math.floor(priceTicks / step) * step;
  }

  stepAbove(priceTicks: number): number {
    const step = this.stepTicks;
    return Math.ceil(priceTicks / step) * step;
  }

  /** The largest whole number of order lots that is not above `qtyLots`; 0 where it is below one. */
  wholeLots(qtyLots: number): number {
    return Math.max(0, Math.floor(qtyLots / this.lotLots) * this.lotLots);
  }

  /**
   * A quantity in lots from the parameters every shipped strategy has: `qty`, a decimal in units of the instrument, or
   * (where that is 0) `notional` in its currency at a price. At least one order lot.
   */
  lotsOf(ctx: StrategyContext, qty: string, notional: number, priceTicks: number): number {
    const given = Number(qty) > 0;
    const lots = given ? ctx.toLots(this.instrument, qty) : notional / (priceTicks * this.tickValue) / this.lotValue;
    if (Number.isNaN(lots)) throw new RangeError(`qty ${qty} is no whole number of lots of ${this.symbol}`);
    return Math.max(this.lotLots, this.wholeLots(lots));
  }

  /** A quantity as a decimal in units of the instrument, for lines of the log. */
  unitsText(qtyLots: number): string {
    const text = (qtyLots * this.lotValue).toFixed(this.qtyDecimals);
    return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
  }

  /** A price as a decimal, for lines of the log. */
  priceText(priceTicks: number): string {
    return (priceTicks * this.tickValue).toFixed(Math.min(this.priceDecimals, 6));
  }

  /** A limit price in ticks from a decimal; 0 (no limit) where it is "0". */
  ticksOf(ctx: StrategyContext, price: string): number {
    if (Number(price) === 0) return 0;
    const ticks = ctx.toTicks(this.instrument, price);
    if (Number.isNaN(ticks)) throw new RangeError(`price ${price} is no whole number of ticks of ${this.symbol}`);
    return ticks;
  }
}

/** 10^n, exactly rounded, for whole n of any sign. */
export function powerOf10(n: number): number {
  let power = 1;
  for (let i = Math.abs(n); i > 0; i--) power *= 10;
  return n < 0 ? 1 / power : power;
}

export function greatestCommonDivisor(a: number, b: number): number {
  while (b !== 0) {
    const rest = a % b;
    a = b;
    b = rest;
  }
  return a;
}

/** The parameters that say what is traded and how much; every shipped strategy of one instrument has them. */
export const SUBJECT_PARAMETERS = {
  symbol: { type: 'string', default: '', text: 'instrument; empty: the first that is defined' },
  qty: { type: 'decimal', default: '0', min: '0', text: 'units of the instrument; 0: from notional' },
  notional: { type: 'number', default: 5_000, min: 0, text: 'size in the currency of the instrument where qty is 0' },
} as const;
