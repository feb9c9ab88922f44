/**
 * Coinbase Exchange: the websocket feed at the protocol's root, and of REST what a client of market data asks for: /time,
 * /currencies, /products, /products/<id>, /products/<id>/book with levels 1 to 3. Source: docs.cdp.coinbase.com, "Exchange
 * REST API: Products".
 */
import type { NetRequest } from '../../net/server.ts';
import { listingOf } from '../listing.ts';
import type { Market } from '../market.ts';
import {
  type Connection,
  type ExchangeProtocol,
  jsonReply,
  type ProtocolKind,
  type ProtocolReply,
  type ProtocolServices,
  Refusal,
} from '../protocol.ts';
import { ProductChannels } from './channels.ts';
import { CoinbaseConnection } from './connection.ts';
import { type Product, timeText } from './product.ts';

const QUOTE = 'USD';

class CoinbaseVenue implements ExchangeProtocol {
  readonly name = 'coinbase';
  private readonly services: ProtocolServices;
  private readonly products: readonly ProductChannels[];

  constructor(services: ProtocolServices) {
    this.services = services;
    this.products = services.exchange.markets.map((market) => new ProductChannels(market, services));
    services.exchange.listen({
      publicOrder: (market, event) => this.products[market.index].product.hear(event),
      booked: (market) => this.products[market.index].product.requestEnds(),
    });
  }

  symbolOf({ listing }: Market): string {
    return `${listing.base}-${listing.quote}`;
  }

  addresses(base: string): readonly string[] {
    return [`REST http://${base}`, `websocket feed ws://${base}`];
  }

  http(request: NetRequest): ProtocolReply {
    const [, first, id, last] = request.path.split('/');
    if (first === 'time') {
      const nowUs = this.services.nowUs();
      return jsonReply({ iso: timeText(nowUs), epoch: nowUs / 1e6 });
    }
    if (first === 'currencies') return jsonReply(this.currencies());
    if (first !== 'products') return notFound();
    if (id === undefined || id === '') return jsonReply(this.products.map(({ product }) => productInfo(product)));
    const product = this.products.find((one) => one.product.id === decodeURIComponent(id))?.product;
    if (product === undefined) return notFound();
    if (last === undefined) return jsonReply(productInfo(product));
    return last === 'book' ? this.book(product, new URLSearchParams(request.query).get('level') ?? '1') : notFound();
  }

  connect(request: NetRequest): Connection | Refusal {
    if (request.path !== '/') return new Refusal({ status: 404, body: 'the feed has no path\n' });
    return new CoinbaseConnection(this.products);
  }

  pulse(): void {
    const nowUs = this.services.nowUs();
    for (const product of this.products) product.pulse(nowUs);
  }

  private book(product: Product, level: string): ProtocolReply {
    if (!['1', '2', '3'].includes(level)) return jsonReply({ message: 'Invalid level' }, 400);
    const side = (isBid: boolean) =>
      level === '3' ? product.level3(isBid) : product.levels(isBid, level === '1' ? 1 : Number.POSITIVE_INFINITY);
    const body = {
      bids: side(true),
      asks: side(false),
      sequence: product.sequence,
      auction_mode: false,
      auction: null,
      time: timeText(this.services.nowUs()),
    };
    return { ...jsonReply(body), kind: 'snapshot' };
  }

  private currencies(): object[] {
    const assets = this.products.flatMap(({ product }) => [product.market.listing.base, product.market.listing.quote]);
    return [...new Set(assets)].map((id) => ({
      id,
      name: id,
      min_size: '0.00000001',
      status: 'online',
      message: '',
      max_precision: '0.00000001',
      convertible_to: [],
      details: { type: id === QUOTE ? 'fiat' : 'crypto' },
    }));
  }
}

function productInfo(product: Product): object {
  const { listing } = product.market;
  return {
    id: product.id,
    base_currency: listing.base,
    quote_currency: listing.quote,
    quote_increment: product.price(1),
    base_increment: product.size(1),
    display_name: product.id.replace('-', '/'),
    min_market_funds: String(Number(listing.minNotional) / 1e8),
    margin_enabled: false,
    post_only: false,
    limit_only: false,
    cancel_only: false,
    status: 'online',
    status_message: '',
    trading_disabled: false,
    auction_mode: false,
  };
}

function notFound(): ProtocolReply {
  return jsonReply({ message: 'NotFound' }, 404);
}

export const COINBASE_KIND: ProtocolKind = {
  name: 'coinbase',
  listings: (assets) => assets.map((asset) => listingOf(asset, QUOTE, 'spot')),
  make: (services) => new CoinbaseVenue(services),
};
