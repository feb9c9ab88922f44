/**
 * What is kept of orders that are over: enough to tell what the venue says twice from what is new. The newest MAX_ENDED
 * placements, some 300 bytes each; what was told of those before is known to the engine alone, by ClOrdID and ExecID.
 */
import { exact } from '../exact.ts';
import type { Listing } from '../listings.ts';
import type { OrderFact } from './facts.ts';
import { LiveOrder, Placement } from './live-order.ts';

/** Of placements: at the venue's own limits (a hundred orders in ten seconds) those of the last half hour at least. */
export const MAX_ENDED = 1 << 14;

interface Ended {
  readonly name: string;
  readonly clOrdId: number;
  readonly replaces: number;
  readonly listing: Listing;
  /** '' where the venue never gave it a number. */
  readonly venueOrderId: string;
  readonly qty: bigint;
  readonly price: string;
  readonly base: bigint;
  readonly toldCum: bigint;
  readonly cum: bigint;
  readonly isAccepted: boolean;
  /** Trades of a symbol are numbered upwards: of this order's, those up to here were told. */
  readonly lastTradeId: number;
}

export class EndedOrders {
  /** The oldest gives its place to the next. */
  private readonly places: Ended[] = [];
  private nextPlace = 0;
  private readonly byName = new Map<string, Ended>();
  private readonly byVenueKey = new Map<string, Ended>();

  get size(): number {
    return this.byName.size;
  }

  add(placement: Placement): void {
    const { order, name, clOrdId, replaces, venueOrderId, cum, isAccepted, lastTradeId } = placement;
    const { listing, qty, price, base, toldCum } = order;
    const state = { venueOrderId, cum, isAccepted, lastTradeId };
    const ended = { name, clOrdId, replaces, listing, qty, price, base, toldCum, ...state };
    this.byName.set(name, ended);
    if (venueOrderId !== '') this.byVenueKey.set(venueKey(listing, venueOrderId), ended);
    const oldest = this.places[this.nextPlace];
    if (oldest !== undefined && this.byName.get(oldest.name) === oldest) this.remove(oldest);
    this.places[this.nextPlace] = ended;
    this.nextPlace = (this.nextPlace + 1) % MAX_ENDED;
  }

  /** Everything that it says was told. */
  isTold(fact: OrderFact): boolean {
    const ended = this.byName.get(fact.name);
    if (ended === undefined) return false;
    if (!ended.isAccepted) return fact.status === 'REJECTED';
    return exact(fact.cum) <= ended.cum && fact.trades.every((trade) => trade.tradeId <= ended.lastTradeId);
  }

  isTradeTold(key: string, tradeId: number): boolean {
    const ended = this.byVenueKey.get(key);
    return ended !== undefined && tradeId <= ended.lastTradeId;
  }

  /** The order as it stood, to be followed again; undefined where it is not (or no longer) kept. */
  revive(name: string): Placement | undefined {
    const ended = this.byName.get(name);
    return ended === undefined ? undefined : this.again(ended);
  }

  reviveByVenue(key: string): Placement | undefined {
    const ended = this.byVenueKey.get(key);
    return ended === undefined ? undefined : this.again(ended);
  }

  private again(ended: Ended): Placement {
    this.remove(ended);
    const order = new LiveOrder(ended.listing, null, ended.clOrdId, ended.name, ended.qty, ended.price);
    order.base = ended.base;
    order.toldCum = ended.toldCum;
    const placement = new Placement(order, ended.clOrdId, ended.name, ended.replaces);
    placement.endedBefore(ended);
    order.current = placement;
    return placement;
  }

  private remove(ended: Ended): void {
    this.byName.delete(ended.name);
    const key = venueKey(ended.listing, ended.venueOrderId);
    if (this.byVenueKey.get(key) === ended) this.byVenueKey.delete(key);
  }
}

/** What the venue calls an order. */
export function venueKey(listing: Listing, venueOrderId: string): string {
  return `${listing.symbol} ${venueOrderId}`;
}
