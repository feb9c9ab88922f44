/** Which requests a matching book refuses for what they say, whatever the book holds. Returns a RejectCode, 0 for none. */
import { OrderFlag, OrderSide, OrdType, RejectCode, TimeInForce } from '../core/order.ts';

/** Places of `MatchBook.request`. */
export const Request = { Price: 0, Qty: 1, Trigger: 2, Display: 3 } as const;

/** 2^40 lots: 8,192 orders as large as can be at one price are still counted exactly. */
export const MAX_ORDER_LOTS = 2 ** 40;

export function refusalOf(
  request: Float64Array,
  side: number,
  type: number,
  timeInForce: number,
  flags: number,
): number {
  if (side !== OrderSide.Buy && side !== OrderSide.Sell) return RejectCode.BadSide;
  if (type === OrdType.Pegged) return RejectCode.VenueUnsupported;
  if (!(type >= OrdType.Limit && type <= OrdType.StopLimit)) return RejectCode.BadOrdType;
  if (!(timeInForce >= TimeInForce.Day && timeInForce <= TimeInForce.Gtd)) return RejectCode.BadTimeInForce;
  if (!isLots(request[Request.Qty])) return RejectCode.BadQty;
  const hasPrice = type === OrdType.Limit || type === OrdType.StopLimit;
  if (hasPrice && !isPrice(request[Request.Price])) return RejectCode.BadPrice;
  const isStop = type === OrdType.Stop || type === OrdType.StopLimit;
  if (isStop && !isPrice(request[Request.Trigger])) return RejectCode.BadPrice;
  const display = request[Request.Display];
  if (display !== 0 && !(isLots(display) && display <= request[Request.Qty])) return RejectCode.BadDisplayQty;
  if ((flags & OrderFlag.PostOnly) === 0) return RejectCode.None;
  if (!hasPrice) return RejectCode.BadOrdType;
  const rests = timeInForce !== TimeInForce.Ioc && timeInForce !== TimeInForce.Fok;
  return rests ? RejectCode.None : RejectCode.BadTimeInForce;
}

export function refusalOfReplace(request: Float64Array, hasPrice: boolean): number {
  if (!isLots(request[Request.Qty])) return RejectCode.BadQty;
  return hasPrice && !isPrice(request[Request.Price]) ? RejectCode.BadPrice : RejectCode.None;
}

function isLots(qty: number): boolean {
  return qty > 0 && qty <= MAX_ORDER_LOTS && Math.floor(qty) === qty;
}

function isPrice(price: number): boolean {
  return price > 0 && price <= Number.MAX_SAFE_INTEGER && Math.floor(price) === price;
}
