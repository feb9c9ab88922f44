/** Kills live runs at random moments, starts them again in the same directory, and looks at the log that comes out of it. */
import assert from 'node:assert/strict';
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { LogReader } from '../../src/audit/log-reader.ts';
import { verifyLog } from '../../src/audit/verify.ts';
import type { Prng } from '../../src/core/prng.ts';
import { RecordType } from '../../src/core/record.ts';
import { rerunLog } from '../../src/engine/rerun.ts';
import { writeStrategy } from './trading-run.ts';

const CHILD = fileURLToPath(new URL('./live-child.js', import.meta.url));
const QUOTES = `onBook(ctx, i) {
  if (ctx.openCount(i) > 6) { ctx.cancelAll(i); return; }
  if (ctx.random.below(4) === 0 && !ctx.book(i).isStale) quote(ctx, i);
}`;

export interface LiveKillReport {
  /** Runs killed while their log was being written. */
  readonly killed: number;
  readonly records: number;
  readonly fills: number;
}

/** `kills` kills of one log, each after up to `spanMs`; then it is stopped properly, and must prove itself. */
export async function killLiveRuns(
  folder: string,
  kills: number,
  spanMs: number,
  random: Prng,
): Promise<LiveKillReport> {
  const strategy = writeStrategy(folder, QUOTES, '{}', 'quotes');
  const dir = join(folder, 'log');
  let killed = 0;
  for (let i = 0; i < kills; i++) {
    const { child, up, output } = startChild(dir, strategy, 1);
    await Promise.race([up, output]);
    await setTimeout(random.below(spanMs));
    child.kill('SIGKILL');
    const result = await output;
    assert.equal(result.signal, 'SIGKILL', result.stderr);
    killed++;
  }
  const other = await startChild(dir, strategy, 2).output;
  assert.equal(other.code, 1);
  assert.match(other.stderr, /^.*holds the log of another run: seed is 1 there, 2 here; start it as it was.*\n$/);
  const { child, up, output } = startChild(dir, strategy, 1);
  await Promise.race([up, output]);
  await setTimeout(spanMs);
  child.stdin.write('stop\n');
  const last = await output;
  assert.equal(last.code, 0, last.stderr);
  const again = await startChild(dir, strategy, 1).output;
  assert.match(again.stderr, /already holds a closed log/);
  return { killed, ...(await prove(dir, folder)) };
}

function startChild(dir: string, strategy: string, seed: number) {
  const child: ChildProcessWithoutNullStreams = spawn(process.execPath, [CHILD, dir, strategy, String(seed)]);
  let stderr = '';
  child.stderr.on('data', (data) => {
    stderr += data;
  });
  const output = new Promise<{ code: number | null; signal: string | null; stderr: string }>((resolve) => {
    child.on('exit', (code, signal) => resolve({ code, signal, stderr }));
  });
  const up = new Promise<void>((resolve) => {
    child.stdout.once('data', () => resolve());
  });
  return { child, up, output };
}

async function prove(dir: string, strategyDir: string): Promise<{ records: number; fills: number }> {
  const verified = verifyLog(dir);
  assert.ok(verified.ok && verified.closed, JSON.stringify(verified));
  let reader: LogReader | null = null;
  const open = (): LogReader => {
    reader = new LogReader(dir);
    return reader;
  };
  const { divergence, records } = await rerunLog(open, { strategyDir });
  (reader as LogReader | null)?.close();
  assert.equal(divergence, null, `diverged at ${divergence?.seq}`);
  const counting = new LogReader(dir);
  let fills = 0;
  while (counting.next()) if (counting.type === RecordType.Fill) fills++;
  counting.close();
  return { records, fills };
}
