/**
 * Decodes the frames of one live feed from an array of a connection into the ring, as the feed's thread does, in a thread of
 * its own. Argument: the feed's name in latency-bench/feed-frames.ts or kraken-frames.ts. Marks as in garbage-run.ts.
 */
import { writeSync } from 'node:fs';
import { isMainThread, Worker, workerData } from 'node:worker_threads';
import { FEED_CASES, FeedRun } from '../../latency-bench/feed-frames.ts';
import { KRAKEN_TRADE, krakenBook } from '../../latency-bench/kraken-frames.ts';

const FRAMES = 400;
const SEED = 6;
const WARM_UP_ROUNDS = 100;
const ROUNDS = 500;

function main(name: string): void {
  const feed = [...FEED_CASES, krakenBook(20), krakenBook(2), KRAKEN_TRADE].find((one) => one.name === name);
  if (feed === undefined) throw new Error(`no feed ${name}`);
  const run = new FeedRun(feed, FRAMES, SEED, null);
  const work = (rounds: number): void => {
    for (let i = 0; i < rounds; i++) {
      run.rewind();
      run.run();
    }
  };
  const collect = globalThis.gc as () => void;
  work(WARM_UP_ROUNDS);
  collect();
  writeSync(1, 'measured part begins\n');
  work(ROUNDS);
  writeSync(1, `measured part ends: ${ROUNDS * FRAMES} frames, ${run.events} events\n`);
  collect();
}

if (isMainThread) new Worker(new URL(import.meta.url), { workerData: process.argv[2] });
else main(workerData);
