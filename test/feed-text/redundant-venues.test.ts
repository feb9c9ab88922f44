import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EventKind, StaleReason } from '../../src/core/event.ts';
import { Prng } from '../../src/core/prng.ts';
import type { LiveVenueName } from '../../src/feed/live/protocol.ts';
import { CaptureSession, type SessionVenue } from '../../src/feed/text/capture-session.ts';
import { CAPTURE_BASE, lineTime } from '../support/capture-script.ts';
import { EventProbe, type SeenEvent } from '../support/event-probe.ts';
import { bestOf } from '../support/naive-lines.ts';

/** How a venue writes what its streams bring; a level's quantity and a trade's quantity are its number. */
interface Script {
  readonly name: LiveVenueName;
  readonly symbol: string;
  snapshot(sequence: number): string;
  update(sequence: number): string;
  trade(id: number): string;
}

const OKX: Script = {
  name: 'okx',
  symbol: 'BTC-USDT',
  snapshot: (seqId) => okxBook('snapshot', seqId, -1),
  update: (seqId) => okxBook('update', seqId, seqId - 1),
  trade: (id) => {
    const entry = `{"instId":"BTC-USDT","tradeId":"${id}","px":"99.5","sz":"${id}","side":"buy","ts":"1618678132000"}`;
    return `{"arg":{"channel":"trades","instId":"BTC-USDT"},"data":[${entry}]}`;
  },
};

function okxBook(action: string, seqId: number, prevSeqId: number): string {
  const entry = `"asks":[["101","1","0","1"]],"bids":[["99","${seqId}","0","1"]],"ts":"1618678132000","checksum":0`;
  const numbers = `"seqId":${seqId},"prevSeqId":${prevSeqId}`;
  return `{"arg":{"channel":"books","instId":"BTC-USDT"},"action":"${action}","data":[{${entry},${numbers}}]}`;
}

const BYBIT: Script = {
  name: 'bybit',
  symbol: 'BTCUSDT',
  snapshot: (u) => bybitBook('snapshot', u),
  update: (u) => bybitBook('delta', u),
  trade: (id) =>
    `{"topic":"publicTrade.BTCUSDT","type":"snapshot","ts":1618678132000,"data":[{"T":1618678132000,"s":"BTCUSDT","S":"Buy","v":"${id}","p":"99.5","i":"20f43950-d8dd-5b31-9112-${id}"}]}`,
};

function bybitBook(type: string, u: number, seq = 7_000 + u): string {
  const data = `{"s":"BTCUSDT","b":[["99","${u}"]],"a":[["101","1"]],"u":${u},"seq":${seq}}`;
  return `{"topic":"orderbook.50.BTCUSDT","type":"${type}","ts":1618678132000,"data":${data},"cts":1618678132000}`;
}

/** A session of one venue over two lines. */
class TwoLines {
  readonly venue: SessionVenue;
  readonly session = new CaptureSession({ base: CAPTURE_BASE, symbols: null });
  private readonly probe = new EventProbe();
  private lineNo = 0;

  constructor(script: Script) {
    const { name, symbol } = script;
    const venue = this.session.declare({ venue: name, prefix: '', symbols: [symbol] });
    assert.ok(venue !== null);
    this.venue = venue;
    this.session.market.open(this.probe.sink);
    venue.market.open(this.probe.sink);
    for (const line of ['A', 'B']) {
      const bytes = Buffer.from(line);
      this.session.at(lineTime(0));
      this.session.connected(venue, this.session.connection(bytes, 0, 1));
    }
    this.take();
  }

  bring(line: number, frame: string): SeenEvent[] {
    const bytes = new Uint8Array(Buffer.from(frame));
    this.session.at(lineTime(this.lineNo++ / 100)); // 10 µs apart
    assert.ok(this.session.offered(this.venue, bytes, 0, bytes.length, line), frame);
    return this.take();
  }

  down(line: number): SeenEvent[] {
    this.session.disconnected(this.venue, line);
    return this.take();
  }

  get lines() {
    const { redundancy } = this.venue.decoder;
    assert.ok(redundancy != null);
    return redundancy;
  }

  private take(): SeenEvent[] {
    return this.probe.take();
  }
}

const quantities = (events: readonly SeenEvent[], kind: number) =>
  events.filter((event) => event.kind === kind && event.price !== 101).map((event) => event.qty);
const namesOf = (events: readonly SeenEvent[]) => events.map((event) => event.name).join(' ');

/** Two lines of the ids 1..count, each without 1 %, in an order in which either may be ahead, by 100 at most. */
function* lossy(seed: number, count: number): Generator<readonly [line: number, id: number]> {
  const prng = new Prng(seed);
  const at = [0, 0];
  while (at[0] < count || at[1] < count) {
    const lead = at[0] - at[1];
    const line = Math.abs(lead) > 100 ? (lead > 0 ? 1 : 0) : prng.below(2);
    for (let run = prng.below(8); run >= 0 && at[line] < count; run--) {
      const id = ++at[line];
      if (prng.below(100) !== 0) yield [line, id];
    }
  }
}

for (const script of [OKX, BYBIT]) {
  test(`${script.name}: the first arrival wins, on whichever line; what one line lost the other fills in`, () => {
    const run = new TwoLines(script);
    const events = [
      ...run.bring(0, script.snapshot(10)),
      ...run.bring(1, script.snapshot(10)),
      ...run.bring(1, script.update(11)),
      ...run.bring(0, script.update(11)),
      ...run.bring(0, script.update(13)), // 12 is lost on this line
      ...run.bring(1, script.update(12)),
      ...run.bring(1, script.update(13)),
    ];
    const best = quantities(events, EventKind.Level).map(unit(10));
    assert.deepEqual(best, [10, 11, 12, 13]);
    assert.deepEqual([run.lines.redundant, run.lines.filled, run.lines.lost], [3, 1, 0]);
    assert.ok(!/Gap|Duplicate|OutOfOrder/.test(namesOf(events)));
  });

  test(`${script.name}: a line that goes takes nothing with it; the last one takes the book`, () => {
    const run = new TwoLines(script);
    run.bring(0, script.snapshot(10));
    run.bring(1, script.snapshot(10));
    run.bring(0, script.update(11));
    assert.doesNotMatch(namesOf(run.down(0)), /Stale/);
    const on = [...run.bring(1, script.update(11)), ...run.bring(1, script.update(12))];
    assert.equal(namesOf(on), 'Level Level');
    const gone = run.down(1).find((event) => event.kind === EventKind.Stale);
    assert.equal(gone?.price, StaleReason.Disconnected);
  });

  test(`${script.name}: a hole on both lines is a gap, and the next snapshot of either line ends it`, () => {
    const run = new TwoLines(script);
    run.bring(0, script.snapshot(10));
    run.bring(1, script.snapshot(10));
    assert.equal(namesOf(run.bring(0, script.update(12))), '');
    assert.equal(namesOf(run.bring(1, script.update(12))), 'Gap Stale');
    assert.equal(namesOf(run.bring(0, script.update(13))), '');
    assert.match(namesOf(run.bring(1, script.snapshot(13))), /^Clear SnapshotBegin .*Live$/);
    assert.equal(namesOf(run.bring(0, script.snapshot(13))), '');
    assert.equal(namesOf(run.bring(0, script.update(14))), 'Level Level');
    assert.equal(run.lines.lost, 1);
  });

  test(`${script.name}: over two lines that lose 1 % each no update comes twice, and lost is only what both lost`, () => {
    for (const seed of [1, 2]) {
      const count = 50_000;
      const run = new TwoLines(script);
      const brought: number[][] = [[], []];
      const seen: number[] = [];
      const wholeFrom: number[] = [];
      let gaps = 0;
      const take = (events: readonly SeenEvent[]) => {
        seen.push(...quantities(events, EventKind.Level));
        if (/Duplicate|OutOfOrder/.test(namesOf(events))) assert.fail(`seed ${seed}: ${namesOf(events)}`);
        if (!events.some((event) => event.kind === EventKind.Stale && event.price === StaleReason.Gap)) return;
        // the venue answers on the line that is ahead
        gaps++;
        const at = brought.map((ids) => ids[ids.length - 1]);
        const ahead = at[0] > at[1] ? 0 : 1;
        wholeFrom.push(at[ahead]);
        seen.push(...quantities(run.bring(ahead, script.snapshot(at[ahead])), EventKind.Level));
      };
      for (const line of [0, 1]) take(run.bring(line, script.snapshot(0)));
      for (const [line, id] of lossy(seed, count)) {
        brought[line].push(id);
        take(run.bring(line, script.update(id)));
      }
      const factor = seen[seen.length - 1] / Math.max(...brought[0], ...brought[1]);
      const ids = seen.map((qty) => qty / factor).filter((id) => id > 0);
      assert.ok(
        ids.every((id, i) => i === 0 || id > ids[i - 1]),
        `seed ${seed}: not in order`,
      );
      const best = bestOf(brought);
      const lostByBoth = count - best.length;
      assert.ok(gaps > 0 && gaps <= lostByBoth, `seed ${seed}: ${gaps} gaps, ${lostByBoth} lost by both`);
      // whatever a line brought is there, or in the snapshot behind a gap
      const have = new Set(ids);
      const missing = best.filter((id) => !have.has(id));
      const covered = missing.filter((id) => wholeFrom.some((from) => id <= from && id > from - 250));
      assert.deepEqual(missing.length, covered.length, `seed ${seed}`);
      assert.ok(missing.length <= gaps * 250 && run.lines.filled > 300, `seed ${seed}: ${missing.length} missing`);
    }
  });

  test(`${script.name}: no trade comes twice over two lines that lose 1 % each, and lost is only what both lost`, () => {
    for (const seed of [3, 4]) {
      const run = new TwoLines(script);
      const brought: number[][] = [[], []];
      const seen: number[] = [];
      for (const [line, id] of lossy(seed, 50_000)) {
        brought[line].push(id);
        seen.push(...quantities(run.bring(line, script.trade(id)), EventKind.Trade));
      }
      for (const line of [0, 1]) seen.push(...quantities(run.down(line), EventKind.Trade));
      assert.equal(new Set(seen).size, seen.length, `seed ${seed}: none twice`);
      assert.deepEqual(bestOf([seen]), bestOf(brought), `seed ${seed}`);
      if (script.name === 'okx') assert.deepEqual(seen, bestOf(brought), 'in order');
    }
  });
}

test('okx: an entry of several trades counts as all of them; of another cut only what is new is used', () => {
  const trades = (...ids: [number, number][]) =>
    JSON.stringify({
      arg: { channel: 'trades', instId: 'BTC-USDT' },
      data: ids.map(([id, count]) => {
        const text = { tradeId: String(id), px: '99.5', sz: String(id), side: 'buy', ts: '1618678132000' };
        return { instId: 'BTC-USDT', ...text, count: String(count) };
      }),
    });
  const run = new TwoLines(OKX);
  const seen = [
    ...run.bring(0, trades([5, 1])),
    ...run.bring(0, trades([8, 3])),
    ...run.bring(1, trades([8, 3], [9, 1])),
    ...run.bring(0, trades([9, 1], [10, 1])),
  ];
  assert.deepEqual(quantities(seen, EventKind.Trade), [5, 8, 9, 10]);
  assert.equal(run.lines.lost, 0);
});

test('okx: a minute without changes, and numbers that begin anew, on two lines', () => {
  const run = new TwoLines(OKX);
  run.bring(0, OKX.snapshot(10));
  run.bring(1, OKX.snapshot(10));
  const still = okxBook('update', 10, 10);
  assert.equal(namesOf([...run.bring(0, still), ...run.bring(1, still)]), '');
  const anew = okxBook('update', 3, 10);
  assert.equal(namesOf(run.bring(0, anew)), 'Level Level');
  assert.equal(namesOf(run.bring(0, OKX.update(4))), 'Level Level');
  assert.equal(namesOf([...run.bring(1, anew), ...run.bring(1, OKX.update(4))]), '');
  assert.equal(namesOf(run.bring(1, OKX.update(5))), 'Level Level');
});

test('bybit: after a restart the numbers begin at 1; the slower line still brings the old ones', () => {
  const run = new TwoLines(BYBIT);
  run.bring(0, BYBIT.snapshot(10));
  run.bring(1, BYBIT.snapshot(10));
  for (const u of [11, 12]) run.bring(0, BYBIT.update(u));
  assert.match(namesOf(run.bring(0, bybitBook('snapshot', 1, 8_000))), /^Clear SnapshotBegin/);
  for (const u of [11, 12]) assert.equal(namesOf(run.bring(1, BYBIT.update(u))), '');
  assert.equal(namesOf(run.bring(0, bybitBook('delta', 2, 8_001))), 'Level Level');
  assert.equal(namesOf(run.bring(1, bybitBook('snapshot', 1, 8_000))), '');
  assert.equal(namesOf(run.bring(1, bybitBook('delta', 2, 8_001))), '');
  assert.equal(namesOf(run.bring(1, bybitBook('delta', 3, 8_002))), 'Level Level');
  assert.equal(run.lines.lost, 0);
});

/** Quantities are lots, whose unit the first message sets: numbers of a script that began with `first`. */
function unit(first: number): (qty: number, i: number, all: readonly number[]) => number {
  return (qty, _, all) => (qty * first) / all[0];
}
