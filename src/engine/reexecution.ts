/**
 * Puts the inputs of a log through an engine again, one after the other, each at its time. What the engine journals then is what
 * it journalled before: a rerun compares it (rerun.ts), a live run that goes on with its log stands where it stood.
 */
import { TapeheadError } from '../core/errors.ts';
import { EventKind } from '../core/event.ts';
import { MAX_INSTRUMENTS } from '../core/limits.ts';
import {
  type CommandKind,
  isMarketType,
  isOutputType,
  MAX_RECORD_TEXT_BYTES,
  RecordType,
  RISK_FIGURES,
  type StopReason,
} from '../core/record.ts';
import { getSessionNs, type SessionBase } from '../core/time.ts';
import { createSpsc, SpscReader, SpscWriter } from '../ring/spsc.ts';
import type { Engine } from './engine.ts';
import { ANSWER_CELLS, Answer } from './portfolio/risk-monitor.ts';
import { type RecordCursor, seqOf, typeOf } from './record-queue.ts';
import { VenueInput } from './trading/venue-input.ts';

const BATCH = 256;
const RING_SLOTS = 1 << 10;

export interface ReexecutionHooks {
  /** The engine has taken what there was. */
  turn(): void;
  /** Figures that an engine is given instead of those in its log; null: those. */
  figures(logged: Float64Array): Float64Array;
}

export class Reexecution {
  /** Where the engine finds its events. */
  readonly ring: SpscReader;
  inputs = 0;
  /** The log's Stop was met: nothing can follow. */
  isStopped = false;
  private readonly cursor: RecordCursor;
  private readonly base: SessionBase;
  private readonly hooks: ReexecutionHooks;
  private readonly feed: SpscWriter;
  private readonly venueInput = new VenueInput();
  private pending = 0;

  constructor(cursor: RecordCursor, base: SessionBase, hooks: ReexecutionHooks) {
    this.cursor = cursor;
    this.base = base;
    this.hooks = hooks;
    const ring = createSpsc(RING_SLOTS);
    this.feed = new SpscWriter(ring);
    this.ring = new SpscReader(ring);
  }

  /** To the log's end. `hasRecord`: the cursor is on a record behind the configuration. */
  run(engine: Engine, hasRecord: boolean): void {
    for (let more = hasRecord; more; more = this.cursor.next()) {
      const type = typeOf(this.cursor);
      if (isOutputType(type)) continue;
      this.inputs++;
      if (type === EventKind.Instrument) this.checkIndex();
      if (isMarketType(type)) this.pushLogged(engine);
      else {
        this.turn(engine);
        this.give(engine, type);
      }
    }
    this.turn(engine);
  }

  /** An event of this engine's own making; word 0 as two halves, words 1-3. Taken with the next turn. */
  push(head: number, instrument: number, ns: number, value: number): void {
    const { f64, u32 } = this.feed;
    const w = this.feed.next();
    u32[w * 2] = head;
    u32[w * 2 + 1] = instrument;
    f64.fill(0, w + 3, w + 8);
    f64[w + 1] = ns;
    f64[w + 2] = ns;
    f64[w + 3] = value;
    this.pending++;
  }

  /** Lets the engine take what was pushed. */
  turn(engine: Engine): void {
    this.feed.publish();
    while (engine.doWork(BATCH) > 0);
    this.pending = 0;
    this.hooks.turn();
  }

  private give(engine: Engine, type: number): void {
    const { u32, f64, at } = this.cursor;
    switch (type) {
      case RecordType.Clock:
        engine.clock(this.timeOfInput());
        break;
      case RecordType.Command:
        this.command(engine);
        break;
      case RecordType.RiskFigures:
        this.figures(engine);
        break;
      case RecordType.VenueReport:
        engine.venueMessage(this.venueInput.readReport({ u32, f64 }, at >> 3));
        break;
      case RecordType.VenueState:
        engine.venueMessage(this.venueInput.readState({ u32, f64 }, at >> 3));
        break;
      case RecordType.Stop:
        this.isStopped = true;
        engine.stop(u32[(at >> 2) + 6] as StopReason);
        break;
      default:
        throw new TapeheadError(
          'LOG_DAMAGED',
          `record ${seqOf(this.cursor)} has type ${type}, which no engine takes as input`,
        );
    }
  }

  /** Tables grow with the index: a forged one must not take all memory. */
  private checkIndex(): void {
    const index = this.cursor.u32[(this.cursor.at >> 2) + 7];
    if (index < MAX_INSTRUMENTS) return;
    const where = `record ${seqOf(this.cursor)}`;
    throw new TapeheadError('LOG_DAMAGED', `${where} defines instrument ${index}: ${MAX_INSTRUMENTS - 1} is the last`);
  }

  private pushLogged(engine: Engine): void {
    const { u32, f64, at } = this.cursor;
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

  private command(engine: Engine): void {
    const { u32, bytes, at } = this.cursor;
    const length = Math.min(u32[(at >> 2) + 7], MAX_RECORD_TEXT_BYTES);
    const text = new TextDecoder().decode(bytes.slice(at + 32, at + 32 + length));
    const kind = u32[(at >> 2) + 6] as CommandKind;
    engine.passScheduled(kind, text);
    engine.command(kind, text, this.timeOfInput());
  }

  private figures(engine: Engine): void {
    const { u32, f64, at } = this.cursor;
    const word = at >> 3;
    const logged = new Float64Array(ANSWER_CELLS);
    logged[Answer.Request] = u32[word * 2 + 6];
    logged[Answer.Status] = u32[word * 2 + 7];
    logged[Answer.Seq] = f64[word + 4];
    logged[Answer.Ns] = f64[word + 5];
    for (let k = 0; k < RISK_FIGURES; k++) logged[Answer.Figures + k] = f64[word + 6 + k];
    engine.figures(this.hooks.figures(logged), this.timeOfInput());
  }

  private timeOfInput(): number {
    return getSessionNs(this.cursor.u32, (this.cursor.at >> 2) + 4, this.base);
  }
}
