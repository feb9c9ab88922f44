/** An exchange for tests, with accounts that have something, and notes of what it says. */
import { OrderSide, OrdType, TimeInForce } from '../../src/core/order.ts';
import type { Account } from '../../src/exchange/accounts.ts';
import { Exchange } from '../../src/exchange/exchange.ts';
import { LEDGER_UNIT, type Listing, type ListingKind, listingOf } from '../../src/exchange/listing.ts';
import type { Market } from '../../src/exchange/market.ts';
import type { ExchangeOrder, OrderRequest, Submitted } from '../../src/exchange/orders.ts';

export const START_US = 1_700_000_000_000_000;

/** Round figures: price 100.00 and quantity 1.000 by default. */
export function plainListing(kind: ListingKind = 'spot', change: Partial<Listing> = {}): Listing {
  return {
    ...listingOf('BTC', 'USDT', kind),
    priceDecimals: 2,
    qtyDecimals: 3,
    startTicks: 10000,
    minNotional: 0n,
    ...change,
  };
}

export class ExchangeScene {
  readonly exchange: Exchange;
  readonly market: Market;
  readonly said: string[] = [];

  constructor(listing: Listing = plainListing()) {
    this.exchange = new Exchange([listing]);
    this.market = this.exchange.markets[0];
    this.exchange.advance(START_US);
    this.exchange.listen({
      ordered: (order, event) => {
        const fill =
          event.is === 'trade'
            ? ` ${event.fill.lots}@${event.fill.priceTicks}${event.fill.isMaker ? ' maker' : ''}`
            : '';
        const why = order.ended === '' ? '' : ` ${order.ended}`;
        this.said.push(`${order.clientOrderId} ${event.is}${fill}${why}`);
      },
      traded: (_market, trade) => this.said.push(`trade ${trade.tradeId} ${trade.lots}@${trade.priceTicks}`),
    });
  }

  account(name: string, base: number, quote: number): Account {
    const account = this.exchange.accounts.open(name);
    this.exchange.accounts.deposit(account, this.market.listing.base, BigInt(base) * LEDGER_UNIT);
    this.exchange.accounts.deposit(account, this.market.listing.quote, BigInt(quote) * LEDGER_UNIT);
    return account;
  }

  request(
    client: string,
    side: 'buy' | 'sell',
    lots: number,
    priceTicks: number,
    change: Partial<OrderRequest> = {},
  ): OrderRequest {
    return {
      market: this.market,
      side: side === 'buy' ? OrderSide.Buy : OrderSide.Sell,
      type: priceTicks === 0 ? OrdType.Market : OrdType.Limit,
      timeInForce: TimeInForce.Gtc,
      priceTicks,
      lots,
      clientOrderId: client,
      ...change,
    };
  }

  submit(account: Account, ...args: Parameters<ExchangeScene['request']>): Submitted {
    const result = this.exchange.submit(account, this.request(...args));
    this.exchange.checkInvariants();
    return result;
  }

  /** The order, which must not be refused. */
  order(account: Account, ...args: Parameters<ExchangeScene['request']>): ExchangeOrder {
    const result = this.submit(account, ...args);
    if ('refused' in result) throw new Error(`refused: ${result.refused}`);
    return result.order;
  }

  refusal(account: Account, ...args: Parameters<ExchangeScene['request']>): string {
    const result = this.submit(account, ...args);
    return 'refused' in result ? result.refused : 'taken';
  }

  /** What was said since the last call. */
  heard(): string[] {
    return this.said.splice(0);
  }
}
