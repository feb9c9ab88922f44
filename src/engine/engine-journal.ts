/**
 * The engine's own records: its inputs as they enter the journal, and what follows from them in the books. Trading's are
 * written by trading/trade-journal.ts. Every record has its header from `claim`: sequence number and the engine's time.
 */
import type { Books, EventMemory } from '../book/books.ts';
import { hashLevels } from '../book/state-hash.ts';
import { assert } from '../core/assert.ts';
import { EventKind } from '../core/event.ts';
import { Fnv64 } from '../core/hash.ts';
import {
  BBO_RECORD_BYTES,
  BboFlag,
  CLOCK_RECORD_BYTES,
  type CommandKind,
  MARKET_RECORD_BYTES,
  MAX_RECORD_TEXT_BYTES,
  RecordType,
  RISK_FIGURES,
  RISK_FIGURES_RECORD_BYTES,
  type StopReason,
} from '../core/record.ts';
import { EpochWriter, putEpochNs, type SessionBase } from '../core/time.ts';
import type { JournalWriter } from '../ring/journal.ts';
import { type Market, MarketChange } from './market.ts';
import { Answer } from './portfolio/risk-monitor.ts';

const CONFIG_PART_BYTES = 128;

/** What a log begins with. */
export interface LogHead {
  readonly base: SessionBase;
  readonly seed: number;
  /** Canonical JSON of everything that determines the run beside its inputs. */
  readonly config: string;
  readonly formatVersion: number;
}

export class EngineJournal {
  /** The engine's time, ns since the session's midnight: a cell, because a number that is handed over is boxed. */
  readonly time = new Float64Array(1);
  private readonly writer: JournalWriter;
  private readonly epoch: EpochWriter;
  private readonly hash = new Fnv64();

  constructor(writer: JournalWriter, base: SessionBase) {
    this.writer = writer;
    this.epoch = new EpochWriter(base);
  }

  /** Of the last record written. */
  get seq(): number {
    return this.writer.seq;
  }

  publish(): void {
    this.writer.publish();
  }

  /** A record with its header complete; returns its first word. */
  claim(type: number, length: number): number {
    const w = this.writer.claim(type, length);
    this.epoch.copy(this.writer.u32, w * 2 + 4, this.time, 0);
    return w;
  }

  start(head: LogHead): void {
    const bytes = new TextEncoder().encode(head.config);
    const { u32, f64 } = this.writer;
    const w = this.claim(RecordType.LogStart, 48);
    putEpochNs(u32, w * 2 + 6, 0, head.base);
    f64[w + 4] = head.seed;
    u32[w * 2 + 10] = head.formatVersion;
    u32[w * 2 + 11] = bytes.length;
    for (let offset = 0; offset < bytes.length; offset += CONFIG_PART_BYTES) {
      const part = bytes.subarray(offset, offset + CONFIG_PART_BYTES);
      const r = this.claim(RecordType.Config, 32 + Math.ceil(part.length / 8) * 8);
      u32[r * 2 + 6] = offset;
      u32[r * 2 + 7] = part.length;
      this.putBytes(r, part);
    }
    this.publish();
  }

  /** The market event at word `w`. */
  event(input: EventMemory, w: number): void {
    const from = input.f64;
    const r = this.claim(input.u32[w * 2] & 0xff, MARKET_RECORD_BYTES);
    const to = this.writer.f64;
    const u32 = this.writer.u32;
    u32[r * 2 + 6] = input.u32[w * 2];
    u32[r * 2 + 7] = input.u32[w * 2 + 1];
    this.epoch.copy(u32, r * 2 + 8, from, w + 1);
    this.epoch.copy(u32, r * 2 + 10, from, w + 2);
    to[r + 6] = from[w + 3];
    to[r + 7] = from[w + 4];
    to[r + 8] = from[w + 5];
    to[r + 9] = from[w + 6];
  }

  clock(): void {
    const w = this.claim(RecordType.Clock, CLOCK_RECORD_BYTES);
    this.writer.f64[w + 3] = 0;
  }

  /** `text`: canonical JSON, at most MAX_RECORD_TEXT_BYTES as UTF-8. */
  command(kind: CommandKind, text: string): void {
    const bytes = new TextEncoder().encode(text);
    assert(bytes.length <= MAX_RECORD_TEXT_BYTES, 'a command fits its record');
    const w = this.claim(RecordType.Command, 32 + Math.ceil(bytes.length / 8) * 8);
    this.writer.u32[w * 2 + 6] = kind;
    this.writer.u32[w * 2 + 7] = bytes.length;
    this.putBytes(w, bytes);
  }

  figures(answer: Float64Array): void {
    const w = this.claim(RecordType.RiskFigures, RISK_FIGURES_RECORD_BYTES);
    const { u32, f64 } = this.writer;
    u32[w * 2 + 6] = answer[Answer.Request];
    u32[w * 2 + 7] = answer[Answer.Status];
    f64[w + 4] = answer[Answer.Seq];
    f64[w + 5] = answer[Answer.Ns];
    for (let k = 0; k < RISK_FIGURES; k++) {
      const figure = answer[Answer.Figures + k];
      f64[w + 6 + k] = Number.isNaN(figure) ? Number.NaN : figure; // one NaN of the many there are
    }
  }

  stop(reason: StopReason, events: number): void {
    const w = this.claim(RecordType.Stop, 40);
    const { u32, f64 } = this.writer;
    u32[w * 2 + 6] = reason;
    u32[w * 2 + 7] = 0;
    f64[w + 4] = events;
  }

  /** `change`: MarketChange bits of the instrument; after Touch, `books.touch` holds the new touch. */
  bookChange(books: Books, instrument: number, change: number): void {
    const { u32, f64 } = this.writer;
    if ((change & MarketChange.Standing) !== 0) {
      const w = this.claim(RecordType.BookState, 32);
      u32[w * 2 + 6] = books.staleReason[instrument];
      u32[w * 2 + 7] = instrument;
    }
    if ((change & MarketChange.Touch) !== 0) {
      const w = this.claim(RecordType.Bbo, BBO_RECORD_BYTES);
      const { touch } = books;
      let flags = (touch[1] === 0 ? BboFlag.BidEmpty : 0) | (touch[3] === 0 ? BboFlag.AskEmpty : 0);
      if (flags === 0 && touch[0] >= touch[2]) flags = touch[0] === touch[2] ? BboFlag.Locked : BboFlag.Crossed;
      u32[w * 2 + 6] = flags;
      u32[w * 2 + 7] = instrument;
      f64[w + 4] = touch[0];
      f64[w + 5] = touch[1];
      f64[w + 6] = touch[2];
      f64[w + 7] = touch[3];
    }
  }

  checkpoint(books: Books, events: number): void {
    this.hash.reset();
    hashLevels(books, this.hash);
    const w = this.claim(RecordType.Checkpoint, 48);
    const { u32, f64 } = this.writer;
    u32[w * 2 + 6] = this.hash.lo;
    u32[w * 2 + 7] = this.hash.hi;
    f64[w + 4] = events;
    f64[w + 5] = books.orders.size;
  }

  /** `hash`: of the engine's state. */
  end(hash: Fnv64, market: Market, events: number): void {
    const kinds = market.eventsByKind;
    const w = this.claim(RecordType.End, 64);
    const { u32, f64 } = this.writer;
    u32[w * 2 + 6] = hash.lo;
    u32[w * 2 + 7] = hash.hi;
    f64[w + 4] = events;
    f64[w + 5] = market.staleSpans.reduce((n, spans) => (spans === undefined ? n : n + 1), 0);
    f64[w + 6] = kinds[EventKind.Gap];
    f64[w + 7] = kinds[EventKind.ChecksumFailure];
  }

  /** The text of a record whose text begins at byte 32, zero-padded. */
  private putBytes(w: number, text: Uint8Array): void {
    const { bytes } = this.writer;
    const at = w * 8 + 32;
    bytes.fill(0, at, at + Math.ceil(text.length / 8) * 8);
    bytes.set(text, at);
  }
}
