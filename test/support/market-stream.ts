/** Seeded streams of market events that look like a market: bids below asks, trades at the touch, a price that wanders. */
import { EventFlag, EventKind, Side } from '../../src/core/event.ts';
import type { Prng } from '../../src/core/prng.ts';
import type { StageEvent } from './venue-stage.ts';

interface Live {
  readonly id: number;
  readonly side: number;
  readonly price: number;
  qty: number;
}

/** Order by order, first in first out but for a few executions in a hundred. */
export class OrderStream {
  readonly live: Live[] = [];
  private readonly random: Prng;
  private readonly unseen = new Map<string, { side: number; price: number }>();
  private nextId = 1;
  private mid = 1000;

  constructor(random: Prng) {
    this.random = random;
  }

  get midTicks(): number {
    return this.mid;
  }

  next(): StageEvent {
    const { random, live } = this;
    if (random.below(20) === 0) this.mid += random.below(3) - 1;
    // Orders that the mid has passed are executed first, as they would be.
    const passed = live.find(({ side, price }) => (side === Side.Bid ? price >= this.mid : price <= this.mid));
    if (passed !== undefined) return this.execute(this.firstAt(passed), passed.qty);
    for (const [key, level] of this.unseen) {
      if (level.side === Side.Bid ? level.price < this.mid : level.price > this.mid) continue;
      this.unseen.delete(key);
      return { kind: EventKind.Level, ...level, qty: 0 };
    }
    const draw = random.below(100);
    if (live.length < 20 || draw < 35) return this.add();
    const one = live[random.below(live.length)];
    if (draw < 55) return this.leave(one);
    if (draw < 62) return this.replace(one);
    if (draw < 66)
      return {
        kind: EventKind.Trade,
        flags: EventFlag.Last | EventFlag.Hidden,
        price: this.mid + random.below(7) - 3,
        qty: this.qty(),
      };
    if (draw < 67)
      return { kind: EventKind.Trade, flags: EventFlag.Last | EventFlag.Cross, price: this.mid, qty: this.qty() };
    if (draw < 69) return this.anonymous();
    const best = this.best(1 + random.below(2));
    if (best === null) return this.add();
    const victim = random.below(30) === 0 ? one : this.firstAt(best);
    return this.execute(victim, random.below(2) === 0 ? victim.qty : 1 + random.below(victim.qty));
  }

  private add(): StageEvent {
    const { random } = this;
    const side = 1 + random.below(2);
    const price = this.price(side);
    const order = { id: this.nextId++, side, price, qty: this.qty() };
    this.live.push(order);
    return { kind: EventKind.Add, side, price, qty: order.qty, orderId: order.id };
  }

  private execute(order: Live, qty: number): StageEvent {
    this.take(order, qty);
    const flags = EventFlag.Last | (this.random.below(40) === 0 ? EventFlag.NonPrintable : 0);
    return { kind: EventKind.Execute, flags, qty, orderId: order.id };
  }

  private leave(order: Live): StageEvent {
    if (this.random.below(3) === 0 && order.qty > 1) {
      const qty = 1 + this.random.below(order.qty - 1);
      this.take(order, qty);
      return { kind: EventKind.Reduce, qty, orderId: order.id };
    }
    this.take(order, order.qty);
    return { kind: EventKind.Delete, orderId: order.id };
  }

  private replace(order: Live): StageEvent {
    this.take(order, order.qty);
    const price = this.random.below(3) === 0 ? order.price : this.price(order.side);
    const next = { id: this.nextId++, side: order.side, price, qty: this.qty() };
    this.live.push(next);
    return { kind: EventKind.Replace, price, qty: next.qty, orderId: order.id, id2: next.id };
  }

  private anonymous(): StageEvent {
    const side = 1 + this.random.below(2);
    const qty = this.random.below(3) * this.random.below(20);
    const price = this.price(side);
    if (qty === 0) this.unseen.delete(`${side} ${price}`);
    else this.unseen.set(`${side} ${price}`, { side, price });
    return { kind: EventKind.Level, side, price, qty };
  }

  private take(order: Live, qty: number): void {
    order.qty -= qty;
    if (order.qty === 0) this.live.splice(this.live.indexOf(order), 1);
  }

  private best(side: number): Live | null {
    let best: Live | null = null;
    for (const order of this.live) {
      if (order.side !== side) continue;
      if (best === null || (side === Side.Bid ? order.price > best.price : order.price < best.price)) best = order;
    }
    return best;
  }

  private firstAt(like: Live): Live {
    return this.live.find((order) => order.side === like.side && order.price === like.price)!;
  }

  private price(side: number): number {
    const away = 1 + this.random.below(6);
    return side === Side.Bid ? this.mid - away : this.mid + away;
  }

  private qty(): number {
    return 1 + this.random.below(30);
  }
}

/** By level: trades first, then the level they left, as most venues tell it. */
export class LevelStream {
  private readonly random: Prng;
  private readonly sides = [new Map<number, number>(), new Map<number, number>()];
  private mid = 1000;
  private readonly queued: StageEvent[] = [];

  constructor(random: Prng) {
    this.random = random;
  }

  get midTicks(): number {
    return this.mid;
  }

  next(): StageEvent {
    const { random, queued } = this;
    if (queued.length > 0) return queued.shift()!;
    if (random.below(15) === 0) {
      this.mid += random.below(3) - 1;
      for (const side of [Side.Bid, Side.Ask]) {
        for (const price of this.sides[side - 1].keys()) {
          if (side === Side.Bid ? price >= this.mid : price <= this.mid) queued.push(this.set(side, price, 0));
        }
      }
      if (queued.length > 0) return queued.shift()!;
    }
    const side = 1 + random.below(2);
    const levels = this.sides[side - 1];
    const prices = [...levels.keys()].sort((a, b) => (side === Side.Bid ? b - a : a - b));
    const draw = random.below(100);
    if (prices.length < 4 || draw < 40) {
      const away = 1 + random.below(6);
      return this.set(side, side === Side.Bid ? this.mid - away : this.mid + away, 1 + random.below(60));
    }
    if (draw < 60) {
      const price = prices[random.below(prices.length)];
      return this.set(side, price, random.below(levels.get(price)! + 1));
    }
    const price = random.below(8) === 0 ? prices[1] : prices[0];
    const qty = 1 + random.below(levels.get(price)! + 4);
    if (random.below(4) > 0) queued.push(this.set(side, price, Math.max(0, levels.get(price)! - qty)));
    return { kind: EventKind.Trade, side: 3 - side, price, qty };
  }

  private set(side: number, price: number, qty: number): StageEvent {
    if (qty === 0) this.sides[side - 1].delete(price);
    else this.sides[side - 1].set(price, qty);
    return { kind: EventKind.Level, side, price, qty };
  }
}
