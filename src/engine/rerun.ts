/**
 * Re-execution, the proof: the inputs of a log go through a fresh engine, and every record that it journals is compared
 * with the one the log holds. Two cursors read the log: one ahead for the inputs, one behind for the comparison.
 */
import { parseIdentity } from '../config.ts';
import { TapeheadError } from '../core/errors.ts';
import { EventKind } from '../core/event.ts';
import { MAX_INSTRUMENTS } from '../core/limits.ts';
import { isMarketType, isOutputType, LOG_FORMAT_VERSION, RecordType, type StopReason } from '../core/record.ts';
import { getSessionNs, type SessionBase } from '../core/time.ts';
import { createJournal, JournalReader, JournalWriter } from '../ring/journal.ts';
import { createSpsc, SpscReader, SpscWriter } from '../ring/spsc.ts';
import { Engine, type EngineOptions } from './engine.ts';

/** Reads the records of a log in order; the current one starts at byte `at` of the memory. */
export interface RecordCursor {
  /** Goes to the next record; false at the end of the log. */
  next(): boolean;
  readonly at: number;
  readonly u32: Uint32Array;
  readonly f64: Float64Array;
  readonly bytes: Uint8Array;
}

export interface Divergence {
  readonly seq: number;
  /** The record the log holds, or null where it ends; its bytes. */
  readonly logged: Uint8Array | null;
  /** The record the engine made, or null where it made none. */
  readonly executed: Uint8Array | null;
}

export interface RerunResult {
  readonly records: number;
  readonly inputs: number;
  /** Null: identical. */
  readonly divergence: Divergence | null;
}

const BATCH = 256;
const RING_SLOTS = 1 << 10;
const JOURNAL_BYTES = 1 << 18;

/** Thrown by the comparison to stop at the first difference. */
class Diverged extends Error {
  readonly divergence: Divergence;

  constructor(divergence: Divergence) {
    super('diverged');
    this.divergence = divergence;
  }
}

/**
 * `open` opens a cursor at the start of the log. `progress` is told the records compared so far. Throws TapeheadError
 * when the log is not one this version can re-execute.
 */
export function rerunLog(open: () => RecordCursor, progress: (records: number) => void = () => {}): RerunResult {
  return new Rerun(open(), open(), progress).run();
}

class Rerun {
  private readonly inputs: RecordCursor;
  private readonly logged: RecordCursor;
  private readonly progress: (records: number) => void;
  private readonly feed: SpscWriter;
  private readonly feedReader: SpscReader;
  private readonly journal: JournalWriter;
  private readonly executed: JournalReader;
  private base: SessionBase = { hi: 0, lo: 0 };
  private pending = 0;
  private inputCount = 0;
  private compared = 0;
  /** Type of the last record compared. */
  private lastType = 0;

  constructor(inputs: RecordCursor, logged: RecordCursor, progress: (records: number) => void) {
    this.inputs = inputs;
    this.logged = logged;
    this.progress = progress;
    const ring = createSpsc(RING_SLOTS);
    this.feed = new SpscWriter(ring);
    this.feedReader = new SpscReader(ring);
    const journal = createJournal(JOURNAL_BYTES, 1);
    this.journal = new JournalWriter(journal);
    this.executed = new JournalReader(journal, 0);
    this.journal.onFull = () => this.compare();
  }

  run(): RerunResult {
    try {
      this.execute();
      return { records: this.compared, inputs: this.inputCount, divergence: null };
    } catch (error) {
      if (!(error instanceof Diverged)) throw error;
      return { records: this.compared, inputs: this.inputCount, divergence: error.divergence };
    }
  }

  private execute(): void {
    const start = this.readStart();
    if (start === null) return;
    const { options, hasRecord } = start;
    this.base = options.base;
    const engine = new Engine(this.feedReader, this.journal, options);
    for (let more = hasRecord; more; more = this.inputs.next()) {
      const type = this.typeOf(this.inputs);
      if (isOutputType(type)) continue;
      this.inputCount++;
      if (type === EventKind.Instrument) this.checkIndex();
      if (isMarketType(type)) this.pushEvent(engine);
      else if (type === RecordType.Stop) this.stop(engine);
      else
        throw new TapeheadError(
          'LOG_DAMAGED',
          `record ${this.seqOf(this.inputs)} has type ${type}, which no engine takes as input`,
        );
    }
    this.turn(engine);
    if (this.logged.next()) throw new Diverged({ seq: this.compared + 1, logged: copyOf(this.logged), executed: null });
  }

  /** Tables grow with the index: a forged one must not take all memory. */
  private checkIndex(): void {
    const index = this.inputs.u32[(this.inputs.at >> 2) + 7];
    if (index < MAX_INSTRUMENTS) return;
    const where = `record ${this.seqOf(this.inputs)}`;
    throw new TapeheadError('LOG_DAMAGED', `${where} defines instrument ${index}: ${MAX_INSTRUMENTS - 1} is the last`);
  }

  private pushEvent(engine: Engine): void {
    const { u32, f64, at } = this.inputs;
    const word = at >> 3;
    const w = this.feed.next();
    const { f64: to, u32: to32 } = this.feed;
    to32[w * 2] = u32[word * 2 + 6];
    to32[w * 2 + 1] = u32[word * 2 + 7];
    to[w + 1] = getSessionNs(u32, word * 2 + 8, this.base);
    to[w + 2] = getSessionNs(u32, word * 2 + 10, this.base);
    to[w + 3] = f64[word + 6];
    to[w + 4] = f64[word + 7];
    to[w + 5] = f64[word + 8];
    to[w + 6] = f64[word + 9];
    to[w + 7] = 0;
    if (++this.pending === BATCH) this.turn(engine);
  }

  private stop(engine: Engine): void {
    this.turn(engine);
    engine.stop(this.inputs.u32[(this.inputs.at >> 2) + 6] as StopReason);
  }

  /** Lets the engine take what was pushed, and compares what it made of it. */
  private turn(engine: Engine): void {
    this.feed.publish();
    while (engine.doWork(BATCH) > 0);
    this.journal.publish();
    this.pending = 0;
    this.compare();
    this.progress(this.compared);
  }

  private compare(): void {
    const { executed } = this;
    let left = executed.poll();
    while (left > 0) {
      const word = executed.cursor & executed.mask;
      const head = executed.u32[word * 2 + 1];
      const words = (head & 0xffff) >> 3;
      if (((head >>> 16) & 0xff) !== RecordType.Pad) this.compareRecord(word, words);
      executed.release(words);
      left -= words;
    }
  }

  private compareRecord(word: number, words: number): void {
    const { executed, logged } = this;
    if (!logged.next()) {
      // A log whose run was killed ends anywhere, also between an input and its outputs; only an End completes it.
      if (this.lastType === RecordType.End) throw this.diverged(null, word, words);
      return;
    }
    const a = executed.u32;
    const b = logged.u32;
    const at = logged.at >> 2;
    // From the second word on: the first is the checksum, which the ring does not have.
    for (let i = 1; i < words * 2; i++) {
      if (a[word * 2 + i] !== b[at + i]) throw this.diverged(copyOf(logged), word, words);
    }
    this.compared++;
    this.lastType = this.typeOf(logged);
  }

  private diverged(logged: Uint8Array | null, word: number, words: number): Diverged {
    const executed = this.executed.bytes.slice(word * 8, (word + words) * 8);
    return new Diverged({ seq: this.compared + 1, logged, executed });
  }

  /**
   * Reads LogStart and Config; the cursor is then on the record behind them, if there is one. Null for the log of a run
   * that was killed before its configuration was written: there is nothing to re-execute.
   */
  private readStart(): { options: EngineOptions; hasRecord: boolean } | null {
    const cursor = this.inputs;
    if (!cursor.next()) return null;
    if (this.typeOf(cursor) !== RecordType.LogStart) {
      throw new TapeheadError('LOG_DAMAGED', 'the log does not begin with a LogStart record');
    }
    const w = cursor.at >> 3;
    const base = { lo: cursor.u32[w * 2 + 6], hi: cursor.u32[w * 2 + 7] };
    const seed = cursor.f64[w + 4];
    const formatVersion = cursor.u32[w * 2 + 10];
    const config = new Uint8Array(cursor.u32[w * 2 + 11]);
    if (formatVersion !== LOG_FORMAT_VERSION) {
      throw new TapeheadError(
        'LOG_DAMAGED',
        `the log has format ${formatVersion}, this version re-executes ${LOG_FORMAT_VERSION}`,
      );
    }
    this.inputCount++;
    let configBytes = 0;
    let hasRecord = cursor.next();
    while (hasRecord && this.typeOf(cursor) === RecordType.Config) {
      const word = cursor.at >> 2;
      const part = cursor.bytes.subarray(cursor.at + 32, cursor.at + 32 + cursor.u32[word + 7]);
      config.set(part, cursor.u32[word + 6]);
      configBytes += part.length;
      this.inputCount++;
      hasRecord = cursor.next();
    }
    if (configBytes < config.length && !hasRecord) return null;
    const text = new TextDecoder().decode(config);
    try {
      parseIdentity(text);
    } catch (error) {
      throw new TapeheadError('LOG_DAMAGED', `the log's configuration can't be read: ${String(error)}`);
    }
    return { options: { base, seed, config: text, formatVersion }, hasRecord };
  }

  private typeOf(cursor: RecordCursor): number {
    return (cursor.u32[(cursor.at >> 2) + 1] >>> 16) & 0xff;
  }

  private seqOf(cursor: RecordCursor): number {
    return cursor.u32[(cursor.at >> 2) + 3] * 4294967296 + cursor.u32[(cursor.at >> 2) + 2];
  }
}

function copyOf(cursor: RecordCursor): Uint8Array {
  return cursor.bytes.slice(cursor.at, cursor.at + (cursor.u32[(cursor.at >> 2) + 1] & 0xffff));
}
