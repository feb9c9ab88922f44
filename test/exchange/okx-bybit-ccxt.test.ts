/** An independent client keeps the books that the exchange has: ccxt.pro's OKX and Bybit, pointed at the venue. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import ccxt from 'ccxt';
import { BYBIT_KIND } from '../../src/exchange/bybit/venue.ts';
import { OKX_KIND } from '../../src/exchange/okx/venue.ts';
import type { ProtocolKind } from '../../src/exchange/protocol.ts';
import { machineClockUs, VenueServer } from '../../src/exchange/venue-server.ts';
import { NO_FAULTS } from '../support/no-faults.ts';

const NET = { port: 0, maxFrameBytes: 1 << 16, maxBodyBytes: 1 << 16, maxBacklogBytes: 1 << 24, idleSeconds: 60 };
/** A frame that does not come ends the test instead of holding it up. */
const LIMIT = { timeout: 30_000 };

/** What of a ccxt.pro exchange is used here. */
interface Client {
  urls: { api: Record<string, unknown> };
  orderbooks: Record<string, { bids: number[][]; asks: number[][] }>;
  loadHttpProxyAgent(): Promise<unknown>;
  loadMarkets(): Promise<Record<string, unknown>>;
  watchOrderBook(symbol: string, limit?: number): Promise<unknown>;
  watchTrades(symbol: string): Promise<{ price: number; amount: number; side: string }[]>;
  close(): Promise<void>;
}

interface Case {
  readonly kind: ProtocolKind;
  /** Levels of the channel that ccxt takes. */
  readonly depth: number;
  make(base: string): Client;
}

const OPTIONS = { defaultType: 'spot', fetchMarkets: { types: ['spot'] }, fetchCurrencies: false };

const CASES: readonly Case[] = [
  {
    kind: OKX_KIND,
    depth: 400,
    make: (base) => {
      const options = { ...OPTIONS, fetchMarkets: ['spot'], watchOrderBook: { depth: 'books', checksum: true } };
      const client = new ccxt.pro.okx({ enableRateLimit: false, options }) as unknown as Client;
      Object.assign(client.urls.api, { rest: `http://${base}`, ws: `ws://${base}/ws/v5` });
      return client;
    },
  },
  {
    kind: BYBIT_KIND,
    depth: 50,
    make: (base) => {
      const options = { ...OPTIONS, fetchMarkets: { types: ['spot'] }, enableUnifiedAccount: true };
      const client = new ccxt.pro.bybit({ enableRateLimit: false, options }) as unknown as Client;
      client.urls.api = {
        ...client.urls.api,
        public: `http://${base}`,
        ws: { public: { spot: `ws://${base}/v5/public/spot` } },
      };
      return client;
    },
  },
];

for (const { kind, depth, make } of CASES) {
  test(`${kind.name}: ccxt.pro keeps the exchange's own book, and sees its trades`, LIMIT, async () => {
    const settings = { kinds: [kind], assets: ['BTC', 'ETH'], seed: 9, rate: 500, faults: NO_FAULTS, net: NET };
    const venue = await VenueServer.start({ ...settings, nowUs: machineClockUs() });
    const client = make(venue.baseOf(venue.venues[0].protocol));
    try {
      await client.loadHttpProxyAgent(); // ws:// is refused without
      await client.loadMarkets();
      const symbol = 'BTC/USDT';
      const market = venue.venues[0].exchange.marketOf('BTCUSDT')!;
      const prices = new Set<number>();
      venue.venues[0].exchange.listen({ traded: (one, trade) => one === market && prices.add(trade.priceTicks) });
      await client.watchOrderBook(symbol, depth);
      const trades = [...(await client.watchTrades(symbol))];
      while (trades.length < 3) trades.push(...(await client.watchTrades(symbol)));
      venue.setRate(0);
      const { priceDecimals, qtyDecimals } = market.listing;
      const units = (levels: readonly number[][]): number[] =>
        [...levels]
          .slice(0, depth)
          .flatMap(([price, qty]) => [Math.round(price * 10 ** priceDecimals), Math.round(qty * 10 ** qtyDecimals)]);
      const agree = (): boolean =>
        [true, false].every((isBid) => {
          const side = client.orderbooks[symbol][isBid ? 'bids' : 'asks'];
          return units(side).join() === market.depth(isBid, depth).join();
        });
      while (!agree()) await new Promise((resolve) => setTimeout(resolve, 10));
      for (const { price } of trades)
        assert.ok(prices.has(Math.round(price * 10 ** priceDecimals)), `a trade at ${price}`);
    } finally {
      await client.close();
      await venue.close();
    }
  });
}
