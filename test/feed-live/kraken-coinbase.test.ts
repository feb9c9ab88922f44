import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TapeheadError } from '../../src/core/errors.ts';
import type { Control, LiveProtocol } from '../../src/feed/live/protocol.ts';
import { COINBASE, COINBASE_FULL } from '../../src/feed/live/protocols/coinbase.ts';
import { KRAKEN } from '../../src/feed/live/protocols/kraken.ts';
import { TextMarket } from '../../src/feed/text/market.ts';
import { CAPTURE_BASE } from '../support/capture-script.ts';
import { utf8 } from '../support/event-probe.ts';

const ENDPOINTS = { ws: 'ws://127.0.0.1:1', rest: 'http://127.0.0.1:2' };

function controlOf(protocol: LiveProtocol, frame: unknown): Control {
  const bytes = utf8(`xx${JSON.stringify(frame)}`);
  return protocol.control(bytes, 2, bytes.length);
}

function parsed(frames: readonly string[]): unknown[] {
  return frames.map((frame): unknown => JSON.parse(frame));
}

test('Kraken: where to connect, what to subscribe to, and again for a stale book', () => {
  assert.equal(KRAKEN.connectUrl(ENDPOINTS, ['BTC/USD']), 'ws://127.0.0.1:1/v2');
  assert.deepEqual(parsed(KRAKEN.subscribe(['BTC/USD', 'ETH/USD'])), [
    { method: 'subscribe', params: { channel: 'book', symbol: ['BTC/USD', 'ETH/USD'], depth: 100, snapshot: true } },
    { method: 'subscribe', params: { channel: 'trade', symbol: ['BTC/USD', 'ETH/USD'], snapshot: true } },
  ]);
  const resync = KRAKEN.resync(ENDPOINTS, 'BTC/USD');
  assert.ok(resync.by === 'frames');
  assert.deepEqual(parsed(resync.frames), [
    { method: 'unsubscribe', params: { channel: 'book', symbol: ['BTC/USD'], depth: 100 } },
    { method: 'subscribe', params: { channel: 'book', symbol: ['BTC/USD'], depth: 100, snapshot: true } },
  ]);
});

test('Kraken: answers go to the decoder, pongs are fine, refusals are told with what they refuse', () => {
  assert.deepEqual(controlOf(KRAKEN, { channel: 'heartbeat' }), { is: 'data' });
  assert.deepEqual(controlOf(KRAKEN, { method: 'subscribe', result: { channel: 'book' }, success: true }), {
    is: 'data',
  });
  assert.deepEqual(controlOf(KRAKEN, { method: 'pong', req_id: 1 }), { is: 'fine' });
  assert.deepEqual(
    controlOf(KRAKEN, {
      error: 'Currency pair not supported BTC/XX',
      method: 'subscribe',
      success: false,
      symbol: 'BTC/XX',
    }),
    { is: 'error', text: 'Kraken refuses: BTC/XX Currency pair not supported BTC/XX', fatal: true },
  );
  assert.deepEqual(controlOf(KRAKEN, { error: 'Already subscribed', method: 'subscribe', success: false }), {
    is: 'error',
    text: 'Kraken refuses: Already subscribed',
    fatal: false,
  });
});

test('Kraken: terms of a pair, by its websocket name', () => {
  assert.equal(
    KRAKEN.termsUrl(ENDPOINTS, ['BTC/USD', 'ETH/EUR']),
    'http://127.0.0.1:2/0/public/AssetPairs?pair=XBTUSD,ETHEUR',
  );
  const pair = (wsname: string, status: string) => ({
    altname: wsname.replace('/', ''),
    wsname,
    base: 'XXBT',
    quote: 'ZUSD',
    pair_decimals: 1,
    lot_decimals: 8,
    ordermin: '0.0001',
    costmin: '0.5',
    tick_size: '0.1',
    status,
  });
  const body = { error: [], result: { XXBTZUSD: pair('XBT/USD', 'online'), XETHZEUR: pair('ETH/EUR', 'post_only') } };
  assert.deepEqual(KRAKEN.parseTerms(body, ['ETH/EUR', 'BTC/USD']), [
    {
      symbol: 'ETH/EUR',
      tick: '0.1',
      lot: '0.00000001',
      minQty: '0.0001',
      minNotional: '0.5',
      base: 'ETH',
      quote: 'EUR',
      isTrading: false,
    },
    {
      symbol: 'BTC/USD',
      tick: '0.1',
      lot: '0.00000001',
      minQty: '0.0001',
      minNotional: '0.5',
      base: 'BTC',
      quote: 'USD',
      isTrading: true,
    },
  ]);
  const bad: [unknown, string[], RegExp][] = [
    [
      { error: ['EQuery:Unknown asset pair'] },
      ['BTCUSD'],
      /does not know the symbol BTCUSD: pairs are written as BTC\/USD/,
    ],
    [{ error: ['EService:Unavailable'] }, ['BTC/USD'], /no asset pairs in the answer: EService:Unavailable/],
    [body, ['XBT/USD'], /does not know the symbol XBT\/USD/],
    [null, ['BTC/USD'], /no asset pairs/],
  ];
  for (const [answer, symbols, message] of bad) {
    assert.throws(
      () => KRAKEN.parseTerms(answer, symbols),
      (error) => error instanceof TapeheadError && message.test(error.message),
    );
  }
});

test('Coinbase: level2_batch by default, full as a venue of its own, which joins a level 3 book', () => {
  assert.equal(COINBASE.connectUrl(ENDPOINTS, ['BTC-USD']), 'ws://127.0.0.1:1');
  assert.deepEqual(parsed(COINBASE.subscribe(['BTC-USD'])), [
    { type: 'subscribe', product_ids: ['BTC-USD'], channels: ['level2_batch', 'matches', 'heartbeat'] },
  ]);
  const again = COINBASE.resync(ENDPOINTS, 'BTC-USD');
  assert.ok(again.by === 'frames');
  assert.deepEqual(parsed(again.frames), [
    { type: 'unsubscribe', product_ids: ['BTC-USD'], channels: ['level2_batch'] },
    { type: 'subscribe', product_ids: ['BTC-USD'], channels: ['level2_batch'] },
  ]);
  assert.deepEqual(parsed(COINBASE_FULL.subscribe(['BTC-USD'])), [
    { type: 'subscribe', product_ids: ['BTC-USD'], channels: ['full', 'heartbeat'] },
  ]);
  const rest = COINBASE_FULL.resync(ENDPOINTS, 'BTC-USD');
  assert.ok(rest.by === 'rest');
  assert.equal(rest.url, 'http://127.0.0.1:2/products/BTC-USD/book?level=3');
  const market = new TextMarket({ symbols: null, base: CAPTURE_BASE });
  assert.ok(COINBASE_FULL.makeDecoder(market).wantsRest(rest.url));
  assert.ok(!COINBASE_FULL.makeDecoder(market).wantsRest('http://127.0.0.1:2/products/BTC-USD/book?level=2'));
});

test('Coinbase: what it refuses, and the terms of its products', () => {
  assert.deepEqual(controlOf(COINBASE, { type: 'l2update', product_id: 'BTC-USD' }), { is: 'data' });
  assert.deepEqual(controlOf(COINBASE, { type: 'subscriptions', channels: [] }), { is: 'data' });
  assert.deepEqual(
    controlOf(COINBASE, { type: 'error', message: 'Failed to subscribe', reason: 'X-Y is not a valid product' }),
    { is: 'error', text: 'Coinbase refuses: Failed to subscribe X-Y is not a valid product', fatal: true },
  );
  const product = {
    id: 'BTC-USD',
    base_currency: 'BTC',
    quote_currency: 'USD',
    quote_increment: '0.01',
    base_increment: '0.00000001',
    min_market_funds: '1',
    status: 'online',
    trading_disabled: false,
  };
  assert.equal(COINBASE.termsUrl(ENDPOINTS, ['BTC-USD']), 'http://127.0.0.1:2/products');
  assert.deepEqual(COINBASE.parseTerms([product], ['BTC-USD']), [
    {
      symbol: 'BTC-USD',
      tick: '0.01',
      lot: '0.00000001',
      minQty: null,
      minNotional: '1',
      base: 'BTC',
      quote: 'USD',
      isTrading: true,
    },
  ]);
  assert.throws(
    () => COINBASE.parseTerms([product], ['btcusd']),
    /does not know the symbol btcusd; did you mean BTC-USD\?/,
  );
  assert.throws(
    () => COINBASE.parseTerms({ message: 'rate limited' }, ['BTC-USD']),
    /no products in the answer: rate limited/,
  );
  assert.throws(() => COINBASE.parseTerms([{ id: 'BTC-USD' }], ['BTC-USD']), /quote_increment of BTC-USD is missing/);
});
