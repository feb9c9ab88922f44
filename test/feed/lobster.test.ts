/** The LOBSTER feed: every row of the real recordings, and small ones for what they do not show. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { EventFlag, EventKind, Side, StaleReason, TradingState } from '../../src/core/event.ts';
import { Prng } from '../../src/core/prng.ts';
import { sessionBaseNs } from '../../src/core/time.ts';
import { detectRecording } from '../../src/feed/detect.ts';
import { LobsterFeed } from '../../src/feed/lobster/feed.ts';
import { openFeed } from '../../src/feed/open.ts';
import type { SeenEvent } from '../support/event-probe.ts';
import { marketData } from '../support/paths.ts';
import { countAdopted, PlainL3Book } from './naive-lobster.ts';
import { Recordings, type Run, runFeed, unpack, zip } from './support.ts';

const { Last, Snapshot, Priced, Cross, Hidden } = EventFlag;

/** The messages' own lists of events. */
function byMessage(events: readonly SeenEvent[]): SeenEvent[][] {
  const groups: SeenEvent[][] = [[]];
  for (const event of events) {
    groups.at(-1)!.push(event);
    if ((event.flags & Last) !== 0) groups.push([]);
  }
  assert.equal(groups.pop()?.length, 0, 'the last event of the run ends a message');
  return groups;
}

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

/** Prices in dollars x 10,000 are long; tests count in cents from 100. */
const MESSAGES = [
  '34200.1,1,11,100,1000000,1', //        a bid at 100.00
  '34200.25,1,12,50,1000100,-1', //       an ask at 100.01, pushes 100.04 out of the window of 2
  '34200.250000001,4,12,20,1000100,-1',
  '34201.5,5,0,10,1000050,1', //          hidden bid executed
  '34202,2,11,30,1000000,1',
  '34203,3,12,30,1000100,-1', //          100.04 is shown again
  '34204,6,-1,500,1000200,-1', //         cross
  '34205,7,0,0,-1,-1', //                 halt
  '34206,7,0,0,0,-1',
  '34207,7,0,0,1,-1',
];
const ROWS = [
  '1000200,10,1000000,100,1000400,7,999900,5',
  '1000100,50,1000000,100,1000200,10,999900,5',
  '1000100,30,1000000,100,1000200,10,999900,5',
  '1000100,30,1000000,100,1000200,10,999900,5',
  '1000100,30,1000000,70,1000200,10,999900,5',
  '1000200,10,1000000,70,1000400,9,999900,5',
  '1000200,10,1000000,70,1000400,9,999900,5',
  '1000200,10,1000000,70,1000400,9,999900,5',
  '1000200,10,1000000,70,1000400,9,999900,5',
  '1000200,10,1000000,70,1000400,9,999900,5',
];

const PAIR = 'ABC_2020-01-30_34200000_57600000';

async function replay(
  t: TestContext,
  messages: readonly string[] | string,
  rows: readonly string[] | string | null,
  chunkBytes?: number,
): Promise<Run> {
  const files = new Recordings(t);
  const text = (lines: readonly string[] | string) => (typeof lines === 'string' ? lines : `${lines.join('\n')}\n`);
  const message = files.write(`${PAIR}_message_2.csv`, text(messages));
  if (rows !== null) files.write(`${PAIR}_orderbook_2.csv`, text(rows));
  const recording = await detectRecording([message]);
  assert.equal(recording.lobster[0].orderbook === null, rows === null);
  return runFeed(
    new LobsterFeed(recording.lobster, { symbols: null, ...(chunkBytes === undefined ? {} : { chunkBytes }) }),
  );
}

const brief = (event: SeenEvent) => [event.name, event.side, event.flags, event.price, event.qty, event.orderId];

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

test('an orderbook file that ends early is gone on without, until the book is not known any more', async (t) => {
  const early = await replay(t, MESSAGES.slice(0, 6), ROWS.slice(0, 3));
  assert.equal(early.error, null);
  assert.equal(early.result?.stats.checksumsVerified, 3);
  assert.match(
    early.result?.stats.notes.join() ?? '',
    /no row for line 4 of the message file: unchecked from there on/,
  );
  assert.deepEqual(
    early.events.filter((event) => event.kind === EventKind.Stale),
    [],
    'the touch is still known',
  );
  const messages = [...MESSAGES.slice(0, 6), '34203.5,3,9,10,1000200,-1', '34204,1,9,1,1000300,-1'];
  const run = await replay(t, messages, ROWS.slice(0, 3));
  const groups = byMessage(run.events);
  assert.deepEqual(groups[6].map(brief), [
    ['Delete', Side.Ask, Priced, 1_000_200, 10, 9],
    ['Stale', 0, Last, StaleReason.UnknownOrder, 0, 0],
  ]);
  assert.equal(run.events.filter((event) => event.kind === EventKind.Stale).length, 1);
});

test('beyond the end of the orderbook file, a price outside of the known window makes the book stale', async (t) => {
  const run = await replay(t, [...MESSAGES.slice(0, 2), '34201,1,44,5,1000300,-1'], ROWS.slice(0, 2));
  assert.deepEqual(byMessage(run.events)[2].map(brief), [
    ['Add', Side.Ask, 0, 1_000_300, 5, 44],
    ['Stale', 0, Last, StaleReason.UnknownOrder, 0, 0],
  ]);
});

test('beyond the end of the orderbook file, a level that left the window is not known any more', async (t) => {
  const messages = [MESSAGES[0], MESSAGES[1], '34201,1,9,7,1000400,-1'];
  const run = await replay(t, messages, ROWS.slice(0, 1));
  assert.deepEqual(
    byMessage(run.events)[2].map((event) => event.name),
    ['Add', 'Stale'],
  );
});

test('a level of ours that the row does not show is a difference', async (t) => {
  const run = await replay(t, [MESSAGES[0], '34201,1,55,3,1000300,-1'], [ROWS[0], ROWS[0]]);
  const failure = run.events.find((event) => event.kind === EventKind.ChecksumFailure);
  assert.deepEqual([failure?.price, failure?.qty], [7, 3]);
  assert.equal(run.result?.stats.checksumsVerified, 1);
});

test('an orderbook file cut inside its last number is not trusted with that row', async (t) => {
  const rows = ROWS.map((row) => row.replace(/,5$/, ',50'));
  const text = rows.slice(0, 3).join('\n');
  const whole = await replay(t, MESSAGES, text);
  assert.equal(whole.result?.stats.checksumsVerified, 3);
  const cut = await replay(t, MESSAGES, text.slice(0, -1));
  assert.equal(cut.result?.stats.checksumsVerified, 2);
  assert.equal(cut.events.filter((event) => event.kind === EventKind.ChecksumFailure).length, 0);
});

test('an orderbook file cut inside a row, or inside a number, is not trusted with that row', async (t) => {
  const whole = `${ROWS.slice(0, 2).join('\n')}\n`;
  for (const cut of [
    '1000100,30,10000',
    '1000100,30,1000000,10',
    '1000100,30,1000000,100,1000200,10,999900',
    '1000100,3',
  ]) {
    const run = await replay(t, MESSAGES, whole + cut);
    assert.equal(run.error, null, cut);
    assert.deepEqual([run.messages, run.result?.stats.checksumsVerified, run.result?.truncated], [10, 2, null], cut);
    assert.equal(run.events.filter((event) => event.kind === EventKind.ChecksumFailure).length, 0);
    assert.match(run.result?.stats.notes.join() ?? '', /no row for line 3/);
  }
});

test('a message file alone gives an empty book that its events fill, and says so', async (t) => {
  const run = await replay(t, MESSAGES, null);
  assert.equal(run.error, null);
  assert.equal(run.messages, 10);
  assert.equal(run.result?.stats.checksumsVerified, 0);
  assert.match(run.result?.stats.notes.join() ?? '', /without an orderbook file/);
  assert.deepEqual(
    run.events.map((event) => event.name),
    ['Instrument', 'Add', 'Add', 'Execute', 'Trade', 'Reduce', 'Delete', 'Trade', 'Status', 'Status', 'Status'],
  );
});

test('a message file cut at any byte is replayed up to there and says so', async (t) => {
  const text = `${MESSAGES.slice(0, 4).join('\n')}\n`;
  const { events } = await replay(t, text, ROWS);
  for (let length = 1; length < text.length; length++) {
    const files = new Recordings(t);
    const message = files.write(`${PAIR}_message_2.csv`, text.slice(0, length));
    files.write(`${PAIR}_orderbook_2.csv`, `${ROWS.join('\n')}\n`);
    const day = {
      symbol: 'ABC',
      date: null,
      offsetNs: 0,
      message: { path: message, entry: null },
      orderbook: { path: files.path(`${PAIR}_orderbook_2.csv`), entry: null },
    };
    const run = await runFeed(new LobsterFeed([day], { symbols: null }));
    const lines = text.slice(0, length).split('\n');
    const isWhole = lines.at(-1) === '' || lines.at(-1) === MESSAGES[lines.length - 1];
    const whole = isWhole ? lines.filter((line) => line !== '').length : lines.length - 1;
    if (whole === 0) {
      assert.equal(run.error?.code, 'EMPTY');
      continue;
    }
    assert.equal(run.messages, whole);
    assert.equal(
      run.result?.truncated,
      isWhole ? null : `${message} ends inside line ${whole + 1}, replayed up to there`,
    );
    assert.deepEqual(run.events, events.slice(0, run.events.length));
  }
});

test('damaged rows are errors that name file, line and what is wrong', async (t) => {
  const inMessages: readonly (readonly [string, RegExp])[] = [
    ['34201,9,1,1,1000000,1', /line 2: type 9 is none of 1-7/],
    ['34201,1,1,1,1000000', /line 2: column 6 \(direction\)/],
    ['34201,1,1,1,1000000,1,5', /line 2: it has more than 6 columns/],
    ['34201.1234567891,1,1,1,1000000,1', /column 1 \(time\)/],
    ['34201,1,x,1,1000000,1', /column 3 \(order id\)/],
    ['34201,1,1,0,1000000,1', /line 2: size 0, price 1000000/],
    ['34201,1,1,1,1000000,2', /line 2: direction 2/],
    ['34201,1,-4,1,1000000,1', /line 2: order id -4/],
    ['{"not":"a row"}', /column 1 \(time\)/],
    ['1'.repeat(400_000), /line 2.*(no end within|column 1)/],
  ];
  for (const [line, message] of inMessages) {
    const run = await replay(t, [MESSAGES[0], line, MESSAGES[2]], ROWS);
    assert.equal(run.error?.code, 'CORRUPT', line.slice(0, 40));
    assert.match(run.error?.message ?? '', message);
    assert.equal(run.messages, 1);
  }
  const inRows: readonly (readonly [string, RegExp])[] = [
    ['1000100,50,1000000,100,1000200,10,999900', /orderbook_2\.csv:line 2: level 2/],
    ['1000100,50,1000000,100,1000100,10,999900,5', /line 2: level 2: prices are not in order/],
    ['1000100,0,1000000,100,1000200,10,999900,5', /line 2: level 1: price 1000100, size 0/],
    ['9999999999,0,1000000,100,1000200,10,999900,5', /line 2: level 2: a level behind an empty one/],
    ['1000100,50,1000000,100,1000200,10,999900,5,7', /more than 8 columns/],
  ];
  for (const [line, message] of inRows) {
    const run = await replay(t, MESSAGES, [ROWS[0], line, ...ROWS.slice(2)]);
    assert.equal(run.error?.code, 'CORRUPT', line);
    assert.match(run.error?.message ?? '', message);
  }
});

test('any damage ends in an error of one line, or in events', async (t) => {
  const seed = 99;
  const prng = new Prng(seed);
  const files = new Recordings(t);
  const orderbook = files.path(`${PAIR}_orderbook_2.csv`);
  for (let round = 0; round < 400; round++) {
    const damage = (lines: readonly string[]) => {
      const bytes = Buffer.from(`${lines.join('\n')}\n`);
      for (let flips = prng.below(3); flips > 0; flips--)
        bytes[prng.below(bytes.length)] = prng.below(2) === 0 ? prng.below(256) : 0x30 + prng.below(10);
      return bytes.subarray(0, 1 + prng.below(bytes.length));
    };
    const message = files.write(`${PAIR}_message_2.csv`, damage(MESSAGES));
    files.write(`${PAIR}_orderbook_2.csv`, damage(ROWS));
    const day = {
      symbol: 'ABC',
      date: null,
      offsetNs: 0,
      message: { path: message, entry: null },
      orderbook: { path: orderbook, entry: null },
    };
    const run = await runFeed(new LobsterFeed([day], { symbols: null, chunkBytes: 64 }));
    if (run.error !== null) assert.match(run.error.message, /^[^\n]+$/, `seed ${seed}, round ${round}`);
    else assert.ok(run.messages > 0);
  }
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
