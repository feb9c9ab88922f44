import assert from 'node:assert/strict';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import type { LogSummary } from '../../src/audit/log-writer.ts';
import { createDurableCell, DurableCell } from '../../src/audit/watermark.ts';
import { createJournal, JournalWriter } from '../../src/ring/journal.ts';
import { killRounds } from './kill-harness.ts';
import { contents, RecordScript, SMALL, temporary, writeLog } from './support.ts';

test('a writer in a thread of its own writes the files that one on the same thread writes', async (t) => {
  const root = temporary(t);
  const records = 5000;
  const geometry = { blockBytes: 1024, segmentBlocks: 50 };
  const summary = writeLog(join(root, 'same'), { records, geometry });
  for (const options of [
    { geometry, commitBytes: 1 << 14 },
    { geometry, commitBytes: 1 << 16, sync: false, idleCommitNs: 0 },
  ]) {
    const directory = join(root, `thread-${options.commitBytes}`);
    const shared = createJournal(4096, 1);
    const worker = new Worker(new URL('./writer-worker.js', import.meta.url), {
      workerData: { directory, shared, options },
    });
    await once(worker, 'message');
    const journal = new JournalWriter(shared);
    const script = new RecordScript(1, records);
    while (!script.done) script.step(journal);
    journal.close();
    const [answer] = (await once(worker, 'message')) as [{ summary: LogSummary; commits: number }];
    assert.deepEqual(answer.summary, summary);
    assert.ok(answer.commits > 0);
    assert.deepEqual(contents(directory), contents(join(root, 'same')));
  }
});

test('a lone record on an idle ring becomes durable without more to follow', async (t) => {
  const directory = join(temporary(t), 'log');
  const shared = createJournal(4096, 1);
  const durable = createDurableCell();
  const options = { geometry: SMALL, durable };
  const worker = new Worker(new URL('./writer-worker.js', import.meta.url), {
    workerData: { directory, shared, options },
  });
  await once(worker, 'message');
  const cell = new DurableCell(durable);
  const journal = new JournalWriter(shared);
  const script = new RecordScript(1, 20);
  for (let seq = 1; !script.done; seq++) {
    script.step(journal);
    journal.publish();
    assert.ok(cell.waitUntilDurable(seq, 10_000), `record ${seq}`);
  }
  journal.close();
  const [answer] = (await once(worker, 'message')) as [{ commits: number }];
  assert.ok(answer.commits >= 20);
});

test('processes killed at random moments lose nothing acknowledged, and their logs are resumed to the same files', async (t) => {
  const seed = Date.now() % 100_000;
  t.diagnostic(`seed ${seed}`);
  const report = await killRounds(temporary(t), 10, seed);
  assert.equal(report.kills, 10);
  assert.ok(report.logsClosed >= 1);
});
