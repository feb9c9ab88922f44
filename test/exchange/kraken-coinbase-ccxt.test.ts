import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { test } from 'node:test';
import ccxt, { type Exchange as CcxtExchange } from 'ccxt';
import { COINBASE_KIND } from '../../src/exchange/coinbase/venue.ts';
import { KRAKEN_KIND } from '../../src/exchange/kraken/venue.ts';
import type { Market } from '../../src/exchange/market.ts';
import type { ProtocolKind } from '../../src/exchange/protocol.ts';
import type { LiveProtocol } from '../../src/feed/live/protocol.ts';
import { COINBASE } from '../../src/feed/live/protocols/coinbase.ts';
import { KRAKEN } from '../../src/feed/live/protocols/kraken.ts';
import { marketText, startVenue, until, VenueClient } from '../support/venue-client.ts';

const RATE = 1_000;
const SYMBOL = 'BTC/USD';

interface Peer {
  readonly kind: ProtocolKind;
  readonly protocol: LiveProtocol;
  readonly symbol: string;
  /** Levels a side that both clients have. */
  readonly depth: number;
  make(base: string): CcxtExchange;
}

const CREDENTIALS = { apiKey: 'key', secret: Buffer.from('secret').toString('base64'), password: 'word' };

const PEERS: Readonly<Record<string, Peer>> = {
  kraken: {
    kind: KRAKEN_KIND,
    protocol: KRAKEN,
    symbol: 'BTC/USD',
    depth: 100,
    make: (base) => {
      const peer = new ccxt.pro.kraken({ newUpdates: false });
      const rest = `http://${base}`;
      peer.urls.api = { public: rest, private: rest, zendesk: rest, ws: { publicV2: `ws://${base}/v2` } };
      return peer;
    },
  },
  coinbaseexchange: {
    kind: COINBASE_KIND,
    protocol: COINBASE,
    symbol: 'BTC-USD',
    depth: Number.POSITIVE_INFINITY,
    make: (base) => {
      const peer = new ccxt.pro.coinbaseexchange({ newUpdates: false, ...CREDENTIALS });
      const rest = `http://${base}`;
      peer.urls.api = { public: rest, private: rest, ws: `ws://${base}` };
      return peer;
    },
  },
};

/** What ccxt has of the book, as `marketText` shows the exchange's. */
function ccxtText(peer: CcxtExchange, market: Market, depth: number): string[] {
  const book = peer.orderbooks[SYMBOL] as { bids: [number, number][]; asks: [number, number][] } | undefined;
  const { priceDecimals, qtyDecimals } = market.listing;
  const plain = (value: number, decimals: number) => value.toFixed(decimals).replace(/\.?0+$/, '');
  const side = (n: number, levels: readonly [number, number][]) =>
    levels.slice(0, depth).map(([price, qty]) => `${n} ${plain(price, priceDecimals)} ${plain(qty, qtyDecimals)}`);
  return [...side(1, book?.bids ?? []), ...side(2, book?.asks ?? [])].sort();
}

for (const [name, { kind, protocol, symbol, depth, make }] of Object.entries(PEERS)) {
  test(`ccxt.pro's ${name} keeps the book that the exchange has, and our decoder, and hears the same trades`, async (t) => {
    const seed = randomInt(2 ** 32);
    t.diagnostic(`seed ${seed}`);
    const venue = await startVenue(kind, seed, RATE);
    t.after(() => venue.close());
    const base = venue.baseOf(venue.venues[0].protocol);
    const market = venue.venues[0].exchange.markets[0];
    const traded = new Set<string>();
    venue.venues[0].exchange.listen({ traded: (_of, { tradeId }) => traded.add(String(tradeId)) });

    const peer = make(base);
    t.after(() => peer.close());
    await peer.loadHttpProxyAgent();
    const ours = new VenueClient(protocol, base, [symbol]);
    t.after(() => ours.close());
    await ours.open();
    await peer.loadMarkets();
    assert.equal(peer.market(SYMBOL).precision.price, 0.01);

    let isOver = false;
    const failures: unknown[] = [];
    const limit = Number.isFinite(depth) ? depth : undefined;
    const watch = async (next: () => Promise<unknown>) => {
      while (!isOver) {
        await next().catch((error: unknown) => {
          if (!isOver) failures.push(error);
          isOver = true;
        });
      }
    };
    void watch(() => peer.watchOrderBook(SYMBOL, limit));
    void watch(() => peer.watchTrades(SYMBOL));
    await until(
      () => failures.length > 0 || (peer.trades[SYMBOL]?.length ?? 0) > 20,
      () => `${peer.trades[SYMBOL]?.length} trades`,
    );
    assert.deepEqual(failures, []);

    venue.setRate(0);
    const text = () => JSON.stringify(marketText(market, depth));
    await until(
      () => JSON.stringify(ccxtText(peer, market, depth)) === text(),
      () => `seed ${seed}: ccxt differs`,
    );
    await until(
      () => JSON.stringify(ours.books.text(symbol)) === text(),
      () => `seed ${seed}: ours differs`,
    );
    isOver = true;
    const heard = (peer.trades[SYMBOL] as { id: string }[]).map(({ id }) => id);
    assert.ok(heard.every((id) => traded.has(id)) && new Set(heard).size === heard.length);
  });
}
