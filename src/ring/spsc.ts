/**
 * Single-producer single-consumer ring of 64-byte slots over a SharedArrayBuffer. Lock-free: each side owns one cursor,
 * writes slots plainly and publishes them with one `Atomics.store` of its cursor; the other side's `Atomics.load` of it
 * is the pair. Each side keeps a cached copy of the other's cursor and re-reads it only when the ring seems full or
 * empty. Cursors are free-running int32 (wrapping). A word index must stay below 2^31, so capacity is at most 2^28 slots.
 *
 * Control lines, 128 bytes apart so that the two sides never share a cache line (or its adjacent-line prefetch pair):
 *   line 0: write cursor, reader parked   line 1: read cursor, writer parked   line 2: closed flag, reader gone flag
 */
import { assert } from '../core/assert.ts';
import { monotonicNs } from '../core/clock.ts';
import { SLOT_BYTES, SLOT_WORDS_SHIFT } from '../core/event.ts';
import { Incident, thisThread } from '../core/machine-log.ts';
import { PARK_TIMEOUT_MS, WaitStrategy, waitForChange, waitForChangeAsync, wake } from './wait.ts';

const LINE = 32; // int32 cells per 128 bytes
const WRITE = 0;
const READER_PARKED = 1;
const READ = LINE;
const WRITER_PARKED = LINE + 1;
const CLOSED = 2 * LINE;
const READER_GONE = 2 * LINE + 1;
const CONTROL_BYTES = 3 * 128;

export { CONTROL_BYTES as SPSC_CONTROL_BYTES, READ as SPSC_READ, WRITE as SPSC_WRITE };

/** What is handed to the other thread (structured-cloneable). */
export interface SpscShared {
  readonly buffer: SharedArrayBuffer;
  /** Slots, a power of two. */
  readonly capacity: number;
}

/** `start`: first value of both cursors, any int32; only tests of the wrap-around give one. */
export function createSpsc(capacity: number, start = 0): SpscShared {
  assert(capacity >= 2 && capacity <= 2 ** 28 && Number.isInteger(Math.log2(capacity)), 'capacity is a power of two');
  const buffer = new SharedArrayBuffer(CONTROL_BYTES + capacity * SLOT_BYTES);
  const cells = new Int32Array(buffer, 0, CONTROL_BYTES / 4);
  cells[WRITE] = start;
  cells[READ] = start;
  return { buffer, capacity };
}

/** Thrown to the producer when the consumer is gone: nothing it writes would be read. */
export class ReaderGoneError extends Error {
  override readonly name = 'ReaderGoneError';
}

export class SpscWriter {
  /** Slot memory by 8-byte word. Slot s starts at word `(s & mask) << 3`. */
  readonly f64: Float64Array;
  /** The same memory by 4-byte word. */
  readonly u32: Uint32Array;
  /** The same memory by byte. */
  readonly bytes: Uint8Array;
  /** Called when the ring is full instead of waiting, by a topology in which the consumer runs on this same thread. */
  onFull: (() => void) | null = null;
  /** Total time spent waiting for the consumer, ns. */
  blockedNs = 0;
  private readonly cells: Int32Array;
  private readonly mask: number;
  private readonly capacity: number;
  private readonly wait: WaitStrategy;
  private cursor: number;
  private published: number;
  private cachedRead: number;
  /** Slots claimed before they are published without being asked: bounds the delay a slow producer adds. */
  private readonly batch: number;

  constructor(shared: SpscShared, wait: WaitStrategy = WaitStrategy.SpinThenPark, batch = 64) {
    this.f64 = new Float64Array(shared.buffer, CONTROL_BYTES);
    this.u32 = new Uint32Array(shared.buffer, CONTROL_BYTES);
    this.bytes = new Uint8Array(shared.buffer, CONTROL_BYTES);
    this.cells = new Int32Array(shared.buffer, 0, CONTROL_BYTES / 4);
    this.capacity = shared.capacity;
    this.mask = shared.capacity - 1;
    this.wait = wait;
    this.batch = Math.min(batch, shared.capacity >> 1);
    this.cursor = Atomics.load(this.cells, WRITE);
    this.published = this.cursor;
    this.cachedRead = Atomics.load(this.cells, READ);
  }

  /**
   * Claims the next slot and returns its first 8-byte word. The slot holds old content: the caller writes every word.
   * Blocks while the ring is full (replay: nothing is lost).
   */
  next(): number {
    const cursor = this.cursor;
    if (((cursor - this.published) | 0) >= this.batch) this.publish();
    if (((cursor - this.cachedRead) | 0) >= this.capacity) this.waitForSpace();
    this.cursor = (cursor + 1) | 0;
    return (cursor & this.mask) << SLOT_WORDS_SHIFT;
  }

  /**
   * For producers of many small events: how many slots, 1 to `limit`, may be written from `nextWord` on, one behind the
   * other in memory. `advance` then claims those that were. Blocks while the ring is full.
   */
  reserve(limit: number): number {
    const cursor = this.cursor;
    if (((cursor - this.published) | 0) >= this.batch) this.publish();
    if (((cursor - this.cachedRead) | 0) >= this.capacity) this.waitForSpace();
    const free = this.capacity - ((cursor - this.cachedRead) | 0);
    const untilEnd = this.capacity - (cursor & this.mask);
    return Math.min(limit, this.batch, free, untilEnd);
  }

  /** First word of the slot that is claimed next. */
  get nextWord(): number {
    return (this.cursor & this.mask) << SLOT_WORDS_SHIFT;
  }

  /** Claims the first `count` of the slots that `reserve` allowed. */
  advance(count: number): void {
    this.cursor = (this.cursor + count) | 0;
  }

  /** Makes every claimed slot visible to the consumer; throws `ReaderGoneError` when there is none any more. */
  publish(): void {
    if (this.cursor === this.published) return;
    this.published = this.cursor;
    Atomics.store(this.cells, WRITE, this.cursor); // pairs with the load in SpscReader.poll
    wake(this.cells, READER_PARKED);
    if (Atomics.load(this.cells, READER_GONE) !== 0) readerGone();
  }

  /** Slots published and not yet released by the consumer. */
  backlog(): number {
    return (this.published - Atomics.load(this.cells, READ)) | 0;
  }

  /** Slots that could be written now without waiting. */
  room(): number {
    return this.capacity - ((this.cursor - Atomics.load(this.cells, READ)) | 0);
  }

  /** Slots there are. */
  get size(): number {
    return this.capacity;
  }

  /** No more slots will come: the consumer reads what was claimed and finds the end. */
  close(): void {
    this.published = this.cursor;
    Atomics.store(this.cells, WRITE, this.cursor);
    close(this.cells);
  }

  private waitForSpace(): void {
    this.publish();
    this.cachedRead = Atomics.load(this.cells, READ); // pairs with the store in SpscReader.release
    if (((this.cursor - this.cachedRead) | 0) < this.capacity) return;
    const startNs = monotonicNs();
    thisThread.begin(Incident.RingFull);
    for (;;) {
      this.cachedRead = Atomics.load(this.cells, READ); // the same pair
      if (((this.cursor - this.cachedRead) | 0) < this.capacity) {
        this.blockedNs += monotonicNs() - startNs;
        thisThread.end(Incident.RingFull);
        return;
      }
      if (Atomics.load(this.cells, READER_GONE) !== 0) readerGone();
      if (this.onFull !== null) this.onFull();
      else waitForChange(this.cells, READ, this.cachedRead, READER_GONE, WRITER_PARKED, this.wait);
    }
  }
}

export class SpscReader {
  readonly f64: Float64Array;
  readonly u32: Uint32Array;
  readonly bytes: Uint8Array;
  /** Slot s starts at word `(s & mask) << 3`. */
  readonly mask: number;
  /** First slot not yet released. */
  cursor: number;
  private readonly cells: Int32Array;
  private readonly wait: WaitStrategy;
  private cachedWrite: number;

  constructor(shared: SpscShared, wait: WaitStrategy = WaitStrategy.SpinThenPark) {
    this.f64 = new Float64Array(shared.buffer, CONTROL_BYTES);
    this.u32 = new Uint32Array(shared.buffer, CONTROL_BYTES);
    this.bytes = new Uint8Array(shared.buffer, CONTROL_BYTES);
    this.cells = new Int32Array(shared.buffer, 0, CONTROL_BYTES / 4);
    this.mask = shared.capacity - 1;
    this.wait = wait;
    this.cursor = Atomics.load(this.cells, READ);
    this.cachedWrite = Atomics.load(this.cells, WRITE);
  }

  /** How many slots, at most `limit`, can be read from `cursor` on. Never waits. */
  poll(limit: number): number {
    let available = (this.cachedWrite - this.cursor) | 0;
    if (available === 0) {
      this.cachedWrite = Atomics.load(this.cells, WRITE); // pairs with the store in SpscWriter.publish
      available = (this.cachedWrite - this.cursor) | 0;
    }
    return Math.min(available, limit);
  }

  /** Gives the first `count` slots back to the producer. */
  release(count: number): void {
    this.cursor = (this.cursor + count) | 0;
    Atomics.store(this.cells, READ, this.cursor); // pairs with the load in SpscWriter.waitForSpace
    if (Atomics.load(this.cells, WRITER_PARKED) !== 0) this.wakeWriter();
  }

  /**
   * A writer parks when the ring is full and all of it is published. It is woken once a quarter is free: a wake-up costs
   * both sides microseconds, too much for the few slots of every release, and there is enough to read meanwhile.
   */
  private wakeWriter(): void {
    const capacity = this.mask + 1;
    const used = (Atomics.load(this.cells, WRITE) - this.cursor) | 0;
    if (used <= capacity - Math.max(1, capacity >> 2)) wake(this.cells, WRITER_PARKED);
  }

  /**
   * Waits (by this reader's strategy) until there may be something to read, at most about `timeoutMs`; returns at once when the
   * ring is closed.
   */
  idle(timeoutMs = PARK_TIMEOUT_MS): void {
    waitForChange(this.cells, WRITE, this.cursor, CLOSED, READER_PARKED, this.wait, timeoutMs);
  }

  /** As `idle`, for a thread with an event loop: null when there may be something to read already. */
  idleAsync(): Promise<unknown> | null {
    return waitForChangeAsync(this.cells, WRITE, this.cursor, CLOSED, READER_PARKED);
  }

  /**
   * The producer closed the ring; slots may remain to be read. Look in this order: closed, then a last `poll` (the other
   * way round, slots published in between are lost).
   */
  isClosed(): boolean {
    return Atomics.load(this.cells, CLOSED) !== 0;
  }

  /** The producer ended without closing (its thread died): the consumer reads what was published and finds the end. */
  static closeFor(shared: SpscShared): void {
    close(new Int32Array(shared.buffer, 0, CONTROL_BYTES / 4));
  }

  /** This consumer stops for good: a blocked producer gets `ReaderGoneError`. May be called from another thread. */
  static abandon(shared: SpscShared): void {
    const cells = new Int32Array(shared.buffer, 0, CONTROL_BYTES / 4);
    Atomics.store(cells, READER_GONE, 1); // pairs with the loads in SpscWriter.publish and waitForSpace
    wake(cells, WRITER_PARKED);
  }
}

function close(cells: Int32Array): void {
  Atomics.store(cells, CLOSED, 1); // pairs with the load in SpscReader.isClosed
  wake(cells, READER_PARKED);
}

function readerGone(): never {
  throw new ReaderGoneError('the consumer of this ring is gone');
}
