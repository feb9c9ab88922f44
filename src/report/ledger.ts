/**
 * Positions and money of a log, one Position per strategy and instrument, from its Fill records alone. Exact: quantities,
 * cash, fees and realised P&L are BigInt in units of the instrument. P&L before fees = cash + position x mark, so it does
 * not depend on how the cost of a position is averaged; unrealised = that less what the Fill records say was realised.
 */
import { TapeheadError } from '../core/errors.ts';
import type { InstrumentDef } from '../core/instrument-def.ts';
import { Liquidity, signOf } from '../core/order.ts';
import type { LogSettings } from './log-settings.ts';
import { Money } from './money.ts';

/** What one Fill record says. */
export interface FillFacts {
  readonly seq: number;
  readonly nowNs: number;
  readonly side: number;
  /** Negative: an execution is taken back. */
  readonly qtyLots: number;
  readonly pxTicks: number;
  readonly liquidity: number;
  readonly feeUnits: number;
  readonly realisedUnits: number;
  readonly avgCostTicks: number;
}

export class Position {
  readonly strategy: number;
  readonly instrument: number;
  readonly symbol: string;
  readonly currency: string;
  readonly multiplier: Money;
  /** Units of the base currency per unit of `currency`; null where the log states no rate. */
  readonly rateToBase: Money | null;
  priceDecimals: number;
  qtyDecimals: number;
  qtyLots = 0n;
  /** Sales less purchases, in money units. */
  cash = 0n;
  fees = 0n;
  realised = 0n;
  boughtLots = 0n;
  soldLots = 0n;
  /** Price x quantity of all executions, by Liquidity. */
  readonly turnover: [bigint, bigint, bigint] = [0n, 0n, 0n];
  readonly fills: [number, number, number] = [0, 0, 0];
  busts = 0;
  avgCostTicks = 0;
  lastPxTicks = 0;
  maxLongLots = 0;
  maxShortLots = 0;
  /** Of the time since the first order: integral of the position, and of its size, in lots x ns; time with a position. */
  lotsNs = 0;
  sizeNs = 0;
  heldNs = 0;
  /** P&L net of fees as of the last mark, in the currency, as a float64 for curves. */
  value = 0;
  private sinceNs: number;
  private unit = 0;
  private qtyFloat = 0;
  private cashFloat = 0;
  private feesFloat = 0;

  constructor(strategy: number, def: InstrumentDef, settings: LogSettings, nowNs: number) {
    this.strategy = strategy;
    this.instrument = def.instrument;
    this.symbol = def.symbol;
    this.currency = settings.currency(def.symbol);
    this.multiplier = settings.multiplier(def.symbol);
    this.rateToBase = settings.rateToBase(this.currency);
    this.priceDecimals = def.priceDecimals;
    this.qtyDecimals = def.qtyDecimals;
    this.sinceNs = nowNs;
    this.refreshFloats();
  }

  apply(fill: FillFacts): void {
    this.holdUntil(fill.nowNs);
    const sign = BigInt(signOf(fill.side));
    const qty = whole(fill.qtyLots, fill.seq, 'LastQty');
    const value = qty * whole(fill.pxTicks, fill.seq, 'LastPx');
    this.qtyLots += sign * qty;
    this.cash -= sign * value;
    this.fees += whole(fill.feeUnits, fill.seq, 'the fee');
    this.realised += whole(fill.realisedUnits, fill.seq, 'the realised P&L');
    if (sign > 0n) this.boughtLots += qty;
    else this.soldLots += qty;
    const kind = fill.liquidity === Liquidity.Maker || fill.liquidity === Liquidity.Taker ? fill.liquidity : 0;
    this.turnover[kind] += value;
    if (fill.qtyLots > 0) this.fills[kind]++;
    else this.busts++;
    this.avgCostTicks = fill.avgCostTicks;
    this.lastPxTicks = fill.pxTicks;
    this.refreshFloats();
    this.maxLongLots = Math.max(this.maxLongLots, this.qtyFloat);
    this.maxShortLots = Math.min(this.maxShortLots, this.qtyFloat);
  }

  /** Counts the position as it is up to `nowNs`. */
  holdUntil(nowNs: number): void {
    const elapsed = nowNs - this.sinceNs;
    this.sinceNs = nowNs;
    if (this.qtyFloat === 0) return;
    this.lotsNs += this.qtyFloat * elapsed;
    this.sizeNs += Math.abs(this.qtyFloat) * elapsed;
    this.heldNs += elapsed;
  }

  /** Values the position. `midTwice`: bid + ask in ticks, 0 while there was none: then the last fill's price. */
  mark(midTwice: number): void {
    const twice = midTwice === 0 ? 2 * this.lastPxTicks : midTwice;
    this.value = (this.cashFloat + (this.qtyFloat * twice) / 2 - this.feesFloat) * this.unit;
  }

  /** P&L before fees at this mark, exactly. */
  gross(midTwice: number): Money {
    const twice = midTwice === 0 ? 2 * this.lastPxTicks : midTwice;
    const units = 2n * this.cash + this.qtyLots * BigInt(twice);
    // One decimal more, because the mid may lie between two ticks.
    return new Money(units * 5n, this.priceDecimals + this.qtyDecimals + 1).times(this.multiplier);
  }

  money(units: bigint): Money {
    return new Money(units, this.priceDecimals + this.qtyDecimals).times(this.multiplier);
  }

  rescale(priceFactor: number, qtyFactor: number, priceDecimals: number, qtyDecimals: number): void {
    const money = BigInt(priceFactor) * BigInt(qtyFactor);
    const qty = BigInt(qtyFactor);
    this.qtyLots *= qty;
    this.boughtLots *= qty;
    this.soldLots *= qty;
    this.cash *= money;
    this.fees *= money;
    this.realised *= money;
    for (let kind = 0; kind < 3; kind++) this.turnover[kind] *= money;
    this.avgCostTicks *= priceFactor;
    this.lastPxTicks *= priceFactor;
    this.maxLongLots *= qtyFactor;
    this.maxShortLots *= qtyFactor;
    this.lotsNs *= qtyFactor;
    this.sizeNs *= qtyFactor;
    this.priceDecimals = priceDecimals;
    this.qtyDecimals = qtyDecimals;
    this.refreshFloats();
  }

  private refreshFloats(): void {
    this.unit = new Money(1n, this.priceDecimals + this.qtyDecimals).times(this.multiplier).toNumber();
    this.qtyFloat = Number(this.qtyLots);
    this.cashFloat = Number(this.cash);
    this.feesFloat = Number(this.fees);
  }
}

/** A figure that must be whole, as BigInt. */
export function whole(value: number, seq: number, what: string): bigint {
  if (Number.isInteger(value)) return BigInt(value);
  throw new TapeheadError('LOG_DAMAGED', `record ${seq}: ${what} is ${value}, which is no whole number`);
}
