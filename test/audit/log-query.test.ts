import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type LogFilter, parseSeqRange, parseTime, queryLog } from '../../src/audit/log-query.ts';
import { LogReader } from '../../src/audit/log-reader.ts';
import { type DecodedRecord, recordLine } from '../../src/audit/record-text.ts';
import { TapeheadError } from '../../src/core/errors.ts';
import { EVENT_KIND_NAMES, EventFlag, EventKind, eventHead, Side } from '../../src/core/event.ts';
import { writeInstrumentPayload } from '../../src/core/instrument-def.ts';
import { Prng } from '../../src/core/prng.ts';
import { BboFlag, RecordType, StopReason } from '../../src/core/record.ts';
import { putEpochNs, type SessionBase, sessionBase } from '../../src/core/time.ts';
import type { JournalWriter } from '../../src/ring/journal.ts';
import { MemoryFs } from './memory-fs.ts';
import { openRun, SMALL, writeLog } from './support.ts';

const LOG = '/log';
const DAY = sessionBase(1_767_312_000_000_000_000n);
const NO_DAY = sessionBase(0n);
const OPEN = 34_200_000_000_000;

/** Writes records by hand. */
class Tape {
  readonly memory = new MemoryFs();
  private readonly base: SessionBase;
  private readonly run: ReturnType<typeof openRun>;
  private readonly journal: JournalWriter;

  constructor(base: SessionBase) {
    this.base = base;
    this.run = openRun(LOG, { fs: this.memory, ringBytes: 1 << 14 });
    this.journal = this.run.journal;
    const at = this.claim(RecordType.LogStart, 48, 0);
    putEpochNs(this.journal.u32, at * 2 + 6, 0, base);
    this.journal.f64[at + 4] = 42;
    this.journal.u32[at * 2 + 10] = 1;
    this.journal.u32[at * 2 + 11] = 9;
  }

  claim(type: number, length: number, ns: number): number {
    const at = this.journal.claim(type, length);
    this.journal.f64.fill(0, at + 3, at + length / 8);
    putEpochNs(this.journal.u32, at * 2 + 4, ns, this.base);
    return at;
  }

  words(at: number, first: number, ...values: number[]): void {
    for (const [i, value] of values.entries()) this.journal.f64[at + first + i] = value;
  }

  halves(at: number, low: number, high: number): void {
    this.journal.u32[at * 2 + 6] = low;
    this.journal.u32[at * 2 + 7] = high;
  }

  market(kind: number, side: number, flags: number, instrument: number, ns: number, ...values: number[]): void {
    const at = this.claim(kind, 80, ns);
    this.halves(at, eventHead(kind as EventKind, side, flags), instrument);
    putEpochNs(this.journal.u32, at * 2 + 8, ns, this.base);
    putEpochNs(this.journal.u32, at * 2 + 10, ns - 5, this.base);
    this.words(at, 6, ...values);
  }

  instrument(index: number, symbol: string, priceDecimals: number, qtyDecimals: number): void {
    this.market(EventKind.Instrument, 0, 0, index, OPEN);
    const words = this.journal.bytes;
    const at = this.lastRecord();
    writeInstrumentPayload(words, at * 8 + 48, { instrument: index, symbol, bookKind: 3, priceDecimals, qtyDecimals });
  }

  config(text: string): void {
    const bytes = Buffer.from(text);
    const at = this.claim(RecordType.Config, 32 + Math.ceil(bytes.length / 8) * 8, 0);
    this.halves(at, 0, bytes.length);
    this.journal.bytes.set(bytes, at * 8 + 32);
  }

  close(): MemoryFs {
    const at = this.claim(RecordType.End, 64, OPEN + 1e9);
    this.halves(at, 0x89abcdef, 0x01234567);
    this.words(at, 4, 7, 2, 1, 0);
    this.journal.close();
    this.run.log.run();
    return this.memory;
  }

  private lastRecord(): number {
    // The market record just claimed is the ring's last 10 words: its place follows from its own sequence number.
    const { u32 } = this.journal;
    for (let at = 0; ; at += (u32[at * 2 + 1] & 0xffff) / 8) if (u32[at * 2 + 2] === this.journal.seq) return at;
  }
}

function query(memory: MemoryFs, filter: LogFilter = {}): DecodedRecord[] {
  return [...queryLog(LOG, filter, { geometry: SMALL, fs: memory })];
}

function lines(memory: MemoryFs, filter: LogFilter = {}): string[] {
  return query(memory, filter).map((record) => recordLine(record).replace(/ +/g, ' ').trim());
}

function exampleTape(base: SessionBase): MemoryFs {
  const tape = new Tape(base);
  tape.config('{"a":"ü"}');
  tape.instrument(3, 'AAPL', 4, 0);
  tape.instrument(7, 'BTCUSDT', 2, 5);
  tape.market(EventKind.Add, Side.Bid, EventFlag.Last, 3, OPEN + 1, 1_873_200, 100, 42);
  tape.market(EventKind.Execute, 0, 0, 3, OPEN + 2, 0, 30, 42, 77);
  tape.market(EventKind.Level, Side.Ask, EventFlag.Snapshot | EventFlag.Last, 7, OPEN + 3, 10_050_001, 150_000, 0);
  tape.market(EventKind.Status, 0, 0, 3, OPEN + 4, 2, 0x54310000);
  tape.market(EventKind.Session, 0, 0, 0, OPEN + 5, 81);
  tape.market(EventKind.Stale, 0, 0, 7, OPEN + 6, 2);
  tape.market(EventKind.Add, Side.Ask, 0, 9, OPEN + 7, 5, 6, 7);
  let at = tape.claim(RecordType.Bbo, 64, OPEN + 8);
  tape.halves(at, BboFlag.AskEmpty, 3);
  tape.words(at, 4, 1_873_200, 70, 0, 0);
  at = tape.claim(RecordType.BookState, 32, OPEN + 9);
  tape.halves(at, 2, 7);
  at = tape.claim(RecordType.Checkpoint, 48, OPEN + 10);
  tape.halves(at, 0xdeadbeef, 0x7ff80001);
  tape.words(at, 4, 9, 1);
  at = tape.claim(RecordType.Stop, 40, OPEN + 11);
  tape.halves(at, StopReason.Interrupted, 0);
  tape.words(at, 4, 7);
  return tape.close();
}

test('each record type reads as one line that says what it holds', () => {
  assert.deepEqual(lines(exampleTape(NO_DAY)), [
    '1 00:00:00.000000000 LogStart sessionBase 00:00:00.000000000 seed 42 formatVersion 1 configBytes 9',
    '2 00:00:00.000000000 Config offset 0 text {"a":"ü"}',
    '3 09:30:00.000000000 Instrument AAPL bookKind L3 priceDecimals 4 qtyDecimals 0 tsEvent 09:29:59.999999995',
    '4 09:30:00.000000000 Instrument BTCUSDT bookKind L3 priceDecimals 2 qtyDecimals 5 tsEvent 09:29:59.999999995',
    '5 09:30:00.000000001 Add AAPL bid price 187.3200 (1873200) qty 100 orderId 42 tsEvent 09:29:59.999999996 flags Last',
    '6 09:30:00.000000002 Execute AAPL qty 30 orderId 42 matchId 77 price 0.0000 (0) tsEvent 09:29:59.999999997',
    '7 09:30:00.000000003 Level BTCUSDT ask price 100500.01 (10050001) qty 1.50000 (150000) orders 0 tsEvent 09:29:59.999999998 flags Last+Snapshot',
    '8 09:30:00.000000004 Status AAPL state Halted reason T1 tsEvent 09:29:59.999999999',
    '9 09:30:00.000000005 Session code Q tsEvent 09:30:00.000000000',
    '10 09:30:00.000000006 Stale BTCUSDT reason sequence gap tsEvent 09:30:00.000000001',
    '11 09:30:00.000000007 Add #9 ask priceTicks 5 qtyLots 6 orderId 7 tsEvent 09:30:00.000000002',
    '12 09:30:00.000000008 Bbo AAPL bidPrice 187.3200 (1873200) bidQty 70 askPrice 0.0000 (0) askQty 0 flags AskEmpty',
    '13 09:30:00.000000009 BookState BTCUSDT standing sequence gap',
    '14 09:30:00.000000010 Checkpoint levelsHash 7ff80001deadbeef inputs 9 liveOrders 1',
    '15 09:30:00.000000011 Stop reason interrupted events 7',
    '16 09:30:01.000000000 End stateHash 0123456789abcdef events 7 instruments 2 gaps 1 checksumFailures 0',
  ]);
});

test('with a known day times are ISO 8601, and an object holds ticks and decimals', () => {
  const [record] = query(exampleTape(DAY), { fromSeq: 5, limit: 1 });
  assert.deepEqual(record, {
    seq: 5,
    time: '2026-01-02T09:30:00.000000001Z',
    type: 'Add',
    symbol: 'AAPL',
    instrument: 3,
    side: 'bid',
    priceTicks: 1873200,
    price: '187.3200',
    qtyLots: 100,
    qty: '100',
    orderId: 42,
    tsRecv: '2026-01-02T09:30:00.000000001Z',
    tsEvent: '2026-01-02T09:29:59.999999996Z',
    flags: ['Last'],
  });
  assert.deepEqual(JSON.parse(JSON.stringify(record)), record);
});

test('every market kind has a line of its own', () => {
  const tape = new Tape(DAY);
  for (const [kind, name] of EVENT_KIND_NAMES.entries()) {
    if (name !== undefined && kind !== EventKind.Instrument) tape.market(kind, 0, 0, 1, OPEN, 1, 2, 3, 4);
  }
  const names = query(tape.close()).map((record) => record.type);
  assert.deepEqual(
    names.slice(1, -1),
    EVENT_KIND_NAMES.filter((name) => name !== undefined && name !== 'Instrument'),
  );
});

test('filters: type in any case, symbol, times, sequence range, limit', () => {
  const memory = exampleTape(DAY);
  const seqs = (filter: LogFilter) => query(memory, filter).map((record) => record.seq);
  assert.deepEqual(seqs({ type: 'add' }), [5, 11]);
  assert.deepEqual(seqs({ type: 'BBO' }), [12]);
  assert.deepEqual(seqs({ symbol: 'AAPL' }), [3, 5, 6, 8, 12]);
  assert.deepEqual(seqs({ symbol: 'AAPL', type: 'Add' }), [5]);
  assert.deepEqual(seqs({ fromSeq: 5, toSeq: 7 }), [5, 6, 7]);
  assert.deepEqual(seqs({ limit: 2 }), [1, 2]);
  assert.deepEqual(seqs({ limit: 0 }), []);
  assert.deepEqual(seqs({ from: '09:30:00.000000010' }), [14, 15, 16]);
  assert.deepEqual(seqs({ from: '2026-01-02T09:30:00.000000006Z', to: '09:30:00.000000007' }), [10, 11]);
  assert.deepEqual(seqs({ to: '2026-01-01' }), []);
  assert.throws(
    () => seqs({ type: 'adds' }),
    refused('USAGE', /--type adds: no such record type; there are Instrument, Add,/),
  );
  assert.throws(() => seqs({ symbol: 'MSFT' }), refused('UNKNOWN_SYMBOL', /no instrument is called MSFT/));
  assert.throws(() => seqs({ from: 'noon' }), refused('USAGE', /time noon: expected/));
});

test('times and ranges parse as documented and nothing else', () => {
  const base = 1_767_312_000_000_000_000n;
  assert.equal(parseTime('09:30', base), base + 34_200_000_000_000n);
  assert.equal(parseTime('09:30:01.5', base), base + 34_201_500_000_000n);
  assert.equal(parseTime('25:00:00', base), base + 90_000_000_000_000n);
  assert.equal(parseTime('2026-01-02', 0n), base);
  assert.equal(parseTime('2026-01-02 09:30:00.000000001', 0n), base + 34_200_000_000_001n);
  for (const bad of ['', '9:30', '09:30:00.0000000001', '2026-13-01', '2026-01-02T', 'T09:30', '1e5', '09:30:00,5']) {
    assert.throws(() => parseTime(bad, base), refused('USAGE', /time/), bad);
  }
  assert.deepEqual(parseSeqRange('5..9'), { fromSeq: 5, toSeq: 9 });
  assert.deepEqual(parseSeqRange('5..'), { fromSeq: 5, toSeq: Number.POSITIVE_INFINITY });
  assert.deepEqual(parseSeqRange('..9'), { fromSeq: 0, toSeq: 9 });
  assert.deepEqual(parseSeqRange('7'), { fromSeq: 7, toSeq: 7 });
  for (const bad of ['', '..', 'a..b', '9..5', '1...2', '-1', '1.5']) {
    assert.throws(() => parseSeqRange(bad), refused('USAGE', /--seq/), bad);
  }
});

test('a reader sought to any record delivers it and all after it, beyond the end nothing', () => {
  const memory = new MemoryFs();
  const { records } = writeLog(LOG, { records: 130, fs: memory });
  const reader = new LogReader(LOG, { geometry: SMALL, fs: memory });
  const prng = new Prng(4);
  for (let round = 0; round < 150; round++) {
    const from = 1 + prng.below(records + 3);
    reader.seek(from);
    for (let seq = from; seq <= Math.min(records, from + prng.below(20)); seq++) {
      assert.ok(reader.next(), `${from}: ${seq}`);
      assert.equal(reader.seq, seq);
      assert.equal(reader.u32[(reader.at >> 2) + 2], seq);
    }
    if (from > records) assert.equal(reader.next(), false);
  }
  reader.close();
});

test('a reader delivers everything before a damaged record, then says where it is', () => {
  const memory = new MemoryFs();
  writeLog(LOG, { records: 60, fs: memory });
  const reader = new LogReader(LOG, { geometry: SMALL, fs: memory });
  let place = { file: '', offset: 0 };
  while (reader.next()) if (reader.seq === 23) place = { file: reader.file, offset: reader.fileOffset };
  memory.files.get(place.file)!.current[place.offset + 20] ^= 4;
  const again = new LogReader(LOG, { geometry: SMALL, fs: memory });
  let last = 0;
  assert.throws(
    () => {
      while (again.next()) last = again.seq;
    },
    refused('LOG_DAMAGED', new RegExp(`^${place.file}:${place.offset} \\(seq 23\\): record checksum`)),
  );
  assert.equal(last, 22);
});

function refused(code: string, text: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof TapeheadError, String(error));
    assert.equal(error.code, code, error.message);
    assert.match(error.message, text);
    assert.ok(!error.message.includes('\n'));
    return true;
  };
}
