/** Crashes a run in memory again and again, at any change of a file, and lets it resume until the log is closed. */
import assert from 'node:assert/strict';
import { recoverLog } from '../../src/audit/recover.ts';
import { verifyLog, verifyText } from '../../src/audit/verify.ts';
import { DurableCell } from '../../src/audit/watermark.ts';
import { TapeheadError } from '../../src/core/errors.ts';
import { Prng } from '../../src/core/prng.ts';
import { DeferredDisk } from './deferred-disk.ts';
import { MemoryFs } from './memory-fs.ts';
import { finish, openRun, RECORDS, SMALL, type TestRunOptions, writeLog } from './support.ts';

export const LOG = '/log';
export const OPTIONS: TestRunOptions = { sync: true, records: RECORDS };

class Crash extends Error {}

/** The files of a run that nothing disturbed. */
export function undisturbed(): Record<string, string> {
  const memory = new MemoryFs();
  writeLog(LOG, { ...OPTIONS, fs: memory });
  return memory.contents();
}

/** Runs the script on `memory` until the file system's `steps`-th change, or its end; what was acknowledged by then. */
export function runUntil(
  memory: MemoryFs,
  steps: number,
  schedule: Prng,
  options: TestRunOptions,
  isDeferred = false,
): { ended: boolean; durable: number } {
  let left = steps;
  memory.fault = () => {
    if (left-- <= 0) throw new Crash(); // and nothing after it reaches the files either
  };
  memory.writeLimit = schedule.below(3) === 0 ? 1 + schedule.below(300) : Number.POSITIVE_INFINITY;
  const durable = new SharedArrayBuffer(16);
  try {
    const disk = { disk: (blocks: SharedArrayBuffer) => new DeferredDisk(memory, blocks, schedule) };
    const run = openRun(LOG, { ...options, durable, fs: memory, ...(isDeferred ? disk : {}) });
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

export interface CrashReport {
  /** Crashes after which there was something to resume. */
  readonly resumed: number;
  /** Of those, the ones that left a torn tail. */
  readonly torn: number;
}

export type CrashKind = 'killed process' | 'power cut' | 'killed process or power cut';

/** What a crash leaves of `memory`. */
function crashed(memory: MemoryFs, kind: CrashKind, prng: Prng): MemoryFs {
  const isPowerCut = kind === 'power cut' || (kind !== 'killed process' && prng.below(2) === 0);
  return isPowerCut ? memory.powerCut(prng) : memory.killed();
}

/**
 * From one and the same log, crashes a run that resumes it at its first, second, third ... change of a file. Each time
 * the log must be whole as far as was acknowledged, and a further run must complete it.
 */
export function crashEverywhere(log: MemoryFs, kind: CrashKind, options: TestRunOptions, isDeferred = false): number {
  const expected = undisturbed();
  for (let steps = 0; ; steps++) {
    const prng = new Prng(steps);
    let memory = log.killed();
    const result = runUntil(memory, steps, prng, options, isDeferred);
    if (result.ended) return steps;
    memory = crashed(memory, kind, prng);
    const after = verifyLog(LOG, { geometry: SMALL, fs: memory });
    if (!after.ok) {
      assert.ok(after.notClosed, `step ${steps}: ${verifyText(after)}`);
      assert.ok(after.problem.seq >= result.durable, `step ${steps}: ${verifyText(after)} of ${result.durable}`);
    }
    if (!(after.ok && after.closed)) finish(openRun(LOG, { ...OPTIONS, fs: memory }), prng);
    assert.deepEqual(memory.killed().contents(), expected, `step ${steps}`);
  }
}

/** `isDeferred`: groups are written and synced later, while the writer goes on. */
export function crashRounds(kind: CrashKind, seeds: number, isDeferred = false): CrashReport {
  const expected = undisturbed();
  let resumed = 0;
  let torn = 0;
  for (let seed = 0; seed < seeds; seed++) {
    const prng = new Prng(seed);
    let memory = new MemoryFs();
    let acknowledged = 0;
    for (let attempt = 0; ; attempt++) {
      const result = runUntil(memory, prng.below(70), prng, randomOptions(prng), isDeferred);
      const context = `seed ${seed} attempt ${attempt}`;
      if (result.ended) break;
      memory = crashed(memory, kind, prng);
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
  return { resumed, torn };
}
