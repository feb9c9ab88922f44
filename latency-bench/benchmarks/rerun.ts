/** How fast a log is proven: re-executed and verified, beside the replay that wrote it and SHA-256 alone of its bytes. */
import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { LogReader } from '../../src/audit/log-reader.ts';
import { verifyLog } from '../../src/audit/verify.ts';
import { monotonicNs } from '../../src/core/clock.ts';
import { BLOCK_BYTES } from '../../src/core/limits.ts';
import { rerunLog } from '../../src/engine/rerun.ts';
import { failureOf, type RunReport, startReplay } from '../../src/engine.ts';
import { type DetectedRecording, detectRecording } from '../../src/feed/detect.ts';
import { type BenchContext, type Benchmark, type BenchResult, best, check, type Figure } from '../benchmark.ts';
import { identityOf } from '../identity.ts';

const ROUNDS = 3;

export const benchmark: Benchmark = {
  name: 'rerun',
  summary: 'a log re-executed and verified, beside the replay that wrote it and SHA-256 alone of the same bytes',
  run,
};

interface Runs {
  /** Log records a second. */
  readonly replay: number[];
  readonly rerun: number[];
  readonly read: number[];
  /** GB of log a second. */
  readonly verify: number[];
  readonly verifyOneThread: number[];
  readonly hash: number[];
}

async function run(context: BenchContext): Promise<BenchResult> {
  const file = await context.itchFile();
  const recording = await detectRecording([file.path]);
  const runs: Runs = { replay: [], rerun: [], read: [], verify: [], verifyOneThread: [], hash: [] };
  let log: NonNullable<RunReport['log']> | null = null;
  const rounds = context.smoke ? 1 : ROUNDS;
  for (let round = 1; round <= rounds; round++) {
    context.progress(`round ${round} of ${rounds}`);
    const directory = join(context.folder(), 'log');
    const report = await replay(recording, directory);
    check(report.log?.closed === true, 'the replay did not close its log');
    log = report.log;
    const { records, bytes } = log;
    runs.replay.push(records / (report.elapsedMs / 1e3));
    runs.read.push(records / (await seconds(() => read(directory, records))));
    runs.rerun.push(records / (await seconds(() => rerun(directory, records))));
    runs.verify.push(bytes / 1e9 / (await seconds(() => verify(directory, report, true))));
    runs.verifyOneThread.push(bytes / 1e9 / (await seconds(() => verify(directory, report, false))));
    runs.hash.push(bytes / 1e9 / (await seconds(() => hashAlone(bytes))));
    rmSync(directory, { recursive: true });
  }
  check(log !== null, 'nothing was logged');
  return result(file.origin, log, runs);
}

function result(origin: string, log: NonNullable<RunReport['log']>, runs: Runs): BenchResult {
  const figure = (name: string, unit: string, values: readonly number[]): Figure => ({
    name,
    unit,
    better: 'higher',
    runs: values.map((value) => (unit === 'GB/s' ? Math.round(value * 1000) / 1000 : Math.round(value))),
  });
  const figures = [
    figure('replay, three threads, log synced', 'records/s', runs.replay),
    figure('log read, every checksum checked', 'records/s', runs.read),
    figure('rerun, one thread, every record compared', 'records/s', runs.rerun),
    figure('verify', 'GB/s', runs.verify),
    figure('verify, one thread', 'GB/s', runs.verifyOneThread),
    figure('SHA-256 alone, same bytes', 'GB/s', runs.hash),
  ];
  const [replayed, , rerun, verified, , hash] = figures.map(best);
  return {
    figures,
    latencies: [],
    goals: [
      { name: 'rerun to replay', value: rerun / replayed, unit: 'x', limit: 1, better: 'higher' },
      {
        name: 'verify, to 1 GB/s or the speed of SHA-256 alone if that is less',
        value: verified / Math.min(1, hash),
        unit: 'x',
        limit: 1,
        better: 'higher',
      },
    ],
    topology: 'replay: three worker threads, spin then park; rerun and reading: one thread; verify: as its figure says',
    notes: [
      `file: ${origin}; the log: ${log.records} records, ${log.bytes} bytes, head ${log.headHash}`,
      'every rerun was identical in every record, every verification gave the head hash of the replay',
      'a rerun reads the log twice and checks it on the way: its inputs, and what they are to lead to',
    ],
    details: { logRecords: log.records, logBytes: log.bytes, headHash: log.headHash, rerunToReplay: rerun / replayed },
  };
}

async function replay(recording: DetectedRecording, logDir: string): Promise<RunReport> {
  const identity = identityOf(recording);
  const execution = {
    threads: 3,
    sync: true,
    pin: true,
    logDir,
    strategyDir: '.',
    speed: Number.POSITIVE_INFINITY,
  } as const;
  const report = await startReplay(recording, identity, execution).done;
  const failure = failureOf(report);
  if (failure !== null) throw failure;
  return report;
}

async function rerun(directory: string, records: number): Promise<void> {
  const readers: LogReader[] = [];
  const open = (): LogReader => {
    const reader = new LogReader(directory);
    readers.push(reader);
    return reader;
  };
  const proof = await rerunLog(open, { strategyDir: '.' });
  for (const reader of readers) reader.close();
  check(proof.divergence === null, `the rerun diverged at record ${proof.divergence?.seq}`);
  check(proof.records === records, `${proof.records} records compared of ${records}`);
}

function read(directory: string, records: number): void {
  const reader = new LogReader(directory);
  let count = 0;
  while (reader.next()) count++;
  reader.close();
  check(count === records, `${count} records read of ${records}`);
}

function verify(directory: string, report: RunReport, twoThreads: boolean): void {
  const verified = verifyLog(directory, { twoThreads });
  check(verified.ok, 'the log does not verify');
  check(verified.headHash === report.log?.headHash, 'verify and the replay disagree on the head hash');
}

function hashAlone(bytes: number): void {
  const block = new Uint8Array(BLOCK_BYTES).fill(0x5a);
  for (let left = bytes; left > 0; left -= BLOCK_BYTES) createHash('sha256').update(block).digest();
}

async function seconds(work: () => void | Promise<void>): Promise<number> {
  const startNs = monotonicNs();
  await work();
  return (monotonicNs() - startNs) / 1e9;
}
