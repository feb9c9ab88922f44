/** An independent client agrees: ccxt, pointed at the exchange, trades on its spot market, and on its USD-M one. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import ccxt, { type binance } from 'ccxt';
import { OrderSide } from '../../src/core/order.ts';
import { HMAC_KEY, TestVenue } from '../support/binance-venue.ts';

const TIMEOUT_MS = 5_000;

function clientOf(venue: TestVenue, type: 'spot' | 'swap'): binance {
  const base = `http://127.0.0.1:${venue.port}`;
  const client = type === 'spot' ? new ccxt.binance(options(type)) : new ccxt.binanceusdm(options(type));
  client.urls.api = {
    ...(client.urls.api as Record<string, string>),
    public: `${base}/api/v3`,
    private: `${base}/api/v3`,
    fapiPublic: `${base}/fapi/v1`,
    fapiPublicV2: `${base}/fapi/v2`,
    fapiPublicV3: `${base}/fapi/v3`,
    fapiPrivate: `${base}/fapi/v1`,
    fapiPrivateV2: `${base}/fapi/v2`,
    fapiPrivateV3: `${base}/fapi/v3`,
  };
  return client;
}

function options(type: 'spot' | 'swap'): ConstructorParameters<typeof ccxt.binance>[0] {
  return {
    apiKey: HMAC_KEY.apiKey,
    secret: HMAC_KEY.secret,
    timeout: TIMEOUT_MS,
    enableRateLimit: false,
    options: {
      defaultType: type,
      fetchCurrencies: false,
      fetchMargins: false,
      fetchMarkets: { types: [type === 'spot' ? 'spot' : 'linear'] },
      warnOnFetchOpenOrdersWithoutSymbol: false,
    },
  };
}

test('ccxt places, finds, cancels and counts orders on the spot market', async () => {
  const venue = await TestVenue.start('spot');
  const client = clientOf(venue, 'spot');
  try {
    await client.loadMarkets();
    const symbol = 'BTC/USDT';
    const limit = await client.createOrder(symbol, 'limit', 'buy', 0.01, 50_000);
    assert.equal(limit.status, 'open');
    const found = await client.fetchOrder(String(limit.id), symbol);
    assert.deepEqual([found.price, found.amount, found.filled, found.side], [50_000, 0.01, 0, 'buy']);
    const postOnly = await client.createOrder(symbol, 'limit', 'sell', 0.02, 70_000, { postOnly: true });
    const open = await client.fetchOpenOrders(symbol);
    assert.deepEqual(open.map((order) => order.id).sort(), [limit.id, postOnly.id].sort());
    venue.others(OrderSide.Sell, 6_000_000, 500);
    const bought = await client.createOrder(symbol, 'market', 'buy', 0.003);
    assert.deepEqual([bought.status, bought.filled, bought.average], ['closed', 0.003, 60_000]);
    const immediate = await client.createOrder(symbol, 'limit', 'buy', 0.01, 60_000, { timeInForce: 'IOC' });
    assert.deepEqual([immediate.filled, immediate.remaining], [0.002, 0.008]);
    await assert.rejects(
      client.createOrder(symbol, 'limit', 'sell', 0.01, 40_000, { postOnly: true }),
      ccxt.OrderImmediatelyFillable,
    );
    await assert.rejects(client.createOrder(symbol, 'limit', 'buy', 100, 900_000), ccxt.InsufficientFunds);
    const trades = await client.fetchMyTrades(symbol);
    assert.deepEqual(
      trades.map((trade) => [trade.amount, trade.price, trade.takerOrMaker]),
      [
        [0.003, 60_000, 'taker'],
        [0.002, 60_000, 'taker'],
      ],
    );
    const balance = await client.fetchBalance();
    // 0.1 % of what was bought is commission; the open orders hold the rest.
    assert.equal(balance.BTC.total, 1_000_000 + 0.005 * 0.999);
    assert.equal(balance.BTC.used, 0.02);
    assert.equal(balance.USDT.total, 1_000_000 - 300);
    assert.equal(balance.USDT.used, 500);
    const canceled = await client.cancelOrder(String(limit.id), symbol);
    assert.equal(canceled.status, 'canceled');
    await assert.rejects(client.cancelOrder(String(limit.id), symbol), ccxt.OrderNotFound);
    await client.cancelAllOrders(symbol);
    assert.deepEqual(await client.fetchOpenOrders(symbol), []);
    client.secret = 'another';
    await assert.rejects(client.fetchBalance(), ccxt.AuthenticationError);
  } finally {
    await client.close();
    await venue.close();
  }
});

test('ccxt trades on the USD-M market, and sees the position', async () => {
  const venue = await TestVenue.start('usdm');
  const client = clientOf(venue, 'swap');
  try {
    await client.loadMarkets();
    const symbol = 'BTC/USDT:USDT';
    const limit = await client.createOrder(symbol, 'limit', 'buy', 0.1, 50_000);
    const edited = await client.editOrder(String(limit.id), symbol, 'limit', 'buy', 0.2, 51_000);
    assert.deepEqual([edited.amount, edited.price], [0.2, 51_000]);
    assert.equal((await client.fetchOpenOrders(symbol)).length, 1);
    venue.others(OrderSide.Sell, 600_000, 50);
    const market = await client.createOrder(symbol, 'market', 'buy', 0.05);
    assert.equal((await client.fetchOrder(String(market.id), symbol)).filled, 0.05);
    const [position] = await client.fetchPositionsRisk([symbol]);
    assert.equal(position.contracts, 0.05);
    assert.equal((await client.fetchMyTrades(symbol)).length, 1);
    assert.ok((await client.fetchBalance()).USDT.total !== undefined);
    assert.equal((await client.cancelOrder(String(limit.id), symbol)).status, 'canceled');
  } finally {
    await client.close();
    await venue.close();
  }
});
