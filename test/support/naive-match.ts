/** The naive twin of src/matching: one array of orders in the order of their arrival, searched whenever it matters. */
import { ExecType, OrderFlag, OrderSide, OrdType, RejectCode, TimeInForce } from '../../src/core/order.ts';

export interface MatchOrder {
  readonly id: number;
  readonly side: number;
  type: number;
  readonly timeInForce: number;
  readonly flags: number;
  readonly trigger: number;
  readonly display: number;
  price: number;
  qty: number;
  leaves: number;
  shown: number;
  /** Grows with every arrival in a queue. */
  arrival: number;
}

/** Kind, code, OrderID, maker's OrderID, price, quantity, leaves, leaves of the maker. */
export type MatchOutput = readonly [number, number, number, number, number, number, number, number];

export interface MatchRequest {
  readonly do: 'submit' | 'cancel' | 'replace';
  /** Of cancel and replace. */
  readonly orderId: number;
  readonly side: number;
  readonly type: number;
  readonly timeInForce: number;
  readonly flags: number;
  readonly price: number;
  readonly qty: number;
  readonly trigger: number;
  readonly display: number;
}

const isStopType = (type: number): boolean => type === OrdType.Stop || type === OrdType.StopLimit;
const hasLimit = (type: number): boolean => type === OrdType.Limit || type === OrdType.StopLimit;

export class NaiveMatch {
  orders: MatchOrder[] = [];
  outputs: MatchOutput[] = [];
  last: number | null = null;
  private ids = 0;
  private arrivals = 0;
  private traded: number[] = [];

  do(request: MatchRequest): void {
    this.outputs = [];
    this.traded = this.last === null ? [] : [this.last];
    if (request.do === 'submit') this.submit(request);
    else if (request.do === 'cancel') this.cancel(request.orderId);
    else this.replace(request);
  }

  /** In the order they are served. */
  queue(side: number, stops = false): MatchOrder[] {
    const sign = (side === OrderSide.Buy) === stops ? 1 : -1;
    const price = (order: MatchOrder): number => (stops ? order.trigger : order.price);
    return this.orders
      .filter((order) => order.side === side && isStopType(order.type) === stops)
      .sort((a, b) => (price(a) - price(b)) * sign || a.arrival - b.arrival);
  }

  private submit(r: MatchRequest): void {
    const { side, type, timeInForce, flags, qty, display } = r;
    const price = hasLimit(type) ? r.price : 0;
    const trigger = isStopType(type) ? r.trigger : 0;
    const arrival = ++this.arrivals;
    const id = ++this.ids;
    const order: MatchOrder = {
      ...{ id, side, type, timeInForce, flags, trigger, display, price, qty, leaves: qty, shown: 0, arrival },
    };
    const code = this.refusal(order);
    this.say(code === 0 ? ExecType.New : ExecType.Rejected, code, order);
    if (code !== 0) return;
    if (isStopType(type)) this.orders.push(order);
    else this.enter(order);
    this.settle();
  }

  private refusal(o: MatchOrder): number {
    if (![OrderSide.Buy, OrderSide.Sell].includes(o.side as OrderSide)) return RejectCode.BadSide;
    if (o.type === OrdType.Pegged) return RejectCode.VenueUnsupported;
    if (![1, 2, 3, 4].includes(o.type)) return RejectCode.BadOrdType;
    if (![1, 2, 3, 4, 5].includes(o.timeInForce)) return RejectCode.BadTimeInForce;
    if (!Number.isSafeInteger(o.qty) || o.qty <= 0 || o.qty > 2 ** 40) return RejectCode.BadQty;
    if (hasLimit(o.type) && (!Number.isSafeInteger(o.price) || o.price <= 0)) return RejectCode.BadPrice;
    if (isStopType(o.type) && (!Number.isSafeInteger(o.trigger) || o.trigger <= 0)) return RejectCode.BadPrice;
    if (!Number.isSafeInteger(o.display) || o.display < 0 || o.display > o.qty) return RejectCode.BadDisplayQty;
    if (!this.isPostOnly(o)) return 0;
    if (!hasLimit(o.type)) return RejectCode.BadOrdType;
    if (o.timeInForce === TimeInForce.Ioc || o.timeInForce === TimeInForce.Fok) return RejectCode.BadTimeInForce;
    return !isStopType(o.type) && this.makers(o).length > 0 ? RejectCode.VenueWouldTake : 0;
  }

  private isPostOnly(order: MatchOrder): boolean {
    return (order.flags & OrderFlag.PostOnly) !== 0;
  }

  /** Those that the order would trade with, in turn. */
  private makers(order: MatchOrder, price = order.price): MatchOrder[] {
    const isBuy = order.side === OrderSide.Buy;
    return this.queue(isBuy ? OrderSide.Sell : OrderSide.Buy).filter(
      (maker) => price === 0 || (isBuy ? maker.price <= price : maker.price >= price),
    );
  }

  private enter(order: MatchOrder): void {
    const reachable = this.makers(order).reduce((sum, maker) => sum + maker.leaves, 0);
    if (order.timeInForce === TimeInForce.Fok && reachable < order.leaves) {
      this.say(ExecType.Canceled, RejectCode.VenueNotFilled, order);
      return;
    }
    for (;;) {
      const maker = this.makers(order)[0];
      if (maker === undefined || order.leaves === 0) break;
      this.trade(order, maker);
    }
    if (order.leaves === 0) return;
    if (order.type === OrdType.Market) this.say(ExecType.Canceled, RejectCode.VenueNoLiquidity, order);
    else if (order.timeInForce === TimeInForce.Ioc) this.say(ExecType.Canceled, 0, order);
    else this.rest(order);
  }

  private trade(order: MatchOrder, maker: MatchOrder): void {
    const lots = Math.min(order.leaves, maker.shown);
    order.leaves -= lots;
    maker.leaves -= lots;
    maker.shown -= lots;
    this.last = maker.price;
    this.traded.push(maker.price);
    this.outputs.push([ExecType.Trade, 0, order.id, maker.id, maker.price, lots, order.leaves, maker.leaves]);
    if (maker.shown > 0) return;
    this.drop(maker);
    if (maker.leaves === 0) return;
    this.rest(maker);
    this.outputs.push([ExecType.Restated, 0, maker.id, 0, maker.price, maker.shown, maker.leaves, 0]);
  }

  private rest(order: MatchOrder): void {
    order.shown = order.display === 0 ? order.leaves : Math.min(order.display, order.leaves);
    order.arrival = ++this.arrivals;
    this.orders.push(order);
  }

  private settle(): void {
    for (;;) {
      const high = Math.max(...this.traded);
      const low = Math.min(...this.traded);
      const buy = this.queue(OrderSide.Buy, true)[0];
      const sell = this.queue(OrderSide.Sell, true)[0];
      const order =
        buy !== undefined && buy.trigger <= high ? buy : sell !== undefined && sell.trigger >= low ? sell : undefined;
      if (order === undefined) return;
      this.drop(order);
      order.type = order.type === OrdType.Stop ? OrdType.Market : OrdType.Limit;
      this.say(ExecType.Triggered, 0, order);
      if (this.isPostOnly(order) && this.makers(order).length > 0) {
        this.say(ExecType.Canceled, RejectCode.VenueWouldTake, order);
      } else {
        this.enter(order);
      }
    }
  }

  private cancel(id: number): void {
    const order = this.orders.find((one) => one.id === id);
    if (order === undefined) {
      this.outputs.push([ExecType.CancelRejected, RejectCode.VenueUnknownOrder, id, 0, 0, 0, 0, 0]);
      return;
    }
    this.drop(order);
    this.say(ExecType.Canceled, 0, order);
  }

  private replace(r: MatchRequest): void {
    const order = this.orders.find((one) => one.id === r.orderId);
    const code = order === undefined ? RejectCode.VenueUnknownOrder : this.refusalOfReplace(order, r);
    if (order === undefined || code !== 0) {
      this.outputs.push([ExecType.ReplaceRejected, code, r.orderId, 0, 0, 0, 0, 0]);
      return;
    }
    const leaves = r.qty - (order.qty - order.leaves);
    const price = hasLimit(order.type) ? r.price : 0;
    const stays = isStopType(order.type) || (price === order.price && leaves <= order.leaves);
    Object.assign(order, { qty: r.qty, leaves, price });
    if (stays) order.shown = Math.min(order.shown, leaves);
    else this.drop(order);
    this.say(ExecType.Replaced, 0, order);
    if (stays) return;
    this.enter(order);
    this.settle();
  }

  private refusalOfReplace(order: MatchOrder, r: MatchRequest): number {
    if (!Number.isSafeInteger(r.qty) || r.qty <= 0 || r.qty > 2 ** 40) return RejectCode.BadQty;
    if (hasLimit(order.type) && (!Number.isSafeInteger(r.price) || r.price <= 0)) return RejectCode.BadPrice;
    if (r.qty <= order.qty - order.leaves) return RejectCode.VenueTooLate;
    const moves = r.price !== order.price || r.qty > order.qty;
    const takes = !isStopType(order.type) && moves && this.isPostOnly(order) && this.makers(order, r.price).length > 0;
    return takes ? RejectCode.VenueWouldTake : 0;
  }

  private drop(order: MatchOrder): void {
    this.orders = this.orders.filter((one) => one !== order);
  }

  private say(kind: number, code: number, order: MatchOrder): void {
    this.outputs.push([kind, code, order.id, 0, order.price, order.qty, order.leaves, 0]);
  }
}
