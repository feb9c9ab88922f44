/**
 * Where messages of a live ITCH session go, whatever brought them: into the decoder, and to the recorder; and what is to be
 * said of books when messages were lost or nothing comes.
 *
 * An order-by-order book can't heal: after a loss every book of the session, those of instruments still to be defined
 * included, is stale until a fresh session is read from its first message. While no line is up the books are stale as
 * well, and live again when one is, if nothing was lost meanwhile.
 */

import { messageOf, TapeheadError } from '../../../core/errors.ts';
import { EventFlag, EventKind, Side, StaleReason } from '../../../core/event.ts';
import type { FeedStats } from '../../feed.ts';
import { ItchDecoder } from '../../itch/decoder.ts';
import type { EventSink } from '../../sink.ts';
import { skipBlocks } from './mold.ts';
import type { ItchRecorder } from './recorder.ts';
import type { SessionClock } from './session-clock.ts';

export class ItchIntake {
  /** Number of the next message. */
  next = 1;
  /** Messages lost, in so many holes. */
  lostMessages = 0;
  holes = 0;
  /** Pieces whose content is no ITCH, though their form was right. */
  damaged = 0;
  bytes = 0;
  readonly recorder: ItchRecorder | null;
  private readonly decoder: ItchDecoder;
  private readonly sink: EventSink;
  private readonly clock: SessionClock;
  /** Why no book can be trusted. */
  private reason: StaleReason = StaleReason.None;
  /** Of `decoder.directory.defined`, those marked. */
  private marked = 0;
  private firstProblem = '';

  /** `name`: what errors and notes call the session. */
  constructor(
    name: string,
    symbols: readonly string[] | null,
    sink: EventSink,
    clock: SessionClock,
    recorder: ItchRecorder | null,
  ) {
    this.decoder = new ItchDecoder({ symbols, receivedNs: clock.ns });
    this.decoder.beginFile(name);
    this.sink = sink;
    this.clock = clock;
    this.recorder = recorder;
  }

  get seenSymbols(): string[] {
    return this.decoder.directory.seenSymbols();
  }

  /** The decoder's counts, and its notes. */
  get stats(): FeedStats {
    const { stats } = this.decoder;
    if (this.lostMessages > 0) {
      stats.notes.push(
        `${this.lostMessages} messages were lost in ${this.holes} holes: order-by-order books can't be trusted after a loss; start anew from the session's first message`,
      );
    }
    if (this.damaged > 0) stats.notes.push(`${this.damaged} packets held no ITCH 5.0 (first: ${this.firstProblem})`);
    return stats;
  }

  /** The next `count` messages, each behind its length, in bytes[from, to). */
  messages(bytes: Uint8Array, from: number, to: number, count: number): void {
    const sequence = this.next;
    this.next += count;
    this.bytes += to - from;
    try {
      if (this.reason === StaleReason.None) this.decoder.decode(bytes, from, to, this.sink);
      else this.oneByOne(bytes, from, to, count);
    } catch (error) {
      if (!(error instanceof TapeheadError)) throw error;
      this.spoilt(messageOf(error), sequence, this.next);
      return;
    }
    this.recorder?.add(bytes, from, to, count, sequence);
  }

  /** Messages [from, to) will not come. */
  lost(from: number, to: number): void {
    this.next = to;
    this.lostMessages += to - from;
    this.holes++;
    this.gap(from, to);
  }

  /** A line is up, or down; `anyUp`: of all of them. */
  connection(line: number, isUp: boolean, anyUp: boolean): void {
    this.sink.at(this.clock.ns[0]);
    this.sink.emit(EventKind.Connection, Side.None, EventFlag.Last, 0, this.clock.ns[0], isUp ? 1 : 0, line, 0, 0);
    if (!anyUp) this.distrust(StaleReason.Disconnected);
    this.sink.flush();
  }

  /** What was missed while no line was up is here: the books can be trusted, unless messages were lost. */
  caughtUp(): void {
    if (this.reason !== StaleReason.Disconnected) return;
    this.reason = StaleReason.None;
    this.sink.at(this.clock.ns[0]);
    for (const locate of new Set(this.decoder.directory.defined)) this.sink.live(locate, this.clock.ns[0]);
    this.sink.flush();
  }

  private spoilt(problem: string, from: number, to: number): void {
    this.damaged++;
    this.firstProblem ||= problem;
    this.gap(from, to);
  }

  private gap(from: number, to: number): void {
    this.sink.at(this.clock.ns[0]);
    this.sink.emit(EventKind.Gap, Side.None, EventFlag.Last, 0, this.clock.ns[0], from, to, 0, 0);
    this.distrust(StaleReason.Gap);
    this.recorder?.hole();
    this.sink.flush();
  }

  private distrust(reason: StaleReason): void {
    if (this.reason === StaleReason.Gap) return;
    this.reason = reason;
    this.marked = 0;
    this.sink.at(this.clock.ns[0]);
    this.markNew();
  }

  /** So that no event of an instrument that is new stands before its mark. */
  private oneByOne(bytes: Uint8Array, from: number, to: number, count: number): void {
    for (let i = 0, at = from; i < count && at < to; i++) {
      const next = skipBlocks(bytes, at, 1);
      this.decoder.decode(bytes, at, next, this.sink);
      at = next;
      this.markNew();
    }
  }

  private markNew(): void {
    const { defined } = this.decoder.directory;
    for (; this.marked < defined.length; this.marked++) {
      this.sink.stale(defined[this.marked], this.reason, this.clock.ns[0]);
    }
  }
}
