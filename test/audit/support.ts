/** Small logs for the tests: a seeded script of records, and a run of it through journal ring and log writer. */
import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { LogGeometry } from '../../src/audit/layout.ts';
import type { LogSummary, LogWriter } from '../../src/audit/log-writer.ts';
import { type OpenLogOptions, openLogForRun } from '../../src/audit/open-log.ts';
import type { RecoveryReport } from '../../src/audit/recover.ts';
import { EventKind } from '../../src/core/event.ts';
import { writeInstrumentPayload } from '../../src/core/instrument-def.ts';
import { Prng } from '../../src/core/prng.ts';
import { RecordType } from '../../src/core/record.ts';
import { putEpochNs, type SessionBase, sessionBase } from '../../src/core/time.ts';
import { createJournal, JournalWriter } from '../../src/ring/journal.ts';

/** Several blocks and segments in a few KiB. */
export const SMALL: LogGeometry = { blockBytes: 512, segmentBlocks: 3 };
/** 2026-01-02. */
const BASE: SessionBase = sessionBase(1_767_312_000_000_000_000n);

/** A directory that goes when the test does. */
export function temporary(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'tapehead-audit-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** Every file of a directory by name: size and digest. */
export function contents(directory: string): Record<string, string> {
  const files: Record<string, string> = {};
  for (const name of readdirSync(directory).sort()) {
    const bytes = readFileSync(join(directory, name));
    files[name] = `${bytes.length} bytes, ${createHash('sha256').update(bytes).digest('hex').slice(0, 16)}`;
  }
  return files;
}

/** A copy as a crash leaves it: the lock's process is taken to be dead. */
export function crashCopy(from: string, to: string): void {
  rmSync(to, { recursive: true, force: true });
  cpSync(from, to, { recursive: true });
  for (const name of readdirSync(to)) if (name.startsWith('lock')) rmSync(join(to, name));
}

/** The records of one run, one at a time: a function of seed and count alone. All record types and lengths occur. */
export class RecordScript {
  private readonly prng: Prng;
  private readonly count: number;
  private readonly seed: number;
  private made = 0;
  private timeNs = 34_200_000_000_000;

  /** `count` records, LogStart and End included; at least 4. */
  constructor(seed: number, count: number) {
    this.prng = new Prng(seed);
    this.seed = seed;
    this.count = count;
  }

  get done(): boolean {
    return this.made === this.count;
  }

  step(journal: JournalWriter): void {
    const left = this.count - this.made++;
    this.timeNs += this.prng.below(1_000_000);
    if (this.made === 1) this.logStart(journal);
    else if (this.made === 2) this.config(journal);
    else if (this.made === 3) this.instrument(journal, 0);
    else if (left === 1) this.end(journal);
    else this.any(journal);
  }

  private any(journal: JournalWriter): void {
    const pick = this.prng.below(20);
    if (pick === 0) this.config(journal);
    else if (pick === 1) this.instrument(journal, this.prng.below(4));
    else if (pick === 2) this.claim(journal, RecordType.BookState, 32);
    else if (pick === 3) this.checkpoint(journal);
    else if (pick < 8) this.bbo(journal);
    else this.market(journal);
  }

  /** Claims a record with its time, all else zero; returns its 8-byte word. */
  private claim(journal: JournalWriter, type: number, length: number): number {
    const at = journal.claim(type, length);
    putEpochNs(journal.u32, at * 2 + 4, this.timeNs, BASE);
    journal.f64.fill(0, at + 3, at + length / 8);
    return at;
  }

  private logStart(journal: JournalWriter): void {
    const at = this.claim(journal, RecordType.LogStart, 48);
    putEpochNs(journal.u32, at * 2 + 6, 0, BASE);
    journal.f64[at + 4] = this.seed;
    journal.u32[at * 2 + 10] = 1;
  }

  private config(journal: JournalWriter): void {
    const length = 40 + 8 * this.prng.below(28);
    const at = this.claim(journal, RecordType.Config, length);
    journal.u32[at * 2 + 7] = length - 32;
    for (let i = at * 8 + 32; i < at * 8 + length; i++) journal.bytes[i] = 32 + this.prng.below(90);
  }

  private instrument(journal: JournalWriter, index: number): void {
    const at = this.claim(journal, EventKind.Instrument, 80);
    journal.u32[at * 2 + 6] = EventKind.Instrument;
    journal.u32[at * 2 + 7] = index;
    this.marketTimes(journal, at);
    const def = {
      instrument: index,
      symbol: `SYM${index}`,
      bookKind: 3,
      priceDecimals: 4,
      qtyDecimals: index,
    } as const;
    writeInstrumentPayload(journal.bytes, at * 8 + 48, def);
  }

  private market(journal: JournalWriter): void {
    const kind = 2 + this.prng.below(24);
    const at = this.claim(journal, kind, 80);
    journal.u32[at * 2 + 6] = kind | (this.prng.below(3) << 8) | (this.prng.below(64) << 16);
    journal.u32[at * 2 + 7] = this.prng.below(4);
    this.marketTimes(journal, at);
    for (let word = 6; word < 10; word++) journal.f64[at + word] = this.prng.below(1 << 24);
  }

  private marketTimes(journal: JournalWriter, at: number): void {
    putEpochNs(journal.u32, at * 2 + 8, this.timeNs, BASE);
    putEpochNs(journal.u32, at * 2 + 10, this.timeNs - this.prng.below(1000), BASE);
  }

  private bbo(journal: JournalWriter): void {
    const at = this.claim(journal, RecordType.Bbo, 64);
    journal.u32[at * 2 + 7] = this.prng.below(4);
    for (let word = 4; word < 8; word++) journal.f64[at + word] = this.prng.below(1 << 24);
  }

  /** Hash words of any bits, among them those that are signalling NaNs as float64: they must come through unchanged. */
  private checkpoint(journal: JournalWriter): void {
    const at = this.claim(journal, RecordType.Checkpoint, 48);
    journal.u32[at * 2 + 6] = this.prng.u32() | 1;
    journal.u32[at * 2 + 7] = this.prng.below(2) === 0 ? 0x7ff00000 + this.prng.below(1 << 19) : this.prng.u32();
  }

  private end(journal: JournalWriter): void {
    const at = this.claim(journal, RecordType.End, 64);
    journal.u32[at * 2 + 6] = this.prng.u32();
    journal.u32[at * 2 + 7] = this.prng.u32();
    journal.f64[at + 4] = this.made;
  }
}

export interface TestRun {
  readonly journal: JournalWriter;
  readonly script: RecordScript;
  readonly log: LogWriter;
  readonly recovered: RecoveryReport | null;
}

export interface TestRunOptions extends OpenLogOptions {
  /** Of the script. */
  readonly seed?: number;
  readonly records?: number;
  readonly ringBytes?: number;
}

export const RECORDS = 60;

/** Opens a run of the script; nothing has happened yet. Small blocks and commits unless told otherwise. */
export function openRun(directory: string, options: TestRunOptions = {}): TestRun {
  const shared = createJournal(options.ringBytes ?? 4096, 1);
  const journal = new JournalWriter(shared);
  const source = { shared, reader: 0 };
  const defaults = { geometry: SMALL, commitBytes: 1024, idleCommitNs: 0, sync: false };
  const { writer, recovered } = openLogForRun(directory, source, { ...defaults, ...options });
  journal.onFull = () => writer.doWork();
  const script = new RecordScript(options.seed ?? 1, options.records ?? RECORDS);
  return { journal, script, log: writer, recovered };
}

/** Lets the run make `count` more records (fewer at its end), in batches and commits as `schedule` will have it. */
export function advance(run: TestRun, count: number, schedule: Prng): void {
  for (let left = count; left > 0 && !run.script.done; left--) {
    run.script.step(run.journal);
    if (schedule.below(4) !== 0) continue;
    run.journal.publish();
    for (let turns = schedule.below(3); turns > 0; turns--) run.log.doWork(256 + schedule.below(4096));
    if (schedule.below(8) === 0) run.log.flush();
  }
}

/** Ends the run: to the end of the script, the ring closed, the log closed. */
export function finish(run: TestRun, schedule: Prng): LogSummary {
  advance(run, Number.MAX_SAFE_INTEGER, schedule);
  run.journal.close();
  return run.log.run();
}

/** A whole run. */
export function writeLog(directory: string, options: TestRunOptions = {}, scheduleSeed = 1): LogSummary {
  return finish(openRun(directory, options), new Prng(scheduleSeed));
}
