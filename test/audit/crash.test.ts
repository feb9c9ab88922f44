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
import { crashEverywhere, crashRounds, LOG, OPTIONS, runUntil, undisturbed } from './crash-harness.ts';
import { DeferredDisk } from './deferred-disk.ts';
import { MemoryFs, systemError } from './memory-fs.ts';
import { advance, finish, openRun, SMALL } from './support.ts';

for (const kind of ['killed process', 'power cut', 'killed process or power cut'] as const) {
  test(`a ${kind} at any moment loses nothing acknowledged, and the same run again gives the undisturbed files`, () => {
    const { resumed, torn } = crashRounds(kind, 250);
    assert.ok(resumed > 200 && torn > 40, `${resumed} resumed, ${torn} torn: the crashes hit`);
  });
}

test('a crash while a group is written and synced beside the writer loses nothing acknowledged either', () => {
  const before = DeferredDisk.jobs;
  for (const kind of ['killed process', 'power cut'] as const) {
    const { resumed, torn } = crashRounds(kind, 250, true);
    assert.ok(resumed > 200 && torn > 40, `${resumed} resumed, ${torn} torn: the crashes hit`);
  }
  assert.ok(DeferredDisk.jobs - before > 500, `${DeferredDisk.jobs - before} groups were written beside the writer`);
});

test('a resuming run crashed at its every step leaves a log that another run completes', () => {
  // A large group that was written but for one page, and not synced: whole blocks lie far behind the tear.
  const torn = new MemoryFs();
  const run = openRun(LOG, { ...OPTIONS, commitBytes: 1 << 20, ringBytes: 1 << 16, idleCommitNs: 1e15, fs: torn });
  advance(run, 50, new Prng(1));
  run.journal.publish();
  while (run.log.doWork() > 0);
  const durable = torn.files.get(`${LOG}/watermark`)!.current.slice();
  run.log.flush();
  torn.files.get(`${LOG}/watermark`)!.current.set(durable);
  torn.files.get(`${LOG}/00000001.seg`)!.current.fill(0, 800, 900);
  const sealed = torn.killed();
  recoverLog(LOG, { geometry: SMALL, fs: sealed });
  for (const log of [torn, sealed]) {
    for (const kind of ['killed process', 'power cut'] as const) {
      // Each record its own commit, or small groups.
      for (const commitBytes of [1, 600]) {
        const options = { ...OPTIONS, commitBytes, idleCommitNs: 0, ringBytes: 1024 };
        assert.ok(crashEverywhere(log, kind, options, commitBytes === 600) > 30);
        if (commitBytes === 600) assert.ok(crashEverywhere(log, kind, options) > 30);
      }
    }
  }
});

test('a log written without sync, then resumed with it, is durable in all its files before anything is acknowledged', () => {
  const unsynced = new MemoryFs();
  const run = openRun(LOG, { ...OPTIONS, sync: false, fs: unsynced });
  advance(run, 50, new Prng(1));
  run.journal.publish();
  while (run.log.doWork() > 0);
  run.log.flush();
  unsynced.syncDirectory(LOG);
  unsynced.files.get(`${LOG}/watermark`)!.synced = unsynced.files.get(`${LOG}/watermark`)!.current.slice();
  assert.ok(crashEverywhere(unsynced.killed(), 'power cut', { ...OPTIONS, commitBytes: 1, ringBytes: 1024 }) > 20);
});

test('recovery crashed at its every step leaves a log that recovery or another run completes', () => {
  const expected = undisturbed();
  for (let seed = 0; seed < 12; seed++) {
    const prng = new Prng(seed);
    const torn = new MemoryFs();
    if (runUntil(torn, 25 + prng.below(20), prng, { ...OPTIONS, commitBytes: 1500 }).ended) continue;
    const log = torn.powerCut(prng);
    const whole = openRun(LOG, { ...OPTIONS, fs: log.killed() }).recovered?.records;
    for (let steps = 0, isThrough = false; !isThrough; steps++) {
      let memory = log.killed();
      let left = steps;
      memory.fault = () => {
        if (left-- <= 0) throw systemError('EIO');
      };
      try {
        recoverLog(LOG, { geometry: SMALL, fs: memory });
        isThrough = true;
      } catch (error) {
        assert.ok(error instanceof TapeheadError && error.code === 'LOG_IO', String(error));
      }
      memory.fault = null;
      memory = prng.below(2) === 0 ? memory.powerCut(prng) : memory.killed();
      const after = verifyLog(LOG, { geometry: SMALL, fs: memory });
      assert.ok(after.ok || after.notClosed, `seed ${seed}, step ${steps}: ${verifyText(after)}`);
      if (!after.ok) assert.equal(recoverLog(LOG, { geometry: SMALL, fs: memory }).records, whole);
      finish(openRun(LOG, { ...OPTIONS, fs: memory }), prng);
      assert.deepEqual(memory.contents(), expected);
    }
  }
});

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
  for (let seed = 0; seed < 300; seed++) {
    const prng = new Prng(seed);
    const memory = new MemoryFs();
    const isDeferred = seed >= 150;
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
      const run = { ...openRunOn(shared, journal, memory, durable, isDeferred ? prng : null) };
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
  deferred: Prng | null,
): ReturnType<typeof openRun> {
  const options = { ...OPTIONS, geometry: SMALL, commitBytes: 900, durable, fs: memory };
  const disk = (blocks: SharedArrayBuffer) => new DeferredDisk(memory, blocks, deferred ?? new Prng(0));
  const template = openRun('/unused', { ...options, fs: new MemoryFs(), durable: new SharedArrayBuffer(16) });
  const { writer, recovered } = openLogForRun(
    LOG,
    { shared, reader: 0 },
    deferred === null ? options : { ...options, disk },
  );
  journal.onFull = () => writer.doWork();
  return { journal, script: template.script, log: writer, recovered };
}
