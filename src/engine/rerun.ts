/**
 * Re-execution, the proof: the inputs of a log go through a fresh engine, and every record that it journals is compared
 * with the one the log holds. Two cursors go over one reading of the log: one ahead for the inputs, one behind for the
 * comparison.
 */
import { parseIdentity, type RunIdentity } from '../config.ts';
import { messageOf, TapeheadError } from '../core/errors.ts';
import { EventKind } from '../core/event.ts';
import { MAX_INSTRUMENTS } from '../core/limits.ts';
import {
  type CommandKind,
  isMarketType,
  isOutputType,
  LOG_FORMAT_VERSION,
  MAX_RECORD_TEXT_BYTES,
  RecordType,
  RiskFiguresStatus,
  type StopReason,
} from '../core/record.ts';
import { getSessionNs } from '../core/time.ts';
import { createJournal, JournalReader, JournalWriter } from '../ring/journal.ts';
import { createSpsc, SpscReader, SpscWriter } from '../ring/spsc.ts';
import { Engine, type EngineOptions } from './engine.ts';
import { ANSWER_CELLS, Answer, RiskMonitor } from './portfolio/risk-monitor.ts';
import { type QueueCursor, type RecordCursor, RecordQueue } from './record-queue.ts';
import { loadTrading } from './trading/setup.ts';
import type { TradingSetup } from './trading/trading.ts';

export type { RecordCursor } from './record-queue.ts';

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

export interface RerunOptions {
  /** Is told the records compared so far. */
  readonly progress?: (records: number) => void;
  /** Folder that the paths of strategies in the log's configuration are relative to. */
  readonly strategyDir: string;
}

/**
 * `open` opens a cursor at the start of the log; it is called once. Throws TapeheadError when the log is not one this version can
 * re-execute, or when a strategy it needs is missing or not the one that ran.
 */
export async function rerunLog(open: () => RecordCursor, options: RerunOptions): Promise<RerunResult> {
  const { first: inputs, second: logged } = new RecordQueue(open());
  const start = readStart(inputs);
  if (start === null) return { records: 0, inputs: 0, divergence: null };
  const { trading } = start.identity;
  const setup =
    trading === null
      ? null
      : await loadTrading(trading, start.identity.seed, options.strategyDir, BigInt(start.identity.sessionMidnightNs));
  return new Rerun(inputs, logged, start, setup, options.progress ?? (() => {})).run();
}

class Rerun {
  private readonly inputs: QueueCursor;
  private readonly logged: QueueCursor;
  private readonly progress: (records: number) => void;
  private readonly feed: SpscWriter;
  private readonly feedReader: SpscReader;
  private readonly journal: JournalWriter;
  private readonly executed: JournalReader;
  private readonly start: LogStart;
  private readonly engineOptions: EngineOptions;
  /** Of a run with portfolio risk: does the risk worker's work again. */
  private readonly monitor: RiskMonitor | null;
  private pending = 0;
  private inputCount = 0;
  private compared = 0;
  /** Type of the last record compared. */
  private lastType = 0;

  constructor(
    inputs: QueueCursor,
    logged: QueueCursor,
    start: LogStart,
    trading: TradingSetup | null,
    progress: (records: number) => void,
  ) {
    this.inputs = inputs;
    this.logged = logged;
    this.start = start;
    this.engineOptions = { ...start.options, trading };
    this.monitor = trading?.portfolio == null ? null : new RiskMonitor(trading.portfolio);
    this.inputCount = start.inputs;
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
    const engine = new Engine(this.feedReader, this.journal, this.engineOptions);
    for (let more = this.start.hasRecord; more; more = this.inputs.next()) {
      const type = typeOf(this.inputs);
      if (isOutputType(type)) continue;
      this.inputCount++;
      if (type === EventKind.Instrument) this.checkIndex();
      if (isMarketType(type)) this.pushEvent(engine);
      else if (type === RecordType.Clock) this.clock(engine);
      else if (type === RecordType.Command) this.command(engine);
      else if (type === RecordType.RiskFigures) this.figures(engine);
      else if (type === RecordType.Stop) this.stop(engine);
      else
        throw new TapeheadError(
          'LOG_DAMAGED',
          `record ${seqOf(this.inputs)} has type ${type}, which no engine takes as input`,
        );
    }
    this.turn(engine);
    if (this.logged.next()) throw new Diverged({ seq: this.compared + 1, logged: copyOf(this.logged), executed: null });
  }

  /** Tables grow with the index: a forged one must not take all memory. */
  private checkIndex(): void {
    const index = this.inputs.u32[(this.inputs.at >> 2) + 7];
    if (index < MAX_INSTRUMENTS) return;
    const where = `record ${seqOf(this.inputs)}`;
    throw new TapeheadError('LOG_DAMAGED', `${where} defines instrument ${index}: ${MAX_INSTRUMENTS - 1} is the last`);
  }

  private pushEvent(engine: Engine): void {
    const { u32, f64, at } = this.inputs;
    const word = at >> 3;
    const w = this.feed.next();
    const { f64: to, u32: to32 } = this.feed;
    to32[w * 2] = u32[word * 2 + 6];
    to32[w * 2 + 1] = u32[word * 2 + 7];
    to[w + 1] = getSessionNs(u32, word * 2 + 8, this.start.options.base);
    to[w + 2] = getSessionNs(u32, word * 2 + 10, this.start.options.base);
    to[w + 3] = f64[word + 6];
    to[w + 4] = f64[word + 7];
    to[w + 5] = f64[word + 8];
    to[w + 6] = f64[word + 9];
    to[w + 7] = 0;
    if (++this.pending === BATCH) this.turn(engine);
  }

  private clock(engine: Engine): void {
    this.turn(engine);
    engine.clock(this.timeOfInput());
  }

  private command(engine: Engine): void {
    this.turn(engine);
    const { u32, bytes, at } = this.inputs;
    const length = Math.min(u32[(at >> 2) + 7], MAX_RECORD_TEXT_BYTES);
    const text = new TextDecoder().decode(bytes.slice(at + 32, at + 32 + length));
    engine.command(u32[(at >> 2) + 6] as CommandKind, text, this.timeOfInput());
  }

  /**
   * Figures of portfolio risk are computed again, from what this engine stated: what the log says must be what comes out.
   * Only those of a worker that died are taken as they are: there are none.
   */
  private figures(engine: Engine): void {
    this.turn(engine);
    const ns = this.timeOfInput();
    const { u32, f64, at } = this.inputs;
    const isGone = u32[(at >> 2) + 7] === RiskFiguresStatus.WorkerGone;
    if (this.monitor === null || isGone) {
      const word = at >> 3;
      const answer = new Float64Array(ANSWER_CELLS);
      answer[Answer.Request] = u32[word * 2 + 6];
      answer[Answer.Status] = u32[word * 2 + 7];
      answer.set([f64[word + 4], f64[word + 5]], Answer.Seq);
      answer.fill(Number.NaN, Answer.Figures);
      engine.figures(answer, ns);
    } else {
      engine.figures(this.monitor.answer, ns);
    }
  }

  private timeOfInput(): number {
    return getSessionNs(this.inputs.u32, (this.inputs.at >> 2) + 4, this.start.options.base);
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
      if (((head >>> 16) & 0xff) !== RecordType.Pad) {
        this.compareRecord(word, words);
        this.monitor?.take(executed, word);
      }
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
    this.lastType = typeOf(logged);
  }

  private diverged(logged: Uint8Array | null, word: number, words: number): Diverged {
    const executed = this.executed.bytes.slice(word * 8, (word + words) * 8);
    return new Diverged({ seq: this.compared + 1, logged, executed });
  }
}

/** What stands at the beginning of a log. */
interface LogStart {
  readonly options: EngineOptions;
  readonly identity: RunIdentity;
  /** The cursor is on a record behind the configuration. */
  readonly hasRecord: boolean;
  /** LogStart and Config records read. */
  readonly inputs: number;
}

/**
 * Reads LogStart and Config; the cursor is then on the record behind them, if there is one. Null for the log of a run
 * that was killed before its configuration was written: there is nothing to re-execute.
 */
function readStart(cursor: QueueCursor): LogStart | null {
  if (!cursor.next()) return null;
  if (typeOf(cursor) !== RecordType.LogStart) {
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
  let inputs = 1;
  let configBytes = 0;
  let hasRecord = cursor.next();
  while (hasRecord && typeOf(cursor) === RecordType.Config) {
    const word = cursor.at >> 2;
    const part = cursor.bytes.subarray(cursor.at + 32, cursor.at + 32 + cursor.u32[word + 7]);
    config.set(part, cursor.u32[word + 6]);
    configBytes += part.length;
    inputs++;
    hasRecord = cursor.next();
  }
  if (configBytes < config.length && !hasRecord) return null;
  const text = new TextDecoder().decode(config);
  try {
    const identity = parseIdentity(text);
    return { options: { base, seed, config: text, formatVersion }, identity, hasRecord, inputs };
  } catch (error) {
    throw new TapeheadError('LOG_DAMAGED', `the log's configuration can't be read: ${messageOf(error)}`);
  }
}

function typeOf(cursor: QueueCursor): number {
  return (cursor.u32[(cursor.at >> 2) + 1] >>> 16) & 0xff;
}

function seqOf(cursor: QueueCursor): number {
  return cursor.u32[(cursor.at >> 2) + 3] * 4294967296 + cursor.u32[(cursor.at >> 2) + 2];
}

function copyOf(cursor: QueueCursor): Uint8Array {
  return cursor.bytes.slice(cursor.at, cursor.at + (cursor.u32[(cursor.at >> 2) + 1] & 0xffff));
}
