import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StaleReason } from '../../src/core/event.ts';
import { CAPTURE_START, CaptureScript, lineTime, runCapture, scriptOf } from '../support/capture-script.ts';

const MS = CAPTURE_START * 1000 + 77;
type Levels = [string, string][];

function book(type: string, u: number, b: Levels, a: Levels, more: object = {}, depth = 50): object {
  const data = { s: 'BTCUSDT', b, a, u, seq: 1000 + u };
  return { topic: `orderbook.${depth}.BTCUSDT`, type, ts: MS + 5, data, cts: MS, ...more };
}

function start(): CaptureScript {
  return new CaptureScript('BYBIT')
    .recv({ success: true, ret_msg: 'subscribe', conn_id: '1', op: 'subscribe' })
    .recv(book('snapshot', 10, [['16493.50', '0.006']], [['16611.00', '0.029']]));
}

const BEGIN = [
  'Instrument BTCUSDT 2 3',
  'Stale 1 0',
  'SnapshotBegin 0 0 snapshot',
  'Level bid 1649350 6 snapshot',
  'Level ask 1661100 29 snapshot',
  'SnapshotEnd 10 0 last snapshot',
  'Live 0 0',
];

test('a snapshot and its deltas: quantities are absolute, 0 removes, the time is the matching engine’s', () => {
  const { events, byType } = runCapture(
    start()
      .recv(book('delta', 11, [['16493.50', '0']], [['16611.00', '0.030']]))
      .recv(book('delta', 12, [], []))
      .recv(book('delta', 13, [['16490', '1']], [], { cts: undefined }))
      .recv({ success: true, ret_msg: 'pong', conn_id: '1', op: 'ping' })
      .recv({ topic: 'tickers.BTCUSDT', type: 'snapshot', ts: MS, data: { symbol: 'BTCUSDT' } }),
  );
  assert.deepEqual(scriptOf(events), [
    ...BEGIN,
    'Level bid 1649350 0',
    'Level ask 1661100 30 last',
    'Level bid 1649000 1000 last',
  ]);
  assert.equal(events[7].tsEvent, lineTime(77));
  assert.equal(events[9].tsEvent, lineTime(82)); // no cts: ts
  assert.deepEqual(byType, {
    subscribe: 1,
    'orderbook.50 snapshot': 1,
    'orderbook.50 delta': 3,
    ping: 1,
    tickers: 1,
  });
});

test('a hole in u is a gap, until the venue’s next snapshot; after a restart that begins at 1', () => {
  const { events } = runCapture(
    start()
      .recv(book('delta', 11, [['1', '1']], []))
      .recv(book('delta', 11, [['1', '9']], []))
      .recv(book('delta', 13, [['1', '2']], []))
      .recv(book('delta', 14, [['1', '3']], []))
      .recv(book('snapshot', 1, [['1', '4']], []))
      .recv(book('delta', 2, [['1', '5']], [])),
  );
  assert.deepEqual(scriptOf(events).slice(7), [
    'Level bid 100 1000 last',
    'Duplicate 12 11',
    'Gap 12 13',
    `Stale ${StaleReason.Gap} 0`,
    'Clear 0 0',
    'SnapshotBegin 0 0 snapshot',
    'Level bid 100 4000 snapshot',
    'SnapshotEnd 1 0 last snapshot',
    'Live 0 0',
    'Level bid 100 5000 last',
  ]);
});

test('the deepest topic makes the book; a second depth is left out, and said', () => {
  const { events, notes } = runCapture(
    new CaptureScript('BYBIT')
      .recv(book('snapshot', 5, [['1', '1']], [], {}, 1))
      .recv(book('snapshot', 10, [['2', '2']], [], {}, 200))
      .recv(book('snapshot', 6, [['3', '3']], [], {}, 1))
      .recv(book('delta', 7, [['3', '3']], [], {}, 1))
      .recv(book('delta', 11, [['4', '4']], [], {}, 200)),
  );
  assert.deepEqual(
    scriptOf(events).filter((line) => line.startsWith('Level')),
    ['Level bid 1 1 snapshot', 'Level bid 2 2 snapshot', 'Level bid 4 4 last'],
  );
  assert.deepEqual(notes, ['BTCUSDT: 2 messages of a second depth ignored']);
});

test('trades have the taker’s side and their own time; ids that are no numbers are 0', () => {
  const trade = { T: MS, s: 'BTCUSDT', S: 'Buy', v: '0.001', p: '16578.50', L: 'PlusTick', i: '2290000', BT: false };
  const data = [trade, { ...trade, S: 'Sell', i: '20f43950-d8dd-5b31-9112-a178eb6023af' }];
  const { events } = runCapture(
    new CaptureScript('BYBIT').recv({ topic: 'publicTrade.BTCUSDT', type: 'snapshot', ts: MS + 9, data }),
  );
  assert.deepEqual(scriptOf(events).slice(2), ['Trade bid 1657850 1', 'Trade ask 1657850 1 last']);
  assert.deepEqual(
    events.slice(2).map(({ id2, tsEvent }) => [id2, tsEvent]),
    [
      [2290000, lineTime(77)],
      [0, lineTime(77)],
    ],
  );
});

test('a lost connection makes its books stale, and a new one may bring a shallower book', () => {
  const { events } = runCapture(
    start()
      .connect()
      .recv(book('snapshot', 3, [['1', '1']], [], {}, 1))
      .recv(book('delta', 4, [['1', '2']], [], {}, 1)),
  );
  const lines = scriptOf(events).slice(7);
  assert.equal(lines[0], `Stale ${StaleReason.Disconnected} 0`);
  assert.deepEqual(lines.slice(-2), ['Live 0 0', 'Level bid 100 2000 last']);
});

test('a frame without header or address is recognised; the order of keys does not matter', () => {
  const data = { u: 3, seq: 1, a: [['2', '1']], b: [['1', '1']], s: 'BTCUSDT' };
  const { events } = runCapture(
    new CaptureScript('')
      .add({
        t: 'recv',
        conn: 'x',
        data: `{"topic":"tickers.BTCUSDT","data":{}}`,
      })
      .add({
        t: 'recv',
        conn: 'x',
        data: JSON.stringify({ data, ts: MS, type: 'snapshot', topic: 'orderbook.50.BTCUSDT' }),
      }),
  );
  assert.deepEqual(scriptOf(events).slice(2), [
    'SnapshotBegin 0 0 snapshot',
    'Level ask 2 1 snapshot',
    'Level bid 1 1 snapshot',
    'SnapshotEnd 3 0 last snapshot',
    'Live 0 0',
  ]);
});

test('frames of another shape are damage', () => {
  const topic = 'orderbook.50.BTCUSDT';
  const bad: [unknown, RegExp][] = [
    [[1], /an object { is expected/],
    [{ topic, type: 'snapshot' }, /a topic without data/],
    [{ topic, type: 'snapshot', data: { s: 'BTCUSDT', b: [], u: 1 } }, /without b and a/],
    [{ topic, type: 'snapshot', data: { s: 'BTCUSDT', b: [], a: [], u: 'x' } }, /u is no number/],
    [{ topic, type: 'snapshot', data: { s: 'ETHUSDT', b: [], a: [], u: 1 } }, /not its topic's symbol/],
    [{ topic, type: 'other', data: { s: 'BTCUSDT', b: [], a: [], u: 1 } }, /a snapshot or a delta/],
    [`{"topic":"${topic}","type":"delta","data":{"b":[],"b":[],"a":[],"u":1}}`, /the same key twice/],
    [{ topic: 'publicTrade.BTCUSDT', data: [{ p: '1' }] }, /a trade without p and v/],
  ];
  for (const [frame, message] of bad) assert.throws(() => runCapture(new CaptureScript('BYBIT').recv(frame)), message);
});
