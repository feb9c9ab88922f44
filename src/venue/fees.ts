/**
 * Maker and taker fees, in basis points of the notional, by tier of what the account has traded so far.
 *
 * Exact: a rate is a whole number of 1/10,000 bps (10^-8), the notional a wide integer, and the fee is rounded once, to the
 * nearest money unit of the instrument (10^-(priceDecimals + qtyDecimals) of its currency, times the contract multiplier),
 * halves away from zero. Negative fees are rebates. The notional so far counts whole currency units of every instrument
 * alike, without contract multipliers, in millionths, each fill rounded down; a fill is charged at the tier that was
 * reached before it.
 */
import type { Fnv64 } from '../core/hash.ts';
import type { InstrumentDef } from '../core/instrument-def.ts';
import { Liquidity } from '../core/order.ts';
import { Wide } from '../core/wide.ts';
import type { FeeTier, VenueConfig } from './venue-config.ts';

/** bps x 10^4 per unit. */
const RATE_UNITS = 1e8;
const RATE_DECIMALS = 4;
const NOTIONAL_DECIMALS = 6;
const MAX_ACCOUNTS = 64;

interface Schedule {
  readonly from: readonly Wide[];
  readonly maker: Float64Array;
  readonly taker: Float64Array;
}

export class Fees {
  private readonly standard: Schedule;
  private readonly bySymbol = new Map<string, Schedule>();
  private readonly schedules: Schedule[] = [];
  /** Money units per millionth of the currency, as a power of ten, by instrument. */
  private readonly decimals: number[] = [];
  private readonly traded: Wide[] = [];
  private readonly wide = new Wide();

  constructor(config: VenueConfig['fees']) {
    this.standard = scheduleOf(config.tiers);
    for (const symbol of Object.keys(config.instruments).sort()) {
      this.bySymbol.set(symbol, scheduleOf(config.instruments[symbol]));
    }
    for (let account = 0; account < MAX_ACCOUNTS; account++) this.traded.push(new Wide());
  }

  define(def: InstrumentDef): void {
    while (this.schedules.length <= def.instrument) {
      this.schedules.push(this.standard);
      this.decimals.push(0);
    }
    this.schedules[def.instrument] = this.bySymbol.get(def.symbol) ?? this.standard;
    this.decimals[def.instrument] = def.priceDecimals + def.qtyDecimals;
  }

  /** Fee of a fill, in money units of the instrument; then the fill counts towards the account's tier. O(tiers). */
  charge(account: number, instrument: number, qtyLots: number, pxTicks: number, liquidity: number): number {
    const { wide } = this;
    const schedule = this.schedules[instrument];
    const traded = this.traded[account];
    let tier = 0;
    while (tier + 1 < schedule.from.length) {
      const from = schedule.from[tier + 1];
      if (traded.compare(from.hi, from.lo) < 0) break;
      tier++;
    }
    const rate = liquidity === Liquidity.Maker ? schedule.maker[tier] : schedule.taker[tier];
    let fee = 0;
    if (rate !== 0) {
      wide
        .setProduct(qtyLots, pxTicks)
        .multiply(rate < 0 ? -rate : rate)
        .divideRound(RATE_UNITS);
      fee = rate < 0 ? 0 - wide.toNumber() : wide.toNumber();
    }
    if (schedule.from.length > 1) this.count(traded, instrument, qtyLots, pxTicks);
    return fee;
  }

  /** What the account has traded so far, in millionths of currency units: whole = hi x 2^53 + lo. */
  tradedOf(account: number): Wide {
    return this.traded[account];
  }

  foldInto(hash: Fnv64): void {
    for (const traded of this.traded) {
      if (traded.hi === 0 && traded.lo === 0) continue;
      hash.integer(traded.hi);
      hash.integer(traded.lo);
    }
  }

  private count(traded: Wide, instrument: number, qtyLots: number, pxTicks: number): void {
    const { wide } = this;
    const excess = this.decimals[instrument] - NOTIONAL_DECIMALS;
    wide.setProduct(qtyLots, pxTicks);
    if (excess > 0) wide.divideFloor(10 ** excess);
    else if (excess < 0) wide.multiply(10 ** -excess);
    traded.add(wide.hi, wide.lo);
  }
}

function scheduleOf(tiers: readonly FeeTier[]): Schedule {
  return {
    from: tiers.map((tier) => new Wide().setInteger(scaled(tier.fromNotional, NOTIONAL_DECIMALS))),
    maker: Float64Array.from(tiers, (tier) => scaled(tier.makerBps, RATE_DECIMALS)),
    taker: Float64Array.from(tiers, (tier) => scaled(tier.takerBps, RATE_DECIMALS)),
  };
}

/** A decimal text as a whole number of 10^-decimals; the configuration has checked that it fits. */
function scaled(text: string, decimals: number): number {
  const [whole, fraction = ''] = text.replace('-', '').split('.');
  const value = Number(whole + fraction.padEnd(decimals, '0'));
  return text.startsWith('-') && value !== 0 ? -value : value;
}
