/** What the venue answers where it refuses: HTTP status, code and words as Binance has them ("Error codes for Binance"). */
import type { Refusal } from '../orders.ts';

export class WireError extends Error {
  override readonly name = 'WireError';
  readonly status: number;
  readonly code: number;
  /** `data` of the websocket API's error, and of REST's for cancelReplace. */
  readonly data: Readonly<Record<string, unknown>> | undefined;

  constructor(status: number, code: number, text: string, data?: Readonly<Record<string, unknown>>) {
    super(text);
    this.status = status;
    this.code = code;
    this.data = data;
  }
}

/** A request that is refused for their number, for as long as `refusal` of REST says. */
export function tooMany(status: 429 | 418, nowMs: number): WireError {
  const text = status === 418 ? 'Way too many requests; IP banned.' : 'Too many requests.';
  return new WireError(status, -1003, text, { serverTime: nowMs, retryAfter: nowMs + 2000 });
}

export function missing(name: string): WireError {
  return new WireError(400, -1102, `Mandatory parameter '${name}' was not sent, was empty/null, or malformed.`);
}

export function noSuchOrder(): WireError {
  return new WireError(400, -2013, 'Order does not exist.');
}

export function cancelRefused(): WireError {
  return new WireError(400, -2011, 'Unknown order sent.');
}

type Words = readonly [code: number, text: string];

const SPOT: Readonly<Record<Refusal, Words>> = {
  'not-listed': [-1121, 'Invalid symbol.'],
  'bad-request': [-1106, 'Unsupported order combination'],
  'price-step': [-1013, 'Filter failure: PRICE_FILTER'],
  'price-range': [-1013, 'Filter failure: PRICE_FILTER'],
  'qty-step': [-1013, 'Filter failure: LOT_SIZE'],
  'qty-range': [-1013, 'Filter failure: LOT_SIZE'],
  notional: [-1013, 'Filter failure: NOTIONAL'],
  display: [-1013, 'Filter failure: ICEBERG_PARTS'],
  'duplicate-client-id': [-2010, 'Duplicate order sent.'],
  'insufficient-balance': [-2010, 'Account has insufficient balance for requested action.'],
  'reduce-only': [-1106, "Parameter 'reduceOnly' sent when not required."],
  'would-take': [-2010, 'Order would immediately match and take.'],
  'would-trigger': [-2010, 'Order would trigger immediately.'],
  'no-liquidity': [-2010, 'Order book liquidity is less than symbol minimum quantity.'],
  expired: [-1102, "Mandatory parameter 'goodTillDate' was not sent, was empty/null, or malformed."],
  'unknown-order': [-2011, 'Unknown order sent.'],
};

const FUTURES: Readonly<Partial<Record<Refusal, Words>>> = {
  'price-step': [-4014, 'Price not increased by tick size.'],
  'price-range': [-4016, "Limit price can't be higher than the cap."],
  'qty-step': [-1111, 'Precision is over the maximum defined for this asset.'],
  'qty-range': [-4005, 'Quantity greater than max quantity.'],
  notional: [-4164, "Order's notional must be no smaller than 5 (unless you choose reduce only)."],
  'duplicate-client-id': [-4116, 'clientOrderId is duplicated'],
  'insufficient-balance': [-2019, 'Margin is insufficient.'],
  'reduce-only': [-2022, 'ReduceOnly Order is rejected.'],
  'would-take': [-5022, 'Due to the order could not be executed as maker, the Post Only order will be rejected.'],
  'would-trigger': [-2021, 'Order would immediately trigger.'],
};

export function refusalError(refusal: Refusal, isSpot: boolean): WireError {
  const [code, text] = isSpot ? SPOT[refusal] : (FUTURES[refusal] ?? SPOT[refusal]);
  return new WireError(400, code, text);
}
