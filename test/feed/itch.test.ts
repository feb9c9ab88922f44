/** The ITCH 5.0 decoder: every message type, every cut, damage, filters, and the real recordings. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { TapeheadError } from '../../src/core/errors.ts';
import { EventFlag, EventKind, Side, TradingState } from '../../src/core/event.ts';
import { Prng } from '../../src/core/prng.ts';
import { ItchDecoder } from '../../src/feed/itch/decoder.ts';
import { ITCH_LENGTHS, ITCH_TYPES } from '../../src/feed/itch/layout.ts';
import { EventSink } from '../../src/feed/sink.ts';
import { createSpsc, SpscReader, SpscWriter } from '../../src/ring/spsc.ts';
import { decodeFiles, EventProbe, type SeenEvent } from '../support/event-probe.ts';
import { marketData } from '../support/paths.ts';
import { itch, naiveItchEvents, type PlainEvent, randomItchFile, TABLES, type Values } from './naive-itch.ts';

const { Last, Priced, NonPrintable, Cross, Hidden } = EventFlag;
const AAPL = itch('R', { locate: 13, stock: 'AAPL', roundLot: 100 });

function plain(event: SeenEvent): PlainEvent {
  const { kind, side, flags, instrument, tsEvent, price, qty, orderId, id2, def } = event;
  return { kind, side, flags, instrument, ts: tsEvent, price, qty, orderId, id2, symbol: def?.symbol ?? null };
}

function decode(bytes: Uint8Array, symbols: readonly string[] | null = null, chunk?: number): SeenEvent[] {
  return decodeFiles(new ItchDecoder({ symbols }), [bytes], chunk).events;
}

/** The events of one message of an instrument that is defined: word 3 to 6, side and flags. */
function eventsOf(type: string, values: Values): readonly (readonly (number | string)[])[] {
  const message = itch(type, { locate: 13, timestamp: 34_200_000_000_001, ...values });
  return decode(Buffer.concat([AAPL, message]))
    .slice(2)
    .map((event) => {
      assert.equal(event.tsEvent, 34_200_000_000_001);
      assert.equal(event.tsRecv, 34_200_000_000_001);
      assert.equal(event.instrument, 'VWS'.includes(type) ? 0 : 13);
      return [event.name, event.price, event.qty, event.orderId, event.id2, event.side, event.flags];
    });
}

const ascii = (text: string) => [...Buffer.from(text)].reduce((value, byte) => value * 256 + byte, 0);

test('every message type becomes the events that its fields say', () => {
  const cases: readonly (readonly [string, Values, readonly (readonly (number | string)[])[]])[] = [
    ['S', { event: 'Q' }, [['Session', ascii('Q'), 0, 0, 0, 0, Last]]],
    [
      'H',
      { stock: 'AAPL', state: 'H', reason: 'LUDP' },
      [['Status', TradingState.Halted, ascii('LUDP'), 0, 0, 0, Last]],
    ],
    ['H', { stock: 'AAPL', state: 'P', reason: 'T1' }, [['Status', TradingState.Paused, ascii('T1  '), 0, 0, 0, Last]]],
    ['H', { stock: 'AAPL', state: 'Q' }, [['Status', TradingState.QuotationOnly, ascii('    '), 0, 0, 0, Last]]],
    ['H', { stock: 'AAPL', state: 'T' }, [['Status', TradingState.Trading, ascii('    '), 0, 0, 0, Last]]],
    ['h', { stock: 'AAPL', market: 'B', action: 'H' }, [['Status', TradingState.Halted, 0, ascii('B'), 0, 0, Last]]],
    ['h', { stock: 'AAPL', market: 'X', action: 'T' }, [['Status', TradingState.Trading, 0, ascii('X'), 0, 0, Last]]],
    ['Y', { stock: 'AAPL', action: '2' }, [['Notice', ascii('Y'), ascii('2'), 0, 0, 0, Last]]],
    ['N', { stock: 'AAPL', interest: 'A' }, [['Notice', ascii('N'), ascii('A'), 0, 0, 0, Last]]],
    [
      'L',
      { mpid: 'GSCO', stock: 'AAPL', primary: 'Y', mode: 'N', state: 'A' },
      [['Notice', ascii('L'), ascii('GSCO'), ascii('YNA'), 0, 0, Last]],
    ],
    ['V', { level1: 300n * 10n ** 10n, level2: 2, level3: 3 }, [['Notice', ascii('V'), 300e10, 2, 3, 0, Last]]],
    ['W', { level: '3' }, [['Notice', ascii('W'), ascii('3'), 0, 0, 0, Last]]],
    [
      'K',
      { stock: 'AAPL', time: 34_500, qualifier: 'A', price: 380_000 },
      [['Notice', ascii('K'), 34_500, ascii('A'), 380_000, 0, Last]],
    ],
    ['J', { stock: 'AAPL', reference: 5, upper: 6, lower: 4, extension: 1 }, [['Collar', 4, 5, 6, 1, 0, Last]]],
    [
      'A',
      { order: 7, side: 'B', shares: 100, stock: 'AAPL', price: 1_234_500 },
      [['Add', 1_234_500, 100, 7, 0, Side.Bid, Last]],
    ],
    [
      'A',
      { order: 7, side: 'S', shares: 2 ** 32 - 1, price: 2 ** 32 - 1 },
      [['Add', 2 ** 32 - 1, 2 ** 32 - 1, 7, 0, Side.Ask, Last]],
    ],
    [
      'F',
      { order: 2n ** 53n - 1n, side: 'S', shares: 1, price: 1, mpid: 'ABCD' },
      [['Add', 1, 1, 2 ** 53 - 1, 0, Side.Ask, Last]],
    ],
    ['E', { order: 7, shares: 60, match: 9 }, [['Execute', 0, 60, 7, 9, 0, Last]]],
    ['C', { order: 7, shares: 60, match: 9, printable: 'Y', price: 11 }, [['Execute', 11, 60, 7, 9, 0, Last | Priced]]],
    [
      'C',
      { order: 7, shares: 6, match: 9, printable: 'N', price: 11 },
      [['Execute', 11, 6, 7, 9, 0, Last | Priced | NonPrintable]],
    ],
    ['X', { order: 7, shares: 60 }, [['Reduce', 0, 60, 7, 0, 0, Last]]],
    ['D', { order: 7 }, [['Delete', 0, 0, 7, 0, 0, Last]]],
    ['U', { order: 7, newOrder: 8, shares: 50, price: 12 }, [['Replace', 12, 50, 7, 8, 0, Last]]],
    ['P', { order: 0, side: 'B', shares: 5, price: 12, match: 3 }, [['Trade', 12, 5, 0, 3, Side.None, Last | Hidden]]],
    ['P', { order: 4, side: 'S', shares: 5, price: 12, match: 3 }, [['Trade', 12, 5, 4, 3, Side.Bid, Last | Hidden]]],
    [
      'Q',
      { shares: 2n ** 40n, stock: 'AAPL', price: 12, match: 3, cross: 'O' },
      [['Trade', 12, 2 ** 40, 0, 3, 0, Last | Cross]],
    ],
    ['B', { match: 3 }, [['TradeBreak', 0, 0, 0, 3, 0, Last]]],
    [
      'I',
      {
        paired: 1000,
        imbalance: 20,
        direction: 'S',
        stock: 'AAPL',
        far: 1,
        near: 2,
        reference: 3,
        cross: 'C',
        variation: 'L',
      },
      [['Auction', 3, 1000, 20, 2, Side.Ask, Last]],
    ],
    ['I', { paired: 1, imbalance: 2, direction: 'B', reference: 3 }, [['Auction', 3, 1, 2, 0, Side.Bid, Last]]],
    ['I', { paired: 1, imbalance: 0, direction: 'N', reference: 3 }, [['Auction', 3, 1, 0, 0, Side.None, Last]]],
    [
      'O',
      { stock: 'AAPL', eligible: 'Y', lowest: 1, highest: 9, near: 5, nearTime: 34_300e9, lower: 4, upper: 6 },
      [
        ['Notice', ascii('O'), ascii('Y'), 1, 9, 0, 0],
        ['Collar', 4, 5, 6, 34_300e9, 0, Last],
      ],
    ],
  ];
  for (const [type, values, expected] of cases) assert.deepEqual(eventsOf(type, values), expected, type);
  assert.deepEqual(new Set([...cases.map(([type]) => type), 'R']), new Set(ITCH_TYPES));
});

test('a directory message defines its instrument, with its listing as a notice', () => {
  const [def, notice, ...rest] = decode(
    itch('R', {
      locate: 40_000,
      timestamp: 5,
      stock: 'BRK.A',
      market: 'N',
      status: 'D',
      roundLot: 1,
      roundOnly: 'Y',
      class: 'C',
      subtype: 'Z ',
      authenticity: 'P',
      shortSale: 'N',
      ipo: ' ',
      tier: '2',
      etp: 'N',
      leverage: 3,
      inverse: 'N',
    }),
  );
  assert.equal(rest.length, 0);
  assert.deepEqual(def.def, { instrument: 40_000, symbol: 'BRK.A', bookKind: 3, priceDecimals: 4, qtyDecimals: 0 });
  assert.deepEqual(
    [notice.price, notice.qty, notice.orderId, notice.id2, notice.flags],
    [ascii('R'), 1, ascii('NDYCZ '), ascii('PN 2NN'), Last],
  );
});

test('a directory message that says nothing new defines nothing; one with another symbol does', () => {
  const names = decode(Buffer.concat([AAPL, AAPL, itch('R', { locate: 13, stock: 'AAPX' })])).map(
    (event) => event.name,
  );
  assert.deepEqual(names, ['Instrument', 'Notice', 'Notice', 'Instrument', 'Notice']);
});

test('lengths are those of the specification', () => {
  for (const [type, { length }] of Object.entries(TABLES)) assert.equal(ITCH_LENGTHS[type.charCodeAt(0)], length, type);
});

test('10,000 random messages of all types decode as the plain reader reads them, however they are cut', () => {
  const seed = 20_261_122;
  const file = randomItchFile(new Prng(seed), 10_000, 50);
  const expected = naiveItchEvents(file);
  for (const chunk of [undefined, 4096, 1021]) {
    assert.deepEqual(decode(file, null, chunk).map(plain), expected, `seed ${seed}, chunks of ${chunk}`);
  }
  const small = randomItchFile(new Prng(7), 60, 3);
  const whole = naiveItchEvents(small);
  for (let chunk = 1; chunk <= 120; chunk++) assert.deepEqual(decode(small, null, chunk).map(plain), whole, `${chunk}`);
});

test('messages are counted by type, once each', () => {
  const decoder = new ItchDecoder({ symbols: null });
  const file = randomItchFile(new Prng(3), 2000, 5);
  const { messages } = decodeFiles(decoder, [file, file]);
  assert.equal(messages, 2 * 2005);
  const counts = new Map<string, number>();
  for (let at = 0; at < file.length; at += 2 + file.readUInt16BE(at)) {
    const type = String.fromCharCode(file[at + 2]);
    counts.set(type, (counts.get(type) ?? 0) + 2);
  }
  assert.deepEqual(new Map([...decoder.stats.messagesByType].sort()), new Map([...counts].sort()));
});

test('a file cut at any byte gives the events of its whole messages and names the one that is cut', () => {
  const file = randomItchFile(new Prng(11), 25, 2);
  const ends: number[] = [];
  for (let at = 0; at < file.length; ) ends.push((at += 2 + file.readUInt16BE(at)));
  for (let length = 0; length <= file.length; length++) {
    const { events, cut } = decodeFiles(new ItchDecoder({ symbols: null }), [file.subarray(0, length)], 64);
    const whole = ends.filter((end) => end <= length);
    const start = whole.at(-1) ?? 0;
    assert.equal(
      cut,
      length === start ? null : `the message at byte ${start}, of which it has only ${length - start} bytes`,
    );
    assert.deepEqual(events.map(plain), naiveItchEvents(file.subarray(0, start)));
  }
});

test('a message of length 0 ends the session, and nothing may follow it', () => {
  const marker = Buffer.alloc(2);
  const ended = decodeFiles(new ItchDecoder({ symbols: null }), [
    Buffer.concat([AAPL, marker]),
    Buffer.concat([AAPL, marker]),
  ]);
  assert.deepEqual([ended.messages, ended.cut], [2, null]);
  assert.throws(() => decode(Buffer.concat([AAPL, marker, AAPL])), {
    code: 'CORRUPT',
    message: /^file1: byte 41: bytes follow the end-of-session marker/,
  });
});

test('an unknown type or a length that is not its own is an error that names file, byte and what was expected', () => {
  const unknown = Buffer.from([0, 3, 0x7a, 0, 0]);
  assert.throws(() => decode(Buffer.concat([AAPL, unknown])), {
    code: 'CORRUPT',
    message: "file1: byte 41: type 'z' (length 3) is no ITCH 5.0 message: damaged, or not ITCH 5.0",
  });
  const wrong = Buffer.from(itch('D', { locate: 13 }));
  wrong[1] = 20;
  assert.throws(() => decode(Buffer.concat([AAPL, AAPL, wrong, AAPL]), null, 50), {
    code: 'CORRUPT',
    message: "file1: byte 82: length 20 for a message of type 'D', which has 19: damaged, or not ITCH 5.0",
  });
});

test('what precedes damage is decoded and counted, nothing of the damaged message is', () => {
  const order = itch('A', { locate: 13, order: 1, side: 'B', shares: 1, price: 1 });
  const bad = itch('A', { locate: 13, order: 2n ** 53n, side: 'B', shares: 1, price: 1 });
  const probe = new EventProbe();
  assert.throws(() =>
    decodeFiles(new ItchDecoder({ symbols: null }), [Buffer.concat([AAPL, order, order, bad, order])], 99, probe),
  );
  assert.deepEqual(
    probe.take().map((event) => event.name),
    ['Instrument', 'Notice', 'Add', 'Add'],
  );
  assert.equal(probe.sink.messages, 3);
});

test('references, matches and quantities above 2^53 are refused, as they could not be held exactly', () => {
  const big = 2n ** 53n;
  const cases: readonly (readonly [string, Values])[] = [
    ['A', { order: big, side: 'B' }],
    ['E', { match: big }],
    ['C', { order: big }],
    ['X', { order: 2n ** 64n - 1n }],
    ['D', { order: big }],
    ['U', { newOrder: big }],
    ['U', { order: big }],
    ['P', { match: big, side: 'B' }],
    ['Q', { shares: big, stock: 'AAPL' }],
    ['Q', { match: big, stock: 'AAPL' }],
    ['B', { match: big }],
    ['I', { paired: big, stock: 'AAPL' }],
    ['V', { level3: big }],
  ];
  for (const [type, values] of cases) {
    assert.throws(() => eventsOf(type, values), {
      code: 'CORRUPT',
      message: new RegExp(`message '${type}' at byte 41: \\d+ is above`),
    });
  }
});

test('a side that is neither B nor S is refused', () => {
  assert.throws(() => eventsOf('A', { order: 1, side: 'Q' }), { code: 'CORRUPT', message: /the side is byte 81/ });
});

test('a recording that starts mid-day names instruments as soon as a message does', () => {
  const decoder = new ItchDecoder({ symbols: null });
  const file = Buffer.concat([
    itch('E', { locate: 13, order: 1, shares: 1, match: 1 }),
    itch('D', { locate: 13, order: 1 }),
    itch('A', { locate: 13, order: 2, side: 'B', shares: 1, price: 1, stock: 'AAPL' }),
    itch('D', { locate: 13, order: 2 }),
    itch('P', { locate: 14, side: 'B', stock: 'MSFT' }),
    itch('B', { locate: 15, match: 1 }),
  ]);
  for (const chunk of [1, 1000]) {
    const { events } = decodeFiles(new ItchDecoder({ symbols: null }), [file], chunk);
    assert.deepEqual(
      events.map((event) => event.def?.symbol ?? event.name),
      ['LOCATE13', 'Execute', 'Delete', 'AAPL', 'Add', 'Delete', 'MSFT', 'Trade', 'LOCATE15', 'TradeBreak'],
    );
  }
  decodeFiles(decoder, [file]);
  assert.deepEqual(decoder.stats.notes, ["3 instruments without a directory message: the day's start is missing"]);
});

test('a symbol filter keeps these instruments and the market as a whole, and counts every message', () => {
  const seed = 5;
  const file = randomItchFile(new Prng(seed), 3000, 10);
  const wanted = ['S3', 'S7'];
  const isKept = (event: PlainEvent) =>
    event.kind === EventKind.Session ||
    [3, 7].includes(event.instrument) ||
    (event.instrument === 0 && event.symbol === null);
  const decoder = new ItchDecoder({ symbols: wanted });
  const { events, messages } = decodeFiles(decoder, [file], 777);
  assert.deepEqual(events.map(plain), naiveItchEvents(file).filter(isKept), `seed ${seed}`);
  assert.equal(messages, 3010);
  assert.deepEqual(decoder.directory.seenSymbols().length, 10);
});

test('the instrument of a K message with locate 0 is found by its symbol', () => {
  const message = itch('K', { locate: 0, stock: 'AAPL', time: 1, qualifier: 'A', price: 2 });
  assert.equal(decode(Buffer.concat([AAPL, message])).at(-1)?.instrument, 13);
  assert.equal(decode(message).at(-1)?.instrument, 0);
  assert.equal(decode(message, ['MSFT']).length, 0);
});

test('decoding stops at the message limit, wherever in a chunk it is', () => {
  const file = randomItchFile(new Prng(9), 1000, 4);
  const all = naiveItchEvents(file);
  for (const limit of [1, 4, 5, 100, 256, 257, 1004]) {
    const probe = new EventProbe(limit);
    const decoder = new ItchDecoder({ symbols: null });
    decoder.beginFile('x');
    decoder.decode(file, 0, file.length, probe.sink);
    const counted = [...decoder.stats.messagesByType.values()].reduce((sum, count) => sum + count, 0);
    assert.deepEqual([probe.sink.messages, counted], [limit, limit]);
    const events = probe.take().map(plain);
    assert.deepEqual(events, all.slice(0, events.length));
  }
});

test('a paced replay waits for every message, and stops where it is told to', () => {
  const file = randomItchFile(new Prng(17), 300, 4);
  const expected = naiveItchEvents(file);
  for (const stopAfter of [Number.POSITIVE_INFINITY, 150]) {
    const ring = createSpsc(1 << 10);
    const reader = new SpscReader(ring);
    const waits: number[] = [];
    const pacer = { sleptNs: 0, waitUntil: (tsRecv: number) => waits.push(tsRecv) < stopAfter };
    const sink = new EventSink(new SpscWriter(ring), pacer);
    const decoder = new ItchDecoder({ symbols: null });
    decoder.beginFile('x');
    decoder.decode(file, 0, file.length, sink);
    sink.flush();
    const count = reader.poll(1 << 10);
    assert.equal(sink.events, count);
    if (stopAfter === 150) {
      assert.ok(sink.messages <= 150 && sink.messages >= 149 && sink.done);
      continue;
    }
    assert.deepEqual([sink.messages, count], [304, expected.length]);
    for (const [i, event] of expected.entries()) assert.equal(reader.f64[i * 8 + 2], event.ts);
    assert.deepEqual([...new Set(waits)], [...new Set(expected.map((event) => event.ts))]);
  }
});

test('time that goes back is noted, not refused', () => {
  const decoder = new ItchDecoder({ symbols: null });
  const at = (timestamp: number) => itch('D', { locate: 13, order: 1, timestamp });
  decodeFiles(decoder, [Buffer.concat([AAPL, at(5), at(4), at(6), at(6), at(1)])]);
  assert.deepEqual(decoder.stats.notes, ['time goes back from one message to the next 2 times']);
});

test('any damage ends in an error of one line, or in events', () => {
  const seed = 424_242;
  const prng = new Prng(seed);
  const file = randomItchFile(prng, 40, 3);
  for (let round = 0; round < 3000; round++) {
    const damaged = Buffer.from(file);
    for (let flips = 1 + prng.below(4); flips > 0; flips--) damaged[prng.below(damaged.length)] = prng.below(256);
    const cut = damaged.subarray(0, prng.below(damaged.length + 1));
    try {
      decode(cut, null, 1 + prng.below(500));
    } catch (error) {
      assert.ok(error instanceof TapeheadError, `seed ${seed}, round ${round}: ${String(error)}`);
      assert.equal(error.code, 'CORRUPT');
      assert.doesNotMatch(error.message, /\n/);
    }
  }
});

const RECORDINGS = [
  {
    path: 'itch50/AAPL_20200130_locate13_first10k.itch50',
    counts: { R: 1, H: 1, Y: 1, L: 52, A: 4758, F: 2, E: 849, D: 4083, X: 6, U: 7, P: 240 },
    symbols: 1,
  },
  { path: 'itch50/ALL_dirstart_1000msgs.itch50', counts: { S: 1, R: 993, H: 3, Y: 3 }, symbols: 993 },
];

for (const { path, counts, symbols } of RECORDINGS) {
  const file = marketData(path);
  test(`${path}: every message, as the plain reader reads it`, { skip: file === null && `${path} is not here` }, () => {
    const bytes = readFileSync(file!);
    const decoder = new ItchDecoder({ symbols: null });
    const { events, cut } = decodeFiles(decoder, [bytes], 10_000);
    assert.equal(cut, null);
    assert.deepEqual(
      Object.fromEntries([...decoder.stats.messagesByType].sort()),
      Object.fromEntries(Object.entries(counts).sort()),
    );
    assert.deepEqual(events.map(plain), naiveItchEvents(bytes));
    assert.equal(decoder.directory.seenSymbols().length, symbols);
    assert.deepEqual(decoder.stats.notes, []);
  });
}
