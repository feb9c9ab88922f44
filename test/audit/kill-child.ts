/** A process to be killed: the script on its main thread, the log writer on another, its disk on a third if so told. Says `open`, then `closed`. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { createJournal, JournalWriter } from '../../src/ring/journal.ts';
import { RecordScript } from './support.ts';

const [directory, seed, records, commitBytes, disk] = process.argv.slice(2);
const shared = createJournal(1 << 18, 1);
const options = {
  geometry: { blockBytes: 4096, segmentBlocks: 64 },
  commitBytes: Number(commitBytes),
  idleCommitNs: 100_000,
  ...(disk === 'thread' ? { disk } : {}),
};
const worker = new Worker(new URL('./writer-worker.js', import.meta.url), {
  workerData: { directory, shared, options },
});
await once(worker, 'message');
console.log('open');
const journal = new JournalWriter(shared);
const script = new RecordScript(Number(seed), Number(records));
while (!script.done) script.step(journal);
journal.close();
await once(worker, 'message');
console.log('closed');
