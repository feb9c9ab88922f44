/** Collected traces of a run, kept whole, and what they say: stages, the sum against the whole, the worst events. */

import { duration } from '../src/cli/terminal.ts';
import { monotonicNs } from '../src/core/clock.ts';
import { Histogram } from '../src/core/histogram.ts';
import { INCIDENT_NAMES, type MachineLog } from '../src/core/machine-log.ts';
import {
  createTraceBuffer,
  EventStamps,
  FeedTrace,
  GatewayTrace,
  ROW_WORDS,
  recordStages,
  Stamp,
  TICK_TO_TRADE,
  TraceCollector,
  type TraceStage,
} from '../src/core/trace.ts';
import type { Attribution, WorstEvent } from './benchmark.ts';
import { wholeWord } from './workers/whole-trace.ts';

/** A row's stamps, then the whole as it was measured on its own. */
const KEPT_WORDS = ROW_WORDS + 1;
const WORST = 20;

/**
 * The stages added up as they are shown: one without both of its stamps is not there, and one that ended on its thread
 * before it began on another (the gateway may take an order before the engine has stamped it as sent) lasted 0.
 */
function stagesNs(rows: Float64Array, at: number): number {
  let sumNs = 0;
  for (const { from, to } of TICK_TO_TRADE) {
    const fromNs = rows[at + from];
    const toNs = rows[at + to];
    if (fromNs !== 0 && toNs !== 0) sumNs += Math.max(0, toNs - fromNs);
  }
  return sumNs;
}

export class Traces {
  count = 0;
  private readonly collector: TraceCollector;
  private readonly whole: Float64Array;
  private rows = new Float64Array(KEPT_WORDS * 4096);

  constructor(trace: SharedArrayBuffer, whole: SharedArrayBuffer) {
    this.collector = new TraceCollector(trace);
    this.whole = new Float64Array(whole);
  }

  get missed(): number {
    return this.collector.missed;
  }

  collect(): void {
    this.collector.collect((cells, at) => {
      if ((this.count + 1) * KEPT_WORDS > this.rows.length) {
        const larger = new Float64Array(this.rows.length * 2);
        larger.set(this.rows);
        this.rows = larger;
      }
      const to = this.count * KEPT_WORDS;
      this.rows.set(cells.subarray(at, at + ROW_WORDS), to);
      const word = wholeWord(this.collector.count + 1);
      this.rows[to + ROW_WORDS] = this.whole[word + 1] - this.whole[word];
      this.count++;
    });
  }

  /** Forgets what was read before `ns`: the warm-up. */
  startAt(ns: number): void {
    let kept = 0;
    for (let i = 0; i < this.count; i++) {
      if (this.rows[i * KEPT_WORDS + Stamp.Read] < ns) continue;
      this.rows.copyWithin(kept++ * KEPT_WORDS, i * KEPT_WORDS, (i + 1) * KEPT_WORDS);
    }
    this.count = kept;
  }

  /** From one stamp to another, of every event that has both. */
  between(from: Stamp, to: Stamp): Histogram {
    return this.slices(1, from, to)[0];
  }

  /** The same in so many parts of as many events each that have both, in their order; fewer where there are fewer events. */
  slices(parts: number, from: Stamp, to: Stamp): Histogram[] {
    const stages: TraceStage[] = [{ name: '', from, to }];
    const rows: number[] = [];
    for (let at = 0; at < this.count * KEPT_WORDS; at += KEPT_WORDS) {
      if (this.rows[at + from] !== 0 && this.rows[at + to] !== 0) rows.push(at);
    }
    const made = Math.max(1, Math.min(parts, rows.length));
    const slices = Array.from({ length: made }, () => Histogram.fine());
    for (const [i, at] of rows.entries()) {
      recordStages(stages, [slices[Math.floor((i * made) / rows.length)]], this.rows, at);
    }
    return slices;
  }

  /** Of the events that led to an order, `threads` by name: what held them up. */
  tickToTrade(threads: ReadonlyMap<string, MachineLog>): Attribution & { readonly unexplained: Histogram } {
    const stages = TICK_TO_TRADE.map(({ name }) => ({ name, histogram: Histogram.fine() }));
    const histograms = stages.map(({ histogram }) => histogram);
    const whole = Histogram.fine();
    const unexplained = Histogram.fine();
    const traded: number[] = [];
    let unexplainedNs = 0;
    for (let at = 0; at < this.count * KEPT_WORDS; at += KEPT_WORDS) {
      if (this.rows[at + Stamp.Written] === 0) continue;
      traded.push(at);
      recordStages(TICK_TO_TRADE, histograms, this.rows, at);
      const restNs = this.rows[at + ROW_WORDS] - stagesNs(this.rows, at);
      whole.record(this.rows[at + ROW_WORDS]);
      unexplained.record(Math.abs(restNs));
      unexplainedNs += restNs;
    }
    const firstNs = this.count === 0 ? 0 : this.rows[Stamp.Read];
    const worst = traded
      .sort((a, b) => this.totalNs(b) - this.totalNs(a))
      .slice(0, WORST)
      .map((at) => this.worstEvent(at, firstNs, threads));
    return {
      name: 'tick to trade',
      stages,
      whole,
      unexplained,
      unexplainedNs: unexplainedNs / Math.max(1, traded.length),
      stampsCostNs: measureStamps(),
      worst,
    };
  }

  private totalNs(at: number): number {
    return this.rows[at + Stamp.Written] - this.rows[at + Stamp.Read];
  }

  private worstEvent(at: number, firstNs: number, threads: ReadonlyMap<string, MachineLog>): WorstEvent {
    const { rows } = this;
    const stagesNs = TICK_TO_TRADE.map(({ from, to }) => rows[at + to] - rows[at + from]);
    const causes: string[] = [];
    for (const [name, log] of threads) {
      log.between(rows[at + Stamp.Read], rows[at + Stamp.Written]).forEach((ns, kind) => {
        if (ns > 0) causes.push(`${name}: ${INCIDENT_NAMES[kind]} ${duration(ns)}`);
      });
    }
    return {
      seq: rows[at + Stamp.Seq],
      atMs: (rows[at + Stamp.Read] - firstNs) / 1e6,
      totalNs: this.totalNs(at),
      stagesNs,
      cause: causes.length === 0 ? 'not known' : causes.join(', '),
    };
  }
}

const STAMPED_EVENTS = 100_000;

/** What all stamps of an event that trades cost together, in one thread; the second half, when the code is compiled. */
export function measureStamps(): number {
  const buffer = createTraceBuffer({ every: 1, gateway: true, audit: false });
  const [feed, stamps, gateway] = [new FeedTrace(buffer), new EventStamps(buffer), new GatewayTrace(buffer)];
  const collector = new TraceCollector(buffer);
  const slot = new Float64Array(1);
  let ns = 0;
  for (let half = 0; half < 2; half++) {
    ns = 0;
    for (let done = 0; done < STAMPED_EVENTS; done += 1000) {
      const startNs = monotonicNs();
      for (let i = 0; i < 1000; i++) stampOne(feed, stamps, gateway, slot);
      ns += monotonicNs() - startNs;
      collector.collect(() => {});
    }
  }
  return ns / STAMPED_EVENTS;
}

function stampOne(feed: FeedTrace, stamps: EventStamps, gateway: GatewayTrace, slot: Float64Array): void {
  feed.read();
  slot[0] = feed.open();
  stamps.begin(slot, 0);
  stamps.record(1);
  stamps.mark(Stamp.Journalled);
  stamps.booked();
  stamps.markOrder(Stamp.Intent);
  stamps.markOrder(Stamp.Verdict);
  stamps.markOrder(Stamp.Sent);
  stamps.end(2);
  gateway.take();
  gateway.written(slot[0]);
}
