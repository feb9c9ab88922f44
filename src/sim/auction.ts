/**
 * Call auctions (opening, closing, reopening after a halt, IPO): the price at which most trades, then least is left
 * over, then nearest to a reference. Orders that take part: the whole book, hidden orders included, and interest that is
 * for this auction only and never displayed (market- and limit-on-open or -close).
 */
import { assert } from '../core/assert.ts';
import { BUY, type Direction, type MatchingBook, type Order, SELL } from './matching.ts';

/** Limit of a market order in an auction: better than every price. */
export const MARKET_BUY = Number.MAX_SAFE_INTEGER;
export const MARKET_SELL = 0;

/** Auction-only interest. */
export interface Interest {
  readonly direction: Direction;
  readonly price: number;
  readonly qty: number;
}

export interface Indication {
  readonly price: number;
  readonly paired: number;
  /** What is left over at `price`, on the side `direction` (BUY when 0 is left). */
  readonly imbalance: number;
  readonly direction: Direction;
}

interface Claim extends Interest {
  /** Null for auction-only interest. */
  readonly order: Order | null;
}

/** The auction's outcome if it were held now; null when nothing would trade. */
export function indicate(book: MatchingBook, extra: readonly Interest[], reference: number): Indication | null {
  return clear(levelsOf(book, extra, BUY), levelsOf(book, extra, SELL), reference);
}

/** Holds the auction: every displayed order that trades is reported through the book. Null when nothing trades. */
export function uncross(book: MatchingBook, extra: readonly Interest[], reference: number): Indication | null {
  const outcome = indicate(book, extra, reference);
  if (outcome === null) return null;
  for (const direction of [BUY, SELL] as const) {
    let left = outcome.paired;
    for (const claim of queueOf(book, extra, direction)) {
      if (left === 0) break;
      const qty = Math.min(claim.qty, left);
      left -= qty;
      if (claim.order !== null) book.cross(claim.order, qty, outcome.price);
    }
    assert(left === 0, 'an auction trades as much on either side');
  }
  book.lastPrice = outcome.price;
  return outcome;
}

/** Price -> quantity of one side, best first. */
function levelsOf(book: MatchingBook, extra: readonly Interest[], direction: Direction): Interest[] {
  const levels: Interest[] = extra.filter((interest) => interest.direction === direction);
  for (const hidden of [false, true]) {
    for (const level of book.ladder(direction, hidden).levels) {
      levels.push({ direction, price: level.price, qty: level.qty });
    }
  }
  return levels.sort((a, b) => (b.price - a.price) * direction);
}

/** All orders of one side by price, then displayed before undisplayed, then time. */
function queueOf(book: MatchingBook, extra: readonly Interest[], direction: Direction): Claim[] {
  const claims: Claim[] = [];
  for (const hidden of [false, true]) {
    for (const level of book.ladder(direction, hidden).levels) {
      for (let order = level.head; order !== null; order = order.next) {
        claims.push({ direction, price: order.price, qty: order.qty, order });
      }
    }
  }
  for (const interest of extra) {
    if (interest.direction === direction) claims.push({ ...interest, order: null });
  }
  return claims.sort((a, b) => (b.price - a.price) * direction); // stable: the order above decides ties
}

function clear(buys: readonly Interest[], sells: readonly Interest[], reference: number): Indication | null {
  const prices = [...buys, ...sells]
    .map((interest) => interest.price)
    .filter((price) => price !== MARKET_BUY && price !== MARKET_SELL)
    .sort((a, b) => a - b);
  let demand = 0;
  for (const buy of buys) demand += buy.qty;
  let supply = 0;
  let nextSell = 0;
  let lastBuy = buys.length - 1;
  let best: Indication | null = null;
  for (const price of prices) {
    while (nextSell < sells.length && sells[nextSell].price <= price) supply += sells[nextSell++].qty;
    while (lastBuy >= 0 && buys[lastBuy].price < price) demand -= buys[lastBuy--].qty;
    const paired = Math.min(demand, supply);
    if (paired === 0 || (best !== null && paired < best.paired)) continue;
    const imbalance = demand < supply ? supply - demand : demand - supply;
    const candidate: Indication = { price, paired, imbalance, direction: supply > demand ? SELL : BUY };
    if (best === null || better(candidate, best, reference)) best = candidate;
  }
  return best;
}

function better(a: Indication, b: Indication, reference: number): boolean {
  if (a.paired !== b.paired) return a.paired > b.paired;
  if (a.imbalance !== b.imbalance) return a.imbalance < b.imbalance;
  return Math.abs(a.price - reference) < Math.abs(b.price - reference);
}
