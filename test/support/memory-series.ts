/**
 * What a process of this program takes, over time: RSS from the system, heaps of the threads that turn an event loop from a module
 * that is loaded in front of each (threads that spin can't be asked). And whether a row of figures grows.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface MemoryLook {
  readonly rssMb: number;
  /** Sums over the threads that answer: heap in use, memory outside of heaps, of which array buffers. */
  readonly heapMb: number;
  readonly externalMb: number;
  readonly buffersMb: number;
}

const EVERY_MS = 2_000;

/** The flag that makes a process write down its threads' memory beside `file`, every two seconds. */
export function memoryFlags(folder: string, file: string): readonly string[] {
  const module = join(folder, 'memory-probe.cjs');
  const source = `
    const { writeFileSync } = require('node:fs');
    const { threadId } = require('node:worker_threads');
    const look = () => writeFileSync(${JSON.stringify(join(folder, file))} + '.' + threadId, JSON.stringify(process.memoryUsage()));
    setInterval(look, ${EVERY_MS}).unref();`;
  writeFileSync(module, source);
  return ['--require', module];
}

const THREADS = 8;

export function memoryOf(pid: number, folder: string, file: string): MemoryLook {
  const kb = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  const sum = { heapUsed: 0, external: 0, arrayBuffers: 0 };
  for (let thread = 0; thread < THREADS; thread++) {
    try {
      const usage = JSON.parse(readFileSync(`${join(folder, file)}.${thread}`, 'utf8'));
      for (const name of Object.keys(sum) as (keyof typeof sum)[]) sum[name] += usage[name];
    } catch {
      // No such thread, or it is writing just now, or it never turns its loop.
    }
  }
  const mb = (bytes: number): number => bytes / 1e6;
  return {
    rssMb: Number(kb) / 1024,
    heapMb: mb(sum.heapUsed),
    externalMb: mb(sum.external),
    buffersMb: mb(sum.arrayBuffers),
  };
}

export interface Slope {
  /** Units a minute, by least squares. */
  readonly perMinute: number;
  /** Twice its standard error, wider for looks that depend on those before them (by their lag-one correlation). */
  readonly within: number;
}

/** `values` are looks at equal times, `seconds` apart. */
export function slopeOf(values: readonly number[], seconds: number): Slope {
  const n = values.length;
  const minutes = values.map((_, i) => (i * seconds) / 60);
  const mean = (row: readonly number[]): number => row.reduce((sum, value) => sum + value, 0) / row.length;
  const [mt, mv] = [mean(minutes), mean(values)];
  const spread = minutes.reduce((sum, t) => sum + (t - mt) ** 2, 0);
  const perMinute = minutes.reduce((sum, t, i) => sum + (t - mt) * (values[i] - mv), 0) / spread;
  const rest = values.map((value, i) => value - mv - perMinute * (minutes[i] - mt));
  const squares = rest.reduce((sum, r) => sum + r * r, 0);
  const lagged = rest.slice(1).reduce((sum, r, i) => sum + r * rest[i], 0);
  const correlation = squares === 0 ? 0 : Math.min(0.9, Math.max(0, lagged / squares));
  const independent = Math.max(3, (n * (1 - correlation)) / (1 + correlation));
  return { perMinute, within: 2 * Math.sqrt(squares / (independent - 2) / spread) };
}

/** A growth of more than `most` a minute, beyond doubt. */
export function grows({ perMinute, within }: Slope, most: number): boolean {
  return perMinute - within > most;
}
