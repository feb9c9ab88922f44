/**
 * The messages of a session in the order of their numbers, each behind its 2-byte length: what is published is read from
 * here, and what is asked for again, as far back as the memory reaches.
 */
import { assert } from '../../core/assert.ts';

const CHUNK_BYTES = 1 << 20;

interface Chunk {
  readonly bytes: Uint8Array;
  /** Number of the first message. */
  readonly first: number;
  /** Where each message begins; one more: where the last ends. */
  readonly starts: number[];
}

export class MessageStore {
  private readonly chunks: Chunk[] = [];
  private readonly maxChunks: number;
  private count = 0;

  /** Oldest messages go when more than `maxBytes` are kept. */
  constructor(maxBytes: number) {
    this.maxChunks = Math.max(2, Math.ceil(maxBytes / CHUNK_BYTES));
  }

  /** Number that the next message gets; the first one is 1. */
  get next(): number {
    return this.count + 1;
  }

  /** Number of the oldest message that is kept. */
  get oldest(): number {
    return this.chunks[0]?.first ?? this.next;
  }

  /** Adds the message of `length` bytes at bytes[at]. */
  add(bytes: Uint8Array, at: number, length: number): void {
    let chunk = this.chunks[this.chunks.length - 1];
    if (chunk === undefined || chunk.starts[chunk.starts.length - 1] + 2 + length > CHUNK_BYTES) {
      chunk = { bytes: new Uint8Array(CHUNK_BYTES), first: this.next, starts: [0] };
      this.chunks.push(chunk);
      if (this.chunks.length > this.maxChunks) this.chunks.shift();
    }
    const start = chunk.starts[chunk.starts.length - 1];
    chunk.bytes[start] = length >>> 8;
    chunk.bytes[start + 1] = length & 0xff;
    chunk.bytes.set(bytes.subarray(at, at + length), start + 2);
    chunk.starts.push(start + 2 + length);
    this.count++;
  }

  /** Copies messages from `sequence` on, each behind its length, to into[at...): as many as fit, at most `limit`. Returns how many. */
  copy(sequence: number, limit: number, into: Uint8Array, at: number): number {
    let copied = 0;
    let to = at;
    while (copied < limit && sequence + copied < this.next) {
      const chunk = this.chunkOf(sequence + copied);
      if (chunk === null) break;
      const { starts } = chunk;
      const i = sequence + copied - chunk.first;
      let end = i;
      while (end < starts.length - 1 && end - i < limit - copied && starts[end + 1] - starts[i] <= into.length - to)
        end++;
      if (end === i) break;
      into.set(chunk.bytes.subarray(starts[i], starts[end]), to);
      to += starts[end] - starts[i];
      copied += end - i;
    }
    this.copiedBytes = to - at;
    return copied;
  }

  /** Bytes that the last `copy` wrote. */
  copiedBytes = 0;

  private chunkOf(sequence: number): Chunk | null {
    assert(sequence >= 1, 'messages are numbered from 1');
    let low = 0;
    let high = this.chunks.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.chunks[middle].first <= sequence) low = middle + 1;
      else high = middle;
    }
    return this.chunks[low - 1] ?? null;
  }
}
