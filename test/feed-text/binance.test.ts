/** Binance recordings: which messages make the book, in what order, and what is said of the others. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { TapeheadError } from '../../src/core/errors.ts';
import { EventFlag, EventKind, Side, StaleReason } from '../../src/core/event.ts';
import { createBinanceDecoder } from '../../src/feed/text/binance.ts';
import { bookText, decodeFiles, EventProbe, NaiveBooks, type SeenEvent, utf8 } from '../support/event-probe.ts';
import { BASE, diff, line, lines, MIDNIGHT_MS, names, run, script, snapshot } from './binance-script.ts';

test('diffs wait for the snapshot, the old ones are dropped, the rest follow it', () => {
  const { events, messages, byType } = run(
    lines(
      diff(1, 5, [['10.0', '1.0']]),
      diff(6, 10, [['10.0', '2.0']]),
      diff(11, 12, [['10.1', '3.0']], [['10.5', '0.0']]),
      snapshot(8, [['9.9', '7.0']], [['10.5', '4.0']]),
      diff(13, 13, [], [['10.6', '5.0']]),
    ),
  );
  assert.deepEqual(script(events), [
    'Instrument BTCUSDT 1 1',
    'Stale 1 0',
    'Clear 0 0',
    'SnapshotBegin 0 0 snapshot',
    'Level bid 99 70 snapshot',
    'Level ask 105 40 snapshot',
    'SnapshotEnd 8 0 last snapshot',
    'Level bid 100 20 last',
    'Level bid 101 30',
    'Level ask 105 0 last',
    'Live 0 0',
    'Level ask 106 50 last',
  ]);
  assert.equal(messages, 5);
  assert.deepEqual(Object.fromEntries(byType), { depthUpdate: 4, 'depth snapshot': 1 });
});

test('futures join where the snapshot lies inside a message or directly before it, and follow pu', () => {
  const joins = (id: number) => {
    const { events } = run(
      lines(
        diff(10, 20, [['1', '1']], [], { pu: 8 }),
        diff(25, 30, [['2', '2']], [], { pu: 20 }),
        snapshot(id, [['9', '9']]),
        diff(41, 50, [['3', '3']], [], { pu: 30 }),
      ),
    );
    return events
      .filter(({ kind, flags }) => kind === EventKind.Level && flags === EventFlag.Last)
      .map(({ price }) => price);
  };
  assert.deepEqual(joins(8), [1, 2, 3]); // pu of the first
  assert.deepEqual(joins(9), []); // between pu and U: not the venue's rule
  assert.deepEqual(joins(15), [1, 2, 3]);
  assert.deepEqual(joins(20), [1, 2, 3]);
  assert.deepEqual(joins(22), []);
  assert.deepEqual(joins(27), [2, 3]);
});

test('a missing diff is a gap: the book is stale until a later snapshot joins what came since', () => {
  const { events } = run(
    lines(
      diff(1, 5, [['10', '1']]),
      snapshot(3, [['9', '1']]),
      diff(6, 7, [['10', '2']]),
      diff(9, 9, [['10', '3']]),
      diff(10, 11, [['11', '4']]),
      snapshot(9, [['10', '3']]),
      diff(12, 12, [['11', '5']]),
    ),
  );
  assert.deepEqual(script(events).slice(6), [
    'Level bid 10 1 last',
    'Live 0 0',
    'Level bid 10 2 last',
    'Gap 8 9',
    `Stale ${StaleReason.Gap} 0`,
    'Clear 0 0',
    'SnapshotBegin 0 0 snapshot',
    'Level bid 10 3 snapshot',
    'SnapshotEnd 9 0 last snapshot',
    'Level bid 11 4 last',
    'Live 0 0',
    'Level bid 11 5 last',
  ]);
});

test('repeated and late diffs are said and not applied', () => {
  const [a, b, c, d] = [
    diff(1, 5, [['10', '1']]),
    diff(6, 7, [['10', '2']]),
    diff(8, 9, [['10', '3']]),
    diff(10, 11, [['10', '4']]),
  ];
  const levels = (events: SeenEvent[]) =>
    events
      .filter(({ kind, flags }) => kind === EventKind.Level && (flags & EventFlag.Snapshot) === 0)
      .map(({ qty }) => qty);
  const twice = run(lines(a, snapshot(3, []), b, b, c, d)).events;
  assert.deepEqual(levels(twice), [1, 2, 3, 4]);
  assert.deepEqual(script(twice.filter(({ name }) => name === 'Duplicate')), ['Duplicate 8 6']);
  const late = run(lines(a, snapshot(3, []), c, b, d)).events;
  assert.deepEqual(levels(late), [1]);
  assert.deepEqual(names(late).slice(-3), ['Gap', 'Stale', 'OutOfOrder']);
});

test('a snapshot in front of a live book changes nothing', () => {
  const { events, messages, notes } = run(
    lines(diff(1, 5, [['10', '1']]), snapshot(3, []), snapshot(5, [['77', '7']]), diff(6, 6, [['10', '2']])),
  );
  assert.ok(!script(events).some((text) => text.includes('77')));
  assert.equal(messages, 3);
  assert.deepEqual(notes, ['1 snapshots that name no symbol were not needed, or joined no book']);
});

test('a snapshot older than the first diff kept is not used; a later one is', () => {
  const { events } = run(lines(diff(10, 12, [['10', '1']]), snapshot(5, [['1', '1']]), snapshot(11, [['9', '9']])));
  assert.deepEqual(names(events), [
    'Instrument',
    'Stale',
    'Clear',
    'SnapshotBegin',
    'Level',
    'SnapshotEnd',
    'Level',
    'Live',
  ]);
});

test('a snapshot in front of everything waits for the diff that joins it', () => {
  const { events, messages } = run(
    lines(snapshot(5, [['9', '1']]), diff(3, 5, [['7', '7']]), diff(6, 7, [['10', '2']])),
  );
  assert.deepEqual(script(events).slice(2), [
    'Clear 0 0',
    'SnapshotBegin 0 0 snapshot',
    'Level bid 9 1 snapshot',
    'SnapshotEnd 5 0 last snapshot',
    'Level bid 10 2 last',
    'Live 0 0',
  ]);
  assert.equal(messages, 3);
});

test('with several symbols a snapshot goes to the book whose diffs it joins, never to another', () => {
  const other = { s: 'ETHUSDT' };
  const { events } = run(
    lines(
      diff(10, 12, [['60000', '1']]),
      diff(900, 905, [['3000', '1']], [], other),
      snapshot(902, [['2999', '9']]),
      snapshot(11, [['59999', '9']]),
      diff(906, 907, [['3000', '2']], [], other),
      diff(13, 14, [['60000', '2']]),
    ),
  );
  const books = new NaiveBooks().applyAll(events);
  assert.equal(
    bookText(books.book('BTCUSDT')),
    bookText({
      bids: new Map([
        ['59999', '9'],
        ['60000', '2'],
      ]),
      asks: new Map(),
    }),
  );
  assert.equal(
    bookText(books.book('ETHUSDT')),
    bookText({
      bids: new Map([
        ['2999', '9'],
        ['3000', '2'],
      ]),
      asks: new Map(),
    }),
  );
  assert.ok(books.isLive('BTCUSDT') && books.isLive('ETHUSDT'));
});

test('a diff without levels moves the sequence and emits nothing', () => {
  const { events } = run(lines(diff(1, 5, [['10', '1']]), snapshot(3, []), diff(6, 6, []), diff(7, 7, [['10', '2']])));
  assert.deepEqual(names(events).slice(-3), ['Level', 'Live', 'Level']);
  assert.ok(!names(events).includes('Gap'));
});

test('trades carry the aggressor, bookTicker the venue’s touch, each at its own time', () => {
  const trade = {
    e: 'trade',
    E: MIDNIGHT_MS + 9,
    s: 'BTCUSDT',
    t: 37,
    p: '61837.63',
    q: '0.02',
    T: MIDNIGHT_MS + 5,
    m: true,
    M: true,
  };
  const { events, byType } = run(
    lines(
      { stream: 'btcusdt@trade', data: trade },
      { ...trade, e: 'aggTrade', a: 99, m: false },
      {
        stream: 'btcusdt@bookTicker',
        data: { u: 4, s: 'BTCUSDT', b: '61837.63', B: '3.78', a: '61837.64', A: '1.54' },
      },
      {
        e: 'bookTicker',
        u: 4,
        s: 'BTCUSDT',
        b: '61837.63',
        B: '3.78',
        a: '61837.64',
        A: '0.00',
        T: 1,
        E: MIDNIGHT_MS + 7,
      },
    ),
  );
  const [, , first, second, spot, futures] = events;
  assert.deepEqual([first.side, first.price, first.qty, first.id2, first.tsEvent], [Side.Ask, 6183763, 2, 37, 5e6]);
  assert.deepEqual([second.side, second.id2], [Side.Bid, 99]);
  assert.deepEqual([spot.price, spot.qty, spot.orderId, spot.id2], [6183763, 378, 6183764, 154]);
  assert.equal(spot.tsEvent, spot.tsRecv);
  assert.deepEqual([futures.id2, futures.tsEvent], [0, 7e6]);
  assert.deepEqual(Object.fromEntries(byType), { bookTicker: 2, trade: 1, aggTrade: 1 });
});

test('messages that are not decoded are counted by their type', () => {
  const { events, messages, byType } = run(
    lines(
      { e: 'markPriceUpdate', E: 1, s: 'BTCUSDT', p: '1', i: '2', P: '3', r: '4', T: 5 },
      { e: 'forceOrder', E: 1, o: { s: 'BTCUSDT', S: 'SELL', q: '0.014', p: '9910', b: 1 } },
      { e: 'kline', E: 1, s: 'BTCUSDT', k: { t: 1, b: '0', a: [] } },
      { e: '24hrTicker', E: 1, s: 'BTCUSDT', b: '1', B: '2', a: '3', A: '4', p: '5' },
      { e: 'someday', b: { x: 1 }, a: [1, 2], u: 'text', m: null },
      { result: null, id: 1 },
      { stream: '!ticker@arr', data: [{ e: '24hrTicker' }] },
      { stream: 'btcusdt@depth5', data: { lastUpdateId: 9, bids: [['1', '1']], asks: [] } },
      { stream: 'btcusdt@depth20@100ms', data: (diff(1, 2, [['1', '1']], [], { pu: 0 }) as { data: object }).data },
    ),
  );
  assert.deepEqual(events, []);
  assert.equal(messages, 9);
  assert.deepEqual(Object.fromEntries(byType), {
    other: 2,
    markPriceUpdate: 1,
    forceOrder: 1,
    kline: 1,
    '24hrTicker': 1,
    someday: 1,
    'partial depth': 2,
  });
});

test('receive times may be ns, microseconds or ms, and a session may cross midnight', () => {
  const message = JSON.stringify({ e: 'trade', E: 1, s: 'X', t: 1, p: '1', q: '1', T: 1, m: true });
  const { events } = run([
    `1723161253937085768 ${message}\n`,
    `1723161253937085 ${message}\r\n`,
    `1723161253937  ${message}\n`,
    '\n',
    `1723161600000000001 ${message}`,
  ]);
  const at = events.filter(({ kind }) => kind === EventKind.Trade).map(({ tsRecv }) => tsRecv);
  const second = 1723161253 - 1723075200;
  assert.deepEqual(at, [second * 1e9 + 937085768, second * 1e9 + 937085000, second * 1e9 + 937e6, 86400e9 + 1]);
});

test('only the symbols asked for are decoded, and all messages counted', () => {
  const { events, messages } = run(
    lines(diff(1, 5, [['10', '1']]), diff(1, 5, [['3', '1']], [], { s: 'ETHUSDT' }), diff(6, 6, [['10', '1']])),
    ['ETHUSDT'],
  );
  assert.deepEqual(script(events), ['Instrument ETHUSDT 0 0', 'Stale 1 0']);
  assert.equal(messages, 3);
});

test('the queue of waiting diffs is bounded; what it lost is said', () => {
  const many = Array.from({ length: 2100 }, (_, i) => line(i, diff(i + 1, i + 1, [['10', String(i + 1)]])));
  const { events, notes } = run([...many, line(3000, snapshot(2099, [['9', '1']]))]);
  assert.deepEqual(script(events).slice(-2), ['Level bid 10 2100 last', 'Live 0 0']);
  assert.deepEqual(notes, ['BTCUSDT: 52 depth updates dropped from the full queue before a snapshot']);
});

test('a book whose diffs never meet a snapshot stays stale, and the summary says so', () => {
  const { events, notes } = run(lines(diff(1, 5, [['10', '1']]), diff(6, 6, [['10', '1']])));
  assert.deepEqual(names(events), ['Instrument', 'Stale']);
  assert.deepEqual(notes, ['BTCUSDT: 2 depth updates still wait for a snapshot that joins them']);
});

test('events do not depend on how the file is cut into pieces, nor on its being one file or two', () => {
  const all = [
    ...lines(diff(1, 5, [['10.0', '1.0']]), snapshot(3, [['9', '1']], [['12', '1']]), diff(6, 6, [['10.25', '1']])),
    line(7, { e: 'trade', E: 1, s: 'BTCUSDT', t: 1, p: '1', q: '1', T: 1, m: true }),
    line(8, diff(8, 9, [['7', '1']])),
    line(9, snapshot(9, [['6', '2']])),
    line(10, diff(10, 10, [['5', '1']])),
  ];
  const bytes = utf8(all.join(''));
  const whole = run(all).events;
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 400 }), fc.integer({ min: 0, max: all.length }), (chunk, split) => {
      const cut = utf8(all.slice(0, split).join('')).length;
      const files = [bytes.subarray(0, cut), bytes.subarray(cut)].filter((file) => file.length > 0);
      const { events } = decodeFiles(createBinanceDecoder({ symbols: null, base: BASE }), files, chunk);
      assert.deepEqual(events, whole);
    }),
  );
});

test('files in the wrong order are remarked on', () => {
  const decoder = createBinanceDecoder({ symbols: null, base: BASE });
  const trade = { e: 'trade', E: 1, s: 'X', t: 1, p: '1', q: '1', T: 1, m: true };
  decodeFiles(
    decoder,
    [2, 1, 3].map((ms) => utf8(line(ms, trade))),
  );
  assert.deepEqual(decoder.stats.notes, ['file2 begins before the file in front of it ends']);
});

test('damage is named by file, line and byte; a cut last line is reported and what came before it is used', () => {
  const good = line(0, diff(1, 5, [['10', '1']]));
  const bad: [string, RegExp][] = [
    ['{"e":1}\n', /^file1:line 2 \(byte 148\): a line begins with its receive time/],
    ['172316125393708576 {}\n', /receive time/],
    ['1723161253937085768\n', /receive time/],
    ['1723161253937085768 \n', /a JSON object is expected/],
    ['1723161253937085768 [1]\n', /a JSON object is expected/],
    ['1723161253937085768 {"a":1}}\n', /byte 175\): text after the end/],
    ['1723161253937085768 {"a":tru}\n', /a JSON value is expected/],
    ['1723161253937085768 {"a":"\n', /the text ends inside a JSON value/],
    ['1723161253937085768 {"e":"depthUpdate","s":"X","U":1,"u":2,"b":[]}\n', /without s, b and a/],
    ['1723161253937085768 {"e":"depthUpdate","s":"X","U":"x","u":2,"b":[],"a":[]}\n', /no update ids/],
    ['1723161253937085768 {"e":"depthUpdate","s":"X","U":3,"u":2,"b":[],"a":[]}\n', /no update ids/],
    ['1723161253937085768 {"e":"depthUpdate","s":"X","U":1,"u":2,"b":[[1]],"a":[]}\n', /a quantity is expected/],
    ['1723161253937085768 {"e":"depthUpdate","s":"X","U":1,"u":2,"b":[[null,1]],"a":[]}\n', /a number is expected/],
    ['1723161253937085768 {"e":"trade","s":"X","p":"1","q":"1"}\n', /a trade without s, p, q and m/],
    ['1723161253937085768 {"e":"bookTicker","s":"X","b":"1"}\n', /bookTicker without/],
    ['1723161253937085768 {"e":"trade","s":"X","p":"1","q":"1","q":true,"m":true}\n', /the same key twice/],
    ['1723161253937085768 {"e":"trade","e":1,"s":"X","p":"1","q":"1","m":true}\n', /the same key twice/],
    ['1723161253937085768 {"e":"depthUpdate","s":"X","U":1,"u":2,"b":[],"a":[],"b":"1"}\n', /the same key twice/],
    ['1723161253937085768 {"s":"X","b":"1","B":"1","a":"2","a":3,"A":"1"}\n', /the same key twice/],
  ];
  for (const [text, message] of bad) {
    const check = (error: unknown) => {
      assert.ok(error instanceof TapeheadError && error.code === 'CORRUPT', String(error));
      assert.match(error.message, message);
      assert.ok(!error.message.includes('\n'));
      return true;
    };
    assert.throws(() => run([good, text, good]), check, text);
    const cut = run([good, text.slice(0, -1)]);
    assert.equal(cut.cut, `line 2 (byte ${good.length})`);
    assert.equal(cut.messages, 1);
  }
  const invalid = Buffer.concat([Buffer.from('1723161253937085768 {"a":"'), Buffer.from([0xff]), Buffer.from('"}\n')]);
  const decoder = createBinanceDecoder({ symbols: null, base: BASE });
  assert.throws(() => decodeFiles(decoder, [invalid]), /file1:line 1 \(byte 26\): invalid UTF-8/);
});

test('a message limit stops the decoder behind that message', () => {
  const all = lines(diff(1, 5, [['10', '1']]), snapshot(3, []), diff(6, 6, [['10', '2']]), diff(7, 7, [['10', '3']]));
  const probe = new EventProbe(3);
  const { events } = decodeFiles(
    createBinanceDecoder({ symbols: null, base: BASE }),
    [utf8(all.join(''))],
    Infinity,
    probe,
  );
  assert.equal(probe.sink.messages, 3);
  assert.deepEqual(script(events).slice(-1), ['Level bid 10 2 last']);
});
