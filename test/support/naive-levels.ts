/**
 * A slow model of the simulated venue on a by-level market, for limit orders without latency, as the documents of its queue
 * models put it. No code of src/venue.
 */
import { EventKind } from '../../src/core/event.ts';
import { FillReason } from '../../src/core/order.ts';
import { isBetter, type NaiveFill, type NaiveOwn } from './naive-queues.ts';
import type { StageEvent } from './venue-stage.ts';

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
