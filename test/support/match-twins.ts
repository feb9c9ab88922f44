/** Seeded requests through a matching book and its naive twin: the same outputs, the same queues, request by request. */
import assert from 'node:assert/strict';
import { OrderFlag, OrderSide, OrdType, TimeInForce } from '../../src/core/order.ts';
import { Prng } from '../../src/core/prng.ts';
import { MatchBook } from '../../src/matching/match-book.ts';
import { LEAVES, NEXT, ORDER_ID, type OrderPool, PRICE, QTY } from '../../src/matching/order-pool.ts';
import { OUTPUT_WORDS } from '../../src/matching/outputs.ts';
import { NO_LEVEL, type Queues } from '../../src/matching/queues.ts';
import { Request } from '../../src/matching/refusals.ts';
import { type MatchOutput, type MatchRequest, NaiveMatch } from './naive-match.ts';

/** How requests are drawn. */
export interface MatchProfile {
  /** Prices are drawn from this many ticks around a price that drifts. */
  readonly spread: number;
  /** Largest step of the drift, for each request. */
  readonly drift: number;
  /** Orders that are kept open, more or less. */
  readonly depth: number;
  /** One in so many prices is far away, up to 2^52. */
  readonly farOneIn: number;
}

export class MatchTwins {
  readonly book = new MatchBook({ orders: 2, ids: 2 });
  readonly twin = new NaiveMatch();
  /** Outputs by kind. */
  readonly kinds = new Map<number, number>();
  /** RejectCodes met. */
  readonly codes = new Set<number>();
  private readonly random: Prng;
  private readonly profile: MatchProfile;
  private middle = 1_000_000;
  private submitted = 0;

  constructor(seed: number, profile: MatchProfile) {
    this.random = new Prng(seed);
    this.profile = profile;
  }

  step(): void {
    const request = this.draw();
    this.twin.do(request);
    this.act(request);
    const { outputs } = this.book;
    const said: MatchOutput[] = [];
    for (let i = 0; i < outputs.count; i++) {
      const w = i * OUTPUT_WORDS;
      const [kind, code, order, maker] = outputs.i32.subarray(w * 2, w * 2 + 4);
      const [price, qty, leaves, makerLeaves] = outputs.f64.subarray(w + 2, w + 6);
      said.push([kind, code, order, maker, price, qty, leaves, makerLeaves]);
      this.kinds.set(kind, (this.kinds.get(kind) ?? 0) + 1);
      this.codes.add(code);
    }
    outputs.clear();
    assert.deepEqual(said, this.twin.outputs, `what follows from ${JSON.stringify(request)}`);
  }

  /** Every queue, order by order; invariants. */
  compare(): void {
    const { book, twin } = this;
    book.checkInvariants();
    const inside = book as unknown as { pool: OrderPool; buyStops: Queues; sellStops: Queues };
    const sides: [Queues, number, boolean][] = [
      [book.bids, OrderSide.Buy, false],
      [book.asks, OrderSide.Sell, false],
      [inside.buyStops, OrderSide.Buy, true],
      [inside.sellStops, OrderSide.Sell, true],
    ];
    for (const [queues, side, stops] of sides) {
      const orders = ordersOf(queues, inside.pool);
      const expected = twin.queue(side, stops).map(({ id, price, qty, leaves }) => [id, price, qty, leaves]);
      assert.deepEqual(orders, expected);
    }
    assert.equal(book.openOrders, twin.orders.length);
    assert.equal(Number.isNaN(book.lastPriceTicks) ? null : book.lastPriceTicks, twin.last);
  }

  private act(request: MatchRequest): void {
    const { book } = this;
    book.request[Request.Price] = request.price;
    book.request[Request.Qty] = request.qty;
    book.request[Request.Trigger] = request.trigger;
    book.request[Request.Display] = request.display;
    if (request.do === 'submit') {
      this.submitted++;
      const id = book.submit(request.side, request.type, request.timeInForce, request.flags);
      assert.equal(id, this.submitted, 'OrderIDs are counted');
    } else if (request.do === 'cancel') book.cancel(request.orderId);
    else book.replace(request.orderId);
  }

  private draw(): MatchRequest {
    const { random, profile } = this;
    const open = this.twin.orders.length;
    const one = random.below(100);
    const cancels = open > profile.depth ? 45 : 20;
    const action = one < cancels ? 'cancel' : one < cancels + 15 ? 'replace' : 'submit';
    this.middle = Math.max(profile.spread, this.middle + random.below(2 * profile.drift + 1) - profile.drift);
    // Now and then an order that is not here any more, or never was.
    const order = open === 0 || random.below(20) === 0 ? null : this.twin.orders[random.below(open)];
    const types = [OrdType.Limit, OrdType.Limit, OrdType.Limit, OrdType.Market, OrdType.Stop, OrdType.StopLimit];
    const times = [
      TimeInForce.Day,
      TimeInForce.Gtc,
      TimeInForce.Gtd,
      TimeInForce.Ioc,
      TimeInForce.Fok,
      TimeInForce.Gtc,
    ];
    const qty = 1 + random.below(50);
    const isNonsense = random.below(50) === 0;
    const nonsense = (): number => [0, -1, 1.5, Number.NaN, 2 ** 53, Number.POSITIVE_INFINITY][random.below(6)];
    return {
      do: action,
      orderId: order?.id ?? random.below(this.submitted + 3),
      side: isNonsense && random.below(4) === 0 ? 3 : 1 + random.below(2),
      type: isNonsense && random.below(4) === 0 ? 5 + random.below(2) : types[random.below(6)],
      timeInForce: isNonsense && random.below(4) === 0 ? 6 : times[random.below(6)],
      flags: random.below(6) === 0 ? OrderFlag.PostOnly : 0,
      price: isNonsense && random.below(3) === 0 ? nonsense() : this.price(order?.price ?? 0),
      qty: isNonsense && random.below(3) === 0 ? nonsense() : qty,
      trigger: isNonsense && random.below(3) === 0 ? nonsense() : this.price(0),
      display: isNonsense && random.below(3) === 0 ? 60 : random.below(4) === 0 ? 1 + random.below(qty) : 0,
    };
  }

  /** `present`: often kept. */
  private price(present: number): number {
    const { random, profile } = this;
    if (present > 0 && random.below(3) === 0) return present;
    if (random.below(profile.farOneIn) === 0) return 1 + random.below(2 ** 20) * 2 ** random.below(32);
    return this.middle + random.below(profile.spread) - (profile.spread >> 1);
  }
}

function ordersOf(queues: Queues, pool: OrderPool): number[][] {
  const { f64, i32 } = pool;
  const orders: number[][] = [];
  for (let level = queues.best; level !== NO_LEVEL; level = queues.below(level)) {
    for (let slot = queues.first(level); slot !== 0; slot = i32[(slot << 4) + NEXT]) {
      orders.push([
        i32[(slot << 4) + ORDER_ID],
        f64[(slot << 3) + PRICE],
        f64[(slot << 3) + QTY],
        f64[(slot << 3) + LEAVES],
      ]);
    }
  }
  return orders;
}
