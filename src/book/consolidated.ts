/**
 * One book of the same thing at several venues: the levels of all members, best first, each with the venue it stands at.
 * Nothing is kept twice: `look` merges what the members' own books hold at that moment, as deep as it is asked to.
 *
 * Prices of members with different decimals are compared in the finest of them, exactly while they stay below 2^53. With
 * fees the order is that of what a taker pays or gets: ask (1 + fee), bid (1 - fee). Levels at the same price stand in the
 * order of the members. A member that is stale, or crossed in itself, is left out, as is one that is switched off; the
 * consolidated book may well be crossed: that is what an arbitrage looks for.
 */
import { assert } from '../core/assert.ts';
import { Side } from '../core/event.ts';
import type { InstrumentDef } from '../core/instrument-def.ts';

/** What is read of a member's book: BookView and what strategies see of books both have it. */
export interface MemberBook {
  readonly instrument: number;
  readonly def: InstrumentDef | undefined;
  readonly isStale: boolean;
  readonly isCrossed: boolean;
  priceTicksAt(side: Side, depth: number): number;
  qtyLotsAt(side: Side, depth: number): number;
}

/** The merged levels of one side, by place; places 0 .. count - 1. */
class MergedSide {
  count = 0;
  readonly member: Int32Array;
  /** Of the member's own book, in its own units. */
  readonly priceTicks: Float64Array;
  readonly qtyLots: Float64Array;
  /** In units of the finest member, and after fees in the same. */
  readonly price: Float64Array;
  readonly netPrice: Float64Array;
  /** By member: how many of its levels are taken; the price of its next one after fees, NaN where there is none. */
  readonly taken: Int32Array;
  readonly next: Float64Array;

  constructor(maxDepth: number, members: number) {
    this.member = new Int32Array(maxDepth);
    this.priceTicks = new Float64Array(maxDepth);
    this.qtyLots = new Float64Array(maxDepth);
    this.price = new Float64Array(maxDepth);
    this.netPrice = new Float64Array(maxDepth);
    this.taken = new Int32Array(members);
    this.next = new Float64Array(members);
  }
}

export class ConsolidatedBook {
  readonly members: readonly MemberBook[];
  /** Of the prices that `priceAt` and `netPriceAt` state; as of the last look. */
  priceDecimals = 0;
  private readonly fees: readonly number[];
  private readonly isOn: boolean[];
  private readonly bids: MergedSide;
  private readonly asks: MergedSide;
  private readonly unit: Float64Array;

  /** `feeRates`: taker fee of each member as a fraction (0.001 is 10 bps); none where left out. */
  constructor(members: readonly MemberBook[], feeRates: readonly number[] = [], maxDepth = 32) {
    this.members = members;
    this.fees = members.map((_, i) => feeRates[i] ?? 0);
    this.isOn = members.map(() => true);
    this.bids = new MergedSide(maxDepth, members.length);
    this.asks = new MergedSide(maxDepth, members.length);
    this.unit = new Float64Array(members.length);
  }

  /** Whether the member counts, beyond what its book says of itself (a venue that is halted, say). */
  switch(member: number, on: boolean): void {
    this.isOn[member] = on;
  }

  /** Merges anew, at most `depth` levels a side (and at most `maxDepth`). O(depth x members), nothing is allocated. */
  look(depth: number): void {
    this.findUnits();
    this.merge(this.bids, Side.Bid, depth);
    this.merge(this.asks, Side.Ask, depth);
  }

  /** Levels found on this side by the last look. */
  count(side: Side): number {
    return this.of(side).count;
  }

  /** Index, among the members, of whose level this is; -1 beyond the last. */
  memberAt(side: Side, place: number): number {
    const merged = this.of(side);
    return place < merged.count ? merged.member[place] : -1;
  }

  /** Its instrument; -1 beyond the last. */
  instrumentAt(side: Side, place: number): number {
    const member = this.memberAt(side, place);
    return member < 0 ? -1 : this.members[member].instrument;
  }

  /** In the member's own ticks; NaN beyond the last. */
  priceTicksAt(side: Side, place: number): number {
    const merged = this.of(side);
    return place < merged.count ? merged.priceTicks[place] : Number.NaN;
  }

  /** In the member's own lots; 0 beyond the last. */
  qtyLotsAt(side: Side, place: number): number {
    const merged = this.of(side);
    return place < merged.count ? merged.qtyLots[place] : 0;
  }

  /** In units of 10^-priceDecimals; NaN beyond the last. */
  priceAt(side: Side, place: number): number {
    const merged = this.of(side);
    return place < merged.count ? merged.price[place] : Number.NaN;
  }

  /** The same after the member's fee. */
  netPriceAt(side: Side, place: number): number {
    const merged = this.of(side);
    return place < merged.count ? merged.netPrice[place] : Number.NaN;
  }

  private of(side: Side): MergedSide {
    assert(side === Side.Bid || side === Side.Ask, 'a side of the book');
    return side === Side.Bid ? this.bids : this.asks;
  }

  /** By member: finest units per tick; 0 where it does not count now. */
  private findUnits(): void {
    let decimals = 0;
    for (let i = 0; i < this.members.length; i++) {
      const { def } = this.members[i];
      if (def !== undefined && def.priceDecimals > decimals) decimals = def.priceDecimals;
    }
    this.priceDecimals = decimals;
    for (let i = 0; i < this.members.length; i++) {
      const { def, isStale, isCrossed } = this.members[i];
      const counts = def !== undefined && this.isOn[i] && !isStale && !isCrossed;
      this.unit[i] = counts ? 10 ** (decimals - def.priceDecimals) : 0;
    }
  }

  private merge(merged: MergedSide, side: Side, depth: number): void {
    const { members, unit } = this;
    const limit = Math.min(depth, merged.member.length);
    const direction = side === Side.Bid ? 1 : -1;
    merged.count = 0;
    for (let i = 0; i < members.length; i++) {
      merged.taken[i] = 0;
      this.showNext(merged, side, i);
    }
    while (merged.count < limit) {
      let best = -1;
      for (let i = 0; i < members.length; i++) {
        const price = merged.next[i];
        if (!Number.isNaN(price) && (best < 0 || direction * price > direction * merged.next[best])) best = i;
      }
      if (best < 0) return;
      const place = merged.count++;
      const level = merged.taken[best]++;
      const ticks = members[best].priceTicksAt(side, level);
      merged.member[place] = best;
      merged.priceTicks[place] = ticks;
      merged.qtyLots[place] = members[best].qtyLotsAt(side, level);
      merged.price[place] = ticks * unit[best];
      merged.netPrice[place] = merged.next[best];
      this.showNext(merged, side, best);
    }
  }

  private showNext(merged: MergedSide, side: Side, member: number): void {
    const unit = this.unit[member];
    const ticks = unit === 0 ? Number.NaN : this.members[member].priceTicksAt(side, merged.taken[member]);
    const fee = this.fees[member];
    // Without fees the product is exact, and so is the order.
    merged.next[member] = fee === 0 ? ticks * unit : ticks * unit * (side === Side.Bid ? 1 - fee : 1 + fee);
  }
}

// Strategies share the class: none may change it for another.
Object.freeze(ConsolidatedBook.prototype);
Object.freeze(ConsolidatedBook);
