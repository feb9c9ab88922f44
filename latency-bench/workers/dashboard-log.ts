/** The log's part of a run with a dashboard: reads every record of a journal, and hashes it. It never ends by itself. */
import { createHash } from 'node:crypto';
import { workerData } from 'node:worker_threads';
import { keepOffEngineCore } from '../../src/core/affinity.ts';
import { JournalReader, type JournalShared } from '../../src/ring/journal.ts';

keepOffEngineCore();
const reader = new JournalReader(workerData as JournalShared, 0);
const { bytes, mask } = reader;
const hash = createHash('sha256');
while (!reader.isClosed()) {
  const words = reader.poll();
  if (words === 0) {
    reader.idle();
    continue;
  }
  const from = (reader.cursor & mask) * 8;
  const first = Math.min(words * 8, bytes.length - from);
  hash.update(bytes.subarray(from, from + first));
  hash.update(bytes.subarray(0, words * 8 - first));
  reader.release(words);
}
