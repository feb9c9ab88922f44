/** Traces: rows of stamps from feed to disk, each in its own time, collected in order. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Histogram } from '../../src/core/histogram.ts';
import {
  AuditTrace,
  createTraceBuffer,
  EventStamps,
  FeedTrace,
  GatewayTrace,
  recordStages,
  Stamp,
  TICK_TO_TRADE,
  TRACE_ROWS,
  TraceCollector,
} from '../../src/core/trace.ts';

class Bench {
  readonly buffer: SharedArrayBuffer;
  readonly feed: FeedTrace;
  readonly stamps: EventStamps;
  readonly gateway: GatewayTrace;
  readonly audit: AuditTrace;
  readonly collector: TraceCollector;
  readonly rows: number[][] = [];
  seq = 0;

  constructor(gateway = true, audit = true, every = 1) {
    this.buffer = createTraceBuffer({ every, gateway, audit });
    this.feed = new FeedTrace(this.buffer);
    this.stamps = new EventStamps(this.buffer);
    this.gateway = new GatewayTrace(this.buffer);
    this.audit = new AuditTrace(this.buffer);
    this.collector = new TraceCollector(this.buffer);
  }

  /** One event through feed and engine; returns its trace. */
  event(sends: boolean): number {
    this.feed.read();
    const id = this.feed.open();
    this.stamps.begin(Float64Array.of(id), 0);
    this.stamps.record(++this.seq);
    this.stamps.mark(Stamp.Journalled);
    this.stamps.markOrder(Stamp.Intent); // of what was due before the event: no part of it
    this.stamps.booked();
    if (sends) for (const stamp of [Stamp.Intent, Stamp.Verdict, Stamp.Sent]) this.stamps.markOrder(stamp);
    this.stamps.end(++this.seq);
    return id;
  }

  collect(): number {
    return this.collector.collect((cells, at) => this.rows.push([...cells.slice(at, at + 15)]));
  }
}

test('a traced event that trades has every stamp, in order, and its stages add up to the whole', () => {
  const bench = new Bench();
  const id = bench.event(true);
  bench.gateway.take();
  bench.gateway.written(id);
  bench.audit.durable(2, 1e18);
  assert.equal(bench.collect(), 1);
  const [row] = bench.rows;
  const onWay = [1, 2, 3, 4, 5, 6, 7, 8, 9].map((stamp) => row[stamp]);
  assert.deepEqual(
    onWay,
    [...onWay].sort((a, b) => a - b),
  );
  assert.ok(onWay[0] > 0);
  assert.deepEqual([row[Stamp.Intended], row[Stamp.Durable], row[Stamp.Seq], row[Stamp.LastSeq]], [0, 1e18, 1, 2]);
  const sum = TICK_TO_TRADE.reduce((ns, { from, to }) => ns + row[to] - row[from], 0);
  assert.equal(sum, row[Stamp.Written] - row[Stamp.Read]);
});

test('a trace is collected when all threads that it is to pass have finished it, and in order', () => {
  const bench = new Bench();
  const [first, second] = [bench.event(true), bench.event(false)];
  assert.equal(bench.collect(), 0);
  bench.audit.durable(3, 5);
  assert.equal(bench.collect(), 0, 'the order is not written');
  bench.gateway.take();
  bench.gateway.written(first);
  assert.equal(bench.collect(), 1);
  assert.equal(bench.collect(), 0, 'the second is not durable: its last record is 4');
  bench.audit.durable(4, 6);
  assert.equal(bench.collect(), 1);
  assert.deepEqual([second, bench.rows[1][Stamp.Durable], bench.rows[1][Stamp.Written]], [2, 6, 0]);
});

test('the stamps are those of the first order sent; one that is refused before it leaves none', () => {
  const bench = new Bench(false, false);
  bench.feed.read();
  bench.stamps.begin(Float64Array.of(bench.feed.open()), 0);
  assert.equal(bench.stamps.orderTrace, 0);
  bench.stamps.booked();
  bench.stamps.markOrder(Stamp.Intent);
  bench.stamps.markOrder(Stamp.Verdict);
  bench.stamps.markOrder(Stamp.Intent);
  assert.equal(bench.stamps.orderTrace, 1);
  bench.stamps.end(1);
  assert.equal(bench.stamps.orderTrace, 0);
  bench.collect();
  assert.ok(bench.rows[0][Stamp.Intent] > 0);
  assert.equal(bench.rows[0][Stamp.Verdict], 0, 'of the second intent, which has no verdict');
  bench.event(true);
  bench.stamps.markOrder(Stamp.Sent);
  bench.collect();
  assert.ok(bench.rows[1][Stamp.Sent] <= bench.rows[1][Stamp.Done]);
});

test('rows are used again behind their collection only; what is due meanwhile is counted', () => {
  const bench = new Bench(false, false);
  for (let i = 0; i < TRACE_ROWS; i++) assert.equal(bench.event(i % 3 === 0), i + 1);
  bench.feed.read();
  assert.equal(bench.feed.open(), 0);
  assert.equal(bench.collector.missed, 1);
  assert.equal(bench.collect(), TRACE_ROWS);
  assert.equal(bench.event(false), TRACE_ROWS + 1);
  assert.equal(bench.collect(), 1);
  assert.equal(bench.rows.at(-1)?.[Stamp.Intent], 0, 'the stamps of the row before it are gone');
  assert.equal(bench.collector.count, TRACE_ROWS + 1);
});

test('without tracing no event is due, and stamps write nothing', () => {
  const bench = new Bench(true, true, 0);
  assert.equal(bench.feed.every, Number.POSITIVE_INFINITY);
  assert.equal(bench.stamps.isOn, false);
  const stamps = new EventStamps();
  stamps.begin(Float64Array.of(7), 0);
  stamps.mark(Stamp.Booked);
  stamps.end(1);
  assert.equal(stamps.id, 0);
});

test('a stage is recorded where both of its ends are stamped', () => {
  const histograms = TICK_TO_TRADE.map(() => new Histogram());
  const cells = new Float64Array(32);
  cells[16 + Stamp.Read] = 100;
  cells[16 + Stamp.Decoded] = 130;
  cells[16 + Stamp.Booked] = 900;
  recordStages(TICK_TO_TRADE, histograms, cells, 16);
  assert.deepEqual(
    histograms.map(({ count }) => count),
    [1, 0, 0, 0, 0, 0, 0, 0, 0],
  );
  assert.equal(histograms[0].maxNs, 30);
});
