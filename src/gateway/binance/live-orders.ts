/**
 * The orders of ours that this gateway follows: by ClOrdID, by name at the venue, by the venue's number.
 *
 * Orders that are done are let go: FOLLOWED_MS after the last that was heard or asked of them, when they have become half of what
 * is held. So at most 2 x (orders that are open, or ended within FOLLOWED_MS) + FEW are held, however long the run. Of the
 * others EndedOrders keeps what tells a message that comes twice from news; one with news is followed again.
 */

import { exact } from '../exact.ts';
import type { Listing, Listings } from '../listings.ts';
import { NOT_OURS, type OrderTag } from '../order-tag.ts';
import type { Teller } from '../teller.ts';
import type { GatewayWorld } from '../world.ts';
import { EndedOrders, venueKey } from './ended-orders.ts';
import type { OrderFact, TradeFact } from './facts.ts';
import { LiveOrder, Placement } from './live-order.ts';

/** Longer than answers, events and questions of one order take to come, pauses that a venue orders for its rate aside. */
export const FOLLOWED_MS = 60_000;
/** Not worth looking through. */
const FEW = 256;

export class LiveOrders {
  /** Trades told, of all orders. */
  tradesTold = 0;
  private readonly listings: Listings;
  private readonly tag: OrderTag;
  private readonly teller: Teller;
  private readonly world: GatewayWorld;
  private readonly byClOrdId = new Map<number, LiveOrder>();
  private readonly byName = new Map<string, Placement>();
  private readonly byVenueId = new Map<string, Placement>();
  private readonly ended = new EndedOrders();
  /** It is looked for what can be let go when so many placements are held. */
  private nextPrune = FEW;

  constructor(listings: Listings, tag: OrderTag, teller: Teller, world: GatewayWorld) {
    this.listings = listings;
    this.tag = tag;
    this.teller = teller;
    this.world = world;
  }

  /** Placements that are held, and those that are remembered. */
  get sizes(): { readonly held: number; readonly ended: number } {
    return { held: this.byName.size, ended: this.ended.size };
  }

  /** The order that one of its ClOrdIDs names. */
  of(clOrdId: number): LiveOrder | undefined {
    return this.byClOrdId.get(clOrdId) ?? this.again(this.ended.revive(this.tag.nameOf(clOrdId)))?.order;
  }

  placement(clOrdId: number): Placement | undefined {
    return this.placementOf(this.tag.nameOf(clOrdId));
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

  /** What the venue says of an order; null where that is not news, or not ours, or of an unknown instrument. */
  take(fact: OrderFact): Placement | null {
    if (this.ended.isTold(fact)) return null;
    const placement = this.placementOf(fact.name) ?? this.adopt(fact);
    if (placement === null) return null;
    this.touch(placement.order);
    if (placement.take(fact, this.teller)) this.tradesTold++;
    this.byVenueId.set(venueKey(placement.order.listing, fact.venueOrderId), placement);
    return placement;
  }

  /** A row of the account's trades. False where the order is not (known to be) ours, or the trade was told. */
  takeTrade(listing: Listing, trade: TradeFact): boolean {
    const key = venueKey(listing, trade.venueOrderId);
    if (this.ended.isTradeTold(key, trade.tradeId)) return false;
    const placement = this.byVenueId.get(key) ?? this.again(this.ended.reviveByVenue(key));
    if (placement === undefined || !placement.takeTrade(trade, this.teller)) return false;
    this.touch(placement.order);
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

  /** Something is asked about the order until `endRequest`: it is held meanwhile. */
  beginRequest(order: LiveOrder): void {
    order.requests++;
    this.touch(order);
  }

  endRequest(order: LiveOrder): void {
    order.requests--;
    this.touch(order);
  }

  private placementOf(name: string): Placement | undefined {
    return this.byName.get(name) ?? this.again(this.ended.revive(name));
  }

  private addPlacement(placement: Placement): void {
    if (this.byName.size >= this.nextPrune) this.prune();
    const { order, name, clOrdId, venueOrderId } = placement;
    order.placements.push(placement);
    this.byName.set(name, placement);
    this.byClOrdId.set(clOrdId, order);
    if (venueOrderId !== '') this.byVenueId.set(venueKey(order.listing, venueOrderId), placement);
    this.touch(order);
  }

  /** Follows a placement that was let go. */
  private again(placement: Placement | undefined): Placement | undefined {
    if (placement !== undefined) this.addPlacement(placement);
    return placement;
  }

  private touch(order: LiveOrder): void {
    order.touchedMs = this.world.nowMs();
  }

  /** O(what is held), once in so many orders. */
  private prune(): void {
    const untilMs = this.world.nowMs() - FOLLOWED_MS;
    for (const { order } of this.byName.values()) {
      if (order.touchedMs <= untilMs && order.isDone) for (const placement of order.placements) this.letGo(placement);
    }
    this.nextPrune = 2 * this.byName.size + FEW;
  }

  private letGo(placement: Placement): void {
    const { order, name, clOrdId, venueOrderId } = placement;
    const key = venueKey(order.listing, venueOrderId);
    this.byName.delete(name);
    this.byClOrdId.delete(clOrdId);
    if (this.byVenueId.get(key) === placement) this.byVenueId.delete(key);
    this.ended.add(placement);
  }

  /** An order of ours that an earlier run sent, or one that ended so long ago that it is not remembered. */
  private adopt(fact: OrderFact): Placement | null {
    const clOrdId = this.tag.clOrdIdOf(fact.name);
    const listing = this.listings.of(fact.symbol);
    if (clOrdId === NOT_OURS || listing === undefined) return null;
    const order = new LiveOrder(listing, null, clOrdId, fact.name, exact(fact.qty), fact.price);
    this.add(order);
    return order.current;
  }
}
