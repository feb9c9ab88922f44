/**
 * The journal ring: one writer, many readers, variable-length records (core/record.ts) over a SharedArrayBuffer.
 * The writer lays each record out contiguously (a Pad record fills the end of the ring) and publishes a batch with one
 * store of its cursor. Every reader has its own cursor; the writer may not pass the slowest *gating* reader
 * (back-pressure: block, drop nothing). Positions are free-running int32 counts of 8-byte words, wrapping.
 *
 * Control lines of 128 bytes:
 *   line 0: write cursor                        line 1: closed
 *   line 2 + 2r: reader r's cursor, whether the writer is parked on it
 *   line 3 + 2r: reader r's state (0 gating, 1 absent, 2 dead, 3 droppable, 4 dropped), whether the reader is parked
 *
 * A *droppable* reader (droppable-reader.ts) gates like the others while there is room for it, and is dropped where the
 * writer would have to wait for it and for nobody else.
 */
import { assert, BugError } from '../core/assert.ts';
import { Incident, thisThread } from '../core/machine-log.ts';
import { MAX_RECORD_BYTES, RECORD_HEADER_BYTES, RECORD_VERSION, RecordType } from '../core/record.ts';
import { ReaderGoneError } from './spsc.ts';
import { WaitStrategy, waitForChange, wake } from './wait.ts';

const LINE = 32;
const WRITE = 0;
const CLOSED = LINE;
const MAX_JOURNAL_READERS = 8;
const CONTROL_BYTES = (2 + 2 * MAX_JOURNAL_READERS) * 128;

export { CLOSED as JOURNAL_CLOSED, CONTROL_BYTES as JOURNAL_CONTROL_BYTES, WRITE as JOURNAL_WRITE };
/** 0, because a waiting writer looks again when the state is anything else (wait.ts). */
export const READER_GATING = 0;
const READER_ABSENT = 1;
const READER_DEAD = 2;
export const READER_DROPPABLE = 3;
export const READER_DROPPED = 4;

export const readerCursor = (reader: number): number => (2 + 2 * reader) * LINE;
export const writerParked = (reader: number): number => (2 + 2 * reader) * LINE + 1;
export const readerState = (reader: number): number => (3 + 2 * reader) * LINE;
const readerParked = (reader: number): number => (3 + 2 * reader) * LINE + 1;

export interface JournalShared {
  readonly buffer: SharedArrayBuffer;
  /** 8-byte words, a power of two. */
  readonly words: number;
  /** Readers 0 .. readers-1 gate the writer from the start. */
  readonly readers: number;
}

/**
 * `start`: first value of all cursors, any int32; only tests of the wrap-around give one. The last `droppable` of the
 * readers are droppable; there must be another one.
 */
export function createJournal(bytes: number, readers: number, start = 0, droppable = 0): JournalShared {
  const words = bytes / 8;
  assert(words >= 128 && words <= 2 ** 29 && Number.isInteger(Math.log2(words)), 'journal size is a power of two');
  assert(readers >= 1 && readers <= MAX_JOURNAL_READERS, 'reader count');
  assert(droppable >= 0 && droppable < readers, 'droppable readers beside at least one that is not');
  const buffer = new SharedArrayBuffer(CONTROL_BYTES + bytes);
  const cells = new Int32Array(buffer, 0, CONTROL_BYTES / 4);
  cells[WRITE] = start;
  for (let r = 0; r < readers; r++) cells[readerCursor(r)] = start;
  for (let r = readers - droppable; r < readers; r++) cells[readerState(r)] = READER_DROPPABLE;
  return { buffer, words, readers };
}

export class JournalWriter {
  readonly f64: Float64Array;
  readonly u32: Uint32Array;
  readonly bytes: Uint8Array;
  /** Sequence number of the last record claimed, as the two words that a record holds. */
  private seqLow = 0;
  private seqHigh = 0;
  /** Called when the ring is full instead of waiting, by a topology in which the readers run on this same thread. */
  onFull: (() => void) | null = null;
  private readonly cells: Int32Array;
  private readonly words: number;
  private readonly mask: number;
  private readonly readers: number;
  private readonly wait: WaitStrategy;
  private readonly batchWords: number;
  private cursor: number;
  private published: number;
  private cachedGate: number;

  constructor(shared: JournalShared, wait: WaitStrategy = WaitStrategy.SpinThenPark, batchBytes = 8192) {
    this.f64 = new Float64Array(shared.buffer, CONTROL_BYTES);
    this.u32 = new Uint32Array(shared.buffer, CONTROL_BYTES);
    this.bytes = new Uint8Array(shared.buffer, CONTROL_BYTES);
    this.cells = new Int32Array(shared.buffer, 0, CONTROL_BYTES / 4);
    this.words = shared.words;
    this.mask = shared.words - 1;
    this.readers = shared.readers;
    this.wait = wait;
    this.batchWords = Math.min(batchBytes, shared.words * 4) >> 3;
    this.cursor = Atomics.load(this.cells, WRITE);
    this.published = this.cursor;
    this.cachedGate = this.gate();
  }

  /** Sequence number of the last record claimed. */
  get seq(): number {
    return this.seqHigh * 4294967296 + (this.seqLow >>> 0);
  }

  set seq(seq: number) {
    this.seqLow = seq | 0;
    this.seqHigh = Math.floor(seq / 4294967296);
  }

  /**
   * Claims a record of `length` bytes (a multiple of 8, at most MAX_RECORD_BYTES), gives it the next sequence number,
   * writes crc 0, length, type, version and seq, and returns its first 8-byte word. The caller writes bytes 16 and on.
   * Blocks while a gating reader is a whole ring behind.
   */
  claim(type: number, length: number): number {
    if ((length & 7) !== 0 || length < RECORD_HEADER_BYTES || length > MAX_RECORD_BYTES) badLength(length);
    const words = length >> 3;
    if (((this.cursor - this.published) | 0) >= this.batchWords) this.publish();
    let offset = this.cursor & this.mask;
    const left = this.words - offset;
    // The pad and the record are made room for together: a record never waits behind its own pad.
    const need = left < words ? left + words : words;
    if (((this.cursor + need - this.cachedGate) | 0) > this.words) this.waitForSpace(need);
    if (left < words) {
      // As short as one word (8 bytes): of a Pad only length and type may be read.
      this.u32[offset * 2] = 0;
      this.u32[offset * 2 + 1] = (left << 3) | (RecordType.Pad << 16) | (RECORD_VERSION << 24);
      this.cursor = (this.cursor + left) | 0;
      offset = 0;
    }
    const seqLow = (this.seqLow + 1) | 0;
    this.seqLow = seqLow;
    if (seqLow === 0) this.seqHigh++;
    const w = offset * 2;
    const u32 = this.u32;
    u32[w] = 0;
    u32[w + 1] = length | (type << 16) | (RECORD_VERSION << 24);
    u32[w + 2] = seqLow;
    u32[w + 3] = this.seqHigh;
    this.cursor = (this.cursor + words) | 0;
    return offset;
  }

  /** Makes every claimed record visible to the readers; throws `ReaderGoneError` when one of them died. */
  publish(): void {
    if (this.cursor === this.published) return;
    this.published = this.cursor;
    Atomics.store(this.cells, WRITE, this.cursor); // pairs with the load in JournalReader.poll
    for (let r = 0; r < this.readers; r++) wake(this.cells, readerParked(r));
    this.refuseDead();
  }

  /** No more records will come: readers read what was claimed and find the end. */
  close(): void {
    this.published = this.cursor;
    Atomics.store(this.cells, WRITE, this.cursor);
    close(this.cells, this.readers);
  }

  /** Bytes the slowest gating reader is behind what was published. */
  backlogBytes(): number {
    return ((this.published - this.gate()) | 0) * 8;
  }

  private waitForSpace(need: number): void {
    this.publish();
    this.cachedGate = this.gate();
    if (((this.cursor + need - this.cachedGate) | 0) <= this.words) return;
    thisThread.begin(Incident.RingFull);
    for (;;) {
      this.cachedGate = this.hardGate();
      if (((this.cursor + need - this.cachedGate) | 0) <= this.words) {
        this.drop(need);
        this.cachedGate = this.gate();
        thisThread.end(Incident.RingFull);
        return;
      }
      if (this.onFull !== null) this.onFull();
      else this.waitForSlowest();
      this.refuseDead();
    }
  }

  private refuseDead(): void {
    for (let r = 0; r < this.readers; r++) {
      if (Atomics.load(this.cells, readerState(r)) === READER_DEAD) readerGone(r);
    }
  }

  /** Drops the droppable readers that leave no room for `need` words. */
  private drop(need: number): void {
    const { cells } = this;
    for (let r = 0; r < this.readers; r++) {
      const state = readerState(r);
      if (Atomics.load(cells, state) !== READER_DROPPABLE) continue;
      if (((this.cursor + need - Atomics.load(cells, readerCursor(r))) | 0) <= this.words) continue;
      // Before anything it has not read is written over: pairs with the exchange in DroppableReader.take.
      Atomics.compareExchange(cells, state, READER_DROPPABLE, READER_DROPPED);
    }
  }

  /** The smallest cursor of the readers that hold the writer back, droppable ones among them. */
  private gate(): number {
    return this.slowest(READER_DROPPABLE);
  }

  /** ... of those that it waits for. */
  private hardGate(): number {
    return this.slowest(READER_GATING);
  }

  /** Over the readers that gate and those in state `orIn`; with none, the write cursor (nothing holds the writer back). */
  private slowest(orIn: number): number {
    let slowest = this.cursor;
    for (let r = 0; r < this.readers; r++) {
      const state = Atomics.load(this.cells, readerState(r));
      if (state !== READER_GATING && state !== orIn) continue;
      const at = Atomics.load(this.cells, readerCursor(r)); // pairs with the store in JournalReader.release
      if (((at - slowest) | 0) < 0) slowest = at;
    }
    return slowest;
  }

  /** Waits for a reader that stands at the gate to move, or to gate no longer. */
  private waitForSlowest(): void {
    for (let r = 0; r < this.readers; r++) {
      const cursor = readerCursor(r);
      if (Atomics.load(this.cells, readerState(r)) !== READER_GATING) continue;
      if (Atomics.load(this.cells, cursor) !== this.cachedGate) continue;
      waitForChange(this.cells, cursor, this.cachedGate, readerState(r), writerParked(r), this.wait);
      return;
    }
  }
}

export class JournalReader {
  readonly f64: Float64Array;
  readonly u32: Uint32Array;
  readonly bytes: Uint8Array;
  /** Position, in words, of the next record. Record memory starts at word `cursor & mask`. */
  cursor: number;
  readonly mask: number;
  private readonly cells: Int32Array;
  private readonly reader: number;
  private readonly wait: WaitStrategy;
  private cachedWrite: number;

  constructor(shared: JournalShared, reader: number, wait: WaitStrategy = WaitStrategy.SpinThenPark) {
    assert(reader >= 0 && reader < shared.readers, 'reader index');
    this.f64 = new Float64Array(shared.buffer, CONTROL_BYTES);
    this.u32 = new Uint32Array(shared.buffer, CONTROL_BYTES);
    this.bytes = new Uint8Array(shared.buffer, CONTROL_BYTES);
    this.cells = new Int32Array(shared.buffer, 0, CONTROL_BYTES / 4);
    this.mask = shared.words - 1;
    this.reader = reader;
    this.wait = wait;
    this.cursor = Atomics.load(this.cells, readerCursor(reader));
    this.cachedWrite = Atomics.load(this.cells, WRITE);
  }

  /**
   * Words that can be read from `cursor` on: always whole records, possibly across the end of the ring (the record
   * before the end is then a Pad, of which only length and type exist). Never waits.
   */
  poll(): number {
    let available = (this.cachedWrite - this.cursor) | 0;
    if (available === 0) {
      this.cachedWrite = Atomics.load(this.cells, WRITE); // pairs with the store in JournalWriter.publish
      available = (this.cachedWrite - this.cursor) | 0;
    }
    return available;
  }

  /** Gives the first `words` words back to the writer. */
  release(words: number): void {
    this.cursor = (this.cursor + words) | 0;
    Atomics.store(this.cells, readerCursor(this.reader), this.cursor); // pairs with the load in JournalWriter.gate
    if (Atomics.load(this.cells, writerParked(this.reader)) !== 0) this.wakeWriter();
  }

  /**
   * A writer parks when the ring is full and all of it is published. It is woken once a quarter is free: a wake-up costs
   * both sides microseconds, too much for the space of every release, and there is enough to read meanwhile.
   */
  private wakeWriter(): void {
    const words = this.mask + 1;
    const used = (Atomics.load(this.cells, WRITE) - this.cursor) | 0;
    if (used <= words - (words >> 2)) wake(this.cells, writerParked(this.reader));
  }

  /** Waits (by this reader's strategy) until there may be something to read; returns at once when the ring is closed. */
  idle(): void {
    waitForChange(this.cells, WRITE, this.cursor, CLOSED, readerParked(this.reader), this.wait);
  }

  /**
   * The writer closed the ring; records may remain to be read. Look in this order: closed, then a last `poll` (the other
   * way round, records published in between are lost).
   */
  isClosed(): boolean {
    return Atomics.load(this.cells, CLOSED) !== 0;
  }

  /**
   * Reader `reader` no longer holds the writer back (a dashboard that goes; never the audit log). It must have stopped
   * reading: what it has not read may be overwritten from now on.
   */
  static detach(shared: JournalShared, reader: number): void {
    JournalReader.mark(shared, reader, READER_ABSENT);
  }

  /** Reader `reader` died: the writer stops with `ReaderGoneError` rather than run on without it. */
  static abandon(shared: JournalShared, reader: number): void {
    JournalReader.mark(shared, reader, READER_DEAD);
  }

  /** The writer ended without closing (its thread died): readers find the end behind what was published. */
  static closeFor(shared: JournalShared): void {
    close(new Int32Array(shared.buffer, 0, CONTROL_BYTES / 4), shared.readers);
  }

  private static mark(shared: JournalShared, reader: number, state: number): void {
    const cells = new Int32Array(shared.buffer, 0, CONTROL_BYTES / 4);
    Atomics.store(cells, readerState(reader), state); // pairs with the loads in JournalWriter.gate and publish
    wake(cells, writerParked(reader));
  }
}

function close(cells: Int32Array, readers: number): void {
  Atomics.store(cells, CLOSED, 1); // pairs with the load in JournalReader.isClosed
  for (let r = 0; r < readers; r++) wake(cells, readerParked(r));
}

function readerGone(reader: number): never {
  throw new ReaderGoneError(`journal reader ${reader} is gone`);
}

function badLength(length: number): never {
  throw new BugError(`a record of ${length} bytes: a multiple of 8 from ${RECORD_HEADER_BYTES} to ${MAX_RECORD_BYTES}`);
}
