/**
 * One product as Coinbase Exchange shows it: its orders by UUID, and the sequence that every message of its full channel
 * raises by one. What the exchange says of orders by number becomes received, open, match, done and change. Source:
 * docs.cdp.coinbase.com, "Exchange WebSocket Channels", section "Full Channel".
 */
import { formatFixed } from '../../core/decimal.ts';
import { OrderSide } from '../../core/order.ts';
import type { BookTrade, Market, PublicOrder } from '../market.ts';

interface RestingOrder {
  readonly id: number;
  readonly side: OrderSide;
  readonly priceTicks: number;
  /** Displayed. */
  lots: number;
}

/** The order that takes, from its first match to the end of its request. */
interface Taker {
  readonly id: number;
  readonly side: OrderSide;
  leaves: number;
  priceTicks: number;
}

export interface ProductMessages {
  readonly nowUs: () => number;
  /** Numbers of the sequence that are to be left out now: a fault, mostly 0. */
  readonly gap: () => number;
  readonly full: (frame: string) => void;
  readonly match: (frame: string) => void;
}

export class Product {
  readonly market: Market;
  /** BTC-USD. */
  readonly id: string;
  /** Of the last message of the full channel. */
  sequence = 0;
  /** The last trade, as a message of type last_match; '' before the first. */
  lastMatch = '';
  lastTradeId = 0;
  private readonly messages: ProductMessages;
  /** In the order of arrival, which is that of the queues. */
  private readonly orders = new Map<number, RestingOrder>();
  private taker: Taker | null = null;

  constructor(market: Market, messages: ProductMessages) {
    this.market = market;
    this.id = `${market.listing.base}-${market.listing.quote}`;
    this.messages = messages;
  }

  price(ticks: number): string {
    return formatFixed(ticks, this.market.listing.priceDecimals);
  }

  size(lots: number): string {
    return formatFixed(lots, this.market.listing.qtyDecimals);
  }

  /** [price, size, order id] of a side's orders, the best price first, then by arrival. */
  level3(isBid: boolean): string[][] {
    const side = [...this.orders.values()].filter((order) => (order.side === OrderSide.Buy) === isBid);
    side.sort((a, b) => (isBid ? b.priceTicks - a.priceTicks : a.priceTicks - b.priceTicks));
    return side.map(({ id, priceTicks, lots }) => [this.price(priceTicks), this.size(lots), this.uuid(id)]);
  }

  /** [price, size, orders] of the best levels of a side. */
  levels(isBid: boolean, limit: number): [string, string, number][] {
    const counts = new Map<number, number>();
    for (const { side, priceTicks } of this.orders.values()) {
      if ((side === OrderSide.Buy) === isBid) counts.set(priceTicks, (counts.get(priceTicks) ?? 0) + 1);
    }
    const levels = this.market.depth(isBid, limit);
    return Array.from({ length: levels.length / 2 }, (_, i) => [
      this.price(levels[i * 2]),
      this.size(levels[i * 2 + 1]),
      counts.get(levels[i * 2]) ?? 0,
    ]);
  }

  /** What happened to an order in the book. */
  hear(event: PublicOrder): void {
    if (event.is === 'add') this.added(event);
    else if (event.is === 'execute' && event.trade !== null) this.executed(event, event.trade);
    else if (event.is === 'reduce') this.reduced(event);
    else if (event.is === 'delete') this.deleted(event);
  }

  /** The request that all this belongs to is over: what is left of its taker does not rest. */
  requestEnds(): void {
    const { taker } = this;
    this.taker = null;
    if (taker !== null) this.done(taker.id, taker.side, taker.priceTicks, taker.leaves, taker.leaves === 0);
  }

  /** An order of the number; the same number has the same UUID. */
  uuid(orderId: number): string {
    const hex = (value: number, digits: number) => (value >>> 0).toString(16).padStart(8, '0').slice(-digits);
    const mixed = Math.imul(orderId ^ (orderId >>> 15), 0x9e3779b1);
    return `${hex(mixed, 8)}-${hex(this.market.index, 4)}-4000-8000-0000${hex(orderId, 8)}`;
  }

  private added({ orderId, side, priceTicks, lots }: PublicOrder): void {
    if (this.taker?.id === orderId) this.taker = null;
    else if (!this.orders.has(orderId)) this.received(orderId, side, priceTicks, lots);
    this.orders.set(orderId, { id: orderId, side, priceTicks, lots });
    this.tell(
      'open',
      { order_id: this.uuid(orderId), price: this.price(priceTicks), remaining_size: this.size(lots) },
      side,
    );
  }

  private executed({ orderId, side, priceTicks, lots }: PublicOrder, trade: BookTrade): void {
    if (this.taker?.id !== trade.takerId) {
      this.received(trade.takerId, trade.takerSide, priceTicks, trade.takerLeaves + trade.lots);
      this.taker = { id: trade.takerId, side: trade.takerSide, leaves: 0, priceTicks };
    }
    this.taker.leaves = trade.takerLeaves;
    this.taker.priceTicks = priceTicks;
    this.match(side, trade);
    const order = this.orders.get(orderId);
    if (order === undefined) return;
    order.lots -= lots;
    if (order.lots > 0) return;
    this.orders.delete(orderId);
    this.done(orderId, side, priceTicks, 0, true);
  }

  private match(makerSide: OrderSide, trade: BookTrade): void {
    this.lastTradeId = trade.tradeId;
    const frame = this.tell(
      'match',
      {
        trade_id: trade.tradeId,
        maker_order_id: this.uuid(trade.makerId),
        taker_order_id: this.uuid(trade.takerId),
        size: this.size(trade.lots),
        price: this.price(trade.priceTicks),
      },
      makerSide,
    );
    this.lastMatch = frame.replace('"match"', '"last_match"');
    this.messages.match(frame);
  }

  private reduced({ orderId, side, priceTicks, lots }: PublicOrder): void {
    const order = this.orders.get(orderId);
    if (order === undefined) return;
    const before = order.lots;
    order.lots -= lots;
    const sizes = { old_size: this.size(before), new_size: this.size(order.lots) };
    const fields = { reason: 'STP', order_id: this.uuid(orderId), ...sizes, price: this.price(priceTicks) };
    this.tell('change', fields, side);
  }

  private deleted({ orderId, side, priceTicks }: PublicOrder): void {
    const order = this.orders.get(orderId);
    if (order === undefined) return;
    this.orders.delete(orderId);
    this.done(orderId, side, priceTicks, order.lots, false);
  }

  private received(orderId: number, side: OrderSide, priceTicks: number, lots: number): void {
    const fields = { order_id: this.uuid(orderId), size: this.size(lots), price: this.price(priceTicks) };
    this.tell('received', { ...fields, order_type: 'limit' }, side);
  }

  private done(orderId: number, side: OrderSide, priceTicks: number, lots: number, isFilled: boolean): void {
    const reason = isFilled ? 'filled' : 'canceled';
    const fields = {
      order_id: this.uuid(orderId),
      price: this.price(priceTicks),
      remaining_size: this.size(lots),
      reason,
    };
    this.tell('done', fields, side);
  }

  /** The next message of the full channel; also returned. */
  private tell(type: string, fields: object, side: OrderSide): string {
    this.sequence += 1 + this.messages.gap();
    const frame = JSON.stringify({
      type,
      time: timeText(this.messages.nowUs()),
      product_id: this.id,
      sequence: this.sequence,
      ...fields,
      side: side === OrderSide.Buy ? 'buy' : 'sell',
    });
    this.messages.full(frame);
    return frame;
  }
}

/** RFC 3339 with microseconds. */
export function timeText(us: number): string {
  const iso = new Date(Math.floor(us / 1000)).toISOString();
  return `${iso.slice(0, 23)}${String(us % 1000).padStart(3, '0')}Z`;
}
