/** What the live protocols of OKX, Bybit and Bitfinex say and understand. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TapeheadError } from '../../src/core/errors.ts';
import type { Control, LiveProtocol } from '../../src/feed/live/protocol.ts';
import { BITFINEX } from '../../src/feed/live/protocols/bitfinex.ts';
import { BYBIT } from '../../src/feed/live/protocols/bybit.ts';
import { OKX } from '../../src/feed/live/protocols/okx.ts';
import { utf8 } from '../support/event-probe.ts';

const LOCAL = { ws: 'ws://127.0.0.1:9', rest: 'http://127.0.0.1:9' };

function control(protocol: LiveProtocol, frame: unknown): Control {
  // Behind other bytes, as in a connection's buffer.
  const bytes = utf8(`xx${typeof frame === 'string' ? frame : JSON.stringify(frame)}`);
  return protocol.control(bytes, 2, bytes.length);
}

function parsed(frames: readonly string[]): unknown[] {
  return frames.map((frame) => JSON.parse(frame));
}

function fails(code: string, message: RegExp): (error: unknown) => boolean {
  return (error) => error instanceof TapeheadError && error.code === code && message.test(error.message);
}

test('OKX: addresses, subscriptions, and a stale book is subscribed to again', () => {
  assert.equal(OKX.connectUrl(OKX.endpoints, ['BTC-USDT']), 'wss://ws.okx.com:8443/ws/v5/public');
  const symbols = Array.from({ length: 201 }, (_, i) => `A${i}-USDT`);
  const frames = OKX.subscribe(symbols);
  assert.equal(frames.length, 2);
  assert.ok(frames.every((frame) => frame.length < 65536));
  assert.deepEqual(parsed(OKX.subscribe(['BTC-USDT'])), [
    {
      op: 'subscribe',
      args: [
        { channel: 'books', instId: 'BTC-USDT' },
        { channel: 'trades', instId: 'BTC-USDT' },
      ],
    },
  ]);
  const resync = OKX.resync(LOCAL, 'BTC-USDT');
  assert.ok(resync.by === 'frames');
  assert.deepEqual(parsed(resync.frames), [
    { op: 'unsubscribe', args: [{ channel: 'books', instId: 'BTC-USDT' }] },
    { op: 'subscribe', args: [{ channel: 'books', instId: 'BTC-USDT' }] },
  ]);
});

test('OKX: data, pongs, answers, errors and the notice of an upgrade are told apart', () => {
  const arg = { channel: 'books', instId: 'BTC-USDT' };
  assert.equal(control(OKX, { arg, action: 'update', data: [] }).is, 'data');
  assert.equal(control(OKX, 'pong').is, 'fine');
  assert.equal(control(OKX, { event: 'subscribe', arg, connId: 'a' }).is, 'fine');
  assert.equal(control(OKX, '{"event":"sub').is, 'data'); // the decoder says what is wrong with it
  const upgrade = { event: 'notice', code: '64008', msg: 'The connection will soon be closed.', connId: 'a' };
  assert.deepEqual(control(OKX, upgrade), {
    is: 'leaving',
    text: 'OKX: 64008 The connection will soon be closed.',
  });
  const unknown = { event: 'error', code: '60018', msg: 'Wrong URL or channel:books,instId:X\ndoesn’t exist.' };
  assert.deepEqual(control(OKX, unknown), {
    is: 'error',
    text: 'OKX refuses: 60018 Wrong URL or channel:books,instId:X doesn’t exist.',
    fatal: true,
  });
  const busy = control(OKX, { event: 'error', code: '60014', msg: 'Requests too frequent.' });
  assert.ok(busy.is === 'error' && !busy.fatal);
});

test('OKX: terms by kind of instrument, as the venue writes them', () => {
  assert.equal(
    OKX.termsUrl(LOCAL, ['BTC-USDT']),
    'http://127.0.0.1:9/api/v5/public/instruments?instType=SPOT&instId=BTC-USDT',
  );
  assert.equal(
    OKX.termsUrl(LOCAL, ['BTC-USDT-SWAP', 'ETH-USDT-SWAP']),
    'http://127.0.0.1:9/api/v5/public/instruments?instType=SWAP',
  );
  assert.match(OKX.termsUrl(LOCAL, ['BTC-USD-261225']), /instType=FUTURES&instId=BTC-USD-261225$/);
  assert.match(OKX.termsUrl(LOCAL, ['BTC-USD-261225-100000-C']), /instType=OPTION&instFamily=BTC-USD&instId=/);
  assert.throws(() => OKX.termsUrl(LOCAL, ['BTC-USDT', 'BTC-USDT-SWAP']), fails('USAGE', /SPOT and SWAP/));
  const spot = {
    instId: 'BTC-USDT',
    instType: 'SPOT',
    baseCcy: 'BTC',
    quoteCcy: 'USDT',
    tickSz: '0.1',
    lotSz: '0.00000001',
    minSz: '0.00001',
    state: 'live',
  };
  const swap = {
    instId: 'BTC-USDT-SWAP',
    instType: 'SWAP',
    baseCcy: '',
    quoteCcy: '',
    ctValCcy: 'BTC',
    settleCcy: 'USDT',
    tickSz: '0.1',
    lotSz: '0.01',
    minSz: '0.01',
    state: 'suspend',
  };
  assert.deepEqual(OKX.parseTerms({ code: '0', data: [swap, spot], msg: '' }, ['BTC-USDT', 'BTC-USDT-SWAP']), [
    {
      symbol: 'BTC-USDT',
      tick: '0.1',
      lot: '0.00000001',
      minQty: '0.00001',
      minNotional: null,
      base: 'BTC',
      quote: 'USDT',
      isTrading: true,
    },
    {
      symbol: 'BTC-USDT-SWAP',
      tick: '0.1',
      lot: '0.01',
      minQty: '0.01',
      minNotional: null,
      base: 'BTC',
      quote: 'USDT',
      isTrading: false,
    },
  ]);
  assert.throws(
    () => OKX.parseTerms({ code: '0', data: [spot] }, ['BTCUSDT']),
    fails('UNKNOWN_SYMBOL', /does not know the symbol BTCUSDT; did you mean BTC-USDT\?/),
  );
  assert.throws(() => OKX.parseTerms({ code: '51001', msg: 'x' }, ['X-Y']), fails('UNKNOWN_SYMBOL', /X-Y/));
  assert.throws(() => OKX.parseTerms({ code: '50011', msg: 'Busy' }, ['X-Y']), fails('FORMAT', /50011 Busy/));
  assert.throws(() => OKX.parseTerms('<html>', ['X-Y']), fails('FORMAT', /no instruments/));
  assert.throws(
    () => OKX.parseTerms({ code: '0', data: [{ ...spot, tickSz: '' }] }, ['BTC-USDT']),
    fails('FORMAT', /the tickSz of BTC-USDT is ""/),
  );
});

test('Bybit: the category is part of the address, ten topics go into a request, pings go out whatever comes', () => {
  const linear = { ws: 'wss://stream.bybit.com/v5/public/linear', rest: 'https://api.bybit.com' };
  assert.equal(BYBIT.connectUrl(BYBIT.endpoints, []), 'wss://stream.bybit.com/v5/public/spot');
  assert.equal(BYBIT.connectUrl(linear, []), linear.ws);
  const frames = parsed(BYBIT.subscribe(['A', 'B', 'C', 'D', 'E', 'F'])) as { op: string; args: string[] }[];
  assert.deepEqual(
    frames.map(({ op, args }) => [op, args.length]),
    [
      ['subscribe', 10],
      ['subscribe', 2],
    ],
  );
  assert.deepEqual(frames[1].args, ['orderbook.50.F', 'publicTrade.F']);
  const resync = BYBIT.resync(LOCAL, 'A');
  assert.ok(resync.by === 'frames');
  assert.deepEqual(
    parsed(resync.frames).map((frame) => JSON.stringify(frame)),
    ['{"op":"unsubscribe","args":["orderbook.50.A"]}', '{"op":"subscribe","args":["orderbook.50.A"]}'],
  );
  assert.equal(BYBIT.rules.ping?.always, true);
  assert.match(BYBIT.termsUrl(linear, ['A']), /\?category=linear&symbol=A$/);
  assert.match(BYBIT.termsUrl(LOCAL, ['A', 'B']), /\?category=spot&limit=1000$/);
});

test('Bybit: data, pongs of both kinds, answers and errors are told apart', () => {
  assert.equal(control(BYBIT, { topic: 'tickers.A', data: {} }).is, 'data');
  assert.equal(control(BYBIT, { success: true, ret_msg: 'pong', conn_id: 'a', op: 'ping' }).is, 'fine');
  assert.equal(control(BYBIT, { req_id: '1', op: 'pong', args: ['1'] }).is, 'fine');
  const unknown = { success: false, ret_msg: 'error:handler not found,topic:orderbook.50.X', op: 'subscribe' };
  assert.deepEqual(control(BYBIT, unknown), {
    is: 'error',
    text: 'Bybit refuses: error:handler not found,topic:orderbook.50.X',
    fatal: true,
  });
  const twice = control(BYBIT, { success: false, ret_msg: 'error:already subscribed', op: 'subscribe' });
  assert.ok(twice.is === 'error' && !twice.fatal);
});

test('Bybit: terms of spot and of perpetuals', () => {
  const names = { baseCoin: 'BTC', quoteCoin: 'USDT', status: 'Trading', priceFilter: { tickSize: '0.01' } };
  const spot = {
    symbol: 'BTCUSDT',
    ...names,
    lotSizeFilter: { basePrecision: '0.000001', minOrderQty: '0.000011', minOrderAmt: '5' },
  };
  const linear = {
    symbol: 'BTCUSDT',
    ...names,
    lotSizeFilter: { qtyStep: '0.001', minOrderQty: '0.001', minNotionalValue: '5' },
  };
  const terms = { symbol: 'BTCUSDT', tick: '0.01', minNotional: '5', base: 'BTC', quote: 'USDT', isTrading: true };
  const body = (list: object[]) => ({ retCode: 0, retMsg: 'OK', result: { list } });
  assert.deepEqual(BYBIT.parseTerms(body([spot]), ['BTCUSDT']), [{ ...terms, lot: '0.000001', minQty: '0.000011' }]);
  assert.deepEqual(BYBIT.parseTerms(body([linear]), ['BTCUSDT']), [{ ...terms, lot: '0.001', minQty: '0.001' }]);
  assert.throws(() => BYBIT.parseTerms(body([spot]), ['X']), fails('UNKNOWN_SYMBOL', /X$/));
  assert.throws(
    () => BYBIT.parseTerms({ retCode: 10006, retMsg: 'Too many visits!' }, ['X']),
    fails('FORMAT', /10006 Too many visits!/),
  );
});

test('Bitfinex: numbered messages and checksums are asked for first; a stale book takes a new connection', () => {
  assert.equal(BITFINEX.connectUrl(BITFINEX.endpoints, []), 'wss://api-pub.bitfinex.com/ws/2');
  assert.deepEqual(parsed(BITFINEX.subscribe(['tBTCUSD'])), [
    { event: 'conf', flags: 196608 },
    { event: 'subscribe', channel: 'book', symbol: 'tBTCUSD', prec: 'P0', freq: 'F0', len: '100' },
    { event: 'subscribe', channel: 'trades', symbol: 'tBTCUSD' },
  ]);
  assert.throws(() => BITFINEX.subscribe(Array(13).fill('tX')), fails('USAGE', /at most 12/));
  assert.deepEqual(BITFINEX.resync(LOCAL, 'tBTCUSD'), { by: 'reconnect' });
  assert.equal(control(BITFINEX, '[5,"hb"]').is, 'data');
  assert.equal(control(BITFINEX, { event: 'subscribed', chanId: 5 }).is, 'data');
  assert.equal(control(BITFINEX, { event: 'info', code: 20051, msg: 'Restart' }).is, 'leaving');
  const error = control(BITFINEX, { event: 'error', code: 10300, msg: 'symbol: invalid', symbol: 'tX' });
  assert.deepEqual(error, { is: 'error', text: 'Bitfinex refuses: 10300 symbol: invalid tX', fatal: true });
});

test('Bitfinex: terms have no tick, because prices have five significant digits', () => {
  const pairs = [
    [
      ['BTCUSD', [null, null, null, '0.00004', '2000.0']],
      ['DOGE:USD', [null, null, null, '2.0', '100000.0']],
    ],
  ];
  assert.deepEqual(
    BITFINEX.parseTerms(pairs, ['tDOGE:USD', 'tBTCUSD']).map(({ tick, minQty, base }) => [tick, minQty, base]),
    [
      ['', '2.0', 'DOGE'],
      ['', '0.00004', 'BTC'],
    ],
  );
  assert.throws(
    () => BITFINEX.parseTerms(pairs, ['BTCUSD']),
    fails('UNKNOWN_SYMBOL', /BTCUSD; did you mean tBTCUSD\?/),
  );
});
