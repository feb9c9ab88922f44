/** Books behind a live ITCH feed, on the test's own thread, and what a recording's content must lead to. */
import { stateHash } from '../../../src/book/state-hash.ts';
import type { EventKind } from '../../../src/core/event.ts';
import { Market } from '../../../src/engine/market.ts';
import type { FeedControl } from '../../../src/feed/feed.ts';
import { ItchDecoder } from '../../../src/feed/itch/decoder.ts';
import { EventSink } from '../../../src/feed/sink.ts';
import { createSpsc, SpscReader, SpscWriter } from '../../../src/ring/spsc.ts';

const SLOTS = 1 << 12;

export class LiveBooks implements FeedControl {
  readonly market = new Market();
  readonly sink: EventSink;
  /** Receive times went back so often. */
  backwards = 0;
  stop = false;
  private lastNs = Number.NEGATIVE_INFINITY;
  private readonly writer: SpscWriter;
  private readonly reader: SpscReader;

  constructor() {
    const ring = createSpsc(SLOTS);
    this.writer = new SpscWriter(ring);
    this.reader = new SpscReader(ring);
    this.writer.onFull = () => this.drain();
    this.sink = new EventSink(this.writer);
  }

  stopRequested(): boolean {
    return this.stop;
  }

  progress(): void {
    this.drain();
  }

  /** State hash of all books: levels, orders, queues, standings. */
  hash(): string {
    this.writer.publish();
    this.drain();
    return stateHash(this.market.books).hex();
  }

  count(kind: EventKind): number {
    return this.market.eventsByKind[kind];
  }

  private drain(): void {
    const { reader } = this;
    const count = reader.poll(SLOTS);
    for (let i = 0; i < count; i++) {
      const w = ((reader.cursor + i) & reader.mask) << 3;
      if (reader.f64[w + 1] < this.lastNs) this.backwards++;
      this.lastNs = reader.f64[w + 1];
      this.market.apply(reader, w);
    }
    reader.release(count);
  }
}

/** State hash of the books that a file's content leads to. */
export function hashOf(file: Uint8Array): string {
  const books = new LiveBooks();
  const decoder = new ItchDecoder({ symbols: null });
  decoder.beginFile('file');
  decoder.decode(file, 0, file.length, books.sink);
  return books.hash();
}

/** The messages of a file, without their lengths. */
export function messagesOf(file: Uint8Array): Uint8Array[] {
  const messages: Uint8Array[] = [];
  for (let at = 0; at < file.length; ) {
    const length = file[at] * 256 + file[at + 1];
    messages.push(file.subarray(at + 2, at + 2 + length));
    at += 2 + length;
  }
  return messages;
}

/** A MoldUDP64 downstream packet the plain way, after the specification's tables. */
export function moldPacket(
  session: string,
  sequence: number | bigint,
  messages: readonly Uint8Array[],
  count?: number,
): Buffer {
  const header = Buffer.alloc(20);
  header.write(session.padEnd(10), 'latin1');
  header.writeBigUInt64BE(BigInt(sequence), 10);
  header.writeUInt16BE(count ?? messages.length, 18);
  const blocks = messages.flatMap((message) => [Buffer.of(message.length >> 8, message.length & 255), message]);
  return Buffer.concat([header, ...blocks]);
}

export function soupPacket(type: string, payload: string | Uint8Array = ''): Buffer {
  const bytes = typeof payload === 'string' ? Buffer.from(payload, 'latin1') : payload;
  const length = bytes.length + 1;
  return Buffer.concat([Buffer.of(length >> 8, length & 255, type.charCodeAt(0)), bytes]);
}
