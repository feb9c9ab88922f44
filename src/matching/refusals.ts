/** Which requests a matching book refuses for what they say, whatever the book holds. Returns a RejectCode, 0 for none. */
import { type OrderFlag, type OrderSide, type OrdType, RejectCode, type TimeInForce } from '../core/order.ts';

/** Places of `MatchBook.request`. */
export const Request = { Price: 0, Qty: 1, Trigger: 2, Display: 3 } as const;

/** 2^40 lots: 8,192 orders as large as can be at one price are still counted exactly. */
const MAX_ORDER_LOTS = 2 ** 40;

// Copies of constants that are imported or exported: see match-book.ts.
const BUY: typeof OrderSide.Buy = 1;
const SELL: typeof OrderSide.Sell = 2;
const LIMIT: typeof OrdType.Limit = 1;
const STOP: typeof OrdType.Stop = 3;
const STOP_LIMIT: typeof OrdType.StopLimit = 4;
const PEGGED: typeof OrdType.Pegged = 5;
const DAY: typeof TimeInForce.Day = 1;
const IOC: typeof TimeInForce.Ioc = 3;
const FOK: typeof TimeInForce.Fok = 4;
const GTD: typeof TimeInForce.Gtd = 5;
const POST_ONLY: typeof OrderFlag.PostOnly = 1;
const PRICE: typeof Request.Price = 0;
const QTY: typeof Request.Qty = 1;
const TRIGGER: typeof Request.Trigger = 2;
const DISPLAY: typeof Request.Display = 3;
const NONE: typeof RejectCode.None = 0;

export function refusalOf(
  request: Float64Array,
  side: number,
  type: number,
  timeInForce: number,
  flags: number,
): number {
  if (side !== BUY && side !== SELL) return RejectCode.BadSide;
  if (type === PEGGED) return RejectCode.VenueUnsupported;
  if (!(type >= LIMIT && type <= STOP_LIMIT)) return RejectCode.BadOrdType;
  if (!(timeInForce >= DAY && timeInForce <= GTD)) return RejectCode.BadTimeInForce;
  if (!isLots(request[QTY])) return RejectCode.BadQty;
  const hasPrice = type === LIMIT || type === STOP_LIMIT;
  if (hasPrice && !isPrice(request[PRICE])) return RejectCode.BadPrice;
  const isStop = type === STOP || type === STOP_LIMIT;
  if (isStop && !isPrice(request[TRIGGER])) return RejectCode.BadPrice;
  const display = request[DISPLAY];
  if (display !== 0 && !(isLots(display) && display <= request[QTY])) return RejectCode.BadDisplayQty;
  if ((flags & POST_ONLY) === 0) return NONE;
  if (!hasPrice) return RejectCode.BadOrdType;
  const rests = timeInForce !== IOC && timeInForce !== FOK;
  return rests ? NONE : RejectCode.BadTimeInForce;
}

export function refusalOfReplace(request: Float64Array, hasPrice: boolean): number {
  if (!isLots(request[QTY])) return RejectCode.BadQty;
  return hasPrice && !isPrice(request[PRICE]) ? RejectCode.BadPrice : NONE;
}

function isLots(qty: number): boolean {
  return qty > 0 && qty <= MAX_ORDER_LOTS && Math.floor(qty) === qty;
}

function isPrice(price: number): boolean {
  return price > 0 && price <= Number.MAX_SAFE_INTEGER && Math.floor(price) === price;
}
