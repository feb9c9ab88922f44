/**
 * Kills replays at random moments and checks what is left: the watermark's records are all there, recovery says what it
 * cut, `verify` is clean afterwards, and the same replay started again completes the very log that it would have written
 * undisturbed.
 */
import assert from 'node:assert/strict';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { LogReader } from '../../src/audit/log-reader.ts';
import { decodeWatermark, isWatermarkProblem } from '../../src/audit/watermark.ts';
import type { Prng } from '../../src/core/prng.ts';
import { startTapehead, tapehead } from './command.ts';

const POLL_MS = 2;

export interface KillReport {
  /** Runs that were killed while their log was open. */
  readonly killed: number;
  /** Runs that had finished, or not begun to write, before the signal. */
  readonly missed: number;
  /** Acknowledged records found again, over all kills. */
  readonly acknowledged: number;
}

/** `replayArgs`: of a replay without its --log. `spanMs`: kills fall evenly within so long after the log is there. */
export async function killReplays(
  root: string,
  replayArgs: readonly string[],
  kills: number,
  spanMs: number,
  random: Prng,
): Promise<KillReport> {
  mkdirSync(root, { recursive: true });
  const reference = join(root, 'reference');
  const whole = await tapehead(['replay', ...replayArgs, '--log', reference, '--json']);
  assert.equal(whole.code, 0, whole.stderr);
  const { headHash } = JSON.parse(whole.stdout).log;
  const report = { killed: 0, missed: 0, acknowledged: 0 };
  for (let i = 0; i < kills; i++) {
    const dir = join(root, `kill-${i}`);
    const { child, done } = startTapehead(['replay', ...replayArgs, '--log', dir, '--json']);
    let isOver = false;
    done.finally(() => {
      isOver = true;
    });
    while (!isOver && !existsSync(join(dir, 'watermark'))) await setTimeout(POLL_MS);
    const timer = new AbortController();
    setTimeout(random.below(spanMs), null, { signal: timer.signal }).then(
      () => child.kill('SIGKILL'),
      () => {}, // it was over before
    );
    const result = await done;
    timer.abort();
    if (result.signal !== 'SIGKILL' || !existsSync(join(dir, 'watermark'))) {
      report.missed++;
    } else {
      report.killed++;
      report.acknowledged += await checkRemains(dir, headHash, replayArgs);
    }
    rmSync(dir, { recursive: true, force: true });
  }
  return report;
}

async function checkRemains(dir: string, headHash: string, replayArgs: readonly string[]): Promise<number> {
  const watermark = decodeWatermark(readFileSync(join(dir, 'watermark')));
  assert.ok(!isWatermarkProblem(watermark), 'the watermark can be read');
  const sealed = `${dir}-sealed`;
  cpSync(dir, sealed, { recursive: true });
  rmSync(join(sealed, 'lock'), { force: true });
  const recovered = await tapehead(['recover', sealed]);
  assert.equal(recovered.code, 0, recovered.stderr);
  assert.match(recovered.stdout, /whole records kept/);
  const verified = await tapehead(['verify', sealed]);
  assert.equal(verified.code, 0, verified.stderr);
  const reader = new LogReader(sealed);
  while (reader.next());
  assert.ok(reader.seq >= watermark.durableSeq, `${reader.seq} records, ${watermark.durableSeq} were acknowledged`);
  reader.close();
  const reran = await tapehead(['rerun', sealed]);
  assert.equal(reran.code, 0, reran.stderr);
  rmSync(sealed, { recursive: true });

  const resumed = await tapehead(['replay', ...replayArgs, '--log', dir, '--json']);
  assert.equal(resumed.code, 0, resumed.stderr);
  assert.match(resumed.stderr, /whole records kept/, 'the next start says what it found');
  assert.equal(JSON.parse(resumed.stdout).log.headHash, headHash, 'the completed log is the undisturbed one');
  assert.equal((await tapehead(['verify', dir])).code, 0);
  return watermark.durableSeq;
}
