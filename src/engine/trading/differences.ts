/**
 * Compares what a venue has with what the log says: open orders both ways, positions or balances. Says what differs, a line
 * each, in a fixed order; nothing is changed here.
 *
 * An order that was executed further by the log than the venue told is one whose reports overtook what it told; the other way
 * round, a fill has not reached us. What changed while the venue told its part may look like a difference: reconciliation.ts
 * asks again then.
 */
import type { Books } from '../../book/books.ts';
import { formatFixed } from '../../core/decimal.ts';
import { isTerminal, ORD_STATUS_TEXT, ORDER_SIDE_TEXT } from '../../core/order.ts';
import type { OrderManager } from '../../oms/order-manager.ts';
import type { OpenAtVenue, VenueAccount } from './venue-account.ts';

export interface Sides {
  readonly account: VenueAccount;
  readonly books: Books;
  readonly oms: OrderManager;
  /** Our open orders at this venue, by OrderID, ascending. */
  readonly orders: readonly number[];
  /** Instruments of this venue, ascending. */
  readonly instruments: readonly number[];
  /** Position by the log, all strategies together. */
  readonly positionLots: (instrument: number) => number;
  /** ClOrdIDs at the venue begin with it. */
  readonly prefix: string;
}

const ASSET_DECIMALS = 8;

export function differencesOf(sides: Sides): string[] {
  return [...ourOrders(sides), ...theirOrders(sides), ...holdings(sides)];
}

function ourOrders(sides: Sides): string[] {
  const { account, oms } = sides;
  const { orders } = oms;
  const found: string[] = [];
  for (const orderId of sides.orders) {
    const name = nameOf(sides, orderId);
    const unknown = account.unknown.get(orders.clOrdId[orderId]) ?? account.unknown.get(orders.replaceClOrdId[orderId]);
    const open = account.openUnder(orders.clOrdId[orderId]) ?? account.openUnder(orders.replaceClOrdId[orderId]);
    if (open !== undefined) found.push(...termDifferences(sides, orderId, open).map((what) => `${name}: ${what}`));
    else if (unknown !== undefined)
      found.push(`${name}: its state could not be found out${unknown === 0 ? '' : ` (${unknown})`}`);
    else if (orders.clOrdId[orderId] < account.firstClOrdId) found.push(`${name}: open in the log, not at the venue`);
  }
  return found;
}

function termDifferences(sides: Sides, orderId: number, open: OpenAtVenue): string[] {
  const { orders } = sides.oms;
  const found: string[] = [];
  const def = sides.books.defs[orders.instrument[orderId]];
  const qty = (lots: number): string => formatFixed(lots, def?.qtyDecimals ?? 0);
  const price = (ticks: number): string => formatFixed(ticks, def?.priceDecimals ?? 0);
  if (open.side !== orders.side[orderId])
    found.push(`a ${ORDER_SIDE_TEXT[open.side] ?? 'sideless order'} at the venue`);
  if (open.instrument !== orders.instrument[orderId]) found.push('of another instrument at the venue');
  if (open.cumQtyLots > orders.cumQtyLots[orderId]) {
    found.push(`${qty(open.cumQtyLots)} executed at the venue, ${qty(orders.cumQtyLots[orderId])} in the log`);
  }
  // Until a replace is answered either of both terms may be those at the venue.
  const isAsked = orders.replaceClOrdId[orderId] !== 0;
  if (open.qtyLots !== orders.qtyLots[orderId] && !(isAsked && open.qtyLots === orders.pendingQtyLots[orderId])) {
    found.push(`${qty(open.qtyLots)} in all at the venue, ${qty(orders.qtyLots[orderId])} in the log`);
  }
  const ours = orders.priceTicks[orderId];
  if (
    ours > 0 &&
    orders.workingPriceTicks[orderId] === 0 &&
    open.priceTicks !== ours &&
    !(isAsked && open.priceTicks === orders.pendingPriceTicks[orderId])
  ) {
    found.push(`at ${price(open.priceTicks)} at the venue, at ${price(ours)} in the log`);
  }
  return found;
}

function theirOrders({ account, oms, books, prefix }: Sides): string[] {
  const found: string[] = [];
  for (const one of account.open) {
    const orderId = oms.orderOf(one.clOrdId);
    const symbol = books.defs[one.instrument]?.symbol ?? '';
    const name = `${prefix}${one.clOrdId} ${symbol}`;
    if (orderId === 0) found.push(`${name}: open at the venue, not in the log`);
    else if (isTerminal(oms.orders.status[orderId]) && oms.orders.changedNs[orderId] < account.beganNs) {
      found.push(`${name}: open at the venue, ${ORD_STATUS_TEXT[oms.orders.status[orderId]]} in the log`);
    }
  }
  return found;
}

function holdings(sides: Sides): string[] {
  const { account, books } = sides;
  const found: string[] = [];
  if (account.holdsPositions) {
    for (const instrument of sides.instruments) {
      const stated = account.positions.get(instrument) ?? 0;
      const ours = sides.positionLots(instrument);
      if (stated === ours) continue;
      const def = books.defs[instrument];
      const qty = (lots: number): string => formatFixed(lots, def?.qtyDecimals ?? 0);
      found.push(`position of ${def?.symbol ?? instrument}: ${qty(stated)} at the venue, ${qty(ours)} in the log`);
    }
    return found;
  }
  const { ledger } = account;
  for (const asset of ledger.assets) {
    const expected = ledger.expected(asset);
    const stated = account.balances.get(asset) ?? 0;
    if (Number.isNaN(expected) || Math.abs(stated - expected) < ledger.lotUnits(asset)) continue;
    const units = (value: number): string => formatFixed(Math.round(value), ASSET_DECIMALS);
    found.push(`balance of ${asset}: ${units(stated)} at the venue, ${units(expected)} by the log`);
  }
  return found;
}

function nameOf({ oms, books, prefix }: Sides, orderId: number): string {
  const { orders } = oms;
  const symbol = books.defs[orders.instrument[orderId]]?.symbol ?? '';
  return `${prefix}${orders.clOrdId[orderId]} ${symbol} ${ORDER_SIDE_TEXT[orders.side[orderId]]}`;
}
