/** An independent client keeps the books that the exchange has: ccxt.pro, pointed at the venue. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import ccxt from 'ccxt';
import { OrderSide } from '../../src/core/order.ts';
import type { VenueServer } from '../../src/exchange/venue-server.ts';
import { marketOf, postJson, startVenue } from '../support/venue-scene.ts';

/** What of a ccxt.pro exchange is used here. */
interface Client {
  urls: { api: Record<string, unknown> };
  markets: Record<string, unknown>;
  /** As kept by now. */
  orderbooks: Record<string, { bids: number[][]; asks: number[][]; nonce: number }>;
  loadHttpProxyAgent(): Promise<unknown>;
  loadMarkets(): Promise<Record<string, unknown>>;
  watchOrderBook(symbol: string): Promise<unknown>;
  watchTrades(symbol: string): Promise<{ id: string; price: number; amount: number; side: string }[]>;
  close(): Promise<void>;
}

async function clientOf(t: TestContext, venue: VenueServer, isSpot: boolean): Promise<Client> {
  const type = isSpot ? 'spot' : 'linear';
  const Exchange = isSpot ? ccxt.pro.binance : ccxt.pro.binanceusdm;
  const options = { defaultType: isSpot ? 'spot' : 'swap', fetchMarkets: { types: [type] }, fetchCurrencies: false };
  const client = new Exchange({ enableRateLimit: false, options }) as unknown as Client;
  await client.loadHttpProxyAgent(); // ws:// is refused without
  const [spot, usdm] = [`127.0.0.1:${venue.net.port}/binance`, `127.0.0.1:${venue.net.port}/binance-usdm`];
  Object.assign(client.urls.api, { public: `http://${spot}/api/v3`, fapiPublic: `http://${usdm}/fapi/v1` });
  Object.assign(client.urls.api.ws as object, { spot: `ws://${spot}/ws`, future: `ws://${usdm}/ws` });
  t.after(() => client.close());
  return client;
}

for (const [name, symbol, isSpot] of [
  ['binance', 'BTC/USDT', true],
  ['binance-usdm', 'BTC/USDT:USDT', false],
] as const) {
  test(`${name}: ccxt.pro keeps the exchange's own book, and sees its trades`, async (t) => {
    const venue = await startVenue(t, [name], { rate: 500 });
    const market = marketOf(venue, name, 'BTCUSDT');
    const seen: { price: number; side: string }[] = [];
    venue.venues[0].exchange.listen({
      traded: (one, { priceTicks, takerSide }) => {
        if (one === market) seen.push({ price: priceTicks, side: takerSide === OrderSide.Buy ? 'buy' : 'sell' });
      },
    });
    const client = await clientOf(t, venue, isSpot);
    await client.loadMarkets();
    assert.deepEqual(Object.keys(client.markets).length, 2);
    await client.watchOrderBook(symbol);
    const trades = [...(await client.watchTrades(symbol))];
    while (trades.length < 5) trades.push(...(await client.watchTrades(symbol)));
    await postJson(venue, '/control/flow', { rate: 0 });
    const book = client.orderbooks[symbol];
    const { priceDecimals, qtyDecimals } = market.listing;
    const units = (levels: readonly number[][]): number[] =>
      [...levels].flatMap(([price, qty]) => [
        Math.round(price * 10 ** priceDecimals),
        Math.round(qty * 10 ** qtyDecimals),
      ]);
    while (book.nonce < market.updateId) await new Promise((resolve) => setTimeout(resolve, 10));
    assert.deepEqual(units(book.bids), market.depth(true, 1e6));
    assert.deepEqual(units(book.asks), market.depth(false, 1e6));
    for (const trade of trades) {
      const ticks = Math.round(trade.price * 10 ** priceDecimals);
      assert.ok(
        seen.some((one) => one.price === ticks && one.side === trade.side),
        `${trade.side} at ${trade.price}`,
      );
    }
  });
}
