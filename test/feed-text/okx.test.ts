import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32 } from 'node:zlib';
import { EventKind, StaleReason } from '../../src/core/event.ts';
import { CAPTURE_START, CaptureScript, lineTime, runCapture, scriptOf } from '../support/capture-script.ts';

const ID = 'BTC-USDT';
const TS = String(CAPTURE_START * 1000 + 77);
const TS_NS = lineTime(77);

type Level = [string, string, string, string];
const level = (price: string, qty: string, orders = '1'): Level => [price, qty, '0', orders];

interface Entry {
  readonly asks: Level[];
  readonly bids: Level[];
  readonly checksum?: number;
  readonly seqId?: number;
  readonly prevSeqId?: number;
}

function book(action: string | null, entry: Entry, channel = 'books'): unknown {
  return { arg: { channel, instId: ID }, ...(action === null ? {} : { action }), data: [{ ...entry, ts: TS }] };
}

const checksum = (text: string) => crc32(Buffer.from(text)) | 0;

test('a snapshot and an update with their checksums, numbers of orders and times', () => {
  const { events, checksums, byType } = runCapture(
    new CaptureScript('OKX')
      .recv({ event: 'subscribe', arg: { channel: 'books', instId: ID } })
      .recv(
        book('snapshot', {
          asks: [level('5.16', '122', '3')],
          bids: [level('5.1', '60', '7')],
          checksum: checksum('5.1:60:5.16:122'),
        }),
      )
      .recv(
        book('update', { asks: [], bids: [level('5.148', '2.5')], checksum: checksum('5.148:2.5:5.16:122:5.1:60') }),
      )
      .recv('pong'),
  );
  assert.deepEqual(scriptOf(events), [
    'Instrument BTC-USDT 2 0',
    'Stale 1 0',
    'SnapshotBegin 0 0 snapshot',
    'Level ask 516 122 snapshot',
    'Level bid 510 60 snapshot',
    'SnapshotEnd 0 0 last snapshot',
    'Live 0 0',
    'Instrument BTC-USDT 3 1',
    'Level bid 5148 25 last',
  ]);
  const levels = events.filter(({ kind }) => kind === EventKind.Level);
  assert.deepEqual(
    levels.map(({ orderId }) => orderId),
    [3, 7, 1],
  );
  assert.ok(levels.every(({ tsEvent }) => tsEvent === TS_NS));
  assert.equal(checksums, 2);
  assert.deepEqual(byType, { subscribe: 1, 'books snapshot': 1, 'books update': 1, pong: 1 });
});

test('a wrong checksum makes the book stale; a checksum of 0 is not one', () => {
  const begin = () =>
    new CaptureScript('OKX').recv(book('snapshot', { asks: [], bids: [level('1', '1')], checksum: checksum('1:1') }));
  const wrong = runCapture(begin().recv(book('update', { asks: [], bids: [level('2', '1')], checksum: -5 })));
  assert.deepEqual(scriptOf(wrong.events).slice(-2), [
    `ChecksumFailure -5 ${checksum('2:1:1:1')}`,
    `Stale ${StaleReason.Checksum} 0`,
  ]);
  const none = runCapture(begin().recv(book('update', { asks: [], bids: [level('2', '1')], checksum: 0 })));
  assert.deepEqual(scriptOf(none.events).slice(-1), ['Level bid 2 1 last']);
  assert.equal(none.checksums, 1);
});

test('updates are chained by prevSeqId: a keep-alive, a restart of the numbers, a repeat and a gap', () => {
  const update = (prevSeqId: number, seqId: number, qty: string) =>
    book('update', { asks: [], bids: qty === '' ? [] : [level('1', qty)], checksum: 0, prevSeqId, seqId });
  const { events } = runCapture(
    new CaptureScript('OKX')
      .recv(book('snapshot', { asks: [], bids: [level('1', '1')], seqId: 100, prevSeqId: -1 }))
      .recv(update(100, 107, '2'))
      .recv(update(107, 107, ''))
      .recv(update(100, 107, '9'))
      .recv(update(107, 3, '3'))
      .recv(update(3, 10, '4'))
      .recv(update(11, 12, '5'))
      .recv(update(12, 13, '6'))
      .recv(book('snapshot', { asks: [], bids: [level('1', '7')], seqId: 20, prevSeqId: -1 }))
      .recv(update(20, 21, '8')),
  );
  assert.deepEqual(scriptOf(events).slice(4), [
    'SnapshotEnd 100 0 last snapshot',
    'Live 0 0',
    'Level bid 1 2 last',
    'Duplicate 107 100',
    'Level bid 1 3 last',
    'Level bid 1 4 last',
    'Gap 10 11',
    `Stale ${StaleReason.Gap} 0`,
    'Clear 0 0',
    'SnapshotBegin 0 0 snapshot',
    'Level bid 1 7 snapshot',
    'SnapshotEnd 20 0 last snapshot',
    'Live 0 0',
    'Level bid 1 8 last',
  ]);
});

test('an update that was never seen and does not fit is a gap, even with lower numbers: a reset may be lost', () => {
  const update = (prevSeqId: number, seqId: number) => book('update', { asks: [], bids: [], prevSeqId, seqId });
  const { events } = runCapture(
    new CaptureScript('OKX')
      .recv(book('snapshot', { asks: [], bids: [level('1', '1')], seqId: 100, prevSeqId: -1 }))
      .recv(update(100, 105))
      .recv(update(3, 5)),
  );
  assert.deepEqual(scriptOf(events).slice(-2), ['Gap 105 3', `Stale ${StaleReason.Gap} 0`]);
});

test('pongs, answers, errors and notices are counted by their event', () => {
  const { byType } = runCapture(
    new CaptureScript('OKX')
      .recv('pong')
      .recv({ event: 'subscribe', arg: { channel: 'books', instId: ID }, connId: 'a' })
      .recv({ event: 'error', code: '60012', msg: 'Invalid request' })
      .recv({ event: 'notice', code: '64008', msg: 'The connection will soon be closed for a service upgrade.' }),
  );
  assert.deepEqual(byType, { pong: 1, subscribe: 1, error: 1, notice: 1 });
});

test('books5 is a whole book each time; a second book channel of the same instrument is left out', () => {
  const { events, notes } = runCapture(
    new CaptureScript('OKX')
      .recv(book(null, { asks: [level('3', '1')], bids: [level('2', '1')], seqId: 5 }, 'books5'))
      .recv(book(null, { asks: [level('4', '1')], bids: [] }, 'books5'))
      .recv(book('snapshot', { asks: [], bids: [level('1', '1')] })),
  );
  assert.deepEqual(
    scriptOf(events).slice(-5),
    [
      'SnapshotEnd 5 0 last snapshot',
      'Live 0 0',
      'Clear 0 0',
      'SnapshotBegin 0 0 snapshot',
      'Level ask 4 1 snapshot',
      'SnapshotEnd 0 0 last snapshot',
    ].slice(-5),
  );
  assert.deepEqual(notes, ['BTC-USDT: 1 messages of a second book channel ignored']);
});

test('trades have the taker’s side, tickers and bbo-tbt the touch, an empty side is empty', () => {
  const arg = (channel: string) => ({ arg: { channel, instId: ID } });
  const { events } = runCapture(
    new CaptureScript('OKX')
      .recv({
        ...arg('trades'),
        data: [
          { instId: ID, tradeId: '12883020', px: '5.123', sz: '100', side: 'sell', ts: TS },
          { tradeId: 'x', px: '5.1', sz: '1', side: 'buy', ts: TS },
        ],
      })
      .recv({ ...arg('tickers'), data: [{ askPx: '5.142', askSz: '25', bidPx: '', bidSz: '', ts: TS }] })
      .recv({ ...arg('bbo-tbt'), data: [{ asks: [level('5.2', '7')], bids: [level('5.1', '8')], ts: TS }] })
      .recv({ ...arg('mark-price'), data: [{ markPx: '1' }] }),
  );
  assert.deepEqual(scriptOf(events).slice(2), [
    'Trade ask 5123 100',
    'Trade bid 5100 1 last',
    'VenueBbo 0 0 5142 25 last',
    'VenueBbo 5100 8 5200 7 last',
  ]);
  assert.deepEqual(
    events.slice(2, 4).map(({ id2 }) => id2),
    [12883020, 0],
  );
  assert.ok(events.slice(2).every(({ tsEvent }) => tsEvent === TS_NS));
});

test('frames of another shape are damage', () => {
  const bad: [unknown, RegExp][] = [
    [[1], /an object { is expected/],
    [{ arg: { channel: 'books', instId: ID }, action: 'update', data: [{ bids: [] }] }, /without bids and asks/],
    [
      { arg: { channel: 'books', instId: ID }, action: 'update', data: [{ bids: [], asks: [], checksum: 'x' }] },
      /checksum/,
    ],
    [{ arg: { channel: 'books', instId: ID }, data: [{ bids: [], asks: [] }] }, /a snapshot or an update/],
    [
      `{"arg":{"channel":"books","instId":"${ID}"},"action":"update","data":[{"bids":[],"bids":[],"asks":[]}]}`,
      /the same key twice/,
    ],
    [{ arg: { channel: 'trades', instId: ID }, data: [{ px: '1' }] }, /a trade without px and sz/],
    [{ arg: { channel: 'tickers', instId: ID }, data: [] }, /an entry is expected/],
    [{ arg: { channel: 'tickers', instId: ID }, data: [{}] }, /a best bid and a best ask/],
  ];
  const unnumbered = new CaptureScript('OKX')
    .recv(book('snapshot', { asks: [], bids: [], seqId: 1, prevSeqId: -1 }))
    .recv(book('update', { asks: [], bids: [] }));
  assert.throws(() => runCapture(unnumbered), /an update without seqId or prevSeqId/);
  for (const [frame, message] of bad) assert.throws(() => runCapture(new CaptureScript('OKX').recv(frame)), message);
});
