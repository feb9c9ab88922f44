/**
 * What Binance says of orders and trades, in whichever of its messages: spot's executionReport, the futures'
 * ORDER_TRADE_UPDATE, answers of REST and the websocket API. Numbers stay texts, as they came. Pure.
 *
 * Sources: "User Data Streams for Binance" (spot), "Event: Order Update" (USD-M futures), and the answers described with
 * each request. Order numbers of the futures pass 2^53, so they are kept as text.
 */
import { TapeheadError } from '../../core/errors.ts';
import { OrderSide } from '../../core/order.ts';

export type JsonObject = Readonly<Record<string, unknown>>;

export interface TradeFact {
  readonly tradeId: number;
  readonly venueOrderId: string;
  readonly qty: string;
  readonly price: string;
  /** Null where the message does not say. */
  readonly isMaker: boolean | null;
  readonly commission: string;
  readonly commissionAsset: string | null;
  readonly timeMs: number;
}

export interface OrderFact {
  readonly symbol: string;
  /** The order's own name, also where the message is about its cancel. */
  readonly name: string;
  /** Name of the cancel request; '' where there was none. */
  readonly requestName: string;
  readonly venueOrderId: string;
  readonly side: OrderSide;
  /** NEW, PARTIALLY_FILLED, FILLED, CANCELED, REJECTED, EXPIRED, EXPIRED_IN_MATCH, … */
  readonly status: string;
  readonly price: string;
  readonly qty: string;
  readonly cum: string;
  /** Futures' expiry reason, or 0. */
  readonly expiryReason: number;
  readonly timeMs: number;
  readonly trades: readonly TradeFact[];
}

export interface BalanceFact {
  readonly asset: string;
  readonly free: string;
  readonly locked: string;
  /** The venue's time of it, epoch ms; 0 where it does not say. */
  readonly timeMs: number;
}

export interface PositionFact {
  readonly symbol: string;
  /** Signed. */
  readonly qty: string;
}

const LONG_ORDER_ID = /"(orderId|i)":\s*(\d{16,})/g;

/** JSON of the venue; numbers of orders that a double can't hold become strings. Throws SyntaxError. */
export function parseJson(text: string): unknown {
  return JSON.parse(text.replace(LONG_ORDER_ID, '"$1":"$2"'));
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function objects(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

function text(from: JsonObject, field: string): string {
  const value = from[field];
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return String(value);
  throw new TapeheadError('FORMAT', `the venue's message has no '${field}' where one belongs`);
}

function textOr(from: JsonObject, field: string, otherwise: string): string {
  const value = from[field];
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : otherwise;
}

function number(from: JsonObject, field: string): number {
  const value = from[field];
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw new TapeheadError('FORMAT', `the venue's message has no number '${field}' where one belongs`);
}

function sideOf(word: string): OrderSide {
  if (word === 'BUY') return OrderSide.Buy;
  if (word === 'SELL') return OrderSide.Sell;
  throw new TapeheadError('FORMAT', `the venue sent the side '${word}'`);
}

/** Spot's executionReport. */
export function spotUpdate(event: JsonObject): OrderFact {
  const original = textOr(event, 'C', '');
  const name = text(event, 'c');
  return {
    symbol: text(event, 's'),
    name: original === '' ? name : original,
    requestName: original === '' ? '' : name,
    venueOrderId: text(event, 'i'),
    side: sideOf(text(event, 'S')),
    status: text(event, 'X'),
    price: text(event, 'p'),
    qty: text(event, 'q'),
    cum: text(event, 'z'),
    expiryReason: 0,
    timeMs: number(event, 'T'),
    trades: event.x === 'TRADE' ? [updateTrade(event)] : [],
  };
}

/** The futures' ORDER_TRADE_UPDATE: `o` of the event. */
export function futuresUpdate(event: JsonObject): OrderFact {
  const order = event.o;
  if (!isObject(order)) throw new TapeheadError('FORMAT', "ORDER_TRADE_UPDATE has no 'o'");
  return {
    symbol: text(order, 's'),
    name: text(order, 'c'),
    requestName: '',
    venueOrderId: text(order, 'i'),
    side: sideOf(text(order, 'S')),
    status: text(order, 'X'),
    price: text(order, 'p'),
    qty: text(order, 'q'),
    cum: text(order, 'z'),
    expiryReason: Number(textOr(order, 'er', '0')),
    timeMs: number(order, 'T'),
    trades: order.x === 'TRADE' ? [updateTrade(order)] : [],
  };
}

function updateTrade(event: JsonObject): TradeFact {
  return {
    tradeId: number(event, 't'),
    venueOrderId: text(event, 'i'),
    qty: text(event, 'l'),
    price: text(event, 'L'),
    isMaker: event.m === true,
    commission: textOr(event, 'n', '0'),
    commissionAsset: typeof event.N === 'string' ? event.N : null,
    timeMs: number(event, 'T'),
  };
}

/** An order as answers show it: of order.place with FULL, order.status, openOrders, order.cancel. */
export function orderAnswer(order: JsonObject): OrderFact {
  const original = textOr(order, 'origClientOrderId', '');
  const name = text(order, 'clientOrderId');
  const timeMs = order.updateTime ?? order.transactTime ?? order.time;
  const venueOrderId = text(order, 'orderId');
  return {
    symbol: text(order, 'symbol'),
    name: original === '' ? name : original,
    requestName: original === '' ? '' : name,
    venueOrderId,
    side: sideOf(text(order, 'side')),
    status: text(order, 'status'),
    price: text(order, 'price'),
    qty: text(order, 'origQty'),
    cum: text(order, 'executedQty'),
    expiryReason: 0,
    timeMs: typeof timeMs === 'number' ? timeMs : 0,
    trades: objects(order.fills).map((fill) => ({
      tradeId: number(fill, 'tradeId'),
      venueOrderId,
      qty: text(fill, 'qty'),
      price: text(fill, 'price'),
      isMaker: false, // an order's answer shows what it took on arrival
      commission: textOr(fill, 'commission', '0'),
      commissionAsset: typeof fill.commissionAsset === 'string' ? fill.commissionAsset : null,
      timeMs: typeof timeMs === 'number' ? timeMs : 0,
    })),
  };
}

/** A row of myTrades or userTrades. */
export function tradeAnswer(row: JsonObject): TradeFact {
  return {
    tradeId: number(row, 'id'),
    venueOrderId: text(row, 'orderId'),
    qty: text(row, 'qty'),
    price: text(row, 'price'),
    isMaker: (row.isMaker ?? row.maker) === true,
    commission: textOr(row, 'commission', '0'),
    commissionAsset: typeof row.commissionAsset === 'string' ? row.commissionAsset : null,
    timeMs: number(row, 'time'),
  };
}

/** Spot's account, or an outboundAccountPosition. */
export function spotBalances(account: JsonObject): BalanceFact[] {
  if (Array.isArray(account.B)) {
    const timeMs = timeOr0(account.u);
    return objects(account.B).map((row) => ({
      asset: text(row, 'a'),
      free: text(row, 'f'),
      locked: text(row, 'l'),
      timeMs,
    }));
  }
  const timeMs = timeOr0(account.updateTime);
  return objects(account.balances).map((row) => ({
    asset: text(row, 'asset'),
    free: text(row, 'free'),
    locked: text(row, 'locked'),
    timeMs,
  }));
}

/** Rows of the futures' balance: the wallet's balance is told as free, nothing of it is locked by the single order. */
export function futuresBalances(rows: unknown): BalanceFact[] {
  return objects(rows).map((row) => ({
    asset: text(row, 'asset'),
    free: text(row, 'balance'),
    locked: '0',
    timeMs: timeOr0(row.updateTime),
  }));
}

/** The futures' ACCOUNT_UPDATE. */
export function futuresBalanceUpdate(event: JsonObject): BalanceFact[] {
  if (!isObject(event.a)) return [];
  const timeMs = timeOr0(event.T);
  return objects(event.a.B).map((row) => ({ asset: text(row, 'a'), free: text(row, 'wb'), locked: '0', timeMs }));
}

function timeOr0(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}

/** Rows of positionRisk. */
export function positions(rows: unknown): PositionFact[] {
  return objects(rows).map((row) => ({ symbol: text(row, 'symbol'), qty: text(row, 'positionAmt') }));
}
