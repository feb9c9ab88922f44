/**
 * A slow model of the simulated venue on an order-by-order market, for limit orders without latency, made to be believed: its
 * queues are lists in which own orders stand among the recorded ones. No code of src/venue.
 */
import { EventFlag, EventKind, Side } from '../../src/core/event.ts';
import { FillReason } from '../../src/core/order.ts';
import type { StageEvent } from './venue-stage.ts';

export interface NaiveFill {
  readonly orderId: number;
  readonly qty: number;
  readonly price: number;
  readonly reason: number;
}

interface Member {
  /** Recorded reference, or the OrderID of an own order. */
  readonly id: number;
  readonly isOwn: boolean;
  qty: number;
}

type Queue = { price: number; members: Member[]; anonymous: number };

export interface NaiveOwn {
  readonly id: number;
  readonly side: number;
  readonly price: number;
  qty: number;
}

/** Better for the side: higher bids, lower asks. */
export function isBetter(side: number, a: number, b: number): boolean {
  return side === Side.Bid ? a > b : a < b;
}

export class NaiveQueues {
  readonly fills: NaiveFill[] = [];
  /** Queues by side, then price. */
  private readonly sides = [new Map<number, Queue>(), new Map<number, Queue>()];
  private readonly where = new Map<number, { side: number; price: number }>();
  private readonly taken = [new Map<number, number>(), new Map<number, number>()];

  /** Sides that an own order of this price would take from, best first: recorded quantity not taken yet. */
  submit(id: number, side: number, price: number, qty: number, rests = true): void {
    const other = 3 - side;
    let left = qty;
    const isMatched = !this.isCrossed();
    for (const queue of isMatched ? this.ladder(other) : []) {
      if (left === 0 || isBetter(other, price, queue.price)) break;
      const open = this.recorded(queue) - (this.taken[other - 1].get(queue.price) ?? 0);
      const part = Math.min(open, left);
      if (part <= 0) continue;
      left -= part;
      this.take(other, queue.price, part);
      this.fills.push({ orderId: id, qty: part, price: queue.price, reason: FillReason.DepthTaken });
    }
    if (left > 0 && rests) this.queue(side, price).members.push({ id, isOwn: true, qty: left });
  }

  /** Returns what was left of it, or 0. */
  cancel(id: number): number {
    for (const side of this.sides) {
      for (const queue of side.values()) {
        const at = queue.members.findIndex((member) => member.isOwn && member.id === id);
        if (at >= 0) return queue.members.splice(at, 1)[0].qty;
      }
    }
    return 0;
  }

  /** Lots ahead of an own order, other own ones included. */
  ahead(id: number): number {
    for (const side of this.sides) {
      for (const queue of side.values()) {
        const at = queue.members.findIndex((member) => member.isOwn && member.id === id);
        if (at < 0) continue;
        return queue.members.slice(0, at).reduce((sum, member) => sum + member.qty, queue.anonymous);
      }
    }
    return Number.NaN;
  }

  apply(event: StageEvent): void {
    const qty = event.qty ?? 0;
    const price = event.price ?? 0;
    const id = event.orderId ?? 0;
    const flags = event.flags ?? 0;
    switch (event.kind) {
      case EventKind.Add:
        this.add(event.side!, price, qty, id);
        break;
      case EventKind.Execute:
        this.leave(id, qty, (flags & EventFlag.NonPrintable) === 0, event);
        break;
      case EventKind.Reduce:
        this.leave(id, qty, false, event);
        break;
      case EventKind.Delete:
        this.leave(id, Number.POSITIVE_INFINITY, false, event);
        break;
      case EventKind.Replace: {
        const place = this.where.get(id);
        if (place === undefined) break;
        this.leave(id, Number.POSITIVE_INFINITY, false, event);
        this.add(place.side, price, qty, event.id2!);
        break;
      }
      case EventKind.Level:
        this.anonymous(event.side!, price, qty, (flags & EventFlag.Snapshot) !== 0);
        break;
      case EventKind.Trade:
        if ((flags & EventFlag.Cross) !== 0) this.cross(price, qty);
        else this.print(price, qty, event.side ?? 0);
        break;
      case EventKind.Clear:
        for (const side of [0, 1]) {
          for (const queue of this.sides[side].values()) {
            queue.anonymous = 0;
            queue.members = queue.members.filter((member) => member.isOwn);
          }
          this.taken[side].clear();
        }
        this.where.clear();
        break;
      default:
        break;
    }
  }

  private add(side: number, price: number, qty: number, id: number): void {
    const other = 3 - side;
    const best = this.ladder(other).find((queue) => this.recorded(queue) > 0);
    // Where the recording lets it rest against recorded orders nothing is matched now.
    const restsCrossed = best !== undefined && !isBetter(side, best.price, price);
    let open = restsCrossed ? 0 : qty;
    for (const own of this.ownOrders(other)) {
      const reaches = own.price === price || isBetter(other, own.price, price);
      if (!reaches || open === 0) continue;
      const part = Math.min(open, own.member.qty);
      open -= part;
      this.take(side, price, part);
      this.fill(own.queue, own.member, part, own.price, FillReason.BookCrossed);
    }
    this.queue(side, price).members.push({ id, isOwn: false, qty });
    this.where.set(id, { side, price });
  }

  private leave(id: number, qty: number, trades: boolean, event: StageEvent): void {
    let place = this.where.get(id);
    const known = place !== undefined;
    if (place === undefined) {
      if (((event.flags ?? 0) & EventFlag.Priced) === 0) return;
      place = { side: event.side!, price: event.price! };
      qty = event.qty!;
    }
    const queue = this.sides[place.side - 1].get(place.price);
    if (queue === undefined || (!known && queue.anonymous < qty)) return;
    const at = known ? queue.members.findIndex((member) => !member.isOwn && member.id === id) : -1;
    const gone = known ? Math.min(qty, queue.members[at].qty) : qty;
    if (trades) {
      let open = gone;
      for (const own of this.ownOrders(place.side)) {
        if (!isBetter(place.side, own.price, place.price)) break;
        const part = Math.min(open, own.member.qty);
        open -= part;
        this.fill(own.queue, own.member, part, own.price, FillReason.TradedThrough);
      }
      for (const member of known ? queue.members.slice(0, at) : []) {
        if (!member.isOwn) continue;
        const part = Math.min(open, member.qty);
        open -= part;
        this.fill(queue, member, part, place.price, FillReason.QueuePassed);
      }
    }
    this.untake(place.side, place.price, gone);
    if (!known) {
      queue.anonymous -= gone;
      return;
    }
    const member = queue.members.find((one) => !one.isOwn && one.id === id)!;
    member.qty -= gone;
    if (member.qty > 0) return;
    queue.members.splice(queue.members.indexOf(member), 1);
    this.where.delete(id);
  }

  private anonymous(side: number, price: number, qty: number, isSnapshot: boolean): void {
    const queue = this.queue(side, price);
    if (qty === 0 && isSnapshot) {
      this.untake(side, price, this.recorded(queue));
      for (const member of queue.members) if (!member.isOwn) this.where.delete(member.id);
      queue.members = queue.members.filter((member) => member.isOwn);
      queue.anonymous = 0;
      return;
    }
    if (qty < queue.anonymous) this.untake(side, price, queue.anonymous - qty);
    queue.anonymous = qty;
  }

  /** A print that belongs to no displayed order: only orders at better prices would have come before it. */
  private print(price: number, qty: number, aggressor: number): void {
    let open = qty;
    for (const side of [Side.Bid, Side.Ask]) {
      if (aggressor === side) continue;
      for (const own of this.ownOrders(side)) {
        if (!isBetter(side, own.price, price)) break;
        const part = Math.min(open, own.member.qty);
        open -= part;
        this.fill(own.queue, own.member, part, own.price, FillReason.TradedThrough);
      }
    }
  }

  private cross(price: number, qty: number): void {
    for (const side of [Side.Bid, Side.Ask]) {
      let open = qty;
      for (const own of this.ownOrders(side)) {
        if (isBetter(side, price, own.price)) break;
        const part = Math.min(open, own.member.qty);
        open -= part;
        this.fill(own.queue, own.member, part, price, FillReason.Auction);
      }
    }
  }

  private fill(queue: Queue, member: Member, qty: number, price: number, reason: number): void {
    if (qty === 0) return;
    this.fills.push({ orderId: member.id, qty, price, reason });
    member.qty -= qty;
    if (member.qty === 0) queue.members.splice(queue.members.indexOf(member), 1);
  }

  /** Own orders of a side, the best price first, in the order of their queue. */
  private ownOrders(side: number): { queue: Queue; member: Member; price: number }[] {
    return this.ladder(side).flatMap((queue) =>
      queue.members.filter((member) => member.isOwn).map((member) => ({ queue, member, price: queue.price })),
    );
  }

  private isCrossed(): boolean {
    const [bid, ask] = [Side.Bid, Side.Ask].map((side) => this.ladder(side).find((queue) => this.recorded(queue) > 0));
    return bid !== undefined && ask !== undefined && bid.price >= ask.price;
  }

  private ladder(side: number): Queue[] {
    return [...this.sides[side - 1].values()].sort((a, b) => (isBetter(side, a.price, b.price) ? -1 : 1));
  }

  private recorded(queue: Queue): number {
    return queue.members.reduce((sum, member) => sum + (member.isOwn ? 0 : member.qty), queue.anonymous);
  }

  private queue(side: number, price: number): Queue {
    let queue = this.sides[side - 1].get(price);
    if (queue === undefined) this.sides[side - 1].set(price, (queue = { price, members: [], anonymous: 0 }));
    return queue;
  }

  private take(side: number, price: number, qty: number): void {
    this.taken[side - 1].set(price, (this.taken[side - 1].get(price) ?? 0) + qty);
  }

  private untake(side: number, price: number, qty: number): void {
    const taken = this.taken[side - 1];
    if (taken.has(price)) taken.set(price, Math.max(0, taken.get(price)! - qty));
  }
}
