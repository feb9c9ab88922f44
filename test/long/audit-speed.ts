/**
 * What the log costs: writing (one thread, so that the writer's own time shows), verifying, reading, recovering. By hand:
 * `node dist/test/long/audit-speed.js [records]`. Figures depend on the disk and on who else uses it.
 */
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LogReader } from '../../src/audit/log-reader.ts';
import { openLogForRun } from '../../src/audit/open-log.ts';
import { verifyLog } from '../../src/audit/verify.ts';
import { monotonicNs } from '../../src/core/clock.ts';
import { EventKind } from '../../src/core/event.ts';
import { RecordType } from '../../src/core/record.ts';
import { createJournal, JournalWriter } from '../../src/ring/journal.ts';

const records = Number(process.argv[2] ?? 3_000_000);
const root = mkdtempSync(join(tmpdir(), 'tapehead-speed-'));

function put(journal: JournalWriter, type: number, length: number): void {
  const at = journal.claim(type, length);
  const { f64, u32 } = journal;
  const seq = journal.seq;
  u32[at * 2 + 4] = seq * 100;
  u32[at * 2 + 5] = 0x18861000;
  u32[at * 2 + 6] = type < 64 ? type | (1 << 8) | (1 << 16) : 0;
  u32[at * 2 + 7] = seq & 1023;
  for (let word = 4; word < length / 8; word++) f64[at + word] = seq * word;
}

interface Case {
  readonly name: string;
  readonly type: number;
  readonly length: number;
  readonly sync: boolean;
  readonly preallocate?: boolean;
}

function write(one: Case): string {
  const directory = join(root, one.name.replaceAll(/\W+/g, '-'));
  const shared = createJournal(1 << 24, 1);
  const journal = new JournalWriter(shared);
  let syncNs = 0;
  const { writer } = openLogForRun(
    directory,
    { shared, reader: 0 },
    {
      sync: one.sync,
      preallocate: one.preallocate ?? false,
      onCommit: (commitNs) => {
        syncNs += commitNs;
      },
    },
  );
  let busyNs = 0;
  let cpuNs = 0;
  const timed = <T>(work: () => T): T => {
    const start = monotonicNs();
    const startCpu = processNs();
    const result = work();
    busyNs += monotonicNs() - start;
    cpuNs += processNs() - startCpu;
    return result;
  };
  const drain = (): void =>
    timed(() => {
      while (writer.doWork() > 0);
    });
  journal.onFull = drain;
  put(journal, RecordType.LogStart, 48);
  for (let i = 2; i < records; i++) put(journal, one.type, one.length);
  put(journal, RecordType.End, 64);
  journal.close();
  drain();
  const summary = timed(() => writer.run());
  const perRecord = (ns: number): string => (ns / summary.records).toFixed(0).padStart(5);
  console.log(
    `${one.name.padEnd(24)} ${perRecord(busyNs)} ns/record, of it commits ${perRecord(syncNs)}; processor ${perRecord(cpuNs)}; ` +
      `${((summary.records / busyNs) * 1e3).toFixed(1)} M records/s, ${(summary.bytes / busyNs).toFixed(2)} GB/s, ${writer.commits} commits`,
  );
  return directory;
}

function measure(name: string, count: number, work: () => number): void {
  const start = monotonicNs();
  const startCpu = processNs();
  const bytes = work();
  const ns = monotonicNs() - start;
  const cpu = processNs() - startCpu;
  console.log(
    `${name.padEnd(24)} ${(ns / count).toFixed(0).padStart(5)} ns/record, ${(bytes / ns).toFixed(2)} GB/s; ` +
      `processor ${(cpu / count).toFixed(0)} ns, ${(bytes / cpu).toFixed(2)} GB/s`,
  );
}

/** Time that this process had a processor: what the work costs where others share the machine. */
function processNs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) * 1000;
}

try {
  write({ name: 'warm-up', type: EventKind.Add, length: 80, sync: false });
  write({ name: '64 bytes, no sync', type: RecordType.Bbo, length: 64, sync: false });
  write({ name: '80 bytes, no sync', type: EventKind.Add, length: 80, sync: false });
  write({ name: '80 bytes, preallocated', type: EventKind.Add, length: 80, sync: true, preallocate: true });
  const directory = write({ name: '80 bytes, fdatasync', type: EventKind.Add, length: 80, sync: true });
  for (let round = 0; round < 2; round++) {
    for (const twoThreads of [false, true]) {
      measure(`verify, ${twoThreads ? 'two threads' : 'one thread'}`, records, () => {
        const result = verifyLog(directory, { twoThreads });
        if (!result.ok) throw new Error(result.problem.what);
        return result.bytes;
      });
    }
    measure('read', records, () => {
      const reader = new LogReader(directory);
      while (reader.next());
      reader.close();
      return records * 80;
    });
    const block = Buffer.alloc(1 << 16, 7);
    measure('SHA-256 alone', records, () => {
      const blocks = Math.ceil((records * 80) / block.length);
      for (let i = 0; i < blocks; i++) createHash('sha256').update(block).digest();
      return blocks * block.length;
    });
  }
} finally {
  rmSync(root, { recursive: true, force: true });
}
