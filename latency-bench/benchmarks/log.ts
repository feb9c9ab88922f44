/**
 * The audit log's writer behind a journal ring: without syncs, with group commit, and durable record by record, beside what
 * the disk, SHA-256 and CRC-32C cost alone for the same bytes.
 */
import { createHash } from 'node:crypto';
import { closeSync, fdatasyncSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { crc32c, recordCrc32c } from '../../src/audit/crc32c.ts';
import { verifyLog } from '../../src/audit/verify.ts';
import { monotonicNs } from '../../src/core/clock.ts';
import { Histogram } from '../../src/core/histogram.ts';
import { BLOCK_BYTES, COMMIT_BYTES, JOURNAL_RING_BYTES } from '../../src/core/limits.ts';
import { BBO_RECORD_BYTES, MARKET_RECORD_BYTES } from '../../src/core/record.ts';
import { createJournal } from '../../src/ring/journal.ts';
import { WaitStrategy } from '../../src/ring/wait.ts';
import {
  type BenchContext,
  type Benchmark,
  type BenchResult,
  best,
  check,
  type Figure,
  type Goal,
  type LatencyFigure,
} from '../benchmark.ts';
import { createBarrier, Hand } from '../workers/crew.ts';
import type { JournalAnswer, JournalJob, LogJob } from '../workers/journal-worker.ts';
import { FRAME_RECORDS } from '../workers/records.ts';

const PROGRAM = new URL('../workers/journal-worker.js', import.meta.url);
const RECORDS = 4_000_000;
const SMOKE_RECORDS = 100_000;
/** Records that are each committed before the next one is written. */
const SINGLE_RECORDS = 4_000;
const SMOKE_SINGLE_RECORDS = 200;
const RUNS = 4;
const UNIT = 'records/s';

export const benchmark: Benchmark = {
  name: 'log',
  summary:
    'records of 64 and 80 bytes from a journal ring into the audit log: CRC-32C each, SHA-256 chain, group commit',
  run,
};

/** What is measured for one size of record: each the rates of all rounds. */
interface Rates {
  readonly bytes: number;
  readonly buffered: number[];
  readonly synced: number[];
  readonly single: number[];
  readonly disk: number[];
  readonly hash: number[];
  readonly crc: number[];
}

async function run(context: BenchContext): Promise<BenchResult> {
  const count = context.smoke ? SMOKE_RECORDS : RECORDS;
  const singles = context.smoke ? SMOKE_SINGLE_RECORDS : SINGLE_RECORDS;
  const runs = context.smoke ? 1 : RUNS;
  const sizes = [BBO_RECORD_BYTES, MARKET_RECORD_BYTES].map(
    (bytes): Rates => ({ bytes, buffered: [], synced: [], single: [], disk: [], hash: [], crc: [] }),
  );
  const grouped: Histogram[] = [];
  const alone: Histogram[] = [];
  const logs: LoggedRun[] = [];
  await withPair(async (writer, log) => {
    const append = (bytes: number, records: number, sync: boolean, isSingle = false): Promise<LoggedRun> =>
      appendAll(context, writer, log, { bytes, count: records, sync, isSingle });
    if (!context.smoke) for (const { bytes } of sizes) await append(bytes, count, false);
    for (let i = 0; i < runs; i++) {
      context.progress(`round ${i + 1} of ${runs}`);
      for (const rates of sizes) {
        const { bytes } = rates;
        rates.buffered.push((await append(bytes, count, false)).rate);
        const synced = await append(bytes, count, true);
        rates.synced.push(synced.rate);
        grouped.push(synced.commit);
        const single = await append(bytes, singles, true, true);
        rates.single.push(single.rate);
        alone.push(single.commit);
        rates.disk.push(rateOf(count, () => writeAndSync(context, count * bytes)));
        rates.hash.push(rateOf(count, () => hashAlone(count * bytes)));
        rates.crc.push(rateOf(count, () => crcAlone(count, bytes)));
        if (i === 0) logs.push(synced, single);
      }
    }
  });
  return result(count, sizes, logs, grouped, alone);
}

function result(
  count: number,
  sizes: readonly Rates[],
  logs: readonly LoggedRun[],
  grouped: readonly Histogram[],
  alone: readonly Histogram[],
): BenchResult {
  const latencies: LatencyFigure[] = [
    { name: 'one group: write + fdatasync + watermark, beside the writer', kind: 'stage', parts: grouped },
    { name: 'one record: write + fdatasync + watermark', kind: 'stage', parts: alone },
  ];
  const [small, market] = sizes.map(ratioToFloor);
  const goals: Goal[] = [
    {
      name: 'group commit, 64-byte records',
      value: Math.max(...sizes[0].synced),
      unit: UNIT,
      limit: 5e6,
      better: 'higher',
    },
    {
      name: 'group commit to disk and hash alone, 64-byte records',
      value: small,
      unit: 'x',
      limit: 0.8,
      better: 'higher',
    },
    {
      name: 'group commit to disk and hash alone, 80-byte records',
      value: market,
      unit: 'x',
      limit: 0.8,
      better: 'higher',
    },
  ];
  const notes = [
    `${count} records a run; every log was verified: whole, as many records as were written, the same head hash`,
    'disk and hash alone: 1 / (1 / disk + 1 / hash), best runs: a thread that writes, syncs and hashes and nothing else',
    `write + fdatasync alone in pieces of ${COMMIT_BYTES} bytes, the size of a group`,
  ];
  const details = {
    records: count,
    sizes: sizes.map((rates, i) => ({
      recordBytes: rates.bytes,
      logBytes: logs[i * 2].bytes,
      commits: logs[i * 2].commits,
      singleCommits: logs[i * 2 + 1].commits,
      ratioToFloor: ratioToFloor(rates),
    })),
  };
  return {
    figures: sizes.flatMap(figuresOf),
    latencies,
    goals,
    notes,
    topology:
      'two worker threads (records, log), and one that writes and syncs full groups; placed by the system, spin then park',
    details,
  };
}

function figuresOf(rates: Rates): Figure[] {
  const figure = (name: string, runs: readonly number[]): Figure => ({
    name: `${rates.bytes} bytes: ${name}`,
    unit: UNIT,
    better: 'higher',
    runs,
  });
  return [
    figure('log, sync off', rates.buffered),
    figure('log, group commit with fdatasync', rates.synced),
    figure('log, each record durable before the next', rates.single),
    figure('write + fdatasync alone', rates.disk),
    figure('SHA-256 alone', rates.hash),
    figure('CRC-32C alone', rates.crc),
  ];
}

function ratioToFloor(rates: Rates): number {
  const [, synced, , disk, hash] = figuresOf(rates).map(best);
  return synced / (1 / (1 / disk + 1 / hash));
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

interface Job {
  readonly bytes: number;
  readonly count: number;
  readonly sync: boolean;
  /** The writer waits for each record to be durable. */
  readonly isSingle: boolean;
}

interface LoggedRun {
  readonly rate: number;
  readonly commits: number;
  readonly commit: Histogram;
  readonly bytes: number;
}

/** One log, from its first record to the closed file; verified, then removed. */
async function appendAll(context: BenchContext, writer: Worker, log: Worker, job: Job): Promise<LoggedRun> {
  const { bytes, count, sync, isSingle } = job;
  const directory = join(context.folder(), 'log');
  const ring = createJournal(JOURNAL_RING_BYTES, 1);
  const barrier = createBarrier();
  const wait = WaitStrategy.SpinThenPark;
  const durable = isSingle ? new SharedArrayBuffer(16) : null;
  const [from, to] = await Promise.all([
    writer.run({ kind: 'write', barrier, parties: 2, ring, reader: 0, count, wait, recordBytes: bytes, durable }),
    log.run({ kind: 'log', barrier, ring, directory, sync, durable }),
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
  check(!isSingle || commits >= count, `${commits} commits for ${count} records that were each to be durable`);
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

/** The disk alone: as many bytes in pieces of one commit. */
function writeAndSync(context: BenchContext, bytes: number): void {
  const path = join(context.folder(), 'plain');
  const piece = new Uint8Array(COMMIT_BYTES).fill(0x5a);
  const fd = openSync(path, 'wx');
  for (let left = bytes; left > 0; left -= COMMIT_BYTES) {
    writeSync(fd, piece, 0, Math.min(left, COMMIT_BYTES));
    fdatasyncSync(fd);
  }
  closeSync(fd);
  rmSync(path);
}

/** The chain alone: as many bytes in blocks. */
function hashAlone(bytes: number): void {
  const block = new Uint8Array(BLOCK_BYTES).fill(0x5a);
  for (let left = bytes; left > 0; left -= BLOCK_BYTES) {
    createHash('sha256')
      .update(block.subarray(0, Math.min(left, BLOCK_BYTES)))
      .digest();
  }
}

/** The records' checksums alone, over a block of them that stays in the cache. */
function crcAlone(count: number, recordBytes: number): void {
  const block = new Uint32Array(BLOCK_BYTES / 4);
  for (let i = 0; i < block.length; i++) block[i] = Math.imul(i, 0x9e3779b1);
  const words = recordBytes / 4;
  const last = Math.floor(block.length / words) * words - words;
  let sum = 0;
  for (let i = 0, at = 0; i < count; i++) {
    sum ^= recordCrc32c(block, at, words);
    at = at === last ? 0 : at + words;
  }
  // Every record of the block comes up as often as this says, so the sum is known without the fast checksum.
  check(sum === crcSum(block, words, last, count), 'the checksums differ from those computed byte by byte');
}

function crcSum(block: Uint32Array, words: number, last: number, count: number): number {
  const bytes = new Uint8Array(block.buffer);
  const perRound = last / words + 1;
  let sum = 0;
  for (let i = 0; i < Math.min(perRound, count); i++) {
    const times = Math.floor(count / perRound) + (i < count % perRound ? 1 : 0);
    if (times % 2 === 1) sum ^= crc32c(bytes, i * words * 4 + 4, (i + 1) * words * 4);
  }
  return sum;
}
