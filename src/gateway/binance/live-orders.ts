/** All orders of ours that this gateway knows: by ClOrdID, by name at the venue, by the venue's number. */

import { exact } from '../exact.ts';
import type { Listing, Listings } from '../listings.ts';
import { NOT_OURS, type OrderTag } from '../order-tag.ts';
import type { Teller } from '../teller.ts';
import type { OrderFact, TradeFact } from './facts.ts';
import { LiveOrder, Placement } from './live-order.ts';

export class LiveOrders {
  /** Trades told, of all orders. */
  tradesTold = 0;
  private readonly listings: Listings;
  private readonly tag: OrderTag;
  private readonly teller: Teller;
  private readonly byClOrdId = new Map<number, LiveOrder>();
  private readonly byName = new Map<string, Placement>();
  private readonly byVenueId = new Map<string, Placement>();

  constructor(listings: Listings, tag: OrderTag, teller: Teller) {
    this.listings = listings;
    this.tag = tag;
    this.teller = teller;
  }

  /** The order that one of its ClOrdIDs names. */
  of(clOrdId: number): LiveOrder | undefined {
    return this.byClOrdId.get(clOrdId);
  }

  placement(clOrdId: number): Placement | undefined {
    return this.byName.get(this.tag.nameOf(clOrdId));
  }

  /** Those whose end is not known, oldest first. */
  open(): Placement[] {
    return [...this.byName.values()].filter((placement) => !placement.isOver);
  }

  nameOf(clOrdId: number): string {
    return this.tag.nameOf(clOrdId);
  }

  add(order: LiveOrder): void {
    this.addPlacement(order.current);
  }

  /** A new placement of an order, that is to replace the current one. */
  replacement(order: LiveOrder, clOrdId: number): Placement {
    const placement = new Placement(order, clOrdId, this.tag.nameOf(clOrdId), order.current.clOrdId);
    this.addPlacement(placement);
    return placement;
  }

  addPlacement(placement: Placement): void {
    this.byName.set(placement.name, placement);
    this.byClOrdId.set(placement.clOrdId, placement.order);
  }

  /** What the venue says of an order; null where it is not ours, or of an instrument that the engine does not know. */
  take(fact: OrderFact): Placement | null {
    const placement = this.byName.get(fact.name) ?? this.adopt(fact);
    if (placement === null) return null;
    if (placement.take(fact, this.teller)) this.tradesTold++;
    this.byVenueId.set(venueKey(placement.order.listing, fact.venueOrderId), placement);
    return placement;
  }

  /** A row of the account's trades. False where the order is not (known to be) ours, or the trade was told. */
  takeTrade(listing: Listing, trade: TradeFact): boolean {
    const placement = this.byVenueId.get(venueKey(listing, trade.venueOrderId));
    if (placement === undefined || !placement.takeTrade(trade, this.teller)) return false;
    this.tradesTold++;
    placement.tellEnd(this.teller);
    return true;
  }

  isOurs(fact: OrderFact): boolean {
    return this.tag.clOrdIdOf(fact.name) !== NOT_OURS;
  }

  clOrdIdOf(fact: OrderFact): number {
    return this.tag.clOrdIdOf(fact.name);
  }

  /** An order of ours that an earlier run sent. */
  private adopt(fact: OrderFact): Placement | null {
    const clOrdId = this.tag.clOrdIdOf(fact.name);
    const listing = this.listings.of(fact.symbol);
    if (clOrdId === NOT_OURS || listing === undefined) return null;
    const order = new LiveOrder(listing, null, clOrdId, fact.name, exact(fact.qty), fact.price);
    this.add(order);
    return order.current;
  }
}

function venueKey(listing: Listing, venueOrderId: string): string {
  return `${listing.symbol} ${venueOrderId}`;
}
