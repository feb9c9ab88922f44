/** LOBSTER files that end early, are cut, or are damaged. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EventFlag, EventKind, Side, StaleReason } from '../../src/core/event.ts';
import { Prng } from '../../src/core/prng.ts';
import { LobsterFeed } from '../../src/feed/lobster/feed.ts';
import { brief, byMessage, MESSAGES, PAIR, ROWS, replay } from './lobster-pair.ts';
import { Recordings, runFeed } from './support.ts';

const { Last, Priced } = EventFlag;

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
