/**
 * ITCH decode + books, one thread: the real decoder writes events into a ring, the books take them from it, and the
 * touch of the event's instrument is looked at after each message, as the engine does. Nothing is journalled.
 *
 * Timed: decoding, ring, books. Not timed: reading the file, which happens in blocks between the timed stretches (the
 * C++ reference maps it and touches its pages before it starts its clock).
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { messageOf, TapeheadError } from '../src/core/errors.ts';
import { ItchDecoder } from '../src/feed/itch/decoder.ts';
import { EventSink } from '../src/feed/sink.ts';
import { createSpsc, SpscReader, SpscWriter } from '../src/ring/spsc.ts';
import { referenceChecksum } from './reference-checksum.ts';
import { TouchedBooks } from './touched-books.ts';

/** Bytes decoded between two visits of the books: some 270 messages, 17 KB of events, which stay in the first cache. */
const STRETCH_BYTES = 1 << 13;
const RING_SLOTS = 1 << 10;
const BLOCK_BYTES = 1 << 26;

export interface ItchBookResult {
  readonly messages: number;
  /** Best run. */
  readonly nsPerMessage: number;
  readonly nsPerMessageAll: readonly number[];
  /** Whether the WebAssembly kernel was there, or the TypeScript code did it all. */
  readonly hasKernel: boolean;
  /** Of all final books, as the C++ reference computes it. */
  readonly checksum: string;
  /** Times that the touch of an instrument differed from what it was after that instrument's last message. */
  readonly touchChanges: number;
}

export function benchItchBook(options: { file: string; runs: number }): Promise<ItchBookResult> {
  const all: number[] = [];
  let last: Run | undefined;
  for (let i = 0; i < options.runs; i++) {
    last = new Run(options.file);
    all.push(last.elapsedNs / last.messages);
  }
  if (last === undefined) throw new TapeheadError('USAGE', 'itch-book needs at least one run');
  return Promise.resolve({
    messages: last.messages,
    nsPerMessage: Math.min(...all),
    nsPerMessageAll: all,
    checksum: referenceChecksum(last.touched.books),
    hasKernel: last.touched.books.hasKernel,
    touchChanges: last.touched.touchChanges,
  });
}

class Run {
  readonly touched: TouchedBooks;
  elapsedNs = 0;
  private readonly writer: SpscWriter;
  private readonly sink: EventSink;
  private readonly decoder = new ItchDecoder({ symbols: null });

  constructor(file: string) {
    const ring = createSpsc(RING_SLOTS);
    this.writer = new SpscWriter(ring);
    this.touched = new TouchedBooks(new SpscReader(ring));
    this.writer.onFull = () => this.drain();
    this.sink = new EventSink(this.writer);
    this.decoder.beginFile(file);
    this.readFile(file);
  }

  get messages(): number {
    return this.sink.messages;
  }

  private readFile(file: string): void {
    const fd = openFile(file);
    try {
      const block = new Uint8Array(Math.min(BLOCK_BYTES, fstatSync(fd).size + 1));
      let kept = 0;
      for (;;) {
        const got = readSync(fd, block, kept, block.length - kept, null);
        const end = kept + got;
        const start = process.hrtime.bigint();
        const next = this.decodeBlock(block, end);
        this.elapsedNs += Number(process.hrtime.bigint() - start);
        if (got === 0) {
          const cut = this.decoder.endFile(block, next, end);
          if (cut !== null) process.stderr.write(`${file} ends in ${cut}\n`);
          return;
        }
        block.copyWithin(0, next, end);
        kept = end - next;
      }
    } finally {
      closeSync(fd);
    }
  }

  /** Returns where the first message begins that is not whole. */
  private decodeBlock(block: Uint8Array, end: number): number {
    let at = 0;
    for (;;) {
      const to = Math.min(end, at + STRETCH_BYTES);
      const next = this.decoder.decode(block, at, to, this.sink);
      this.writer.publish();
      this.drain();
      if (to === end) return next;
      at = next;
    }
  }

  private drain(): void {
    this.touched.drain(RING_SLOTS);
  }
}

function openFile(file: string): number {
  try {
    return openSync(file, 'r');
  } catch (error) {
    throw new TapeheadError('NO_FILE', `${file}: ${messageOf(error)}`);
  }
}
