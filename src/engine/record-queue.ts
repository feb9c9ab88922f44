/**
 * One pass over a log for two readers of it: what the first of them takes is kept until the second one has had it too.
 * Reading a record costs its checksum, several times what a copy costs.
 */
import { MAX_RECORD_BYTES } from '../core/record.ts';

/** Reads the records of a log in order; the current one starts at byte `at` of the memory. */
export interface RecordCursor {
  /** Goes to the next record; false at the end of the log. */
  next(): boolean;
  readonly at: number;
  readonly u32: Uint32Array;
  readonly f64: Float64Array;
  readonly bytes: Uint8Array;
}

/** RecordType of the current record. */
export function typeOf(cursor: RecordCursor): number {
  return (cursor.u32[(cursor.at >> 2) + 1] >>> 16) & 0xff;
}

export function seqOf(cursor: RecordCursor): number {
  return cursor.u32[(cursor.at >> 2) + 3] * 4294967296 + cursor.u32[(cursor.at >> 2) + 2];
}

/** Much more than lies between the two: one batch of inputs and what followed from it. It grows where that is not so. */
const QUEUE_BYTES = 1 << 18;

export class RecordQueue {
  readonly first: QueueCursor;
  readonly second: QueueCursor;
  private readonly source: RecordCursor;
  private memory = new ArrayBuffer(QUEUE_BYTES);
  private u32 = new Uint32Array(this.memory);
  /** End of the records in memory. */
  private end = 0;

  constructor(source: RecordCursor) {
    this.source = source;
    this.first = new QueueCursor(this, this.memory);
    this.second = new QueueCursor(this, this.memory);
  }

  /** Makes sure that a record stands at `cursor.at`; false at the end of the log. What both cursors have passed may go. */
  provide(cursor: QueueCursor): boolean {
    if (cursor.at < this.end) return true;
    if (!this.source.next()) return false;
    if (this.end + MAX_RECORD_BYTES > this.memory.byteLength) this.makeRoom();
    const { u32 } = this;
    const from = this.source.u32;
    const at = this.source.at >> 2;
    const to = this.end >> 2;
    const words = (from[at + 1] & 0xffff) >> 2;
    for (let i = 0; i < words; i++) u32[to + i] = from[at + i];
    this.end += words * 4;
    return true;
  }

  private makeRoom(): void {
    const { first, second } = this;
    const from = Math.min(first.at, second.at);
    const kept = new Uint8Array(this.memory, from, this.end - from);
    if (kept.length > this.memory.byteLength / 2) this.memory = new ArrayBuffer(this.memory.byteLength * 2);
    new Uint8Array(this.memory).set(kept);
    this.u32 = new Uint32Array(this.memory);
    this.end = kept.length;
    first.move(this.memory, -from);
    second.move(this.memory, -from);
  }
}

export class QueueCursor implements RecordCursor {
  at = 0;
  u32: Uint32Array;
  f64: Float64Array;
  bytes: Uint8Array;
  private readonly queue: RecordQueue;
  /** Of the current record; 0 before the first one. */
  private length = 0;

  constructor(queue: RecordQueue, memory: ArrayBuffer) {
    this.queue = queue;
    this.u32 = new Uint32Array(memory);
    this.f64 = new Float64Array(memory);
    this.bytes = new Uint8Array(memory);
  }

  next(): boolean {
    this.at += this.length;
    this.length = 0;
    if (!this.queue.provide(this)) return false;
    this.length = this.u32[(this.at >> 2) + 1] & 0xffff;
    return true;
  }

  /** The queue's records lie in other memory or at another place of it. */
  move(memory: ArrayBuffer, by: number): void {
    this.at += by;
    if (this.u32.buffer === memory) return;
    this.u32 = new Uint32Array(memory);
    this.f64 = new Float64Array(memory);
    this.bytes = new Uint8Array(memory);
  }
}
