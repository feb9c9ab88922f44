/** Feed worker -> SPSC ring -> book worker: reading and decoding a file on one thread, every book on another. */
import { FEED_RING_SLOTS } from '../../src/core/limits.ts';
import { createSpsc } from '../../src/ring/spsc.ts';
import { type BenchContext, type Benchmark, type BenchResult, best, check, type Figure } from '../benchmark.ts';
import { benchItchBook } from '../itch-book.ts';
import { createBarrier, Hand } from '../workers/crew.ts';
import type { FeedBookAnswer, FeedBookJob } from '../workers/feed-book-worker.ts';

const WORKER = new URL('../workers/feed-book-worker.js', import.meta.url);
const ROUNDS = 5;
/** Messages a second from the file to the touch. */
const GOAL = 8e6;

export const benchmark: Benchmark = {
  name: 'feed-book',
  summary: 'ITCH 5.0 from a file through a feed worker and a ring to the books of every stock on another worker',
  run,
};

async function run(context: BenchContext): Promise<BenchResult> {
  const file = await context.itchFile();
  context.progress('books on one thread, for the answer');
  const { messages, checksum } = await benchItchBook({ file: file.path, runs: 1 });
  const feed = new Hand<FeedBookJob, FeedBookAnswer>(WORKER);
  const books = new Hand<FeedBookJob, FeedBookAnswer>(WORKER);
  const runs: number[] = [];
  try {
    const rounds = context.smoke ? 1 : ROUNDS + 1;
    for (let round = 0; round < rounds; round++) {
      const job = { ring: createSpsc(FEED_RING_SLOTS), barrier: createBarrier(), file: file.path };
      const [sent, kept] = await Promise.all([
        feed.run({ ...job, kind: 'feed' }),
        books.run({ ...job, kind: 'books' }),
      ]);
      check(sent.messages === messages, `${sent.messages} messages through the ring, ${messages} without`);
      check(kept.checksum === checksum, `books ${kept.checksum} behind the ring, ${checksum} without`);
      const rate = messages / ((kept.endNs - sent.startNs) / 1e9);
      if (round > 0 || context.smoke) runs.push(rate); // the first compiles
      context.progress(`round ${round} of ${rounds - 1}: ${(rate / 1e6).toFixed(2)} M messages/s`);
    }
  } finally {
    await Promise.all([feed.end(), books.end()]);
  }
  const figure: Figure = { name: 'feed, ring, books', unit: 'messages/s', better: 'higher', runs };
  return {
    figures: [figure],
    latencies: [],
    goals: [{ name: 'messages a second', value: best(figure), unit: 'messages/s', limit: GOAL, better: 'higher' }],
    topology: 'two worker threads (feed, books), placed by the system, spin then park',
    notes: [
      `file: ${file.origin}, ${messages} messages; reading it (from the page cache) is part of the feed worker's time`,
      `checksum of all final books ${checksum}, as without the ring`,
    ],
    details: { file: file.path, messages, checksum, slots: FEED_RING_SLOTS },
  };
}
