import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { TapeheadError } from '../../src/core/errors.ts';
import type { Decoder } from '../../src/feed/feed.ts';
import { createBinanceDecoder } from '../../src/feed/text/binance.ts';
import { CaptureDecoder } from '../../src/feed/text/capture-decoder.ts';
import { CAPTURE_BASE, CAPTURE_START, CaptureScript } from '../support/capture-script.ts';
import { decodeFiles, EventProbe, NaiveBooks, utf8 } from '../support/event-probe.ts';

const OPTIONS = { symbols: null, base: CAPTURE_BASE };
const TIME = '1618678132.500000';
const ISO = '2021-04-17T16:48:52.5Z';

const depth = (first: number, final: number, qty: string) => ({
  e: 'depthUpdate',
  E: 1618678132000,
  s: 'BTCUSDT',
  U: first,
  u: final,
  b: [['10.5', qty]],
  a: [['11', '1.25']],
});
const rest = { lastUpdateId: 6, bids: [['10.25', '3']], asks: [['12', '4.5']] };

const SCRIPTS: Record<string, string> = {
  KRAKEN: new CaptureScript('KRAKEN')
    .connect('wss://ws.kraken.com')
    .recv({ event: 'heartbeat' })
    .recv([7, { as: [['0.05005', '0.00000500', TIME]], bs: [['0.05', '0.1', TIME]] }, 'book-10', 'XBT/EUR'])
    .recv([
      7,
      { a: [['0.05006', '1', TIME, 'r']] },
      { b: [['0.05', '0', TIME]], c: '2439117997' },
      'book-10',
      'XBT/EUR',
    ])
    .recv([9, [['0.05', '1.5', TIME, 'b', 'm', '']], 'trade', 'XBT/EUR'])
    .recv([8, { a: ['0.0501', 2, '2.5'], b: ['0.0500', 1, '1.0'] }, 'ticker', 'XBT/EUR']).text,
  OKX: new CaptureScript('OKX')
    .recv({
      arg: { channel: 'books', instId: 'BTC-USDT' },
      action: 'snapshot',
      data: [
        {
          asks: [['5.16', '122', '0', '3']],
          bids: [['5.1', '60', '0', '7']],
          ts: '1618678132000',
          checksum: 12,
          seqId: 3,
          prevSeqId: -1,
        },
      ],
    })
    .recv({
      arg: { channel: 'books', instId: 'BTC-USDT' },
      action: 'update',
      data: [
        { asks: [], bids: [['5.148', '2.5', '0', '1']], ts: '1618678132001', checksum: 0, seqId: 4, prevSeqId: 3 },
      ],
    })
    .recv({
      arg: { channel: 'trades', instId: 'BTC-USDT' },
      data: [{ tradeId: '1', px: '5.1', sz: '1', side: 'buy', ts: '1618678132001' }],
    })
    .recv({
      arg: { channel: 'tickers', instId: 'BTC-USDT' },
      data: [{ askPx: '5.2', askSz: '25', bidPx: '5.1', bidSz: '1', ts: '1618678132001' }],
    }).text,
  COINBASE: new CaptureScript('COINBASE')
    .recv({
      channel: 'l2_data',
      timestamp: ISO,
      sequence_num: 0,
      events: [
        {
          type: 'snapshot',
          product_id: 'BTC-USD',
          updates: [{ side: 'bid', event_time: ISO, price_level: '10.5', new_quantity: '1' }],
        },
      ],
    })
    .recv({
      channel: 'l2_data',
      timestamp: ISO,
      sequence_num: 1,
      events: [
        {
          type: 'update',
          product_id: 'BTC-USD',
          updates: [{ side: 'offer', event_time: ISO, price_level: '11.25', new_quantity: '1' }],
        },
      ],
    })
    .recv({
      channel: 'market_trades',
      timestamp: ISO,
      sequence_num: 2,
      events: [
        {
          type: 'update',
          trades: [{ product_id: 'BTC-USD', trade_id: '1', price: '10', size: '1', time: ISO, side: 'BUY' }],
        },
      ],
    })
    .recv({ type: 'snapshot', product_id: 'ETH-USD', bids: [['400.1', '1']], asks: [['400.2', '2']] })
    .recv({ type: 'l2update', product_id: 'ETH-USD', changes: [['buy', '400.15', '1']], time: ISO })
    .recv({ type: 'match', trade_id: 10, side: 'sell', size: '5.2', price: '400.2', product_id: 'ETH-USD', time: ISO })
    .text,
  BITFINEX: new CaptureScript('BITFINEX')
    .recv({ event: 'conf', flags: 65536 })
    .recv({ event: 'subscribed', channel: 'book', chanId: 5, symbol: 'tBTCUSD', prec: 'P0' })
    .recv({ event: 'subscribed', channel: 'trades', chanId: 6, symbol: 'tBTCUSD' })
    .recv('[5,[[100.5,2,1.25],[101,3,-2]],1]')
    .recv('[5,[100.25,1,1e-7],2]')
    .recv('[6,"te",[402,1618678132000,-0.5,100.25],3]')
    .recv('[5,"cs",-123,4]').text,
  BINANCE: new CaptureScript('BINANCE')
    .recv({ stream: 'btcusdt@depth', data: depth(5, 7, '1') })
    .http('https://api.binance.com/api/v3/depth?symbol=BTCUSDT', rest)
    .recv({ stream: 'btcusdt@depth', data: depth(8, 8, '2.5') })
    .add({
      t: 'recv',
      conn: 'x',
      b64: Buffer.from(JSON.stringify({ e: 'trade', s: 'BTCUSDT', p: '1', q: '1', m: true })).toString('base64'),
    }).text,
};

const RAW = [
  { stream: 'btcusdt@depth', data: depth(5, 7, '1') },
  rest,
  { data: depth(8, 8, '2.5') },
  { u: 4, s: 'BTCUSDT', b: '10.25', B: '3', a: '11', A: '4' },
  { e: 'trade', E: 1, s: 'BTCUSDT', t: 37, p: '10.5', q: '0.02', T: 1618678132000, m: true },
]
  .map((message, i) => `${CAPTURE_START}${String(i).padStart(9, '0')} ${JSON.stringify(message)}\n`)
  .join('');

const edit = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  byte: fc.oneof(fc.integer({ min: 0, max: 255 }), fc.constantFrom(...utf8('0123456789.-eE"\\,:[]{}ntu \n'))),
  how: fc.constantFrom('replace', 'replace', 'insert', 'delete', 'cut', 'repeat', 'swap'),
});

function damaged(text: string, edits: readonly { at: number; byte: number; how: string }[]): Uint8Array {
  let bytes = [...utf8(text)];
  for (const { at, byte, how } of edits) {
    const p = Math.floor(at * bytes.length);
    const lines = Buffer.from(bytes).toString('latin1').split('\n');
    const line = Math.floor(at * (lines.length - 1));
    if (how === 'replace') bytes[p] = byte;
    else if (how === 'insert') bytes.splice(p, 0, byte);
    else if (how === 'delete') bytes.splice(p, 1);
    else if (how === 'cut') bytes = bytes.slice(0, p);
    else {
      if (how === 'repeat') lines.splice(line, 0, lines[line]);
      else lines.splice(line, 2, ...lines.slice(line, line + 2).reverse());
      bytes = [...Buffer.from(lines.join('\n'), 'latin1')];
    }
  }
  return Uint8Array.from(bytes);
}

/** Decodes and checks what holds of any input: a TapeheadError of one line or none, and events that make sense. */
function survive(decoder: Decoder, bytes: Uint8Array): void {
  const probe = new EventProbe();
  try {
    decodeFiles(decoder, [bytes], 50, probe);
  } catch (error) {
    assert.ok(error instanceof TapeheadError, error instanceof Error ? error.stack : String(error));
    assert.ok(error.message.startsWith('file1') && !error.message.includes('\n'), error.message);
  }
  const books = new NaiveBooks();
  for (const event of probe.take()) {
    books.apply(event);
    if (event.name === 'Level') assert.ok(event.price > 0 && event.qty >= 0 && event.side > 0, JSON.stringify(event));
    if (event.name === 'Trade') assert.ok(event.price > 0 && event.qty > 0, JSON.stringify(event));
    for (const value of [event.price, event.qty, event.orderId, event.id2, event.tsRecv, event.tsEvent]) {
      assert.ok(Number.isSafeInteger(value), JSON.stringify(event));
    }
  }
}

for (const [venue, text] of Object.entries(SCRIPTS)) {
  test(`a damaged ${venue} capture gives a TapeheadError or sound events, nothing else`, () => {
    assert.doesNotThrow(() => survive(new CaptureDecoder(OPTIONS), utf8(text)));
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 3 }), (edits) => {
        survive(new CaptureDecoder(OPTIONS), damaged(text, edits));
      }),
      { numRuns: 400 },
    );
  });
}

test('a damaged Binance recording gives a TapeheadError or sound events, nothing else', () => {
  assert.doesNotThrow(() => survive(createBinanceDecoder(OPTIONS), utf8(RAW)));
  fc.assert(
    fc.property(fc.array(edit, { minLength: 1, maxLength: 3 }), (edits) => {
      survive(createBinanceDecoder(OPTIONS), damaged(RAW, edits));
    }),
    { numRuns: 800 },
  );
});

test('every byte of a recording replaced by every kind of byte', () => {
  const bytes = utf8(RAW.split('\n').slice(0, 3).join('\n'));
  for (let p = 0; p < bytes.length; p++) {
    for (const byte of utf8('0"{\\\xff')) {
      const copy = bytes.slice();
      copy[p] = byte;
      survive(createBinanceDecoder(OPTIONS), copy);
    }
  }
});
