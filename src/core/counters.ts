/**
 * What the stages tell the outside while they run: one shared block of float64 counters (each written by one thread,
 * read by any; a late read is merely old) and one histogram per stage, plus two control cells the outside writes.
 */
import { HISTOGRAM_BYTES, Histogram } from './histogram.ts';

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
} as const;
const COUNTERS = 16;

export const Stage = {
  /** Feed: bytes to event, per event, without waiting; mean over the events between two samples (sink.ts). */
  Decode: 0,
  /** Publication of an event by the feed to its pick-up by the engine (sampled, 1 in 1,024). */
  RingWait: 1,
  /** Engine: stamp, journal, book and outputs, per event, mean over a batch. */
  Engine: 2,
  /** Journalled by the engine to synced to disk (sampled). */
  Durable: 3,
} as const;
export const STAGE_NAMES: readonly string[] = ['decode', 'ring wait', 'engine', 'durable'];

const CONTROL_CELLS = 4;
const STOP = 0;
const FEED_STATUS = 1;

export const FeedStatus = { Running: 0, EndOfFeed: 1, Interrupted: 2, Failed: 3 } as const;
export type FeedStatus = (typeof FeedStatus)[keyof typeof FeedStatus];

/** Journalled-to-durable samples in flight between engine and audit. A power of two. */
const SAMPLES = 256;
const SAMPLE_HEAD = 2;
const COMMANDS = 3;

export function createTelemetryBuffer(): SharedArrayBuffer {
  return new SharedArrayBuffer(CONTROL_CELLS * 4 + COUNTERS * 8 + STAGE_NAMES.length * HISTOGRAM_BYTES + SAMPLES * 16);
}

export class Telemetry {
  readonly counters: Float64Array;
  readonly stages: readonly Histogram[];
  private readonly control: Int32Array;
  private readonly samples: Float64Array;
  private sampleTail = 0;

  constructor(buffer: SharedArrayBuffer) {
    this.control = new Int32Array(buffer, 0, CONTROL_CELLS);
    this.counters = new Float64Array(buffer, CONTROL_CELLS * 4, COUNTERS);
    const first = CONTROL_CELLS * 4 + COUNTERS * 8;
    this.stages = STAGE_NAMES.map((_, i) => new Histogram(buffer, first + i * HISTOGRAM_BYTES));
    this.samples = new Float64Array(buffer, first + STAGE_NAMES.length * HISTOGRAM_BYTES, SAMPLES * 2);
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

  /** Engine: record `seq` entered the journal at `ns`. A sample the audit worker is too slow for is overwritten. */
  sampleJournalled(seq: number, ns: number): void {
    const head = Atomics.load(this.control, SAMPLE_HEAD);
    const at = (head & (SAMPLES - 1)) * 2;
    this.samples[at] = seq;
    this.samples[at + 1] = ns;
    Atomics.store(this.control, SAMPLE_HEAD, head + 1);
  }

  /** Audit: everything up to `seq` became durable at `ns`. */
  sampleDurable(seq: number, ns: number): void {
    const head = Atomics.load(this.control, SAMPLE_HEAD);
    if (head - this.sampleTail > SAMPLES) this.sampleTail = head - SAMPLES;
    while (this.sampleTail < head) {
      const at = (this.sampleTail & (SAMPLES - 1)) * 2;
      if (this.samples[at] > seq) return;
      this.stages[Stage.Durable].record(ns - this.samples[at + 1]);
      this.sampleTail++;
    }
  }
}
