/**
 * Seeded streams of book events that look like a market's: few instruments get most of the events, most events are near
 * the touch, the mid wanders. Each stream knows what the books must hold at its end, from a model that shares nothing with
 * the books: a list of live orders, a map of levels.
 */
import { EventFlag, EventKind, eventHead, type Side, SLOT_WORDS } from '../src/core/event.ts';
import { Prng } from '../src/core/prng.ts';

const MID_TICKS = 100_000;

/** Events one behind the other, and what is to hold after the last. */
export interface BookStream {
  readonly memory: { readonly f64: Float64Array; readonly u32: Uint32Array; readonly bytes: Uint8Array };
  readonly instruments: number;
  /** Events that fill the books, before those that are timed. */
  readonly preload: number;
  readonly count: number;
  /** Live orders at the end; 0 by level. */
  readonly orders: number;
  /** `instrument side price` -> [quantity, orders]. */
  levels(): Map<string, [qty: number, orders: number]>;
}

class Writer {
  readonly memory: BookStream['memory'];
  count = 0;

  constructor(capacity: number) {
    const buffer = new ArrayBuffer(capacity * SLOT_WORDS * 8);
    this.memory = { f64: new Float64Array(buffer), u32: new Uint32Array(buffer), bytes: new Uint8Array(buffer) };
  }

  put(kind: EventKind, side: number, instrument: number, price: number, qty: number, id: number, id2 = 0): void {
    const w = this.count++ * SLOT_WORDS;
    const { f64, u32 } = this.memory;
    u32[w * 2] = eventHead(kind, side, EventFlag.Last);
    u32[w * 2 + 1] = instrument;
    f64[w + 1] = this.count * 1000;
    f64[w + 2] = this.count * 1000;
    f64[w + 3] = price;
    f64[w + 4] = qty;
    f64[w + 5] = id;
    f64[w + 6] = id2;
  }
}

interface Order {
  readonly id: number;
  readonly side: Side;
  readonly price: number;
  qty: number;
}

/** Half of all events go to a fifth of the instruments. */
function pick(random: Prng, instruments: number): number {
  return Math.floor(instruments * random.unit() ** 2.3);
}

/** Ticks from the mid, 1 and more: half of all within 4. */
function distance(random: Prng): number {
  return 1 + Math.floor(-6 * Math.log(1 - random.unit() * 0.999));
}

/** Order by order: adds, deletions, executions, reductions and replacements around a steady number of live orders. */
export function orderStream(instruments: number, ordersEach: number, events: number, seed: number): BookStream {
  const random = new Prng(seed);
  const preload = instruments * ordersEach;
  const out = new Writer(preload + events);
  const live: Order[][] = Array.from({ length: instruments }, () => []);
  const mids = new Float64Array(instruments).fill(MID_TICKS);
  let nextId = 1;
  const rest = (instrument: number, side: Side): Order => {
    const price = mids[instrument] + (side === 1 ? -1 : 1) * distance(random);
    const order = { id: nextId++, side, price, qty: 1 + random.below(900) };
    live[instrument].push(order);
    return order;
  };
  const add = (instrument: number): void => {
    const { id, side, price, qty } = rest(instrument, (1 + random.below(2)) as Side);
    out.put(EventKind.Add, side, instrument, price, qty, id);
  };
  /** Takes an order off the list: the younger the likelier. */
  const take = (orders: Order[]): Order => {
    const at = orders.length - 1 - Math.floor(orders.length * random.unit() ** 3);
    const [order] = orders.splice(at, 1);
    return order;
  };
  for (let i = 0; i < preload; i++) add(i % instruments);
  for (let i = 0; i < events; i++) {
    const instrument = pick(random, instruments);
    if (random.below(40) === 0) mids[instrument] += random.below(3) - 1;
    const orders = live[instrument];
    const draw = random.below(100);
    if (orders.length < ordersEach || draw < 8) {
      add(instrument);
      continue;
    }
    const order = take(orders);
    if (draw < 75) out.put(EventKind.Delete, order.side, instrument, 0, 0, order.id);
    else if (draw < 90) {
      const qty = random.below(2) === 0 ? order.qty : 1 + random.below(order.qty);
      out.put(draw < 83 ? EventKind.Execute : EventKind.Reduce, order.side, instrument, 0, qty, order.id);
      order.qty -= qty;
      if (order.qty > 0) orders.push(order);
    } else {
      const next = rest(instrument, order.side);
      out.put(EventKind.Replace, order.side, instrument, next.price, next.qty, order.id, next.id);
    }
  }
  const levels = (): Map<string, [number, number]> => {
    const map = new Map<string, [number, number]>();
    for (const [instrument, orders] of live.entries()) {
      for (const { side, price, qty } of orders) {
        const key = `${instrument} ${side} ${price}`;
        const [was, count] = map.get(key) ?? [0, 0];
        map.set(key, [was + qty, count + 1]);
      }
    }
    return map;
  };
  const orders = live.reduce((sum, one) => sum + one.length, 0);
  return { memory: out.memory, instruments, preload, count: out.count, orders, levels };
}

/**
 * By level: quantities set and levels removed. `depth`: levels a side that are there at first, one tick apart.
 * `anywhere`: changes all over the depth instead of near the touch.
 */
export function levelStream(
  instruments: number,
  depth: number,
  events: number,
  seed: number,
  anywhere: boolean,
): BookStream {
  const random = new Prng(seed);
  const preload = instruments * depth * 2;
  const out = new Writer(preload + events);
  const held = new Map<string, [number, number]>();
  const set = (instrument: number, side: Side, away: number, qty: number): void => {
    const price = MID_TICKS + (side === 1 ? -away : away);
    out.put(EventKind.Level, side, instrument, price, qty, 0);
    const key = `${instrument} ${side} ${price}`;
    if (qty === 0) held.delete(key);
    else held.set(key, [qty, 0]);
  };
  for (let i = 0; i < preload; i++) {
    const away = 1 + (Math.floor(i / (instruments * 2)) % depth);
    set(i % instruments, (1 + (Math.floor(i / instruments) % 2)) as Side, away, 1 + random.below(1000));
  }
  for (let i = 0; i < events; i++) {
    const away = anywhere ? 1 + random.below(depth) : distance(random);
    const qty = random.below(10) < 3 ? 0 : 1 + random.below(1000);
    set(pick(random, instruments), (1 + random.below(2)) as Side, away, qty);
  }
  return { memory: out.memory, instruments, preload, count: out.count, orders: 0, levels: () => held };
}
