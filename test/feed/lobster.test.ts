/** The LOBSTER feed: every row of the real recordings, and small ones for what they do not show. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EventFlag, EventKind, Side, StaleReason, TradingState } from '../../src/core/event.ts';
import { sessionBaseNs } from '../../src/core/time.ts';
import { detectRecording } from '../../src/feed/detect.ts';
import { openFeed } from '../../src/feed/open.ts';
import { marketData } from '../support/paths.ts';
import { brief, byMessage, MESSAGES, PAIR, ROWS, replay } from './lobster-pair.ts';
import { countAdopted, PlainL3Book } from './naive-lobster.ts';
import { Recordings, runFeed, unpack, zip } from './support.ts';

const { Last, Snapshot, Priced, Cross, Hidden } = EventFlag;

const REAL = [
  { levels: 10, messages: 147_916, adopted: 44_451 },
  { levels: 1, messages: 49_482, adopted: 11_207 },
];

for (const { levels, messages, adopted } of REAL) {
  const name = `GOOG_2012-06-21_34200000_57600000`;
  const path = marketData(`lobster/LOBSTER_SampleFile_GOOG_2012-06-21_${levels}.zip`);
  const skip = path === null && `the LOBSTER sample of ${levels} levels is not here`;
  test(`the events of GOOG, ${levels} levels, reproduce every row of its orderbook file`, { skip }, async (t) => {
    const recording = await detectRecording([path!]);
    const run = await runFeed(openFeed(recording, { symbols: null }));
    assert.equal(run.error, null);
    assert.equal(run.messages, messages);
    assert.equal(run.result?.stats.checksumsVerified, messages);
    assert.equal(run.result?.truncated, null);
    const rows = (await unpack({ path: path!, entry: `${name}_orderbook_${levels}.csv` }, 1 << 20)).bytes
      .toString()
      .trim()
      .split('\n');
    const book = new PlainL3Book();
    const groups = byMessage(run.events);
    assert.equal(groups.length, messages);
    let entered = 0;
    for (const [k, events] of groups.entries()) {
      for (const event of events) book.apply(event);
      assert.equal(book.row(levels), rows[k], `row ${k + 1}`);
      if (k > 0) entered += events.filter((event) => event.kind === EventKind.Level && event.qty > 0).length;
    }
    assert.equal(book.stale, 0);
    assert.equal(entered, adopted);
    const lines = (await unpack({ path: path!, entry: `${name}_message_${levels}.csv` }, 1 << 20)).bytes
      .toString()
      .trim()
      .split('\n');
    if (levels === 1) assert.equal(countAdopted(lines, rows), adopted);
    assert.deepEqual(run.result?.stats.notes, [
      `GOOG: ${adopted} levels entered the window from below, as the orderbook file shows them`,
    ]);
    t.diagnostic(`${messages} rows verified, 0 failures, ${adopted} levels adopted`);
  });
}

test('messages become events, with the seed before the first and the window behind each', async (t) => {
  const run = await replay(t, MESSAGES, ROWS);
  assert.equal(run.error, null);
  const groups = byMessage(run.events);
  assert.deepEqual(
    groups[0].map((event) => event.def?.symbol ?? brief(event)),
    [
      'ABC',
      ['SnapshotBegin', 0, Snapshot, 0, 0, 0],
      ['Level', Side.Bid, Snapshot, 999_900, 5, 0],
      ['Level', Side.Ask, Snapshot, 1_000_200, 10, 0],
      ['Level', Side.Ask, Snapshot, 1_000_400, 7, 0],
      ['SnapshotEnd', 0, Snapshot, 0, 0, 0],
      ['Add', Side.Bid, Last, 1_000_000, 100, 11],
    ],
  );
  assert.deepEqual(
    groups.slice(1).map((group) => group.map(brief)),
    [
      [
        ['Add', Side.Ask, 0, 1_000_100, 50, 12],
        ['Level', Side.Ask, Snapshot | Last, 1_000_400, 0, 0],
      ],
      [['Execute', Side.Ask, Priced | Last, 1_000_100, 20, 12]],
      [['Trade', Side.Ask, Hidden | Last, 1_000_050, 10, 0]],
      [['Reduce', Side.Bid, Priced | Last, 1_000_000, 30, 11]],
      [
        ['Delete', Side.Ask, Priced, 1_000_100, 30, 12],
        ['Level', Side.Ask, Snapshot | Last, 1_000_400, 9, 0],
      ],
      [['Trade', Side.None, Cross | Last, 1_000_200, 500, 0]],
      [['Status', 0, Last, TradingState.Halted, 0, 0]],
      [['Status', 0, Last, TradingState.QuotationOnly, 0, 0]],
      [['Status', 0, Last, TradingState.Trading, 0, 0]],
    ],
  );
  assert.deepEqual(
    groups.map((group) => group[0].tsEvent),
    [
      34_200_100_000_000, 34_200_250_000_000, 34_200_250_000_001, 34_201_500_000_000, 34_202e9, 34_203e9, 34_204e9,
      34_205e9, 34_206e9, 34_207e9,
    ],
  );
  assert.deepEqual(Object.fromEntries(run.result!.stats.messagesByType), {
    '1 submission': 2,
    '2 cancellation': 1,
    '3 deletion': 1,
    '4 execution': 1,
    '5 hidden execution': 1,
    '6 cross trade': 1,
    '7 trading halt': 3,
  });
  assert.equal(run.result?.stats.checksumsVerified, 10);
});

test('the events do not depend on how the files are cut, on line ends, or on a last newline', async (t) => {
  const expected = (await replay(t, MESSAGES, ROWS)).events;
  for (const chunkBytes of [1, 2, 3, 7, 50])
    assert.deepEqual((await replay(t, MESSAGES, ROWS, chunkBytes)).events, expected);
  const windows = await replay(t, MESSAGES.join('\r\n'), ROWS.join('\r\n'));
  assert.deepEqual([windows.error, windows.result?.truncated], [null, null]);
  assert.deepEqual(windows.events, expected);
});

test('a first message of any kind is taken back from the first row', async (t) => {
  const cases: readonly (readonly [string, string, string])[] = [
    ['34200,2,9,30,1000000,1', '1000200,10,1000000,70,1000400,9,999900,5', '1000200,10,1000000,100,1000400,9,999900,5'],
    [
      '34200,3,9,30,1000100,-1',
      '1000200,10,1000000,70,1000400,9,999900,5',
      '1000100,30,1000000,70,1000200,10,999900,5,1000400,9',
    ],
    [
      '34200,4,9,10,1000300,-1',
      '1000200,10,1000000,70,1000400,9,999900,5',
      '1000200,10,1000000,70,1000300,10,999900,5,1000400,9',
    ],
    ['34200,5,0,10,1000300,-1', '1000200,10,1000000,70,1000400,9,999900,5', '1000200,10,1000000,70,1000400,9,999900,5'],
    ['34200,1,9,10,1000000,1', '9999999999,0,1000000,10,9999999999,0,-9999999999,0', ''],
  ];
  for (const [message, row, before] of cases) {
    const run = await replay(t, [message], [row]);
    assert.equal(run.result?.stats.checksumsVerified, 1, message);
    const end = run.events.findIndex((event) => event.kind === EventKind.SnapshotEnd);
    const book = new PlainL3Book();
    for (const event of run.events.slice(0, end)) book.apply(event);
    assert.ok(
      `${book.row(3)},`.startsWith(before === '' ? '9999999999,0,-9999999999,0' : `${before},`),
      `${message}: ${book.row(3)}`,
    );
    for (const event of run.events.slice(end)) book.apply(event);
    assert.equal(book.row(2), row);
  }
});

test('a row that the messages do not lead to is counted, marks the book stale, and is taken over', async (t) => {
  const rows = [...ROWS];
  rows[3] = '1000100,30,1000000,90,1000200,10,999900,5'; // 10 less on the bid than the messages say
  rows[4] = '1000100,30,1000000,60,1000200,10,999900,5';
  for (const at of [5, 6, 7, 8, 9]) rows[at] = rows[at].replace(',70,', ',60,');
  const run = await replay(t, MESSAGES, rows);
  const groups = byMessage(run.events);
  assert.deepEqual(
    groups[3].map((event) => [event.name, event.price, event.qty]),
    [
      ['Trade', 1_000_050, 10],
      ['ChecksumFailure', 90, 100],
      ['Stale', StaleReason.Mismatch, 0],
      ['Clear', 0, 0],
      ['SnapshotBegin', 0, 0],
      ['Level', 1_000_000, 90],
      ['Level', 999_900, 5],
      ['Level', 1_000_100, 30],
      ['Level', 1_000_200, 10],
      ['SnapshotEnd', 0, 0],
      ['Live', 0, 0],
    ],
  );
  const book = new PlainL3Book();
  for (const [k, group] of groups.entries()) {
    for (const event of group) book.apply(event);
    assert.equal(book.row(2), rows[k]);
  }
  assert.equal(run.result?.stats.checksumsVerified, 9);
  assert.match(run.result?.stats.notes.join() ?? '', /1 rows of the orderbook file differ/);
});

test('a message that takes more than its level has is a difference, even where the row agrees', async (t) => {
  const run = await replay(
    t,
    ['34200,5,0,1,1000000,1', '34201,3,77,900,1000000,1'],
    [ROWS[0], '1000200,10,999900,5,1000400,7,999800,1'],
  );
  assert.equal(run.events.filter((event) => event.kind === EventKind.ChecksumFailure).length, 1);
  assert.equal(run.result?.stats.checksumsVerified, 1);
});

test('a message outside of the window is told but changes no book', async (t) => {
  const run = await replay(t, [MESSAGES[0], '34201,1,55,3,1000900,-1'], [ROWS[0], ROWS[0]]);
  assert.deepEqual(byMessage(run.events)[1].map(brief), [['Notice', 0, Last, 0x31, 3, 55]]);
  assert.match(run.result?.stats.notes.join() ?? '', /1 messages at prices that the orderbook file does not show/);
});

test('several days of one instrument follow one another, each with its own book', async (t) => {
  const files = new Recordings(t);
  const name = (day: string, kind: string) => `ABC_${day}_34200000_57600000_${kind}_2.csv`;
  const days = ['2020-03-06', '2020-03-09']; // the clocks change in between: 71 hours
  const entries: Record<string, Uint8Array> = {};
  for (const day of days) {
    entries[name(day, 'message')] = Buffer.from(`${MESSAGES.join('\n')}\n`);
    entries[name(day, 'orderbook')] = Buffer.from(`${ROWS.join('\n')}\n`);
  }
  const recording = await detectRecording([files.write('days.zip', zip(entries))]);
  assert.equal(sessionBaseNs(recording.sessionBase), BigInt(Date.parse('2020-03-06T05:00:00Z')) * 1_000_000n);
  const run = await runFeed(openFeed(recording, { symbols: ['ABC'] }));
  assert.equal(run.error, null);
  const groups = byMessage(run.events);
  assert.equal(groups.length, 20);
  assert.equal(groups[10][0].tsEvent - groups[0][0].tsEvent, 71 * 3600e9);
  assert.deepEqual(
    groups[10].map((event) => event.name),
    ['Clear', 'SnapshotBegin', 'Level', 'Level', 'Level', 'SnapshotEnd', 'Live', 'Add'],
  );
  const book = new PlainL3Book();
  for (const [k, group] of groups.entries()) {
    for (const event of group) book.apply(event);
    assert.equal(book.row(2), ROWS[k % 10]);
  }
  assert.equal(run.result?.stats.checksumsVerified, 20);
});

test('a symbol that is not the recording’s is an error that names the one it is', async (t) => {
  const files = new Recordings(t);
  const path = files.write(`${PAIR}_message_2.csv`, `${MESSAGES.join('\n')}\n`);
  const recording = await detectRecording([path]);
  const run = await runFeed(openFeed(recording, { symbols: ['ABX'] }));
  assert.deepEqual(
    [run.error?.code, run.error?.message],
    ['UNKNOWN_SYMBOL', 'ABX is not in the recording (nearest of 1: ABC)'],
  );
  const renamed = await detectRecording([files.write('day.csv', `${MESSAGES.join('\n')}\n`)]);
  const named = await runFeed(openFeed(renamed, { symbols: ['XYZ'] }));
  assert.equal(named.events[0].def?.symbol, 'XYZ');
});

test('a run stops at its message limit', async (t) => {
  const files = new Recordings(t);
  const path = files.write(`${PAIR}_message_2.csv`, `${MESSAGES.join('\n')}\n`);
  const recording = await detectRecording([path]);
  const run = await runFeed(openFeed(recording, { symbols: null }), 3);
  assert.deepEqual([run.messages, run.error, run.events.length], [3, null, 4]);
});
