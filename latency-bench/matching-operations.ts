/**
 * What the matching books of the benchmark are asked to do: seeded, the same for all of them, 48 bytes each as the C++ ladder
 * reads them. Only what every one of them can do: limit, market, immediate-or-cancel, fill-or-kill and post-only orders,
 * cancels, replaces to another price. A new order's OrderID is its number among the new orders, from 1 on.
 *
 *   int 0 action (1 add, 2 cancel, 3 replace)   int 3 OrdType       word 3  price, ticks
 *   int 1 OrderID (cancel, replace)             int 4 TimeInForce   word 4  quantity, lots (replace: of the whole order)
 *   int 2 OrderSide                             int 5 OrderFlag     word 5  displayed at a time; 0 here
 */
import { OrderFlag, OrderSide, OrdType, TimeInForce } from '../src/core/order.ts';
import { Prng } from '../src/core/prng.ts';
import { MatchBook } from '../src/matching/match-book.ts';
import { NO_LEVEL } from '../src/matching/queues.ts';
import type { Request } from '../src/matching/refusals.ts';

export const OPERATION_WORDS = 6;
export const Action = { Add: 1, Cancel: 2, Replace: 3 } as const;

const SEED = 20_261_122;
/** Orders at rest around which the book stays; a busy stock has so many. */
const RESTING = 10_000;
const FIRST_PRICE = 100_000;
/** Most passive orders come this near to the touch, few far behind it. */
const NEAR_TICKS = 30;
const FAR_TICKS = 500;

export interface Operations {
  readonly f64: Float64Array;
  readonly i32: Int32Array;
  readonly count: number;
  /** Leaves that a replace asks for, by operation: for books whose replace knows no executed part. */
  readonly replacedLeaves: Float64Array;
}

/** Made by asking our own book what is there; that it is right is for the other books to say. */
export function makeOperations(count: number): Operations {
  const f64 = new Float64Array(count * OPERATION_WORDS);
  const maker = new OperationMaker(f64, count);
  for (let i = 0; i < count; i++) maker.make(i);
  return { f64, i32: maker.i32, count, replacedLeaves: maker.replacedLeaves };
}

class OperationMaker {
  readonly i32: Int32Array;
  readonly replacedLeaves: Float64Array;
  private readonly f64: Float64Array;
  private readonly random = new Prng(SEED);
  private readonly book = new MatchBook({ orders: RESTING * 2, ids: 1 << 16 });
  /** Orders that may be at rest, with their side and price; those that are not any more are dropped when they are met. */
  private readonly open: { id: number; side: number; price: number; isPostOnly: boolean }[] = [];

  constructor(f64: Float64Array, count: number) {
    this.f64 = f64;
    this.i32 = new Int32Array(f64.buffer);
    this.replacedLeaves = new Float64Array(count);
  }

  make(i: number): void {
    const { random, book } = this;
    const one = random.below(100);
    const wanted = book.openOrders > RESTING ? 44 : 36;
    if (one < wanted) this.cancel(i);
    else if (one < wanted + 10) this.replace(i);
    else this.add(i, one >= 90);
    book.outputs.clear();
  }

  private add(i: number, isAggressor: boolean): void {
    const { random, book, f64, i32 } = this;
    const w = i * OPERATION_WORDS;
    const side = 1 + random.below(2);
    let type: number = OrdType.Limit;
    let timeInForce: number = TimeInForce.Gtc;
    const isPostOnly = !isAggressor && random.below(8) === 0;
    if (isAggressor) {
      const kind = random.below(10);
      if (kind < 3) type = OrdType.Market;
      else if (kind < 6) timeInForce = TimeInForce.Ioc;
      else if (kind < 7) timeInForce = TimeInForce.Fok;
    }
    i32.set([Action.Add, 0, side, type, timeInForce, isPostOnly ? OrderFlag.PostOnly : 0], w * 2);
    f64[w + 3] = type === OrdType.Market ? 0 : this.price(side, isAggressor);
    f64[w + 4] = 1 + random.below(isAggressor ? 400 : 100);
    act(book, f64, i32, w);
    const id = book.lastOrderId;
    if (book.leavesOf(id) > 0) this.open.push({ id, side, price: f64[w + 3], isPostOnly });
  }

  private cancel(i: number): void {
    const at = this.pick();
    const order = this.open[at];
    this.i32.set([Action.Cancel, order?.id ?? 1], i * OPERATION_WORDS * 2);
    act(this.book, this.f64, this.i32, i * OPERATION_WORDS);
    this.drop(at);
  }

  /** To another price, near the old one; not of post-only orders, which nodejs-order-book would drop. */
  private replace(i: number): void {
    const { random, book, f64, i32 } = this;
    const at = this.pick();
    const order = this.open[at];
    if (order === undefined || order.isPostOnly) {
      this.cancel(i);
      return;
    }
    const w = i * OPERATION_WORDS;
    i32.set([Action.Replace, order.id], w * 2);
    f64[w + 3] = order.price + (1 + random.below(5)) * (random.below(2) === 0 ? 1 : -1);
    const leaves = 1 + random.below(100);
    this.replacedLeaves[i] = leaves;
    f64[w + 4] = book.qtyOf(order.id) - book.leavesOf(order.id) + leaves;
    act(book, f64, i32, w);
    order.price = f64[w + 3];
  }

  /** An order at rest, by its place in `open`; -1 where there is none. */
  private pick(): number {
    const { open, random, book } = this;
    while (open.length > 0) {
      const at = random.below(open.length);
      if (book.leavesOf(open[at].id) > 0) return at;
      this.drop(at);
    }
    return -1;
  }

  private drop(at: number): void {
    const last = this.open.pop();
    if (last !== undefined && at >= 0 && at < this.open.length) this.open[at] = last;
  }

  private price(side: number, isAggressor: boolean): number {
    const { random, book } = this;
    const bid = book.bids.best === NO_LEVEL ? FIRST_PRICE - 1 : book.bids.bestKey[0];
    const ask = book.asks.best === NO_LEVEL ? bid + 2 : -book.asks.bestKey[0];
    const towards = side === OrderSide.Buy ? 1 : -1;
    const opposite = side === OrderSide.Buy ? ask : bid;
    if (isAggressor) return opposite + towards * random.below(4);
    const behind = random.below(10) === 0 ? random.below(FAR_TICKS) : random.below(NEAR_TICKS);
    return opposite - towards * (1 + behind);
  }
}

// Not the imported and exported ones, which would be loaded for every operation: see match-book.ts.
const ADD: typeof Action.Add = 1;
const CANCEL: typeof Action.Cancel = 2;
const ASKED_PRICE: typeof Request.Price = 0;
const ASKED_QTY: typeof Request.Qty = 1;
const ASKED_DISPLAY: typeof Request.Display = 3;

/** Lets a book act on the operation at word `w`. */
export function act(book: MatchBook, f64: Float64Array, i32: Int32Array, w: number): void {
  const { request } = book;
  const h = w * 2;
  const action = i32[h];
  if (action === CANCEL) {
    book.cancel(i32[h + 1]);
    return;
  }
  request[ASKED_PRICE] = f64[w + 3];
  request[ASKED_QTY] = f64[w + 4];
  request[ASKED_DISPLAY] = f64[w + 5];
  if (action === ADD) book.submit(i32[h + 2], i32[h + 3], i32[h + 4], i32[h + 5]);
  else book.replace(i32[h + 1]);
}
