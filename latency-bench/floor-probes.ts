/** What the machine itself costs, seen from JavaScript: one probe a function, its answer checked. */
import { createHash } from 'node:crypto';
import { closeSync, fdatasyncSync, fstatSync, openSync, writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { monotonicNs } from '../src/core/clock.ts';
import { messageOf } from '../src/core/errors.ts';
import { Histogram } from '../src/core/histogram.ts';
import { Prng } from '../src/core/prng.ts';
import { check } from './benchmark.ts';

const LINE_WORDS = 16;
const ECHO_BYTES = 64;

export interface ClockCost {
  readonly nsPerReading: number;
  /** Smallest step seen. */
  readonly stepNs: number;
}

/** `read` writes the time in ns to cell 0. */
export function clockCost(readings: number, read: () => void, cell: BigInt64Array): ClockCost {
  let step = Number.POSITIVE_INFINITY;
  read();
  let last = cell[0];
  const startNs = monotonicNs();
  for (let i = 0; i < readings; i++) read();
  const nsPerReading = (monotonicNs() - startNs) / readings;
  for (let i = 0; i < readings; i++) {
    read();
    const passed = Number(cell[0] - last);
    if (passed > 0 && passed < step) step = passed;
    last = cell[0];
  }
  check(Number.isFinite(step), 'a clock stands still');
  return { nsPerReading, stepNs: step };
}

/** clock_gettime(CLOCK_MONOTONIC) through koffi, writing into cells: seconds, ns; or why it can't be called. */
export function koffiClock(cells: BigInt64Array): (() => void) | string {
  try {
    const koffi = createRequire(import.meta.url)('koffi') as {
      load(name: string): { func(prototype: string): (clock: number, into: BigInt64Array) => number };
    };
    const call = koffi.load('libc.so.6').func('int clock_gettime(int clock, _Out_ int64_t *into)');
    const into = new BigInt64Array(2);
    if (call(1, into) !== 0) return 'clock_gettime refused';
    return () => {
      call(1, into);
      cells[0] = into[0] * 1_000_000_000n + into[1];
    };
  } catch (error) {
    return messageOf(error).split('\n', 1)[0];
  }
}

/** GB/s of TypedArray.set. */
export function copySpeed(from: Uint8Array, to: Uint8Array): number {
  from[0]++;
  const startNs = monotonicNs();
  to.set(from);
  const elapsedNs = monotonicNs() - startNs;
  check(to[0] === from[0] && to[to.length - 1] === from[from.length - 1], 'a copy differs');
  return from.length / elapsedNs;
}

/** Memory whose lines form one cycle in an order that no prefetcher knows (Sattolo's algorithm). */
export function missChain(bytes: number): Int32Array {
  const lines = bytes / 64;
  const next = new Int32Array(lines);
  for (let i = 0; i < lines; i++) next[i] = i;
  const random = new Prng(1);
  for (let i = lines - 1; i > 0; i--) {
    const j = random.below(i);
    const kept = next[i];
    next[i] = next[j];
    next[j] = kept;
  }
  const memory = new Int32Array(lines * LINE_WORDS);
  for (let i = 0; i < lines; i++) memory[i * LINE_WORDS] = next[i] * LINE_WORDS;
  return memory;
}

/** ns for each of the dependent reads of once round the chain. */
export function missNs(memory: Int32Array): number {
  const startNs = monotonicNs();
  const visited = follow(memory);
  const elapsedNs = monotonicNs() - startNs;
  check(visited === memory.length / LINE_WORDS, 'the chain is not one cycle');
  return elapsedNs / visited;
}

function follow(memory: Int32Array): number {
  let at = 0;
  let visited = 0;
  do {
    at = memory[at];
    visited++;
  } while (at !== 0);
  return visited;
}

/** ns of each write of `bytes` behind the last, followed by fdatasync. */
export function syncs(path: string, bytes: number, count: number): Histogram {
  const histogram = Histogram.fine();
  const block = new Uint8Array(bytes).fill(1);
  const fd = openSync(path, 'w');
  try {
    for (let i = 0; i < count; i++) {
      const startNs = monotonicNs();
      writeSync(fd, block, 0, bytes, i * bytes);
      fdatasyncSync(fd);
      histogram.record(monotonicNs() - startNs);
    }
    check(fstatSync(fd).size === bytes * count, 'a write is missing');
  } finally {
    closeSync(fd);
  }
  return histogram;
}

/** GB/s of SHA-256 over blocks. */
export function sha256Speed(block: Uint8Array, blocks: number): number {
  const whole = createHash('sha256');
  const startNs = monotonicNs();
  for (let i = 0; i < blocks; i++) whole.update(block);
  const digest = whole.digest('hex');
  const elapsedNs = monotonicNs() - startNs;
  check(digest.length === 64, 'SHA-256 has 32 bytes');
  return (block.length * blocks) / elapsedNs;
}

/** Gaps between two readings of the clock of a loop that does nothing else: above the clock's own cost, somebody else ran. */
export function jitter(seconds: number): Histogram {
  const histogram = Histogram.fine();
  let lastNs = monotonicNs();
  const endNs = lastNs + seconds * 1e9;
  while (lastNs < endNs) lastNs = gap(lastNs, histogram);
  return histogram;
}

function gap(lastNs: number, histogram: Histogram): number {
  const nowNs = monotonicNs();
  histogram.record(nowNs - lastNs);
  return nowNs;
}

/** Round trips of 64 bytes through a websocket over loopback, in this process; or why there is no `ws`. */
export async function wsEcho(count: number): Promise<Histogram | string> {
  let ws: typeof import('ws');
  try {
    ws = await import('ws');
  } catch (error) {
    return messageOf(error).split('\n', 1)[0];
  }
  const server = new ws.WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });
  server.on('connection', (socket) => socket.on('message', (data: Buffer) => socket.send(data)));
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  const client = new ws.WebSocket(`ws://127.0.0.1:${port}`, { perMessageDeflate: false });
  try {
    await new Promise((resolve, reject) => client.once('open', resolve).once('error', reject));
    return await trips(client, count);
  } finally {
    client.terminate();
    server.close();
  }
}

function trips(client: import('ws').WebSocket, count: number): Promise<Histogram> {
  const histogram = Histogram.fine();
  const message = new Uint8Array(ECHO_BYTES);
  return new Promise((resolve, reject) => {
    let sent = 0;
    let lastNs = 0;
    const send = (): void => {
      message[0] = sent++;
      lastNs = monotonicNs();
      client.send(message);
    };
    client.on('error', reject);
    client.on('message', (data: Buffer) => {
      histogram.record(monotonicNs() - lastNs);
      if (data.length !== ECHO_BYTES || data[0] !== message[0]) reject(new Error('the echo differs'));
      else if (sent < count) send();
      else resolve(histogram);
    });
    send();
  });
}
