/** What is resident: books by instruments, orders and levels, each in a fresh process; rings; a whole replay. */
import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FEED_RING_SLOTS, JOURNAL_RING_BYTES } from '../../src/core/limits.ts';
import { createSharedMemory } from '../../src/engine/topology.ts';
import {
  type BenchContext,
  type Benchmark,
  type BenchResult,
  best,
  check,
  type Figure,
  type Json,
} from '../benchmark.ts';
import { output } from '../reference.ts';
import type { MemoryAnswer, MemoryJob } from '../workers/memory-child.ts';

const CHILD = fileURLToPath(new URL('../workers/memory-child.js', import.meta.url));
const TAPEHEAD = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url));
const ROUNDS = 3;
const LOT = 7;
/** Instruments that the orders of a case are spread over. */
const ORDER_INSTRUMENTS = 100;
const LEVEL_INSTRUMENTS = 100;
const POLL_MS = 20;

export const benchmark: Benchmark = {
  name: 'memory',
  summary: 'resident bytes of books by instruments, orders and levels, of the rings, and of a whole replay',
  run,
};

interface Report {
  readonly figures: Figure[];
  readonly notes: string[];
  readonly details: { [name: string]: Json };
}

async function run(context: BenchContext): Promise<BenchResult> {
  const report: Report = { figures: [], notes: [], details: {} };
  for (const instruments of context.smoke ? [8_000] : [100, 1_000, 8_000]) {
    const name = `${instruments} instruments defined, books empty`;
    const answers = await measure(context, name, { instruments, orders: 0, levelsASide: 0 });
    figure(
      report,
      name,
      'KB',
      answers.map((one) => one.definedBytes / 1e3),
    );
  }
  for (const orders of context.smoke ? [10_000] : [10_000, 100_000, 1_000_000])
    await orderCase(report, context, orders);
  for (const levels of context.smoke ? [50] : [50, 500]) await levelCase(report, context, levels);
  rings(report);
  await replayCase(report, context);
  const { figures, notes, details } = report;
  return {
    figures,
    latencies: [],
    notes,
    topology: 'each case in a process of its own; replays with the threads that their names say',
    details,
  };
}

async function orderCase(report: Report, context: BenchContext, orders: number): Promise<void> {
  const name = `${orders} live orders, ${ORDER_INSTRUMENTS} L3 books`;
  const answers = await measure(context, name, { instruments: ORDER_INSTRUMENTS, orders, levelsASide: 0 });
  for (const answer of answers) {
    check(answer.orders === orders && answer.qty === orders * LOT, `${name}: the books show ${answer.orders} orders`);
  }
  figure(
    report,
    name,
    'bytes/order',
    answers.map((one) => one.filledBytes / orders),
  );
  report.notes.push(
    `${name}: ${answers[0].levels} levels; what an order takes includes its part of them and free rows`,
  );
}

async function levelCase(report: Report, context: BenchContext, levelsASide: number): Promise<void> {
  const levels = levelsASide * 2 * LEVEL_INSTRUMENTS;
  const name = `${levels} levels, ${LEVEL_INSTRUMENTS} L2 books`;
  const answers = await measure(context, name, { instruments: LEVEL_INSTRUMENTS, orders: 0, levelsASide });
  for (const answer of answers) {
    check(answer.levels === levels && answer.qty === levels * LOT, `${name}: the books show ${answer.levels} levels`);
  }
  figure(
    report,
    name,
    'bytes/level',
    answers.map((one) => one.filledBytes / levels),
  );
}

/** The same job in one fresh process after the other. */
async function measure(context: BenchContext, name: string, job: MemoryJob): Promise<MemoryAnswer[]> {
  context.progress(name);
  const answers: MemoryAnswer[] = [];
  for (let round = 0; round < (context.smoke ? 1 : ROUNDS); round++) {
    const line = await output(process.execPath, ['--expose-gc', CHILD, JSON.stringify(job)]);
    answers.push(JSON.parse(line) as MemoryAnswer);
  }
  return answers;
}

function figure(report: Report, name: string, unit: string, runs: readonly number[]): void {
  const one: Figure = { name, unit, better: 'lower', runs };
  report.figures.push(one);
  report.details[name] = { unit, value: best(one) };
}

/** Sizes, not residence: a ring's pages are resident once it went round. */
function rings(report: Report): void {
  const { feedRing, journal, telemetry } = createSharedMemory(0);
  const sizes = [feedRing.buffer.byteLength, journal.buffer.byteLength, telemetry.byteLength];
  check(sizes[0] >= FEED_RING_SLOTS * 64 && sizes[1] >= JOURNAL_RING_BYTES, `rings of ${sizes.join(' and ')} bytes`);
  const [feed, log, counters] = sizes.map((bytes) => `${(bytes / 1024).toFixed(0)} KiB`);
  report.notes.push(`shared by the threads of a run: feed ring ${feed}, journal ring ${log}, counters ${counters}`);
  report.details.rings = { feedRingBytes: sizes[0], journalBytes: sizes[1], telemetryBytes: sizes[2] };
}

/** `tapehead replay` as a process of its own, looked at from outside until it ends. */
async function replayCase(report: Report, context: BenchContext): Promise<void> {
  const file = await context.itchFile();
  const expected = countMessages(file.path);
  for (const threads of context.smoke ? [1] : [1, 3]) {
    const name = `tapehead replay, ${threads} thread${threads > 1 ? 's' : ''}`;
    context.progress(name);
    const log = join(context.folder(), 'log');
    const args = ['replay', file.path, '--log', log, '--json', '--no-sync', '--threads', String(threads)];
    const { text, peakKb, lastKb } = await watched(args);
    const { messages } = JSON.parse(text) as { messages: number };
    check(messages === expected, `${name}: ${messages} messages, the file holds ${expected}`);
    if (peakKb === 0) {
      report.notes.push(`${name}: this system does not say what is resident`);
      continue;
    }
    figure(report, `${name}: most that was resident`, 'MB', [peakKb / 1e3]);
    report.notes.push(
      `${name}: ${messages} messages; ${(lastKb / 1e3).toFixed(0)} MB when last looked at (${file.origin})`,
    );
  }
}

function watched(args: readonly string[]): Promise<{ text: string; peakKb: number; lastKb: number }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [TAPEHEAD, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    let text = '';
    let complaint = '';
    let peakKb = 0;
    let lastKb = 0;
    const look = (): void => {
      const status = statusOf(child.pid ?? 0);
      peakKb = Math.max(peakKb, kilobytes(status, 'VmHWM'));
      lastKb = kilobytes(status, 'VmRSS') || lastKb;
    };
    const timer = setInterval(look, POLL_MS);
    child.stdout.setEncoding('utf8').on('data', (part: string) => {
      look(); // the report is printed at the very end
      text += part;
    });
    child.stderr.setEncoding('utf8').on('data', (part: string) => {
      complaint += part;
    });
    child.on('error', reject);
    child.on('close', (code) => {
      clearInterval(timer);
      if (code === 0) resolve({ text, peakKb, lastKb });
      else reject(new Error(`tapehead replay ended with exit code ${code}: ${complaint.trim()}`));
    });
  });
}

/** Empty where the system has no /proc, or the process is gone. */
function statusOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/status`, 'utf8');
  } catch {
    return '';
  }
}

function kilobytes(status: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0);
}

/** Length-prefixed messages of a plain ITCH file, counted by their lengths alone. */
function countMessages(path: string): number {
  const fd = openSync(path, 'r');
  const block = Buffer.alloc(1 << 24);
  let kept = 0;
  let count = 0;
  try {
    for (;;) {
      const got = readSync(fd, block, kept, block.length - kept, null);
      const end = kept + got;
      let at = 0;
      while (at + 2 <= end && at + 2 + block.readUInt16BE(at) <= end) {
        at += 2 + block.readUInt16BE(at);
        count++;
      }
      if (got === 0) return count;
      block.copyWithin(0, at, end);
      kept = end - at;
    }
  } finally {
    closeSync(fd);
  }
}
