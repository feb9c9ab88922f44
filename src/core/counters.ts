/**
 * What the stages tell the outside while they run: one shared block of float64 counters (each written by one thread,
 * read by any; a late read is merely old) and one histogram per stage, plus two control cells the outside writes.
 * Histograms are of two kinds: what an event costs a thread on average, and, of the events that are traced
 * (core/trace.ts), every stage on its way.
 */
import { HISTOGRAM_BYTES, Histogram } from './histogram.ts';
import { recordStages, TRACE_STAGES, type TraceCollector } from './trace.ts';

export const Counter = {
  /** Bytes of the recordings read, as they are on disk. */
  BytesRead: 0,
  Messages: 1,
  /** Market events the engine has processed. */
  Events: 2,
  /** Records the audit worker has taken into blocks. */
  Records: 3,
  /** Highest sequence number that is durable. */
  DurableSeq: 4,
  LogBytes: 5,
  Commits: 6,
  /** Of a live run that goes on with its log: the log's records that were executed again. */
  Reexecuted: 7,
  /** Turns of a live run's engine, whether there was something to do or not: it stands still when the engine does. */
  LiveTurns: 8,
} as const;
const COUNTERS = 16;

export const Stage = {
  /** Feed: bytes to event, per event, without waiting; mean over the events between two traces (sink.ts). */
  Decode: 0,
  /** Engine: stamp, journal, book, trading and outputs, per event; mean over a batch, one batch in 64. */
  Engine: 1,
} as const;
const COST_NAMES: readonly string[] = ['decode cost', 'engine cost'];
/** Costs, then the stages of traced events. */
export const STAGE_NAMES: readonly string[] = [...COST_NAMES, ...TRACE_STAGES.map(({ name }) => name)];

const CONTROL_CELLS = 4;
const STOP = 0;
const FEED_STATUS = 1;

export const FeedStatus = { Running: 0, EndOfFeed: 1, Interrupted: 2, Failed: 3 } as const;
export type FeedStatus = (typeof FeedStatus)[keyof typeof FeedStatus];
const COMMANDS = 2;

export function createTelemetryBuffer(): SharedArrayBuffer {
  return new SharedArrayBuffer(CONTROL_CELLS * 4 + COUNTERS * 8 + STAGE_NAMES.length * HISTOGRAM_BYTES);
}

export class Telemetry {
  readonly counters: Float64Array;
  readonly stages: readonly Histogram[];
  private readonly control: Int32Array;
  /** Those of traced events, in the order of TRACE_STAGES. */
  private readonly traced: readonly Histogram[];

  constructor(buffer: SharedArrayBuffer) {
    this.control = new Int32Array(buffer, 0, CONTROL_CELLS);
    this.counters = new Float64Array(buffer, CONTROL_CELLS * 4, COUNTERS);
    const first = CONTROL_CELLS * 4 + COUNTERS * 8;
    this.stages = STAGE_NAMES.map((_, i) => new Histogram(buffer, first + i * HISTOGRAM_BYTES));
    this.traced = this.stages.slice(COST_NAMES.length);
  }

  /** Asks the feed to end the run at the next message boundary it comes to. */
  requestStop(): void {
    Atomics.store(this.control, STOP, 1);
  }

  get stopRequested(): boolean {
    return Atomics.load(this.control, STOP) !== 0;
  }

  /** Main thread: a command was posted to the engine's port. */
  announceCommand(): void {
    Atomics.add(this.control, COMMANDS, 1);
  }

  /** Commands announced so far. */
  get commandsAnnounced(): number {
    return Atomics.load(this.control, COMMANDS);
  }

  set feedStatus(status: FeedStatus) {
    Atomics.store(this.control, FEED_STATUS, status);
  }

  get feedStatus(): FeedStatus {
    return Atomics.load(this.control, FEED_STATUS) as FeedStatus;
  }

  /** Of the one thread that collects: takes finished traces into the histograms of their stages. */
  collect(collector: TraceCollector): void {
    collector.collect((cells, at) => recordStages(TRACE_STAGES, this.traced, cells, at));
  }
}
