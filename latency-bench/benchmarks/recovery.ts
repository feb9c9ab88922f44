/** How long a log whose process was killed takes to recover, by its size: scanned, cut, sealed; then verified. */
import { closeSync, cpSync, fsyncSync, openSync, readdirSync, rmSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { openLogForRun } from '../../src/audit/open-log.ts';
import { recoverLog } from '../../src/audit/recover.ts';
import { verifyLog } from '../../src/audit/verify.ts';
import { monotonicNs } from '../../src/core/clock.ts';
import { LOG_FORMAT_VERSION, RecordType } from '../../src/core/record.ts';
import { createJournal, JournalWriter } from '../../src/ring/journal.ts';
import { type BenchContext, type Benchmark, type BenchResult, check, type Figure } from '../benchmark.ts';
import { fillMarketRecord } from '../workers/records.ts';

const SIZES_MB = [10, 100, 500];
const SMOKE_SIZES_MB = [1, 3];
const ROUNDS = 3;
const RING_BYTES = 1 << 20;
/** Cut off the end of the last file: a torn record. */
const TORN_BYTES = 13;

export const benchmark: Benchmark = {
  name: 'recovery',
  summary:
    'a log left open by a killed process: scanned, its torn tail cut, sealed, by its size; what is kept verifies',
  run,
};

interface Recovered {
  readonly megabytes: number;
  readonly logBytes: number;
  readonly records: number;
  readonly ms: number[];
}

async function run(context: BenchContext): Promise<BenchResult> {
  const sizes = context.smoke ? SMOKE_SIZES_MB : SIZES_MB;
  const found: Recovered[] = [];
  for (const megabytes of sizes) {
    context.progress(`a log of ${megabytes} MB`);
    const killed = join(context.folder(), 'log');
    const written = writeOpenLog(killed, megabytes * 1e6);
    const one: Recovered = { megabytes, logBytes: bytesOf(killed), records: written - 1, ms: [] };
    for (let round = 0; round < (context.smoke ? 1 : ROUNDS); round++)
      one.ms.push(recover(context, killed, one.records));
    rmSync(killed, { recursive: true });
    found.push(one);
  }
  return result(found);
}

function result(found: readonly Recovered[]): BenchResult {
  const time = ({ megabytes, ms }: Recovered): Figure => ({
    name: `recovery of a killed log of ${megabytes} MB`,
    unit: 'ms',
    better: 'lower',
    runs: ms.map((one) => Math.round(one * 10) / 10),
  });
  const speed = ({ megabytes, ms, logBytes }: Recovered): Figure => ({
    name: `the same, of ${megabytes} MB`,
    unit: 'GB/s',
    better: 'higher',
    runs: ms.map((one) => Math.round((logBytes / one / 1e6) * 1000) / 1000),
  });
  return {
    figures: [...found.map(time), ...found.map(speed)],
    latencies: [],
    topology: 'one thread',
    notes: [
      'each log was left open with a torn last record; all records before it were kept, and what was sealed verifies',
      'one thread: every record checked, every block hashed; the log is in the system’s file cache',
    ],
    details: {
      recoveries: found.map(({ megabytes, logBytes, records, ms }) => ({
        megabytes,
        logBytes,
        records,
        bestMs: Math.min(...ms),
      })),
    },
  };
}

/** Writes a log of about so many bytes that is never closed, its last record torn; returns the records written. */
function writeOpenLog(directory: string, bytes: number): number {
  const shared = createJournal(RING_BYTES, 1);
  const journal = new JournalWriter(shared);
  const { writer } = openLogForRun(directory, { shared, reader: 0 }, { sync: false });
  journal.onFull = () => writer.doWork();
  const w = journal.claim(RecordType.LogStart, 48);
  journal.bytes.fill(0, w * 8 + 16, w * 8 + 48);
  journal.u32[w * 2 + 10] = LOG_FORMAT_VERSION;
  const count = Math.floor(bytes / 80);
  for (let i = 0; i < count; i++) fillMarketRecord(journal, i);
  journal.close();
  const { closed, records } = writer.run();
  check(!closed && records === count + 1, `${records} records of ${count + 1} in the log that is to be recovered`);
  const last = lastSegment(directory);
  truncateSync(last, statSync(last).size - TORN_BYTES);
  return records;
}

/** Recovers a copy of the log; how long that took, ms. */
function recover(context: BenchContext, killed: string, records: number): number {
  const directory = join(context.folder(), 'log');
  cpSync(killed, directory, { recursive: true });
  syncAll(directory); // as a killed process leaves it: the copy's way to the disk is not what is measured
  const startNs = monotonicNs();
  const report = recoverLog(directory);
  const ms = (monotonicNs() - startNs) / 1e6;
  check(report.records === records, `${report.records} records were kept of ${records}`);
  check(report.torn !== null, 'the torn record was not found');
  const verified = verifyLog(directory);
  check(verified.ok && verified.records === records, 'what recovery sealed does not verify');
  check(verified.headHash === report.headHash, 'recovery and verify disagree on the head hash');
  rmSync(directory, { recursive: true });
  return ms;
}

function syncAll(directory: string): void {
  for (const path of segments(directory)) {
    const fd = openSync(path, 'r+');
    fsyncSync(fd);
    closeSync(fd);
  }
}

function segments(directory: string): string[] {
  return readdirSync(directory)
    .filter((name) => name.endsWith('.seg'))
    .sort()
    .map((name) => join(directory, name));
}

function lastSegment(directory: string): string {
  return segments(directory).at(-1) ?? directory;
}

function bytesOf(directory: string): number {
  return segments(directory).reduce((sum, path) => sum + statSync(path).size, 0);
}
