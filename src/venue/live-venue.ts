/**
 * A live venue: orders leave through the outlet of the desk, and what the venue answers comes as inputs, so nothing happens
 * here by itself. What is left is the fee of a fill: the commission that the venue stated, where it is in money or in what was
 * traded, else what the configured schedule says.
 *
 * A commission is in units of 1e-8 of its asset. In money units of the instrument, 10^-(priceDecimals + qtyDecimals) of its
 * currency, it is rounded once, to the nearest, halves away from zero; one in the base asset is worth the fill's own price.
 * Contracts that are worth something else than quantity times price (a multiplier) have no venue here.
 */
import { POWERS_OF_TEN } from '../core/decimal.ts';
import type { ExecReport } from '../core/exec-report.ts';
import type { Fnv64 } from '../core/hash.ts';
import type { InstrumentDef } from '../core/instrument-def.ts';
import { Wide } from '../core/wide.ts';
import type { Orders } from '../oms/orders.ts';
import { Fees } from './fees.ts';
import type { Venue } from './venue.ts';
import type { VenueConfig } from './venue-config.ts';

/** Of a commission, as the gateway says it. */
const CommissionKind = { None: 0, Base: 1, Quote: 2, Other: 3 } as const;

const COMMISSION_DECIMALS = 8;

export class LiveVenue implements Venue {
  /** Of the report that is applied next. */
  commission = 0;
  /** CommissionKind. */
  commissionKind = 0;
  private readonly orders: Orders;
  private readonly fees: Fees;
  private readonly priceDecimals: number[] = [];
  private readonly qtyDecimals: number[] = [];
  private readonly wide = new Wide();

  constructor(orders: Orders, config: VenueConfig) {
    this.orders = orders;
    this.fees = new Fees(config.fees);
  }

  define(instrument: number, def: InstrumentDef): void {
    this.fees.define(def);
    this.priceDecimals[instrument] = def.priceDecimals;
    this.qtyDecimals[instrument] = def.qtyDecimals;
  }

  submit(): void {}

  replace(): void {}

  cancel(): void {}

  onEvent(): void {}

  afterEvent(): void {}

  nextDueNs(): number {
    return Number.POSITIVE_INFINITY;
  }

  advanceTo(): void {}

  feeUnits(report: ExecReport): number {
    const { orderId, lastQtyLots, lastPxTicks, liquidity } = report;
    const instrument = this.orders.instrument[orderId];
    const account = this.orders.account[orderId];
    // Always: the fill counts towards the account's tier.
    const scheduled = this.fees.charge(account, instrument, lastQtyLots, lastPxTicks, liquidity);
    let isStated = false;
    if (this.commissionKind === CommissionKind.Quote) {
      isStated = this.convert(1, this.priceDecimals[instrument] + this.qtyDecimals[instrument]);
    } else if (this.commissionKind === CommissionKind.Base) {
      isStated = this.convert(lastPxTicks, this.qtyDecimals[instrument]);
    }
    if (!isStated) return scheduled;
    return this.commission < 0 ? 0 - this.wide.toNumber() : this.wide.toNumber();
  }

  rescale(): void {}

  checkInvariants(): void {}

  foldInto(hash: Fnv64): void {
    this.fees.foldInto(hash);
  }

  /** `wide` becomes the commission's size, 1e-8 units, times `price`, in units of 10^-decimals. False: it is no such sum. */
  private convert(price: number, decimals: number): boolean {
    const { wide } = this;
    const shift = decimals - COMMISSION_DECIMALS;
    wide.setProduct(Math.abs(this.commission), price);
    if (shift >= 0) wide.multiply(POWERS_OF_TEN[Math.min(shift, 15)]).multiply(POWERS_OF_TEN[Math.max(0, shift - 15)]);
    else wide.divideRound(POWERS_OF_TEN[-shift]);
    return wide.inRange && wide.isSafe;
  }
}
