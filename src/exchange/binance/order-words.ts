/** Binance's words for orders and the exchange's, both ways; numbers as the venue writes them. */
import { formatFixed, parseExact, unitsOf } from '../../core/decimal.ts';
import { OrderSide, OrdStatus, OrdType, TimeInForce } from '../../core/order.ts';
import type { Market } from '../market.ts';
import type { ExchangeOrder, OrderRequest, OwnTradePrevention } from '../orders.ts';
import type { WireParams } from './order-auth.ts';
import { missing, WireError } from './order-errors.ts';

const TYPES: Readonly<Record<string, { type: OrdType; postOnly?: boolean }>> = {
  LIMIT: { type: OrdType.Limit },
  LIMIT_MAKER: { type: OrdType.Limit, postOnly: true },
  MARKET: { type: OrdType.Market },
  STOP_LOSS: { type: OrdType.Stop },
  STOP_LOSS_LIMIT: { type: OrdType.StopLimit },
};
const TIMES: Readonly<Record<string, number>> = {
  GTC: TimeInForce.Gtc,
  IOC: TimeInForce.Ioc,
  FOK: TimeInForce.Fok,
  GTX: TimeInForce.Gtc,
  GTD: TimeInForce.Gtd,
};
const TIME_TEXT: readonly string[] = ['', 'GTC', 'GTC', 'IOC', 'FOK', 'GTD'];
const OWN_TRADES: Readonly<Record<string, OwnTradePrevention>> = {
  NONE: 'none',
  EXPIRE_TAKER: 'cancel-newest',
  EXPIRE_MAKER: 'cancel-oldest',
  EXPIRE_BOTH: 'cancel-both',
};
const CLIENT_ID = /^[a-zA-Z0-9-_.:/]{1,36}$/;

function required(params: WireParams, name: string): string {
  const value = params.get(name) ?? '';
  if (value === '') throw missing(name);
  return value;
}

/** A decimal parameter in units; 0 where it was left out. Throws WireError. */
function units(params: WireParams, name: string, decimals: number, filter: string, isSpot: boolean): number {
  const text = params.get(name) ?? '';
  if (text === '') return 0;
  const decimal = parseExact(text);
  if (decimal === null) throw new WireError(400, -1100, `Illegal characters found in parameter '${name}'.`);
  const value = unitsOf(decimal, decimals);
  if (!Number.isNaN(value)) return value;
  if (!isSpot) throw new WireError(400, -1111, 'Precision is over the maximum defined for this asset.');
  throw new WireError(400, -1013, `Filter failure: ${filter}`);
}

/** What a new order's parameters ask. Throws WireError. */
export function orderRequest(params: WireParams, market: Market, isSpot: boolean): OrderRequest {
  const { priceDecimals, qtyDecimals } = market.listing;
  const side = required(params, 'side');
  if (side !== 'BUY' && side !== 'SELL') throw new WireError(400, -1117, 'Invalid side.');
  const typeText = required(params, 'type');
  const kind = TYPES[typeText];
  const isConditional = kind !== undefined && kind.type !== OrdType.Limit && kind.type !== OrdType.Market;
  if (!isSpot && /^(STOP|TAKE_PROFIT|TRAILING)/.test(typeText)) {
    throw new WireError(
      400,
      -4120,
      'Order type not supported for this endpoint. Please use the Algo Order API endpoints instead.',
    );
  }
  if (kind === undefined || (!isSpot && (isConditional || kind.postOnly === true))) {
    throw new WireError(400, -1116, 'Invalid orderType.');
  }
  const isLimit = kind.type === OrdType.Limit || kind.type === OrdType.StopLimit;
  const timeText = params.get('timeInForce') ?? (kind.postOnly === true || !isLimit ? 'GTC' : '');
  if (timeText === '') throw missing('timeInForce');
  const timeInForce = TIMES[timeText];
  if (timeInForce === undefined || (timeText === 'GTX' && isSpot))
    throw new WireError(400, -1115, 'Invalid timeInForce.');
  if (isLimit) required(params, 'price');
  if (isConditional) required(params, 'stopPrice');
  required(params, 'quantity');
  const clientOrderId = params.get('newClientOrderId') ?? '';
  if (clientOrderId !== '' && !CLIENT_ID.test(clientOrderId)) {
    throw new WireError(
      400,
      -1100,
      "Illegal characters found in parameter 'newClientOrderId'; legal range is '^[a-zA-Z0-9-_]{1,36}$'.",
    );
  }
  return {
    market,
    side: side === 'BUY' ? OrderSide.Buy : OrderSide.Sell,
    type: kind.type,
    timeInForce,
    postOnly: kind.postOnly === true || timeText === 'GTX',
    reduceOnly: params.get('reduceOnly') === 'true',
    priceTicks: isLimit ? units(params, 'price', priceDecimals, 'PRICE_FILTER', isSpot) : 0,
    lots: units(params, 'quantity', qtyDecimals, 'LOT_SIZE', isSpot),
    displayLots: units(params, 'icebergQty', qtyDecimals, 'LOT_SIZE', isSpot),
    triggerTicks: units(params, 'stopPrice', priceDecimals, 'PRICE_FILTER', isSpot),
    clientOrderId,
    expireUs: Number(params.get('goodTillDate') ?? 0) * 1000,
    ownTrades: OWN_TRADES[params.get('selfTradePreventionMode') ?? ''] ?? 'cancel-oldest',
  };
}

/** New price and quantity of the futures' modify. Throws WireError. */
export function modifyTerms(params: WireParams, market: Market): { priceTicks: number; lots: number } {
  required(params, 'quantity');
  required(params, 'price');
  return {
    priceTicks: units(params, 'price', market.listing.priceDecimals, 'PRICE_FILTER', false),
    lots: units(params, 'quantity', market.listing.qtyDecimals, 'LOT_SIZE', false),
  };
}

export function statusText(order: ExchangeOrder): string {
  switch (order.status) {
    case OrdStatus.New:
      return 'NEW';
    case OrdStatus.PartiallyFilled:
      return 'PARTIALLY_FILLED';
    case OrdStatus.Filled:
      return 'FILLED';
    case OrdStatus.Canceled:
      return 'CANCELED';
    default:
      return order.ended === 'own-trade' ? 'EXPIRED_IN_MATCH' : 'EXPIRED';
  }
}

export function typeText(order: ExchangeOrder, isSpot: boolean): string {
  const { type, postOnly } = order.request;
  if (type === OrdType.Limit) return isSpot && postOnly === true ? 'LIMIT_MAKER' : 'LIMIT';
  if (type === OrdType.Market) return 'MARKET';
  return type === OrdType.Stop ? 'STOP_LOSS' : 'STOP_LOSS_LIMIT';
}

export function timeText(order: ExchangeOrder, isSpot: boolean): string {
  return !isSpot && order.request.postOnly === true ? 'GTX' : TIME_TEXT[order.request.timeInForce];
}

export function sideText(order: ExchangeOrder): string {
  return order.side === OrderSide.Buy ? 'BUY' : 'SELL';
}

/** Spot writes eight decimals, the futures those of the instrument. */
export function priceText(market: Market, ticks: number): string {
  return padded(market, ticks, market.listing.priceDecimals);
}

export function qtyText(market: Market, lots: number): string {
  return padded(market, lots, market.listing.qtyDecimals);
}

function padded(market: Market, units: number, decimals: number): string {
  if (market.listing.kind !== 'spot') return formatFixed(units, decimals);
  const text = formatFixed(units, decimals);
  const [whole, fraction = ''] = text.split('.');
  return `${whole}.${fraction.padEnd(8, '0')}`;
}

/** Ledger units. */
export function amountText(units: bigint): string {
  const digits = (units < 0n ? -units : units).toString().padStart(9, '0');
  return `${units < 0n ? '-' : ''}${digits.slice(0, -8)}.${digits.slice(-8)}`;
}

export function msOf(us: number): number {
  return Math.floor(us / 1000);
}
