/**
 * Telling the engine everything that the venue has: trades that were missed, open orders, positions, balances. What is told
 * belongs together: it is read again when a trade came in between, so that positions and trades agree.
 */
import { TapeheadError } from '../../core/errors.ts';
import { exact, exactText } from '../exact.ts';
import type { Listing, Listings } from '../listings.ts';
import type { Teller } from '../teller.ts';
import type { Balances } from './balances.ts';
import type { BinanceMarket, Operation } from './dialect.ts';
import {
  futuresBalances,
  isObject,
  type OrderFact,
  objects,
  orderAnswer,
  positions,
  spotBalances,
  tradeAnswer,
} from './facts.ts';
import type { LiveOrders } from './live-orders.ts';
import type { OrderFlows } from './order-flows.ts';
import { verdictText } from './refusals.ts';
import type { BinanceSession } from './session.ts';
import type { Params } from './signing.ts';

/** How long one question is asked again and again before the reconciliation is given up. */
const ASK_MS = 10_000;
const TRADES_A_PAGE = 1_000;
/** Trades between two readings: after so many of these the last one counts; what differs then shows at the next. */
const MAX_READINGS = 10;

interface Holdings {
  readonly open: readonly OrderFact[];
  readonly positions: unknown;
  readonly balances: unknown;
}

export class Reconciler {
  private readonly session: BinanceSession;
  private readonly market: BinanceMarket;
  private readonly listings: Listings;
  private readonly orders: LiveOrders;
  private readonly flows: OrderFlows;
  private readonly balances: Balances;
  private readonly teller: Teller;
  /** By symbol: the highest trade number that was asked for. */
  private readonly lastTradeId = new Map<string, number>();

  constructor(
    session: BinanceSession,
    market: BinanceMarket,
    listings: Listings,
    orders: LiveOrders,
    flows: OrderFlows,
    balances: Balances,
    teller: Teller,
  ) {
    this.session = session;
    this.market = market;
    this.listings = listings;
    this.orders = orders;
    this.flows = flows;
    this.balances = balances;
    this.teller = teller;
  }

  /** Tells everything. Throws TapeheadError when the venue can't be asked; `isCurrent` false ends it early, untold. */
  async run(isCurrent: () => boolean): Promise<boolean> {
    for (const listing of this.listings.all()) await this.learnTerms(listing);
    await this.readTrades();
    for (let reading = 1; isCurrent(); reading++) {
      const told = this.orders.tradesTold;
      const holdings = await this.read();
      await this.finish(holdings.open);
      await this.readTrades();
      if (!isCurrent()) return false;
      if (this.orders.tradesTold !== told && reading < MAX_READINGS) continue;
      this.tell(holdings);
      return true;
    }
    return false;
  }

  /** Open orders of the account in the run's instruments. */
  async openOrders(): Promise<readonly OrderFact[]> {
    const result = await this.ask(this.session.operations.openOrders, {});
    return objects(result)
      .map(orderAnswer)
      .filter((fact) => this.listings.of(fact.symbol) !== undefined);
  }

  private async read(): Promise<Holdings> {
    const { positions: positionRisk, balances } = this.session.operations;
    return {
      open: await this.openOrders(),
      positions: positionRisk === null ? [] : await this.ask(positionRisk, {}),
      balances: await this.ask(balances, {}),
    };
  }

  /** Every order of ours is as the venue has it: those that are open, and those that are not any more. */
  private async finish(open: readonly OrderFact[]): Promise<void> {
    const names = new Set(open.map((fact) => fact.name));
    for (const fact of open) {
      const placement = this.orders.take(fact);
      if (placement !== null) await this.flows.fetchTrades(placement);
    }
    for (const placement of this.orders.open()) {
      if (!names.has(placement.name) && placement.isAccepted && !placement.isSuperseded)
        await this.flows.resolve(placement);
    }
  }

  /** Trades of every instrument since those that were seen last; the first time, where they end. */
  private async readTrades(): Promise<void> {
    const { trades } = this.session.operations;
    for (const listing of this.listings.all()) {
      const { symbol } = listing;
      for (;;) {
        const last = this.lastTradeId.get(symbol);
        const params: Params =
          last === undefined ? { symbol, limit: 1 } : { symbol, fromId: last + 1, limit: TRADES_A_PAGE };
        const rows = objects(await this.ask(trades, params)).map(tradeAnswer);
        for (const row of rows) {
          this.orders.takeTrade(listing, row);
          this.lastTradeId.set(symbol, Math.max(this.lastTradeId.get(symbol) ?? -1, row.tradeId));
        }
        if (rows.length < TRADES_A_PAGE) break;
      }
      if (!this.lastTradeId.has(symbol)) this.lastTradeId.set(symbol, -1);
    }
  }

  private async learnTerms(listing: Listing): Promise<void> {
    if (listing.base !== '') return;
    const { terms } = this.session.operations;
    const result = await this.ask(terms, this.market === 'spot' ? { symbol: listing.symbol } : {});
    const rows = isObject(result) ? objects(result.symbols) : [];
    const row = rows.find(({ symbol }) => symbol === listing.symbol);
    if (row === undefined) throw new TapeheadError('UNKNOWN_SYMBOL', `the venue does not list ${listing.symbol}`);
    listing.base = String(row.baseAsset);
    listing.quote = String(row.quoteAsset);
  }

  private tell({ open, positions: rows, balances }: Holdings): void {
    const { teller } = this;
    for (const fact of open) {
      const listing = this.listings.of(fact.symbol);
      if (listing !== undefined) teller.openOrder(listing, { ...fact, clOrdId: this.orders.clOrdIdOf(fact) });
    }
    if (this.market === 'usdm') this.tellPositions(rows);
    for (const fact of this.market === 'spot'
      ? spotBalances(isObject(balances) ? balances : {})
      : futuresBalances(balances)) {
      this.balances.read(fact);
    }
  }

  /** A symbol without a row has no position; in hedge mode it has two, and their sum counts. */
  private tellPositions(rows: unknown): void {
    const sums = new Map<string, bigint>();
    for (const { symbol, qty } of positions(rows)) {
      const units = qty.startsWith('-') ? -exact(qty.slice(1)) : exact(qty);
      sums.set(symbol, (sums.get(symbol) ?? 0n) + units);
    }
    for (const listing of this.listings.all()) {
      const sum = sums.get(listing.symbol) ?? 0n;
      this.teller.position(listing, sum < 0n ? `-${exactText(-sum)}` : exactText(sum));
    }
  }

  private async ask(operation: Operation, params: Params): Promise<unknown> {
    const answer = await this.session.ask(operation, params, ASK_MS);
    if (answer.ok) return answer.result;
    throw new TapeheadError('USAGE', `${operation.path}: ${verdictText(answer.error)}`);
  }
}
