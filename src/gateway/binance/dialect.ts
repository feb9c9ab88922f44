/**
 * Where Binance's spot and USD-M markets differ in what is asked: names, paths, parameters. Everything else is shared.
 * Sources: "Trading requests" of spot's websocket API and REST documents; "Trade" of the USD-M futures' documents.
 */
import { OrderFlag, OrderSide, OrdType, TimeInForce } from '../../core/order.ts';
import { type Listing, priceText, qtyText } from '../listings.ts';
import type { OrderTerms } from '../order-terms.ts';
import type { Params } from './signing.ts';

export type BinanceMarket = 'spot' | 'usdm';

/** One thing that can be asked. `socket`: its method of the websocket API, null where there is none. */
export interface Operation {
  readonly socket: string | null;
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly signed: boolean;
}

export interface Operations {
  readonly time: Operation;
  readonly terms: Operation;
  readonly place: Operation;
  readonly cancel: Operation;
  readonly status: Operation;
  readonly openOrders: Operation;
  readonly trades: Operation;
  readonly balances: Operation;
  /** Null where the market has no such thing. */
  readonly cancelReplace: Operation | null;
  readonly positions: Operation | null;
  readonly deadMan: Operation | null;
}

const signed = (socket: string | null, method: Operation['method'], path: string): Operation => {
  return { socket, method, path, signed: true };
};
const open = (socket: string | null, path: string): Operation => ({ socket, method: 'GET', path, signed: false });

export const OPERATIONS: Readonly<Record<BinanceMarket, Operations>> = {
  spot: {
    time: open('time', '/api/v3/time'),
    terms: open('exchangeInfo', '/api/v3/exchangeInfo'),
    place: signed('order.place', 'POST', '/api/v3/order'),
    cancel: signed('order.cancel', 'DELETE', '/api/v3/order'),
    status: signed('order.status', 'GET', '/api/v3/order'),
    openOrders: signed('openOrders.status', 'GET', '/api/v3/openOrders'),
    trades: signed('myTrades', 'GET', '/api/v3/myTrades'),
    balances: signed('account.status', 'GET', '/api/v3/account'),
    cancelReplace: signed('order.cancelReplace', 'POST', '/api/v3/order/cancelReplace'),
    positions: null,
    deadMan: null,
  },
  usdm: {
    time: open(null, '/fapi/v1/time'),
    terms: open(null, '/fapi/v1/exchangeInfo'),
    place: signed('order.place', 'POST', '/fapi/v1/order'),
    cancel: signed('order.cancel', 'DELETE', '/fapi/v1/order'),
    status: signed('order.status', 'GET', '/fapi/v1/order'),
    openOrders: signed(null, 'GET', '/fapi/v1/openOrders'),
    trades: signed(null, 'GET', '/fapi/v1/userTrades'),
    balances: signed(null, 'GET', '/fapi/v3/balance'),
    cancelReplace: null,
    positions: signed(null, 'GET', '/fapi/v3/positionRisk'),
    deadMan: signed(null, 'POST', '/fapi/v1/countdownCancelAll'),
  },
};

export const LISTEN_KEY_PATH = '/fapi/v1/listenKey';

/** The parameters of a new order; null where the market has no such order. */
export function orderParams(
  market: BinanceMarket,
  listing: Listing,
  terms: OrderTerms,
  qtyLots: number,
  name: string,
): Params | null {
  const kind = market === 'spot' ? spotKind(listing, terms) : futuresKind(listing, terms);
  if (kind === null) return null;
  return {
    symbol: listing.symbol,
    side: terms.side === OrderSide.Buy ? 'BUY' : 'SELL',
    ...kind,
    quantity: qtyText(listing, qtyLots),
    newClientOrderId: name,
    newOrderRespType: market === 'spot' ? 'FULL' : 'RESULT',
  };
}

/** Both markets are open around the clock: Day is good till cancelled. GTD needs a time, which a command does not carry. */
function tif(timeInForce: number): string | null {
  switch (timeInForce) {
    case TimeInForce.Day:
    case TimeInForce.Gtc:
      return 'GTC';
    case TimeInForce.Ioc:
      return 'IOC';
    case TimeInForce.Fok:
      return 'FOK';
    default:
      return null;
  }
}

function spotKind(listing: Listing, terms: OrderTerms): Params | null {
  const { type, flags } = terms;
  const price = priceText(listing, terms.priceTicks);
  const stopPrice = priceText(listing, terms.stopPriceTicks);
  const timeInForce = tif(terms.timeInForce);
  if (timeInForce === null) return null;
  const isPostOnly = (flags & OrderFlag.PostOnly) !== 0;
  if (type === OrdType.Limit && isPostOnly) return timeInForce === 'GTC' ? { type: 'LIMIT_MAKER', price } : null;
  if (isPostOnly) return null;
  if (type === OrdType.Limit) return { type: 'LIMIT', timeInForce, price };
  if (type === OrdType.Market) return { type: 'MARKET' };
  if (type === OrdType.Stop) return { type: 'STOP_LOSS', stopPrice };
  return type === OrdType.StopLimit ? { type: 'STOP_LOSS_LIMIT', timeInForce, price, stopPrice } : null;
}

/** Stop orders of the futures went to a service of their own (error -4120): not supported here. */
function futuresKind(listing: Listing, terms: OrderTerms): Params | null {
  const { type, flags } = terms;
  const timeInForce = tif(terms.timeInForce);
  if (timeInForce === null) return null;
  const isPostOnly = (flags & OrderFlag.PostOnly) !== 0;
  const reduceOnly: Params = (flags & OrderFlag.ReduceOnly) !== 0 ? { reduceOnly: 'true' } : {};
  if (type === OrdType.Market && !isPostOnly) return { type: 'MARKET', ...reduceOnly };
  if (type !== OrdType.Limit || (isPostOnly && timeInForce !== 'GTC')) return null;
  const price = priceText(listing, terms.priceTicks);
  return { type: 'LIMIT', timeInForce: isPostOnly ? 'GTX' : timeInForce, price, ...reduceOnly };
}
