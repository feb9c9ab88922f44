/** One end of feed -> ring -> books: the ITCH decoder on a file, or the books of every stock. */
import { closeSync, openSync, readSync } from 'node:fs';
import { monotonicNs } from '../../src/core/clock.ts';
import { ItchDecoder } from '../../src/feed/itch/decoder.ts';
import { EventSink } from '../../src/feed/sink.ts';
import { SpscReader, type SpscShared, SpscWriter } from '../../src/ring/spsc.ts';
import { referenceChecksum } from '../reference-checksum.ts';
import { TouchedBooks } from '../touched-books.ts';
import { arrive, serve } from './crew.ts';

export interface FeedBookJob {
  readonly kind: 'feed' | 'books';
  readonly ring: SpscShared;
  readonly barrier: SharedArrayBuffer;
  readonly file: string;
}

export interface FeedBookAnswer {
  readonly startNs: number;
  readonly endNs: number;
  /** Of the feed: messages decoded. */
  readonly messages: number;
  /** Of the books: as the C++ reference computes it. */
  readonly checksum: string;
}

const BLOCK_BYTES = 1 << 20;
const LIMIT = 256;

function feed(job: FeedBookJob): FeedBookAnswer {
  const writer = new SpscWriter(job.ring);
  const sink = new EventSink(writer);
  const decoder = new ItchDecoder({ symbols: null });
  decoder.beginFile(job.file);
  const fd = openSync(job.file, 'r');
  const block = new Uint8Array(BLOCK_BYTES);
  arrive(job.barrier, 2);
  const startNs = monotonicNs();
  try {
    let kept = 0;
    for (;;) {
      const got = readSync(fd, block, kept, block.length - kept, null);
      if (got === 0) break;
      const end = kept + got;
      const next = decoder.decode(block, 0, end, sink);
      block.copyWithin(0, next, end);
      kept = end - next;
    }
  } finally {
    writer.close();
    closeSync(fd);
  }
  return { startNs, endNs: monotonicNs(), messages: sink.messages, checksum: '' };
}

function books(job: FeedBookJob): FeedBookAnswer {
  const reader = new SpscReader(job.ring);
  const touched = new TouchedBooks(reader);
  arrive(job.barrier, 2);
  const startNs = monotonicNs();
  for (;;) {
    if (touched.drain(LIMIT) > 0) continue;
    if (reader.isClosed() && reader.poll(1) === 0) break;
    reader.idle();
  }
  const endNs = monotonicNs();
  return { startNs, endNs, messages: 0, checksum: referenceChecksum(touched.books) };
}

serve((job: FeedBookJob): FeedBookAnswer => (job.kind === 'feed' ? feed(job) : books(job)));
