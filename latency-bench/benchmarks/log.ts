/** The audit log's writer behind a journal ring, with and without syncs, beside what the disk and SHA-256 alone cost. */
import { createHash } from 'node:crypto';
import { closeSync, fdatasyncSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { verifyLog } from '../../src/audit/verify.ts';
import { monotonicNs } from '../../src/core/clock.ts';
import { Histogram } from '../../src/core/histogram.ts';
import { BLOCK_BYTES, COMMIT_BYTES, JOURNAL_RING_BYTES } from '../../src/core/limits.ts';
import { MARKET_RECORD_BYTES } from '../../src/core/record.ts';
import { createJournal } from '../../src/ring/journal.ts';
import { WaitStrategy } from '../../src/ring/wait.ts';
import {
  type BenchContext,
  type Benchmark,
  type BenchResult,
  best,
  check,
  type Figure,
  type LatencyFigure,
} from '../benchmark.ts';
import { createBarrier, Hand } from '../workers/crew.ts';
import type { JournalAnswer, JournalJob, LogJob } from '../workers/journal-worker.ts';
import { FRAME_RECORDS } from '../workers/records.ts';

const PROGRAM = new URL('../workers/journal-worker.js', import.meta.url);
const RECORDS = 4_000_000;
const SMOKE_RECORDS = 200_000;
const RUNS = 4;
const UNIT = 'records/s';

export const benchmark: Benchmark = {
  name: 'log',
  summary: 'records of 80 bytes from a journal ring into the audit log: CRC32C each, SHA-256 chain, group commit',
  run,
};

async function run(context: BenchContext): Promise<BenchResult> {
  const count = context.smoke ? SMOKE_RECORDS : RECORDS;
  const runs = context.smoke ? 1 : RUNS;
  const rates = { buffered: [] as number[], synced: [] as number[], disk: [] as number[], hash: [] as number[] };
  let last: LoggedRun | null = null;
  await withPair(async (writer, log) => {
    if (!context.smoke) await append(context, writer, log, count, false);
    for (let i = 0; i < runs; i++) {
      context.progress(`round ${i + 1} of ${runs}`);
      rates.buffered.push((await append(context, writer, log, count, false)).rate);
      last = await append(context, writer, log, count, true);
      rates.synced.push(last.rate);
      rates.disk.push(rateOf(count, () => writeAndSync(context, count)));
      rates.hash.push(rateOf(count, () => hashAlone(count)));
    }
  });
  const figures: Figure[] = [
    figure('log, sync off', rates.buffered),
    figure('log, group commit with fdatasync', rates.synced),
    figure('same bytes: write + fdatasync alone', rates.disk),
    figure('same bytes: SHA-256 alone', rates.hash),
  ];
  return result(count, figures, last);
}

function result(count: number, figures: readonly Figure[], last: LoggedRun | null): BenchResult {
  check(last !== null, 'nothing was logged');
  const { commits, commit, bytes } = last;
  const latencies: LatencyFigure[] = [
    { name: 'one commit: write + fdatasync + watermark', kind: 'stage', parts: [commit] },
  ];
  const [, synced, disk, hash] = figures.map(best);
  // What one thread could do that writes, syncs and hashes and nothing else.
  const floor = 1 / (1 / disk + 1 / hash);
  const notes = [
    `${count} records a run; every log was verified: whole, ${count + FRAME_RECORDS} records`,
    `with sync ${(synced / floor).toFixed(2)} times the speed of a thread that writes, syncs and hashes the same bytes and nothing else`,
  ];
  const details = {
    records: count,
    recordBytes: MARKET_RECORD_BYTES,
    logBytes: bytes,
    commits,
    ratioToFloor: synced / floor,
  };
  return { figures, latencies, notes, details };
}

function figure(name: string, runs: readonly number[]): Figure {
  return { name, unit: UNIT, better: 'higher', runs };
}

type Worker = Hand<JournalJob | LogJob, JournalAnswer>;

async function withPair(use: (writer: Worker, log: Worker) => Promise<void>): Promise<void> {
  const writer: Worker = new Hand(PROGRAM);
  const log: Worker = new Hand(PROGRAM);
  try {
    await use(writer, log);
  } finally {
    await Promise.all([writer.end(), log.end()]);
  }
}

interface LoggedRun {
  readonly rate: number;
  readonly commits: number;
  readonly commit: Histogram;
  readonly bytes: number;
}

/** One log, from its first record to the closed file; verified, then removed. */
async function append(
  context: BenchContext,
  writer: Worker,
  log: Worker,
  count: number,
  sync: boolean,
): Promise<LoggedRun> {
  const directory = join(context.folder(), 'log');
  const ring = createJournal(JOURNAL_RING_BYTES, 1);
  const barrier = createBarrier();
  const wait = WaitStrategy.SpinThenPark;
  const [from, to] = await Promise.all([
    writer.run({ kind: 'write', barrier, parties: 2, ring, reader: 0, count, wait }),
    log.run({ kind: 'log', barrier, ring, directory, sync }),
  ]);
  const verified = verifyLog(directory);
  check(
    verified.ok && verified.closed,
    `the log does not verify: ${verified.ok ? 'not closed' : verified.problem.what}`,
  );
  check(
    verified.records === count + FRAME_RECORDS,
    `${verified.records} records in the log, ${count + FRAME_RECORDS} were written`,
  );
  check(
    to.log !== null && to.log.summary.headHash === verified.headHash,
    'the log writer and verify disagree on the head hash',
  );
  rmSync(directory, { recursive: true });
  const { commits, commit, summary } = to.log;
  return {
    rate: Math.round((count / (to.endNs - from.startNs)) * 1e9),
    commits,
    commit: Histogram.over(commit),
    bytes: summary.bytes,
  };
}

function rateOf(count: number, work: () => void): number {
  const startNs = monotonicNs();
  work();
  return Math.round((count / (monotonicNs() - startNs)) * 1e9);
}

/** The disk alone: the same bytes in pieces of one commit. */
function writeAndSync(context: BenchContext, count: number): void {
  const path = join(context.folder(), 'plain');
  const piece = new Uint8Array(COMMIT_BYTES).fill(0x5a);
  const fd = openSync(path, 'wx');
  for (let left = count * MARKET_RECORD_BYTES; left > 0; left -= COMMIT_BYTES) {
    writeSync(fd, piece, 0, Math.min(left, COMMIT_BYTES));
    fdatasyncSync(fd);
  }
  closeSync(fd);
  rmSync(path);
}

/** The chain alone: the same bytes in blocks. */
function hashAlone(count: number): void {
  const block = new Uint8Array(BLOCK_BYTES).fill(0x5a);
  for (let left = count * MARKET_RECORD_BYTES; left > 0; left -= BLOCK_BYTES) {
    createHash('sha256')
      .update(block.subarray(0, Math.min(left, BLOCK_BYTES)))
      .digest();
  }
}
