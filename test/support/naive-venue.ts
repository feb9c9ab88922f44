/**
 * Slow models of the simulated venue for limit orders without latency, made to be believed: an order-by-order market whose
 * queues are lists in which own orders stand among the recorded ones, and a by-level market as the documents of its queue
 * models put it. No code of src/venue.
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
function isBetter(side: number, a: number, b: number): boolean {
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

/** Probability that a cancelled lot was behind, as the queue models' documents state it. */
export function behindProbability(model: string, n: number, front: number, back: number): number {
  const f = (x: number): number => (model.startsWith('log') ? Math.log(1 + x) : x ** n);
  let p = Number.NaN;
  if (model === 'power' || model === 'log') p = f(back) / (f(back) + f(front));
  if (model === 'power2' || model === 'log2') p = f(back) / f(back + front);
  if (model === 'power3') p = 1 - f(front / (front + back));
  return p >= 0 && p <= 1 ? p : 1;
}

interface LevelOrder extends NaiveOwn {
  front: number;
  traded: number;
}

export class NaiveLevels {
  readonly fills: NaiveFill[] = [];
  /** Own orders in the order they came. */
  readonly own: LevelOrder[] = [];
  private readonly sides = [new Map<number, number>(), new Map<number, number>()];
  private readonly taken = [new Map<number, number>(), new Map<number, number>()];
  private readonly model: string;
  private readonly n: number;

  constructor(model: string, n: number) {
    this.model = model;
    this.n = n;
  }

  submit(id: number, side: number, price: number, qty: number): void {
    const other = 3 - side;
    let left = qty;
    const prices = [...this.sides[other - 1].keys()].sort((a, b) => (isBetter(other, a, b) ? -1 : 1));
    for (const at of prices) {
      if (at !== price && !isBetter(other, at, price)) break;
      const open = this.sides[other - 1].get(at)! - (this.taken[other - 1].get(at) ?? 0);
      const part = Math.min(open, left);
      if (part <= 0) continue;
      left -= part;
      this.taken[other - 1].set(at, (this.taken[other - 1].get(at) ?? 0) + part);
      this.fills.push({ orderId: id, qty: part, price: at, reason: FillReason.DepthTaken });
    }
    if (left === 0) return;
    const levels = [...this.sides[side - 1].keys()];
    const isBeyond = levels.length > 0 && levels.every((at) => isBetter(side, at, price));
    const front = this.sides[side - 1].get(price) ?? (isBeyond ? Number.POSITIVE_INFINITY : 0);
    this.own.push({ id, side, price, qty: left, front, traded: 0 });
  }

  /** The estimate, own orders that came before at the price included, rounded up; -1 where it is not known. */
  ahead(id: number): number {
    const order = this.own.find((one) => one.id === id);
    if (order === undefined || order.front === Number.POSITIVE_INFINITY) return -1;
    let lots = Math.ceil(order.front);
    for (const other of this.own) {
      if (other === order) break;
      if (other.side === order.side && other.price === order.price) lots += other.qty;
    }
    return lots;
  }

  cancel(id: number): void {
    const at = this.own.findIndex((order) => order.id === id);
    if (at >= 0) this.own.splice(at, 1);
  }

  apply(event: StageEvent): void {
    const price = event.price ?? 0;
    const qty = event.qty ?? 0;
    if (event.kind === EventKind.Level) this.level(event.side!, price, qty);
    else if (event.kind === EventKind.Trade) this.trade(event.side!, price, qty);
    else if (event.kind === EventKind.Clear) {
      for (const side of [...this.sides, ...this.taken]) side.clear();
    }
  }

  private level(side: number, price: number, qty: number): void {
    const levels = this.sides[side - 1];
    const before = levels.get(price) ?? 0;
    const taken = this.taken[side - 1];
    if (qty < before) taken.set(price, Math.max(0, (taken.get(price) ?? 0) - (before - qty)));
    let least = 0;
    for (const order of this.own) {
      if (order.side !== side || order.price !== price) continue;
      order.front = least = Math.max(least, this.frontAfter(order, before, qty));
      order.traded = 0;
    }
    let open = qty - before;
    for (const order of this.ranked(3 - side)) {
      const reaches = order.price === price || isBetter(3 - side, order.price, price);
      if (!reaches || open <= 0) continue;
      const part = Math.min(open, order.qty);
      open -= part;
      taken.set(price, (taken.get(price) ?? 0) + part);
      this.fill(order, part, FillReason.BookCrossed);
    }
    if (qty === 0) levels.delete(price);
    else levels.set(price, qty);
  }

  private frontAfter(order: LevelOrder, before: number, after: number): number {
    const { front } = order;
    const change = before - after - order.traded;
    if (this.model === 'riskAverse' || change < 0 || front > before) return Math.min(front, after);
    const back = before - front;
    const p = behindProbability(this.model, this.n, front, back);
    const estimate = front - (1 - p) * change + Math.min(back - p * change, 0);
    return Math.min(after, Math.max(0, estimate));
  }

  private trade(aggressor: number, price: number, qty: number): void {
    const side = 3 - aggressor;
    let open = qty;
    for (const order of this.ranked(side)) {
      if (isBetter(side, order.price, price)) {
        const part = Math.min(open, order.qty);
        open -= part;
        this.fill(order, part, FillReason.TradedThrough);
      } else if (order.price === price) {
        const part = Math.max(0, Math.min(order.qty, Math.floor(open - order.front)));
        open -= part;
        order.front = Math.max(0, order.front - qty);
        order.traded += qty;
        this.fill(order, part, FillReason.QueueReached);
      }
    }
  }

  private ranked(side: number): LevelOrder[] {
    const orders = this.own.filter((order) => order.side === side);
    return orders.sort((a, b) => (a.price === b.price ? 0 : isBetter(side, a.price, b.price) ? -1 : 1));
  }

  private fill(order: LevelOrder, qty: number, reason: number): void {
    if (qty === 0) return;
    this.fills.push({ orderId: order.id, qty, price: order.price, reason });
    order.qty -= qty;
    if (order.qty === 0) this.own.splice(this.own.indexOf(order), 1);
  }
}
