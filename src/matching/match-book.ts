/**
 * A price-time matching book of one instrument: limit and market orders, stops and stop-limits, immediate-or-cancel,
 * fill-or-kill, post-only, icebergs. A request is one call; what follows from it is in `outputs` when the call returns.
 * Nothing is allocated once the memory is as large as it needs to be.
 *
 * - Makers are served by price, then by arrival at their price, and trade at their own price.
 * - An iceberg whose displayed part is used up displays the next part at the back of its queue.
 * - A replace keeps its place when the price stays and the quantity does not grow; else the order arrives anew.
 * - Stops look at trades: a buy is triggered at its trigger or above, a sell at it or below; also by the last trade before it
 *   came. Triggered stops act behind the request that triggered them, one by one: buys first, the nearest trigger first, then
 *   by arrival; what they trade may trigger more.
 * - Who trades with whom is not looked at: self-trades are prevented by whoever sends the requests. When Day and GTD orders
 *   end is not known here: they are cancelled from outside.
 */
import { assert } from '../core/assert.ts';
import type { Fnv64 } from '../core/hash.ts';
import { ExecType, type OrderFlag, type OrderSide, type OrdType, RejectCode, type TimeInForce } from '../core/order.ts';
import type * as Pool from './order-pool.ts';
import { OrderPool, orderHead } from './order-pool.ts';
import type * as Out from './outputs.ts';
import { Outputs } from './outputs.ts';
import { NO_LEVEL, Queues } from './queues.ts';
import { type Request, refusalOf, refusalOfReplace } from './refusals.ts';

// An imported constant is loaded and checked wherever it is used, a literal of the module is part of the instruction: a
// quarter of a request's time. Hence copies of those on the common path; by their types they can't differ from the originals.
const BUY: typeof OrderSide.Buy = 1;
const LIMIT: typeof OrdType.Limit = 1;
const MARKET: typeof OrdType.Market = 2;
const STOP: typeof OrdType.Stop = 3;
const STOP_LIMIT: typeof OrdType.StopLimit = 4;
const IOC: typeof TimeInForce.Ioc = 3;
const FOK: typeof TimeInForce.Fok = 4;
const POST_ONLY: typeof OrderFlag.PostOnly = 1;
const NEW: typeof ExecType.New = 2;
const TRADE: typeof ExecType.Trade = 3;
const CANCELED: typeof ExecType.Canceled = 4;
const REPLACED: typeof ExecType.Replaced = 5;
const ASKED_PRICE: typeof Request.Price = 0;
const ASKED_QTY: typeof Request.Qty = 1;
const ASKED_TRIGGER: typeof Request.Trigger = 2;
const ASKED_DISPLAY: typeof Request.Display = 3;
const LEAVES: typeof Pool.LEAVES = 0;
const SHOWN: typeof Pool.SHOWN = 1;
const TRIGGER: typeof Pool.TRIGGER = 1;
const QTY: typeof Pool.QTY = 2;
const PRICE: typeof Pool.PRICE = 3;
const DISPLAY: typeof Pool.DISPLAY = 4;
const NEXT: typeof Pool.NEXT = 10;
const LEVEL: typeof Pool.LEVEL = 12;
const ORDER_ID: typeof Pool.ORDER_ID = 13;
const HEAD: typeof Pool.HEAD = 14;
const NO_SLOT: typeof Pool.NO_SLOT = 0;
const OUTPUT_WORDS: typeof Out.OUTPUT_WORDS = 6;
const OUT_PRICE: typeof Out.OUT_PRICE = 2;
const OUT_QTY: typeof Out.OUT_QTY = 3;
const OUT_LEAVES: typeof Out.OUT_LEAVES = 4;
const OUT_MAKER_LEAVES: typeof Out.OUT_MAKER_LEAVES = 5;

/** Places of `cells`: the last trade's price, the highest and lowest since the request began, a change of lots. */
const LAST = 0;
const HIGH = 1;
const LOW = 2;
const CHANGE = 3;

export interface MatchBookSize {
  /** Orders at a time that there is room for from the start, and how many of the newest OrderIDs are found fastest. */
  readonly orders: number;
  readonly ids: number;
}

export class MatchBook {
  readonly outputs = new Outputs(1 << 12);
  /**
   * What `submit` and `replace` read: price (ticks; ignored of market and stop orders), quantity (lots), trigger (ticks, of
   * stops), displayed at a time (lots, 0 = everything). In memory, so that no number is boxed on the way.
   */
  readonly request = new Float64Array(4);
  // Declared here, defined by the constructor: a field that is undefined at first is checked at every use.
  declare readonly bids: Queues;
  declare readonly asks: Queues;
  declare private readonly buyStops: Queues;
  declare private readonly sellStops: Queues;
  /** For reading only. */
  declare readonly pool: OrderPool;
  private readonly cells = new Float64Array([Number.NaN, Number.NaN, Number.NaN, 0]);

  constructor(size: MatchBookSize = { orders: 1 << 10, ids: 1 << 12 }) {
    this.pool = new OrderPool(size.orders, size.ids);
    this.bids = new Queues(this.pool, 1, PRICE, SHOWN);
    this.asks = new Queues(this.pool, -1, PRICE, SHOWN);
    // The stop that is triggered first is the best: of buys the lowest, of sells the highest.
    this.buyStops = new Queues(this.pool, -1, TRIGGER, LEAVES);
    this.sellStops = new Queues(this.pool, 1, TRIGGER, LEAVES);
  }

  /** A new order, its figures in `request`. Returns its OrderID, of a refused one too. */
  submit(side: number, type: number, timeInForce: number, flags: number): number {
    const { pool, request } = this;
    const slot = pool.add();
    const o = slot << 3;
    const id = pool.i32[(slot << 4) + ORDER_ID];
    const isStop = type === STOP || type === STOP_LIMIT;
    const hasPrice = type === LIMIT || type === STOP_LIMIT;
    pool.i32[(slot << 4) + HEAD] = orderHead(side, type, timeInForce, flags);
    pool.f64[o + LEAVES] = request[ASKED_QTY];
    pool.f64[o + QTY] = request[ASKED_QTY];
    pool.f64[o + PRICE] = hasPrice ? request[ASKED_PRICE] : 0;
    pool.f64[o + DISPLAY] = request[ASKED_DISPLAY];
    pool.f64[o + TRIGGER] = isStop ? request[ASKED_TRIGGER] : 0;
    let code = refusalOf(request, side, type, timeInForce, flags);
    const takes = !isStop && this.wouldTake(side, pool.f64, o + PRICE);
    if (code === 0 && takes && (flags & POST_ONLY) !== 0) code = RejectCode.VenueWouldTake;
    this.say(code === 0 ? NEW : ExecType.Rejected, code, slot);
    if (code !== 0) {
      pool.release(slot);
    } else if (type === LIMIT && !takes && timeInForce !== IOC && timeInForce !== FOK) {
      this.rest(slot); // most orders: no trade, so no stop that it triggers
    } else {
      if (isStop) (side === BUY ? this.buyStops : this.sellStops).append(slot);
      else this.enter(slot);
      this.settle();
    }
    return id;
  }

  /** Takes an order out, resting or waiting. */
  cancel(orderId: number): void {
    const slot = this.pool.slotOf(orderId);
    if (slot === NO_SLOT) {
      this.refuse(ExecType.CancelRejected, RejectCode.VenueUnknownOrder, orderId);
      return;
    }
    this.queuesOf(slot).remove(slot);
    this.end(slot, 0);
  }

  /** Gives an order the price and the whole quantity (executed part included) in `request`. */
  replace(orderId: number): void {
    const { pool, request } = this;
    const slot = pool.slotOf(orderId);
    if (slot === NO_SLOT) {
      this.refuse(ExecType.ReplaceRejected, RejectCode.VenueUnknownOrder, orderId);
      return;
    }
    const o = slot << 3;
    const { f64 } = pool;
    const isStop = this.isStop(slot);
    const hasPrice = f64[o + PRICE] > 0;
    let code = refusalOfReplace(request, hasPrice);
    const leaves = request[ASKED_QTY] - (f64[o + QTY] - f64[o + LEAVES]);
    if (code === 0 && leaves <= 0) code = RejectCode.VenueTooLate;
    const price = hasPrice ? request[ASKED_PRICE] : 0;
    const stays = isStop || (price === f64[o + PRICE] && leaves <= f64[o + LEAVES]);
    const head = pool.i32[(slot << 4) + HEAD];
    const isPostOnly = ((head >> 24) & POST_ONLY) !== 0;
    if (code === 0 && !stays && isPostOnly && this.wouldTake(head, request, ASKED_PRICE)) {
      code = RejectCode.VenueWouldTake;
    }
    if (code !== 0) {
      this.refuse(ExecType.ReplaceRejected, code, orderId);
      return;
    }
    const queues = this.queuesOf(slot);
    if (stays) this.change(slot, queues, leaves);
    else queues.remove(slot);
    f64[o + QTY] = request[ASKED_QTY];
    f64[o + LEAVES] = leaves;
    f64[o + PRICE] = price;
    this.say(REPLACED, 0, slot);
    if (stays) return;
    this.enter(slot);
    this.settle();
  }

  /** Leaves of an order; 0 where it is not here. */
  leavesOf(orderId: number): number {
    const slot = this.pool.slotOf(orderId);
    return slot === NO_SLOT ? 0 : this.pool.f64[(slot << 3) + LEAVES];
  }

  /** Whole quantity of an order, executed part included; 0 where it is not here. */
  qtyOf(orderId: number): number {
    const slot = this.pool.slotOf(orderId);
    return slot === NO_SLOT ? 0 : this.pool.f64[(slot << 3) + QTY];
  }

  /** OrderID of the newest order, refused ones included; 0 before the first. */
  get lastOrderId(): number {
    return this.pool.lastOrderId;
  }

  /** Price of the last trade; NaN before the first. */
  get lastPriceTicks(): number {
    return this.cells[LAST];
  }

  /** Orders here, resting or waiting. */
  get openOrders(): number {
    return this.pool.live;
  }

  checkInvariants(): void {
    this.pool.checkInvariants();
    let queued = 0;
    for (const queues of [this.bids, this.asks, this.buyStops, this.sellStops]) {
      queues.checkInvariants();
      for (let level = queues.best; level !== NO_LEVEL; level = queues.below(level)) queued += queues.ordersOf(level);
    }
    assert(queued === this.pool.live, `${queued} orders in queues, ${this.pool.live} live`);
    assert(!(this.bids.bestKey[0] + this.asks.bestKey[0] >= 0), 'the book is not crossed');
  }

  /** Everything that decides what the next requests lead to, in an order that follows from the requests alone. */
  foldInto(hash: Fnv64): void {
    hash.integer(this.pool.lastOrderId);
    hash.integer(Number.isNaN(this.cells[LAST]) ? -1 : this.cells[LAST]);
    for (const queues of [this.bids, this.asks, this.buyStops, this.sellStops]) queues.foldInto(hash);
  }

  /** An order that trades as far as it can; what is left rests or ends. */
  private enter(slot: number): void {
    const { pool } = this;
    const head = pool.i32[(slot << 4) + HEAD];
    const timeInForce = (head >> 16) & 0xff;
    const isMarket = ((head >> 8) & 0xff) === MARKET;
    if (timeInForce === FOK && !this.canFill(slot)) {
      this.end(slot, RejectCode.VenueNotFilled);
      return;
    }
    this.match(slot);
    const leaves = pool.f64[(slot << 3) + LEAVES];
    if (leaves === 0) pool.release(slot);
    else if (isMarket) this.end(slot, RejectCode.VenueNoLiquidity);
    else if (timeInForce === IOC) this.end(slot, 0);
    else this.rest(slot);
  }

  private rest(slot: number): void {
    const { f64, i32 } = this.pool;
    const o = slot << 3;
    const display = f64[o + DISPLAY];
    f64[o + SHOWN] = display > 0 && display < f64[o + LEAVES] ? display : f64[o + LEAVES];
    if ((i32[(slot << 4) + HEAD] & 0xff) === BUY) this.bids.append(slot);
    else this.asks.append(slot);
  }

  /** Trades with the other side, the best price and the first in line first, down to the order's limit. */
  private match(slot: number): void {
    const { pool, cells, outputs } = this;
    const { f64, i32 } = pool;
    const isBuy = (i32[(slot << 4) + HEAD] & 0xff) === BUY;
    const makers = isBuy ? this.asks : this.bids;
    const bestKey = makers.bestKey;
    const id = i32[(slot << 4) + ORDER_ID];
    const price = f64[(slot << 3) + PRICE];
    const key = price === 0 ? Number.POSITIVE_INFINITY : isBuy ? price : -price;
    let leaves = f64[(slot << 3) + LEAVES];
    while (leaves > 0 && bestKey[0] + key >= 0) {
      const level = makers.best;
      const maker = makers.first(level);
      const m = maker << 3;
      const shown = f64[m + SHOWN];
      const lots = leaves < shown ? leaves : shown;
      const makerLeaves = f64[m + LEAVES] - lots;
      leaves -= lots;
      const w = outputs.add(TRADE, 0, id, i32[(maker << 4) + ORDER_ID]);
      const out = outputs.f64;
      const at = f64[m + PRICE];
      out[w + OUT_PRICE] = at;
      out[w + OUT_QTY] = lots;
      out[w + OUT_LEAVES] = leaves;
      out[w + OUT_MAKER_LEAVES] = makerLeaves;
      cells[LAST] = at;
      if (!(at <= cells[HIGH])) cells[HIGH] = at;
      if (!(at >= cells[LOW])) cells[LOW] = at;
      f64[m + LEAVES] = makerLeaves;
      if (lots < shown) {
        f64[m + SHOWN] = shown - lots;
        cells[CHANGE] = -lots;
        makers.adjust(level, cells, CHANGE);
      } else {
        makers.remove(maker);
        if (makerLeaves === 0) pool.release(maker);
        else this.refresh(maker);
      }
    }
    f64[(slot << 3) + LEAVES] = leaves;
  }

  /** The next part of an iceberg, at the back of its queue. */
  private refresh(slot: number): void {
    this.rest(slot);
    this.say(ExecType.Restated, 0, slot);
    const { outputs } = this;
    outputs.f64[outputs.words - OUTPUT_WORDS + OUT_QTY] = this.pool.f64[(slot << 3) + SHOWN];
  }

  /** Whether the other side, hidden parts included, holds all of the order within its limit. O(orders it would trade with). */
  private canFill(slot: number): boolean {
    const { f64, i32 } = this.pool;
    const isBuy = (i32[(slot << 4) + HEAD] & 0xff) === BUY;
    const makers = isBuy ? this.asks : this.bids;
    const price = f64[(slot << 3) + PRICE];
    let wanted = f64[(slot << 3) + LEAVES];
    for (let level: number = makers.best; level !== NO_LEVEL; level = makers.below(level)) {
      if (price > 0 && (isBuy ? makers.priceOf(level) > price : makers.priceOf(level) < price)) return false;
      for (let maker = makers.first(level); maker !== NO_SLOT; maker = i32[(maker << 4) + NEXT]) {
        wanted -= f64[(maker << 3) + LEAVES];
        if (wanted <= 0) return true;
      }
    }
    return false;
  }

  /** What stops the trades of the request have triggered acts now. */
  private settle(): void {
    const { cells, buyStops, sellStops, pool } = this;
    for (;;) {
      let queues = buyStops;
      if (!(-buyStops.bestKey[0] <= cells[HIGH])) {
        if (!(sellStops.bestKey[0] >= cells[LOW])) break;
        queues = sellStops;
      }
      const slot = queues.first(queues.best);
      queues.remove(slot);
      const head = pool.i32[(slot << 4) + HEAD];
      const type = ((head >> 8) & 0xff) === STOP ? MARKET : LIMIT;
      pool.i32[(slot << 4) + HEAD] = (head & ~0xff00) | (type << 8);
      this.say(ExecType.Triggered, 0, slot);
      const isPostOnly = ((head >> 24) & POST_ONLY) !== 0;
      if (isPostOnly && this.wouldTake(head, pool.f64, (slot << 3) + PRICE)) this.end(slot, RejectCode.VenueWouldTake);
      else this.enter(slot);
    }
    cells[HIGH] = cells[LAST];
    cells[LOW] = cells[LAST];
  }

  /** The order keeps its place with fewer lots (a waiting stop: with any number). */
  private change(slot: number, queues: Queues, leaves: number): void {
    const { cells, pool } = this;
    const { f64, i32 } = pool;
    const o = slot << 3;
    const level = i32[(slot << 4) + LEVEL];
    if (this.isStop(slot)) {
      cells[CHANGE] = leaves - f64[o + LEAVES];
    } else {
      const shown = Math.min(f64[o + SHOWN], leaves);
      cells[CHANGE] = shown - f64[o + SHOWN];
      f64[o + SHOWN] = shown;
    }
    queues.adjust(level, cells, CHANGE);
  }

  private isStop(slot: number): boolean {
    const type = (this.pool.i32[(slot << 4) + HEAD] >> 8) & 0xff;
    return type === STOP || type === STOP_LIMIT;
  }

  private queuesOf(slot: number): Queues {
    const isBuy = (this.pool.i32[(slot << 4) + HEAD] & 0xff) === BUY;
    if (this.isStop(slot)) return isBuy ? this.buyStops : this.sellStops;
    return isBuy ? this.bids : this.asks;
  }

  /** Whether an order of the head finds somebody to trade with at `prices[at]`. */
  private wouldTake(head: number, prices: Float64Array, at: number): boolean {
    if ((head & 0xff) === BUY) return this.asks.bestKey[0] + prices[at] >= 0;
    return this.bids.bestKey[0] - prices[at] >= 0;
  }

  /** The order is cancelled; it stands in no queue any more. */
  private end(slot: number, code: number): void {
    this.say(CANCELED, code, slot);
    this.pool.release(slot);
  }

  private say(kind: number, code: number, slot: number): void {
    const { outputs, pool } = this;
    const { f64 } = pool;
    const o = slot << 3;
    const w = outputs.add(kind, code, pool.i32[(slot << 4) + ORDER_ID], 0);
    const out = outputs.f64;
    out[w + OUT_PRICE] = f64[o + PRICE];
    out[w + OUT_QTY] = f64[o + QTY];
    out[w + OUT_LEAVES] = f64[o + LEAVES];
    out[w + OUT_MAKER_LEAVES] = 0;
  }

  private refuse(kind: number, code: number, orderId: number): void {
    const w = this.outputs.add(kind, code, orderId, 0);
    this.outputs.f64.fill(0, w + OUT_PRICE, w + OUT_MAKER_LEAVES + 1);
  }
}
