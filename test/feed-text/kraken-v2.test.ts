import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32 } from 'node:zlib';
import { EventKind, StaleReason, TradingState } from '../../src/core/event.ts';
import { CaptureScript, lineTime, runCapture, scriptOf } from '../support/capture-script.ts';
import { NaiveBooks } from '../support/event-probe.ts';

const PAIR = 'BTC/USD';
const TIME = '2021-04-17T16:48:52.123456Z';
/** Session ns of TIME. */
const TIME_NS = lineTime(0) + 123456000;

/** Price and quantity as text: JSON would drop the zeros that the checksum is made of. */
type Level = [string, string];

/** The snapshot of the guide "Book checksum (WebSocket v2)", whose checksum it works out as 3310070434. */
const GUIDE_ASKS: Level[] = [
  ['45285.2', '0.00100000'],
  ['45286.4', '1.54571953'],
  ['45286.6', '1.54571109'],
  ['45289.6', '1.54560911'],
  ['45290.2', '0.15890660'],
  ['45291.8', '1.54553491'],
  ['45294.7', '0.04454749'],
  ['45296.1', '0.35380000'],
  ['45297.5', '0.09945542'],
  ['45299.5', '0.18772827'],
];
const GUIDE_BIDS: Level[] = [
  ['45283.5', '0.10000000'],
  ['45283.4', '1.54582015'],
  ['45282.1', '0.10000000'],
  ['45281.0', '0.10000000'],
  ['45280.3', '1.54592586'],
  ['45279.0', '0.07990000'],
  ['45277.6', '0.03310103'],
  ['45277.5', '0.30000000'],
  ['45277.3', '1.54602737'],
  ['45276.6', '0.15445238'],
];
const GUIDE_CHECKSUM = 3310070434;

function levels(all: readonly Level[]): string {
  return `[${all.map(([price, qty]) => `{"price":${price},"qty":${qty}}`).join(',')}]`;
}

function book(type: string, asks: readonly Level[], bids: readonly Level[], checksum: number, symbol = PAIR): string {
  const sides = `"bids":${levels(bids)},"asks":${levels(asks)}`;
  const entry = `{"symbol":"${symbol}",${sides},"checksum":${checksum},"timestamp":"${TIME}"}`;
  return `{"channel":"book","type":"${type}","data":[${entry}]}`;
}

/** Asks then bids, best first. */
function checksum(asks: readonly Level[], bids: readonly Level[]): number {
  const digits = (text: string) => text.replace('.', '').replace(/^0+/, '');
  const ten = [...asks.slice(0, 10), ...bids.slice(0, 10)];
  return crc32(ten.map(([price, qty]) => digits(price) + digits(qty)).join(''));
}

function ack(depth: number, symbol = PAIR): object {
  const result = { channel: 'book', depth, snapshot: true, symbol };
  return { method: 'subscribe', result, success: true, time_in: TIME, time_out: TIME };
}

const ASKS: Level[] = [
  ['0.12307', '600.00000000'],
  ['0.12310', '4042.11919517'],
];
const BIDS: Level[] = [
  ['0.12291', '27039.62776299'],
  ['0.12290', '8136.33288180'],
];

function start(depth = 10): CaptureScript {
  return new CaptureScript('KRAKEN')
    .connect('wss://ws.kraken.com/v2')
    .recv(ack(depth))
    .recv(book('snapshot', ASKS, BIDS, checksum(ASKS, BIDS)));
}

test('the guide’s snapshot has the guide’s checksum, and makes the book live at the venue’s time', () => {
  const { events, checksums, byType, notes } = runCapture(
    new CaptureScript('KRAKEN').recv(ack(10)).recv(book('snapshot', GUIDE_ASKS, GUIDE_BIDS, GUIDE_CHECKSUM)),
  );
  assert.equal(checksums, 1);
  const script = scriptOf(events);
  assert.deepEqual(script.slice(0, 5), [
    'Instrument BTC/USD 1 8',
    'Stale 1 0',
    'SnapshotBegin 0 0 snapshot',
    'Level bid 452835 10000000 snapshot',
    'Level bid 452834 154582015 snapshot',
  ]);
  assert.deepEqual(script.slice(-2), ['SnapshotEnd 0 0 last snapshot', 'Live 0 0']);
  assert.equal(events.find(({ kind }) => kind === EventKind.Level)!.tsEvent, TIME_NS);
  assert.deepEqual(byType, { subscribe: 1, 'book snapshot': 1 });
  assert.deepEqual(notes, []);
});

test('updates are verified and applied; a quantity of 0 removes; key order and white space do not matter', () => {
  const asks: Level[] = [['0.12305', '1.50000000'], ...ASKS];
  const spaced = `{ "type" : "update" , "data" : [ { "checksum" : ${checksum(asks, BIDS.slice(1))} , "asks" : [ ] ,
    "bids" : [ { "qty" : 0 , "price" : 0.12291 } ] , "symbol" : "BTC/USD" } ] , "channel" : "book" }`;
  const { events, checksums } = runCapture(
    start()
      .recv(book('update', [['0.12305', '1.50000000']], [], checksum(asks, BIDS)))
      .recv(spaced),
  );
  assert.deepEqual(scriptOf(events).slice(-2), ['Level ask 12305 150000000 last', 'Level bid 12291 0 last']);
  assert.equal(checksums, 3);
});

test('a wrong checksum, of an update or of a snapshot, makes the book stale until a snapshot that is right', () => {
  const right = checksum(ASKS, BIDS);
  const { events } = runCapture(
    start()
      .recv(book('update', [], [['0.12289', '1.00000000']], right))
      .recv(book('update', [], [['0.12288', '1.00000000']], right))
      .recv(book('snapshot', ASKS, BIDS, right ^ 1))
      .recv(book('snapshot', ASKS, BIDS, right)),
  );
  const kinds = events.filter(({ name }) => !['Level', 'SnapshotBegin', 'SnapshotEnd'].includes(name));
  assert.deepEqual(
    kinds.slice(4).map(({ name, price }) => (name === 'Stale' ? `${name} ${price}` : name)),
    ['ChecksumFailure', `Stale ${StaleReason.Checksum}`, 'Clear', 'ChecksumFailure', 'Clear', 'Live'],
  );
  assert.ok(!events.some(({ price }) => price === 12289 || price === 12288));
});

test('the book is cut at the depth that the answer to the subscription states', () => {
  const bids = Array.from({ length: 25 }, (_, i): Level => [`0.1${2290 - i}`, '1.00000000']);
  const one: Level = ['0.12291', '2.00000000'];
  const { events } = runCapture(
    new CaptureScript('KRAKEN')
      .recv(ack(25))
      .recv(book('snapshot', ASKS, bids, checksum(ASKS, bids)))
      .recv(book('update', [], [one], checksum(ASKS, [one, ...bids]))),
  );
  assert.deepEqual(scriptOf(events).slice(-2), ['Level bid 12291 200000000', 'Level bid 12266 0 last']);
  assert.equal(new NaiveBooks().applyAll(events).book(PAIR).bids.size, 25);
});

test('without an answer the depth is the least on offer that holds the snapshot, and a remark says so', () => {
  const bids = Array.from({ length: 10 }, (_, i): Level => [`0.1${2290 - i}`, '1.00000000']);
  const one: Level = ['0.12291', '2.00000000'];
  const { events, notes } = runCapture(
    new CaptureScript('KRAKEN')
      .recv(book('snapshot', ASKS, bids, checksum(ASKS, bids)))
      .recv(book('update', [], [one], checksum(ASKS, [one, ...bids]))),
  );
  assert.deepEqual(scriptOf(events).slice(-1), ['Level bid 12281 0 last']);
  assert.deepEqual(notes, ["BTC/USD: no answer states the book's depth: taken as 10 from its snapshot"]);
});

test('texts shorter than the instrument’s precision are filled up for the checksum', () => {
  const instrument = {
    channel: 'instrument',
    type: 'snapshot',
    data: {
      assets: [{ id: 'BTC' }],
      pairs: [{ symbol: PAIR, status: 'online', price_precision: 5, qty_precision: 8 }],
    },
  };
  const short: Level[] = [['0.1231', '600']];
  const { checksums, events } = runCapture(
    new CaptureScript('KRAKEN')
      .recv(instrument)
      .recv(book('snapshot', short, [['0.1229', '8136.3328818']], checksum([['0.12310', '600.00000000']], [BIDS[1]]))),
  );
  assert.equal(checksums, 1);
  assert.deepEqual(scriptOf(events).slice(-3), ['SnapshotEnd 0 0 last snapshot', 'Live 0 0', 'Status 1 0 last']);
});

test('a pair that stops trading says so', () => {
  const pair = (status: string) => ({
    channel: 'instrument',
    type: 'update',
    data: { pairs: [{ symbol: PAIR, status }] },
  });
  const { events } = runCapture(start().recv(pair('online')).recv(pair('cancel_only')).recv(pair('cancel_only')));
  const states = events.filter(({ kind }) => kind === EventKind.Status).map(({ price }) => price);
  assert.deepEqual(states, [TradingState.Trading, TradingState.Halted]);
});

test('an unsubscription that succeeded leaves the book stale, until it is subscribed to again', () => {
  const gone = { method: 'unsubscribe', result: { channel: 'book', depth: 10, symbol: PAIR }, success: true };
  const { events } = runCapture(
    start()
      .recv(gone)
      .recv(ack(10))
      .recv(book('snapshot', ASKS, BIDS, checksum(ASKS, BIDS))),
  );
  const script = scriptOf(events);
  const at = script.lastIndexOf(`Stale ${StaleReason.AwaitingSnapshot} 0`);
  assert.equal(script[at + 1], 'Clear 0 0');
  assert.equal(script.at(-1), 'Live 0 0');
});

test('trades have the taker’s side; those that a new subscription sends again are left out', () => {
  const trade = (id: number, side: string, symbol = PAIR) => ({
    symbol,
    side,
    price: 0.5,
    qty: 1.25,
    ord_type: 'market',
    trade_id: id,
    timestamp: TIME,
  });
  const frame = (type: string, ...data: object[]) => ({ channel: 'trade', type, data });
  const { events, notes } = runCapture(
    new CaptureScript('KRAKEN')
      .recv(frame('snapshot', trade(7, 'buy'), trade(8, 'sell')))
      .recv(frame('update', trade(9, 'sell'), trade(1, 'buy', 'ETH/USD'), trade(10, 'buy')))
      .recv(frame('snapshot', trade(9, 'sell'), trade(10, 'buy'), trade(11, 'buy'))),
  );
  const seen = events.filter(({ kind }) => kind === EventKind.Trade).map((e) => [e.id2, e.side, e.flags, e.tsEvent]);
  assert.deepEqual(seen, [
    [7, 1, 2, TIME_NS],
    [8, 2, 3, TIME_NS],
    [9, 2, 1, TIME_NS],
    [1, 1, 1, TIME_NS],
    [10, 1, 1, TIME_NS],
    [11, 1, 3, TIME_NS],
  ]);
  assert.deepEqual(notes, ['BTC/USD: 2 trades were sent again, and are left out']);
});

test('tickers show the touch; status, heartbeats and answers are counted; a system that is not online is a remark', () => {
  const { events, byType, notes } = runCapture(
    new CaptureScript('KRAKEN')
      .recv({ channel: 'status', data: [{ api_version: 'v2', system: 'online' }], type: 'update' })
      .recv({ channel: 'status', data: [{ api_version: 'v2', system: 'maintenance' }], type: 'update' })
      .recv({ channel: 'heartbeat' })
      .recv({ method: 'pong', req_id: 3, time_in: TIME })
      .recv({ error: 'Currency pair not supported', method: 'subscribe', success: false })
      .recv({ channel: 'ohlc', type: 'update', data: [] })
      .recv(
        `{"channel":"ticker","type":"update","data":[{"symbol":"BTC/USD","bid":0.10025,"bid_qty":740.5,"ask":0.10036,"ask_qty":1361,"last":0.1}]}`,
      ),
  );
  assert.deepEqual(scriptOf(events).slice(-1), ['VenueBbo 10025 7405 10036 13610 last']);
  assert.deepEqual(byType, { status: 2, heartbeat: 1, pong: 1, subscribe: 1, ohlc: 1, ticker: 1 });
  assert.deepEqual(notes, ['file1:line 3: Kraken says that its system is "maintenance"']);
});

test('a capture of both versions: each frame is told apart, and the pairs are two instruments', () => {
  const v1 = [7, { as: [['1.5', '2.0', '1618678132.5']], bs: [['1.4', '3.0', '1618678132.5']] }, 'book-10', 'XBT/USD'];
  const { events } = runCapture(start().recv({ event: 'heartbeat' }).recv(v1));
  const books = new NaiveBooks().applyAll(events);
  assert.deepEqual([books.isLive('BTC/USD'), books.isLive('XBT/USD')], [true, true]);
});

test('frames of another shape are damage', () => {
  const entry = (text: string) => `{"channel":"book","type":"update","data":[{${text}}]}`;
  const bad: [unknown, RegExp][] = [
    [{ channel: 'book', type: 'update' }, /a book message without data/],
    [{ channel: 'book', type: 'updates', data: [{}] }, /a book without symbol and checksum/],
    [{ channel: 'book', data: [] }, /a snapshot or an update/],
    [entry('"symbol":"A/B","bids":[],"asks":[]'), /without symbol and checksum/],
    [entry('"symbol":"A/B","bids":[],"asks":[],"checksum":-1'), /32-bit/],
    [entry('"symbol":"A/B","bids":[],"bids":[],"checksum":1'), /a key appears twice/],
    [entry('"symbol":"A\\/B","bids":[],"checksum":1'), /a symbol is plain text/],
    [entry('"symbol":"A/B","bids":[{"price":1}],"checksum":1'), /a level without price and qty/],
    [entry('"symbol":"A/B","bids":[{"price":01,"qty":1}],"checksum":1'), /a comma or } is expected/],
    [`{"channel":"book","channel":"book"}`, /a key appears twice/],
    [{ channel: 'trade', type: 'update', data: [{ symbol: PAIR, price: 1 }] }, /a trade without/],
    [{ channel: 'trade', type: 'update' }, /a trade message without data/],
    [{ channel: 'ticker', data: [{ symbol: PAIR, bid: 1 }] }, /a ticker without/],
  ];
  for (const [frame, message] of bad) {
    assert.throws(() => runCapture(`${new CaptureScript('KRAKEN').recv(frame).text}\n`), message);
  }
});
