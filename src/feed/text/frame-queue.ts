/**
 * Frames kept while a book waits for its snapshot, oldest first, with the ids that decide the join. Bounded: when it is
 * full the oldest frames go, and are counted. Grows from nothing, and lets go of its memory when the book is joined.
 */
import { MAX_QUEUED_BYTES, MAX_QUEUED_FRAMES } from '../../core/limits.ts';

const FIRST_BYTES = 1 << 14;

export class FrameQueue {
  /** Frames in the queue. */
  count = 0;
  /** Frames dropped because it was full. */
  dropped = 0;
  /** The frames, one behind the other from `frameFrom(0)` on. */
  bytes: Uint8Array = new Uint8Array(0);
  private readonly maxBytes: number;
  private readonly maxFrames: number;
  private used = 0;
  private from: number[] = [];
  private to: number[] = [];
  private ids: number[] = [];
  /** Index of the first frame in the columns above. */
  private head = 0;

  constructor(maxBytes: number = MAX_QUEUED_BYTES, maxFrames: number = MAX_QUEUED_FRAMES) {
    this.maxBytes = maxBytes;
    this.maxFrames = maxFrames;
  }

  /** Copies a frame to the end of the queue. */
  push(bytes: Uint8Array, from: number, to: number, first: number, final: number, previous: number): void {
    const length = to - from;
    if (length > this.maxBytes) {
      this.dropped += this.count + 1; // what came before it is of no use without it
      this.clear();
      return;
    }
    while (this.count === this.maxFrames || (this.count > 0 && this.held() + length > this.maxBytes)) {
      this.shift();
      this.dropped++;
    }
    this.makeRoom(length);
    this.bytes.set(bytes.subarray(from, to), this.used);
    this.from.push(this.used);
    this.used += length;
    this.to.push(this.used);
    this.ids.push(first, final, previous);
    this.count++;
  }

  /** Removes the oldest frame. Its bytes stay readable until the next push. */
  shift(): void {
    this.head++;
    this.count--;
    if (this.count === 0) this.rewind();
  }

  clear(): void {
    this.count = 0;
    this.rewind();
    this.bytes = new Uint8Array(0);
  }

  frameFrom(i: number): number {
    return this.from[this.head + i];
  }

  frameTo(i: number): number {
    return this.to[this.head + i];
  }

  first(i: number): number {
    return this.ids[(this.head + i) * 3];
  }

  final(i: number): number {
    return this.ids[(this.head + i) * 3 + 1];
  }

  previous(i: number): number {
    return this.ids[(this.head + i) * 3 + 2];
  }

  private held(): number {
    return this.used - this.from[this.head];
  }

  private rewind(): void {
    this.head = 0;
    this.used = 0;
    this.from = [];
    this.to = [];
    this.ids = [];
  }

  /** Moves the frames to the front, or to a larger buffer, so that `length` bytes fit behind them. */
  private makeRoom(length: number): void {
    if (this.used + length <= this.bytes.length && this.head < this.maxFrames) return;
    const start = this.count === 0 ? this.used : this.from[this.head];
    const held = this.used - start;
    let capacity = Math.max(this.bytes.length, FIRST_BYTES);
    while (capacity < 2 * held + length) capacity *= 2;
    const target = capacity === this.bytes.length ? this.bytes : new Uint8Array(capacity);
    target.set(this.bytes.subarray(start, this.used));
    this.bytes = target;
    this.from = this.from.slice(this.head).map((at) => at - start);
    this.to = this.to.slice(this.head).map((at) => at - start);
    this.ids = this.ids.slice(this.head * 3);
    this.used = held;
    this.head = 0;
  }
}
