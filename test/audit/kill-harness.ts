/** Kills processes that write a log, at random moments, and lets them resume until the log is closed. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LogReader } from '../../src/audit/log-reader.ts';
import { recoverLog } from '../../src/audit/recover.ts';
import { verifyLog, verifyText } from '../../src/audit/verify.ts';
import { Prng } from '../../src/core/prng.ts';
import { contents, writeLog } from './support.ts';

const GEOMETRY = { blockBytes: 4096, segmentBlocks: 64 };
const RECORDS = 20_000;
const CHILD = fileURLToPath(new URL('./kill-child.js', import.meta.url));

/** Runs the child; kills it `afterMs` after it opened the log (never with Infinity). True when it closed the log. */
async function runChild(
  directory: string,
  seed: number,
  commitBytes: number,
  afterMs: number,
  disk: 'thread' | 'here',
): Promise<boolean> {
  const args = [CHILD, directory, String(seed), String(RECORDS), String(commitBytes), disk];
  const child = spawn(process.execPath, args);
  let output = '';
  let errors = '';
  let timer: NodeJS.Timeout | null = null;
  child.stderr.on('data', (data) => {
    errors += data;
  });
  child.stdout.on('data', (data) => {
    output += data;
    if (timer !== null || afterMs === Number.POSITIVE_INFINITY) return;
    timer = setTimeout(() => child.kill('SIGKILL'), afterMs);
  });
  const code = await new Promise((resolve) => child.once('close', resolve));
  if (timer !== null) clearTimeout(timer);
  assert.ok(code === 0 || code === null, `the child failed: ${errors}`);
  return output.includes('closed');
}

export interface KillReport {
  kills: number;
  logsClosed: number;
  tornTails: number;
  /** Whole records beyond what was acknowledged, summed over the kills. */
  recordsBeyondDurable: number;
}

export async function killRounds(root: string, kills: number, seed: number): Promise<KillReport> {
  const prng = new Prng(seed);
  const report: KillReport = { kills: 0, logsClosed: 0, tornTails: 0, recordsBeyondDurable: 0 };
  for (let log = 0; report.kills < kills; log++) {
    const scriptSeed = prng.below(1000);
    const expectedDirectory = join(root, `expected-${log}`);
    writeLog(expectedDirectory, {
      seed: scriptSeed,
      records: RECORDS,
      geometry: GEOMETRY,
      commitBytes: 1 << 16,
      ringBytes: 1 << 16,
    });
    const expected = contents(expectedDirectory);
    const directory = join(root, `log-${log}`);
    let wasKilledClosed = false;
    // At most a dozen kills per log, so that many logs are brought to their end.
    for (let attempt = 0; ; attempt++) {
      const afterMs = attempt < 12 && report.kills < kills ? prng.below(80) : Number.POSITIVE_INFINITY;
      const context = `harness seed ${seed}, log ${log}, attempt ${attempt}`;
      const disk = (log + attempt) % 2 === 0 ? 'thread' : 'here';
      if (await runChild(directory, scriptSeed, 1 << (13 + prng.below(5)), afterMs, disk)) break;
      report.kills++;
      wasKilledClosed = checkKilled(directory, prng, report, context);
      if (wasKilledClosed) break;
    }
    const found = contents(directory);
    // Killed behind the end of the log, and before it could let go of its lock: whoever comes next takes that over.
    if (wasKilledClosed) delete found.lock;
    assert.deepEqual(found, expected, `harness seed ${seed}, log ${log}`);
    report.logsClosed++;
  }
  return report;
}

/** What a kill left: everything acknowledged is there and whole. True when the log is closed already. */
function checkKilled(directory: string, prng: Prng, report: KillReport, context: string): boolean {
  assert.ok(existsSync(directory), context);
  const result = verifyLog(directory, { geometry: GEOMETRY });
  if (result.ok) return result.closed;
  assert.ok(result.notClosed, `${context}: ${verifyText(result)}`);
  const reader = new LogReader(directory, { geometry: GEOMETRY });
  const durable = reader.watermark?.durableSeq ?? 0;
  let whole = 0;
  while (reader.next()) whole++;
  reader.close();
  assert.ok(whole >= durable, `${context}: ${whole} whole records of ${durable} acknowledged`);
  report.recordsBeyondDurable += whole - durable;
  if (/\d+ torn bytes/.test(verifyText(result))) report.tornTails++;
  if (prng.below(3) > 0) return false;
  const recovered = recoverLog(directory, { geometry: GEOMETRY });
  assert.equal(recovered.records, whole, context);
  const sealed = verifyLog(directory, { geometry: GEOMETRY });
  assert.ok(sealed.ok, `${context}: ${verifyText(sealed)}`);
  return sealed.closed;
}
