/**
 * Re-execution, the proof: the inputs of a log go through a fresh engine, and every record that it journals is compared
 * with the one the log holds. Two cursors go over one reading of the log: one ahead for the inputs, one behind for the
 * comparison.
 */
import { RecordType, RiskFiguresStatus } from '../core/record.ts';
import { createJournal, JournalReader, JournalWriter } from '../ring/journal.ts';
import { Engine, type EngineOptions } from './engine.ts';
import { type LogStart, readStart } from './log-start.ts';
import { Answer, RiskMonitor } from './portfolio/risk-monitor.ts';
import { type QueueCursor, type RecordCursor, RecordQueue, typeOf } from './record-queue.ts';
import { Reexecution } from './reexecution.ts';
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
  const { seed, sessionMidnightNs, live } = start.identity;
  const setup =
    trading === null
      ? null
      : {
          ...(await loadTrading(trading, seed, options.strategyDir, BigInt(sessionMidnightNs))),
          ...(live === undefined ? {} : { live }),
        };
  return new Rerun(inputs, logged, start, setup, options.progress ?? (() => {})).run();
}

class Rerun {
  private readonly logged: QueueCursor;
  private readonly progress: (records: number) => void;
  private readonly reexecution: Reexecution;
  private readonly journal: JournalWriter;
  private readonly executed: JournalReader;
  private readonly start: LogStart;
  private readonly engineOptions: EngineOptions;
  /** Of a run with portfolio risk: does the risk worker's work again. */
  private readonly monitor: RiskMonitor | null;
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
    this.logged = logged;
    this.start = start;
    this.engineOptions = { ...start.options, trading };
    this.monitor = trading?.portfolio == null ? null : new RiskMonitor(trading.portfolio);
    this.progress = progress;
    this.reexecution = new Reexecution(inputs, start.options.base, {
      turn: () => this.turn(),
      figures: (logged) => this.figures(logged),
    });
    const journal = createJournal(JOURNAL_BYTES, 1);
    this.journal = new JournalWriter(journal);
    this.executed = new JournalReader(journal, 0);
    this.journal.onFull = () => this.compare();
  }

  run(): RerunResult {
    try {
      this.execute();
      return { records: this.compared, inputs: this.start.inputs + this.reexecution.inputs, divergence: null };
    } catch (error) {
      if (!(error instanceof Diverged)) throw error;
      return {
        records: this.compared,
        inputs: this.start.inputs + this.reexecution.inputs,
        divergence: error.divergence,
      };
    }
  }

  private execute(): void {
    const engine = new Engine(this.reexecution.ring, this.journal, this.engineOptions);
    this.reexecution.run(engine, this.start.hasRecord);
    if (this.logged.next()) throw new Diverged({ seq: this.compared + 1, logged: copyOf(this.logged), executed: null });
  }

  /** Compares what the engine made of the inputs so far. */
  private turn(): void {
    this.journal.publish();
    this.compare();
    this.progress(this.compared);
  }

  /**
   * Figures of portfolio risk are computed again, from what this engine stated: what the log says must be what comes out.
   * Only those of a worker that died are taken as they are: there are none.
   */
  private figures(logged: Float64Array): Float64Array {
    const isGone = logged[Answer.Status] === RiskFiguresStatus.WorkerGone;
    if (this.monitor !== null && !isGone) return this.monitor.answer;
    return logged.fill(Number.NaN, Answer.Figures);
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

function copyOf(cursor: QueueCursor): Uint8Array {
  return cursor.bytes.slice(cursor.at, cursor.at + (cursor.u32[(cursor.at >> 2) + 1] & 0xffff));
}
