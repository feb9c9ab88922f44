import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openLogForRun } from '../../src/audit/open-log.ts';
import { recoverLog, recoveryText } from '../../src/audit/recover.ts';
import { verifyLog, verifyText } from '../../src/audit/verify.ts';
import { DurableCell, WriterStatus } from '../../src/audit/watermark.ts';
import { TapeheadError } from '../../src/core/errors.ts';
import { Prng } from '../../src/core/prng.ts';
import { createJournal, JournalWriter } from '../../src/ring/journal.ts';
import { ReaderGoneError } from '../../src/ring/spsc.ts';
import { MemoryFs, systemError } from './memory-fs.ts';
import { finish, openRun, RECORDS, SMALL, type TestRunOptions, writeLog } from './support.ts';

const LOG = '/log';
const OPTIONS: TestRunOptions = { sync: true, records: RECORDS };

class Crash extends Error {}

/** The files of a run that nothing disturbed. */
function undisturbed(): Record<string, string> {
  const memory = new MemoryFs();
  writeLog(LOG, { ...OPTIONS, fs: memory });
  return memory.contents();
}

/** Runs the script on `memory` until the file system's `steps`-th change, or its end; what was acknowledged by then. */
function runUntil(
  memory: MemoryFs,
  steps: number,
  schedule: Prng,
  options: TestRunOptions,
): { ended: boolean; durable: number } {
  let left = steps;
  memory.fault = () => {
    if (left-- <= 0) throw new Crash(); // and nothing after it reaches the files either
  };
  memory.writeLimit = schedule.below(3) === 0 ? 1 + schedule.below(300) : Number.POSITIVE_INFINITY;
  const durable = new SharedArrayBuffer(16);
  try {
    const run = openRun(LOG, { ...options, durable, fs: memory });
    finish(run, schedule);
    return { ended: left >= 0, durable: new DurableCell(durable).durableSeq() };
  } catch (error) {
    // The writer turns the crash into its LOG_IO error.
    assert.ok(error instanceof Crash || (error instanceof TapeheadError && error.code === 'LOG_IO'), String(error));
    return { ended: false, durable: new DurableCell(durable).durableSeq() };
  } finally {
    memory.fault = null;
  }
}

function randomOptions(prng: Prng): TestRunOptions {
  return {
    ...OPTIONS,
    commitBytes: 1 + prng.below(3000),
    idleCommitNs: prng.below(2) * 1e15,
    ringBytes: 1024 << prng.below(3),
    preallocate: prng.below(3) === 0,
  };
}

for (const kind of ['killed process', 'power cut'] as const) {
  test(`a ${kind} at any moment loses nothing acknowledged, and the same run again gives the undisturbed files`, () => {
    const expected = undisturbed();
    let resumed = 0;
    let torn = 0;
    for (let seed = 0; seed < Number(process.env.SEEDS ?? 250); seed++) {
      const prng = new Prng(seed);
      let memory = new MemoryFs();
      let acknowledged = 0;
      for (let attempt = 0; ; attempt++) {
        const result = runUntil(memory, prng.below(70), prng, randomOptions(prng));
        const context = `seed ${seed} attempt ${attempt}`;
        if (result.ended) break;
        memory = kind === 'power cut' ? memory.powerCut(prng) : memory.killed();
        acknowledged = Math.max(acknowledged, result.durable);
        if (!memory.exists(LOG) || memory.list(LOG).length === 0) continue;
        const before = verifyLog(LOG, { geometry: SMALL, fs: memory });
        if (before.ok) {
          // It died between the end of the log and the removal of the lock.
          assert.ok(before.closed || before.records >= acknowledged, context);
          if (before.closed) break;
          continue;
        }
        assert.ok(before.notClosed || memory.list(LOG).length < 2, `${context}: ${verifyText(before)}`);
        if (before.problem.offset > 0) torn++;
        resumed++;
        const whole = Number(/: (\d+) whole records/.exec(before.problem.what)?.[1] ?? 0);
        assert.ok(whole >= acknowledged, `${context}: ${whole} records of ${acknowledged} acknowledged`);
        if (prng.below(3) > 0) continue;
        // Sealed by recovery it verifies; a run resumes it all the same.
        const report = recoverLog(LOG, { geometry: SMALL, fs: memory });
        assert.equal(report.records, whole, context);
        const sealed = verifyLog(LOG, { geometry: SMALL, fs: memory });
        assert.ok(sealed.ok, `${context}: ${verifyText(sealed)}`);
        assert.equal(sealed.headHash, report.headHash);
        assert.equal(sealed.records, whole);
        if (sealed.closed) break;
        assert.match(verifyText(sealed), /recovered, no End record/);
      }
      assert.deepEqual(memory.killed().contents(), expected, `seed ${seed}`);
    }
    assert.ok(resumed > 200 && torn > 40, `${resumed} resumed, ${torn} torn: the crashes hit`);
  });
}

test('random bytes or zeros behind the durable records are cut, reported, and the run resumes', () => {
  const expected = undisturbed();
  for (let seed = 0; seed < 100; seed++) {
    const prng = new Prng(seed);
    let memory = new MemoryFs();
    const result = runUntil(memory, 40 + prng.below(20), prng, { ...OPTIONS, commitBytes: 600 });
    if (result.ended) continue;
    memory = memory.killed();
    if (verifyLog(LOG, { geometry: SMALL, fs: memory }).ok) continue;
    const segments = memory.list(LOG).filter((name) => name.endsWith('.seg'));
    if (segments.length === 0) continue;
    const fd = memory.open(`${LOG}/${segments[segments.length - 1]}`, 'r+');
    const room = SMALL.blockBytes * SMALL.segmentBlocks - memory.size(fd);
    const tail = new Uint8Array(prng.below(Math.min(room, 700) + 1));
    if (seed % 2 === 0) for (let i = 0; i < tail.length; i++) tail[i] = prng.u32();
    memory.write(fd, tail, 0, tail.length, memory.size(fd));
    memory.close(fd);
    const run = openRun(LOG, { ...OPTIONS, fs: memory });
    assert.ok(run.recovered !== null && run.recovered.records >= result.durable);
    if (seed % 2 === 0 && tail.length > 0) assert.ok((run.recovered.torn?.bytes ?? 0) > 0, recoveryText(run.recovered));
    finish(run, prng);
    assert.deepEqual(memory.contents(), expected, `seed ${seed}`);
  }
});

test('any failing write, sync or create stops the writer for good with one line, and the engine with it', () => {
  const operations = ['create', 'write', 'datasync', 'sync', 'truncate'];
  const seen = new Set<string>();
  for (let seed = 0; seed < 150; seed++) {
    const prng = new Prng(seed);
    const memory = new MemoryFs();
    const victim = operations[seed % operations.length];
    let countdown = prng.below(12);
    memory.fault = (operation, path) => {
      if (operation !== victim || path.includes('lock') || countdown-- !== 0) return;
      throw systemError('ENOSPC');
    };
    const shared = createJournal(1024, 1);
    const durable = new SharedArrayBuffer(16);
    const journal = new JournalWriter(shared);
    let failure: unknown = null;
    try {
      const run = { ...openRunOn(shared, journal, memory, durable) };
      finish(run, prng);
    } catch (error) {
      failure = error;
    }
    if (failure === null) continue; // the log ended before the fault
    seen.add(victim);
    assert.ok(failure instanceof TapeheadError, String(failure));
    assert.equal(failure.code, 'LOG_IO');
    assert.match(
      failure.message,
      /^cannot \w+ \/log(\/\S+)?: ENOSPC: simulated; the log ends at its durable watermark/,
    );
    assert.ok(!failure.message.includes('\n'));
    assert.equal(new DurableCell(durable).status(), WriterStatus.Failed);
    journal.claim(1, 80);
    assert.throws(() => journal.publish(), ReaderGoneError);
    assert.ok(!memory.list(LOG).some((name) => name.startsWith('lock')), 'the lock is released');
  }
  assert.deepEqual([...seen].sort(), [...operations].sort());
});

function openRunOn(
  shared: ReturnType<typeof createJournal>,
  journal: JournalWriter,
  memory: MemoryFs,
  durable: SharedArrayBuffer,
): ReturnType<typeof openRun> {
  const options = { ...OPTIONS, geometry: SMALL, commitBytes: 900, durable, fs: memory };
  const template = openRun('/unused', { ...options, fs: new MemoryFs(), durable: new SharedArrayBuffer(16) });
  const { writer, recovered } = openLogForRun(LOG, { shared, reader: 0 }, options);
  journal.onFull = () => writer.doWork();
  return { journal, script: template.script, log: writer, recovered };
}
