import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { LogReader } from '../../src/audit/log-reader.ts';
import { openLogForRun } from '../../src/audit/open-log.ts';
import { verifyLog, verifyText } from '../../src/audit/verify.ts';
import { DurableCell, LogState, WriterStatus } from '../../src/audit/watermark.ts';
import { TapeheadError } from '../../src/core/errors.ts';
import { Prng } from '../../src/core/prng.ts';
import { createJournal, JournalReader, JournalWriter } from '../../src/ring/journal.ts';
import { advance, contents, finish, openRun, RecordScript, SMALL, temporary, writeLog } from './support.ts';

/** What a script puts into the ring, record by record, checksum word left out. */
function scriptedRecords(seed: number, count: number): string[] {
  const shared = createJournal(1 << 20, 1);
  const journal = new JournalWriter(shared);
  const script = new RecordScript(seed, count);
  while (!script.done) script.step(journal);
  journal.publish();
  const reader = new JournalReader(shared, 0);
  const records: string[] = [];
  for (let at = 0, end = reader.poll(); at < end; ) {
    const length = reader.u32[at * 2 + 1] & 0xffff;
    records.push(Buffer.from(reader.bytes.slice(at * 8 + 4, at * 8 + length)).toString('hex'));
    at += length / 8;
  }
  return records;
}

test('what goes into the ring comes out of the log, record by record', (t) => {
  const root = temporary(t);
  let round = 0;
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 1e9 }), fc.integer({ min: 4, max: 120 }), (seed, records) => {
      const directory = join(root, String(round++));
      const summary = writeLog(directory, { seed, records, ringBytes: 1024 }, seed);
      assert.equal(summary.records, records);
      assert.ok(summary.closed);
      const reader = new LogReader(directory, { geometry: SMALL });
      const read: string[] = [];
      while (reader.next()) {
        assert.equal(reader.seq, read.length + 1);
        read.push(Buffer.from(reader.bytes.slice(reader.at + 4, reader.at + reader.length)).toString('hex'));
      }
      reader.close();
      assert.deepEqual(read, scriptedRecords(seed, records));
      const verified = verifyLog(directory, { geometry: SMALL });
      assert.ok(verified.ok, verifyText(verified));
      assert.equal(verified.headHash, summary.headHash);
      assert.equal(verified.bytes, summary.bytes);
      assert.equal(verified.records, records);
    }),
    { numRuns: 60 },
  );
});

test('the files are the same byte for byte whatever the batches, commits, ring size and preallocation', (t) => {
  const root = temporary(t);
  const summary = writeLog(join(root, 'first'), { records: 200 });
  const expected = contents(join(root, 'first'));
  assert.ok(Object.keys(expected).length > 4, 'several segments');
  for (let seed = 0; seed < 40; seed++) {
    const directory = join(root, String(seed));
    const prng = new Prng(seed);
    const options = {
      records: 200,
      ringBytes: 1024 << prng.below(4),
      commitBytes: 1 + prng.below(4096),
      idleCommitNs: prng.below(2) * 1e9,
      preallocate: prng.below(2) === 0,
      sync: seed === 0,
    };
    const other = writeLog(directory, options, seed);
    assert.deepEqual(contents(directory), expected, `seed ${seed}`);
    assert.deepEqual(other, summary);
  }
});

test('one bit more or less in the records is another head hash', (t) => {
  const root = temporary(t);
  const a = writeLog(join(root, 'a'), { seed: 1 });
  const b = writeLog(join(root, 'b'), { seed: 2 });
  assert.notEqual(a.headHash, b.headHash);
});

test('the watermark follows each commit, in the file and in shared memory, and never runs ahead', (t) => {
  const directory = join(temporary(t), 'log');
  const commits: number[] = [];
  const run = openRun(directory, {
    commitBytes: 1 << 20,
    idleCommitNs: 1e15,
    onCommit: (_ns, _old, bytes) => commits.push(bytes),
  });
  const cell = new DurableCell(run.log.durable);
  const schedule = new Prng(5);
  assert.equal(cell.durableSeq(), 0);
  let previous = 0;
  while (!run.script.done) {
    run.script.step(run.journal);
    run.journal.publish();
    run.log.doWork();
    assert.equal(cell.durableSeq(), previous, 'nothing is durable before a commit');
    if (schedule.below(5) !== 0) continue;
    run.log.flush();
    previous = run.log.records;
    assert.equal(cell.durableSeq(), previous);
    const reader = new LogReader(directory, { geometry: SMALL });
    assert.equal(reader.watermark?.durableSeq, previous);
    assert.equal(reader.watermark?.state, LogState.OpenUnsynced);
    let read = 0;
    while (reader.next()) read++;
    reader.close();
    assert.equal(read, previous, 'every acknowledged record can be read while the writer goes on');
  }
  assert.ok(commits.length > 3);
  finish(run, schedule);
  assert.equal(cell.durableSeq(), run.log.records);
  assert.equal(cell.status(), WriterStatus.Closed);
  assert.equal(cell.waitUntilDurable(run.log.records, 0), true);
  assert.equal(cell.waitUntilDurable(run.log.records + 1, 1e9), false);
});

test('when the ring is empty all that was taken becomes durable, wherever a group ended on the way', (t) => {
  const run = openRun(join(temporary(t), 'log'), { records: 600, ringBytes: 1 << 14 });
  const cell = new DurableCell(run.log.durable);
  const schedule = new Prng(3);
  while (!run.script.done) {
    for (let count = 1 + schedule.below(90); count > 0 && !run.script.done; count--) run.script.step(run.journal);
    run.journal.publish();
    while (run.log.doWork() > 0);
    run.log.doWork();
    assert.equal(cell.durableSeq(), run.log.records, 'nothing waits for the next record');
  }
  finish(run, schedule);
});

test('a journal that ends without an End record leaves the log open, with everything durable', (t) => {
  const directory = join(temporary(t), 'log');
  const run = openRun(directory, { sync: true });
  advance(run, 30, new Prng(1));
  run.journal.close();
  const summary = run.log.run();
  assert.equal(summary.closed, false);
  assert.equal(summary.records, 30);
  const verified = verifyLog(directory, { geometry: SMALL });
  assert.ok(!verified.ok && verified.notClosed);
  assert.match(
    verifyText(verified),
    /^not closed: 30 whole records to seq 30 \(durable to 30\); nothing torn; `tapehead recover /,
  );
});

test('a directory is refused that holds a closed log, other files, or is a file', (t) => {
  const root = temporary(t);
  const directory = join(root, 'log');
  writeLog(directory);
  const before = contents(directory);
  const open = (path: string) =>
    openLogForRun(path, { shared: createJournal(1024, 1), reader: 0 }, { geometry: SMALL });
  assert.throws(() => open(directory), oneLine('LOG_EXISTS', /already holds a closed log of 60 records/));
  assert.deepEqual(contents(directory), before, 'nothing was touched');
  writeFileSync(join(root, 'notes.txt'), 'x');
  assert.throws(() => open(root), oneLine('USAGE', /notes\.txt|log/));
  assert.deepEqual(readdirSync(root).sort(), ['log', 'notes.txt']);
  assert.throws(() => open(join(root, 'notes.txt')), oneLine('NO_FILE', /is a file; a log is a directory/));
  mkdirSync(join(root, 'empty'));
  open(join(root, 'empty'));
  open(join(root, 'made', 'below'));
});

function oneLine(code: string, text: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof TapeheadError, String(error));
    assert.equal(error.code, code);
    assert.match(error.message, text);
    assert.ok(!error.message.includes('\n'));
    return true;
  };
}
