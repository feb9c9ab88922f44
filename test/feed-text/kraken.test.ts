import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32 } from 'node:zlib';
import { EventKind, Side, StaleReason } from '../../src/core/event.ts';
import { CaptureScript, lineTime, runCapture, scriptOf } from '../support/capture-script.ts';
import { NaiveBooks } from '../support/event-probe.ts';

const PAIR = 'XBT/EUR';
const TIME = '1618678132.500000';
/** Session ns of TIME. */
const TIME_NS = lineTime(0) + 5e8;

type Pair = [string, string];

const timed = (levels: readonly Pair[]) => levels.map(([price, qty]) => [price, qty, TIME]);

function snapshot(asks: readonly Pair[], bids: readonly Pair[], depth = 10): unknown {
  return [7, { as: timed(asks), bs: timed(bids) }, `book-${depth}`, PAIR];
}

function update(side: 'a' | 'b', levels: readonly Pair[], c?: number, depth = 10): unknown {
  return [7, { [side]: timed(levels), ...(c === undefined ? {} : { c: String(c) }) }, `book-${depth}`, PAIR];
}

/** Kraken's checksum of these levels, asks then bids, best first. */
function checksum(asks: readonly Pair[], bids: readonly Pair[]): number {
  const digits = (text: string) => text.replace('.', '').replace(/^0+/, '');
  return crc32([...asks, ...bids].map(([price, qty]) => digits(price) + digits(qty)).join(''));
}

const ASKS: Pair[] = [
  ['0.05005', '0.00000500'],
  ['0.05010', '0.00000500'],
];
const BIDS: Pair[] = [
  ['0.05000', '0.10000000'],
  ['0.04995', '0.00000501'],
];

function start(): CaptureScript {
  return new CaptureScript('KRAKEN').connect('wss://ws.kraken.com').recv(snapshot(ASKS, BIDS));
}

test('a snapshot makes the book live; levels carry the venue’s time and are flagged', () => {
  const { events } = runCapture(start());
  assert.deepEqual(scriptOf(events), [
    'Connection 1 0',
    'Instrument XBT/EUR 5 8',
    'Stale 1 0',
    'SnapshotBegin 0 0 snapshot',
    'Level ask 5005 500 snapshot',
    'Level ask 5010 500 snapshot',
    'Level bid 5000 10000000 snapshot',
    'Level bid 4995 501 snapshot',
    'SnapshotEnd 0 0 last snapshot',
    'Live 0 0',
  ]);
  const level = events.find(({ kind }) => kind === EventKind.Level)!;
  assert.deepEqual([level.tsRecv, level.tsEvent], [lineTime(2), TIME_NS]);
});

test('updates in one object or two are applied in their order, republished levels too, and the checksum verified', () => {
  const asks: Pair[] = [['0.05004', '1.00000000'], ...ASKS];
  const both = [
    7,
    { a: timed([['0.05004', '1.00000000']]) },
    { b: timed([['0.05000', '0.00000000']]), c: String(checksum(asks, BIDS.slice(1))) },
    'book-10',
    PAIR,
  ];
  const republished = [
    7,
    { b: [['0.04995', '0.00000501', TIME, 'r']], c: String(checksum(asks, BIDS.slice(1))) },
    'book-10',
    PAIR,
  ];
  const { events, checksums, byType } = runCapture(start().recv(both).recv(republished));
  assert.deepEqual(scriptOf(events).slice(-3), [
    'Level ask 5004 100000000',
    'Level bid 5000 0 last',
    'Level bid 4995 501 last',
  ]);
  assert.equal(checksums, 2);
  assert.deepEqual(byType, { 'book snapshot': 1, 'book update': 2 });
});

test('a wrong checksum makes the book stale; nothing of that update is applied, nor of later ones until a snapshot', () => {
  const wrong = checksum(ASKS, BIDS);
  const { events, checksums, notes } = runCapture(
    start()
      .recv(update('b', [['0.04999', '1.00000000']], wrong))
      .recv(update('b', [['0.04998', '1.00000000']], wrong))
      .recv(snapshot(ASKS, BIDS))
      .recv(update('b', [['0.04998', '1.00000000']], checksum(ASKS, [BIDS[0], ['0.04998', '1.00000000'], BIDS[1]]))),
  );
  const all = scriptOf(events);
  const at = all.findIndex((text) => text.startsWith('ChecksumFailure'));
  assert.equal(all[at + 1], `Stale ${StaleReason.Checksum} 0`);
  assert.equal(all[at + 2], 'Clear 0 0');
  assert.deepEqual(all.slice(-2), ['Live 0 0', 'Level bid 4998 100000000 last']);
  assert.equal(events[at].price, wrong);
  assert.equal(events[at].qty, checksum(ASKS, [BIDS[0], ['0.04999', '1.00000000'], BIDS[1]]));
  assert.equal(checksums, 1);
  assert.deepEqual(notes, ['XBT/EUR: 1 book updates not applied: no valid snapshot before them']);
});

test('levels that fall out of the subscribed depth are removed, since the venue does not say so', () => {
  const bids = Array.from({ length: 10 }, (_, i): Pair => [`0.0${4990 - i}`, '1.00000000']);
  const { events } = runCapture(
    new CaptureScript('KRAKEN').recv(snapshot(ASKS, bids)).recv([
      7,
      { a: timed([['0.05006', '2.00000000']]) },
      {
        b: timed([
          ['0.04991', '2.00000000'],
          ['0.04992', '2.00000000'],
        ]),
      },
      'book-10',
      PAIR,
    ]),
  );
  assert.deepEqual(scriptOf(events).slice(-5), [
    'Level ask 5006 200000000',
    'Level bid 4991 200000000',
    'Level bid 4992 200000000',
    'Level bid 4981 0',
    'Level bid 4982 0 last',
  ]);
  assert.equal(new NaiveBooks().applyAll(events).book(PAIR).bids.size, 10);
});

test('updates without a snapshot, or of another connection than the snapshot’s, are not applied', () => {
  const { events, notes } = runCapture(
    new CaptureScript('KRAKEN')
      .recv(update('b', [['0.04999', '1.00000000']]))
      .recv(snapshot(ASKS, BIDS))
      .recv(update('b', [['0.04999', '1.00000000']]), 'KRAKEN.ws.2'),
  );
  assert.ok(!scriptOf(events).some((text) => text.includes('4999')));
  assert.deepEqual(notes, ['XBT/EUR: 2 book updates not applied: no valid snapshot before them']);
});

test('a new connection makes the books of the old one stale until their snapshots come again', () => {
  const { events } = runCapture(
    start()
      .connect('wss://ws.kraken.com')
      .recv(update('b', [['0.04999', '1.00000000']]))
      .recv(snapshot(ASKS, BIDS)),
  );
  assert.deepEqual(scriptOf(events).slice(10), [
    'Connection 0 0',
    `Stale ${StaleReason.Disconnected} 0`,
    'Connection 1 0',
    'Clear 0 0',
    'SnapshotBegin 0 0 snapshot',
    'Level ask 5005 500 snapshot',
    'Level ask 5010 500 snapshot',
    'Level bid 5000 10000000 snapshot',
    'Level bid 4995 501 snapshot',
    'SnapshotEnd 0 0 last snapshot',
    'Live 0 0',
  ]);
  assert.equal(events[10].tsRecv, lineTime(3));
});

test('trades have the taker’s side, tickers the touch, other messages are counted', () => {
  const { events, byType, messages, notes } = runCapture(
    new CaptureScript('KRAKEN')
      .recv({ event: 'systemStatus', status: 'online' })
      .recv({ event: 'heartbeat' })
      .recv([
        9,
        [
          ['0.05', '1.5', TIME, 'b', 'm', ''],
          ['0.06', '2.5', TIME, 's', 'l', ''],
        ],
        'trade',
        PAIR,
      ])
      .recv([8, { a: ['0.0501', 2, '2.5'], b: ['0.0500', 1, '1.0'], c: ['0.05', '1'] }, 'ticker', PAIR])
      .recv([5, ['1', '2', '3', '4', '5'], 'spread', PAIR])
      .recv([6, ['1', '2'], 'ohlc-5', PAIR]),
  );
  assert.deepEqual(scriptOf(events), [
    'Instrument XBT/EUR 2 1',
    'Stale 1 0',
    'Trade bid 5 15',
    'Trade ask 6 25 last',
    'Instrument XBT/EUR 4 1',
    'VenueBbo 500 10 501 25 last',
  ]);
  assert.deepEqual([events[2].side, events[2].tsEvent], [Side.Bid, TIME_NS]);
  assert.deepEqual(byType, { systemStatus: 1, heartbeat: 1, trade: 1, ticker: 1, spread: 1, 'ohlc-5': 1 });
  assert.equal(messages, 6);
  assert.deepEqual(notes, []);
});

test('frames of another shape are damage', () => {
  const bad: [unknown, RegExp][] = [
    [[7, {}, 'book-10'], /not \[channelID, payload, channelName, pair\]/],
    [[7, {}, {}, {}, 'book-10', PAIR], /not \[channelID/],
    [[7, {}, 3, PAIR], /not \[channelID/],
    [[7, [], 'book-10', PAIR], /an object { is expected/],
    [[7, { a: [['1']] }, 'book-10', PAIR], /a quantity is expected/],
    [[7, { b: [], c: 'x' }, 'book-10', PAIR], /a checksum is a 32-bit integer/],
    [[7, { a: ['1', 2, '3'] }, 'ticker', PAIR], /a ticker without a and b/],
    [[7, [['1', '2']], 'trade', PAIR], /\[price, quantity, time, side\] is expected/],
    ['[7,', /the text ends inside a JSON value \(byte 3 of the frame\)/],
    ['pong', /an array \[ is expected/],
  ];
  for (const [frame, message] of bad) {
    assert.throws(() => runCapture(`${new CaptureScript('KRAKEN').recv(frame).text}\n`), message);
  }
});
