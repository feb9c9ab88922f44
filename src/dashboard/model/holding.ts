/**
 * Position and money of one strategy in one instrument, from its Fill records, exactly (BigInt, in units of the instrument: one
 * tick times one lot). P&L before fees = cash + position x mark; unrealised = that less what the records say was realised, as
 * in the reports (report/ledger.ts).
 */
import type { InstrumentDef } from '../../core/instrument-def.ts';
import { signOf } from '../../core/order.ts';
import type { LogSettings } from '../../report/log-settings.ts';
import { Money } from '../../report/money.ts';

/** What one Fill record says. */
export interface FillFacts {
  readonly side: number;
  readonly qtyLots: number;
  readonly pxTicks: number;
  readonly feeUnits: number;
  readonly realisedUnits: number;
  readonly positionLots: number;
  readonly realisedTotalUnits: number;
  readonly feesTotalUnits: number;
  readonly avgCostTicks: number;
}

export class Holding {
  readonly strategy: number;
  readonly instrument: number;
  qtyLots = 0n;
  avgCostTicks = 0;
  private cash = 0n;
  private fees = 0n;
  private realised = 0n;
  private lastPxTicks = 0;
  private decimals: number;
  private readonly multiplier: Money;
  /** Units of the first account's currency per unit of the instrument's; 1 where the configuration states no rate. */
  private readonly rate: number;

  constructor(strategy: number, def: InstrumentDef, settings: LogSettings) {
    this.strategy = strategy;
    this.instrument = def.instrument;
    this.decimals = def.priceDecimals + def.qtyDecimals;
    this.multiplier = settings.multiplier(def.symbol);
    this.rate = settings.rateToBase(settings.currency(def.symbol))?.toNumber() ?? 1;
  }

  copy(): Holding {
    return Object.assign(Object.create(Holding.prototype) as Holding, this);
  }

  apply(fill: FillFacts): void {
    const sign = BigInt(signOf(fill.side));
    const qty = wholeOf(fill.qtyLots);
    this.qtyLots += sign * qty;
    this.cash -= sign * qty * wholeOf(fill.pxTicks);
    this.fees += wholeOf(fill.feeUnits);
    this.realised += wholeOf(fill.realisedUnits);
    this.lastPxTicks = fill.pxTicks;
    this.avgCostTicks = fill.avgCostTicks;
    const isWhole =
      Number(this.qtyLots) === fill.positionLots &&
      isNear(this.realised, fill.realisedTotalUnits) &&
      isNear(this.fees, fill.feesTotalUnits);
    if (!isWhole) this.adopt(fill);
  }

  /** Fills were missed: the record's own totals say where the position stands. */
  private adopt(fill: FillFacts): void {
    this.qtyLots = wholeOf(fill.positionLots);
    this.realised = wholeOf(fill.realisedTotalUnits);
    this.fees = wholeOf(fill.feesTotalUnits);
    this.cash = this.realised - wholeOf(Math.round(fill.positionLots * fill.avgCostTicks));
  }

  /** What the mark in ticks is, times two: the mid, or where there is none the last fill's price. */
  markTwice(midTwice: number): number {
    return midTwice === 0 ? 2 * this.lastPxTicks : midTwice;
  }

  /** In the first account's currency. */
  unrealisedAt(midTwice: number): number {
    const units = 2n * (this.cash - this.realised) + this.qtyLots * BigInt(this.markTwice(midTwice));
    return new Money(units * 5n, this.decimals + 1).times(this.multiplier).toNumber() * this.rate;
  }

  get realisedMoney(): number {
    return this.money(this.realised);
  }

  get feesMoney(): number {
    return this.money(this.fees);
  }

  /** Of a whole number of units. */
  money(units: bigint): number {
    return new Money(units, this.decimals).times(this.multiplier).toNumber() * this.rate;
  }

  rescale(priceFactor: number, qtyFactor: number): void {
    const price = BigInt(Math.round(priceFactor));
    const qty = BigInt(Math.round(qtyFactor));
    this.qtyLots *= qty;
    this.cash *= price * qty;
    this.fees *= price * qty;
    this.realised *= price * qty;
    this.avgCostTicks *= priceFactor;
    this.lastPxTicks *= priceFactor;
    this.decimals += Math.round(Math.log10(priceFactor) + Math.log10(qtyFactor));
  }
}

/** The same but for the rounding of a record's float64. */
function isNear(exact: bigint, stated: number): boolean {
  return Math.abs(Number(exact) - stated) <= Math.abs(stated) * 1e-12;
}

/** 0 for what is no whole number: nothing in a log that was written by the engine. */
export function wholeOf(value: number): bigint {
  return Number.isInteger(value) ? BigInt(value) : 0n;
}
