/** One end of a SPSC ring, or of a message port to compare it with, in the rings benchmark. */
import type { MessagePort } from 'node:worker_threads';
import { pinThisThread } from '../../src/core/affinity.ts';
import { monotonicNs } from '../../src/core/clock.ts';
import { Histogram } from '../../src/core/histogram.ts';
import { SpscReader, type SpscShared, SpscWriter } from '../../src/ring/spsc.ts';
import type { WaitStrategy } from '../../src/ring/wait.ts';
import { arrive, serve } from './crew.ts';
import { fillSlot, fold, slotSum } from './records.ts';

interface CommonJob {
  readonly barrier: SharedArrayBuffer;
  readonly count: number;
  readonly wait: WaitStrategy;
  /** Which thread this is of those that are pinned to cores of their own; null: the system places it. */
  readonly pin: number | null;
}

/** Streams `count` records one way. */
export interface StreamJob extends CommonJob {
  readonly kind: 'write' | 'read';
  readonly ring: SpscShared;
  /** Records a publication. */
  readonly batch: number;
}

/** Sends one record back and forth `count` times. */
export interface EchoJob extends CommonJob {
  readonly kind: 'ping' | 'pong';
  readonly there: SpscShared;
  readonly back: SpscShared;
}

/** The same through a MessagePort, with 64 bytes a message. */
export interface PortJob extends CommonJob {
  readonly kind: 'portWrite' | 'portRead' | 'portPing' | 'portPong';
  readonly port: MessagePort;
}

export type SpscJob = StreamJob | EchoJob | PortJob;

export interface SpscAnswer {
  readonly startNs: number;
  readonly endNs: number;
  readonly checksum: number;
  /** A fine histogram's memory. */
  readonly latency: SharedArrayBuffer | null;
}

const READ_LIMIT = 1024;

const CHUNK = 4096;
const SLOT_WORDS = 8;

function writeSingly(ring: SpscWriter, from: number, to: number): void {
  for (let i = from; i < to; i++) fillSlot(ring.f64, ring.next(), i);
}

function writeBatches(ring: SpscWriter, from: number, to: number, batch: number): void {
  for (let i = from; i < to; ) {
    const count = ring.reserve(Math.min(batch, to - i));
    let w = ring.nextWord;
    for (const end = i + count; i < end; i++, w += SLOT_WORDS) fillSlot(ring.f64, w, i);
    ring.advance(count);
  }
}

function writeChunk(ring: SpscWriter, from: number, to: number, batch: number): void {
  if (batch === 1) writeSingly(ring, from, to);
  else writeBatches(ring, from, to, batch);
}

function write(job: StreamJob): SpscAnswer {
  const ring = new SpscWriter(job.ring, job.wait, job.batch);
  arrive(job.barrier, 2);
  const startNs = monotonicNs();
  for (let i = 0; i < job.count; i += CHUNK) writeChunk(ring, i, Math.min(job.count, i + CHUNK), job.batch);
  ring.publish();
  return { startNs, endNs: monotonicNs(), checksum: 0, latency: null };
}

function readBatch(ring: SpscReader, count: number, checksum: number): number {
  for (let i = 0; i < count; i++) checksum = fold(checksum, slotSum(ring.f64, ((ring.cursor + i) & ring.mask) << 3));
  return checksum;
}

function read(job: StreamJob): SpscAnswer {
  const ring = new SpscReader(job.ring, job.wait);
  let checksum = 0;
  arrive(job.barrier, 2);
  const startNs = monotonicNs();
  for (let left = job.count; left > 0; ) {
    const count = ring.poll(READ_LIMIT);
    if (count === 0) {
      ring.idle();
      continue;
    }
    checksum = readBatch(ring, count, checksum);
    ring.release(count);
    left -= count;
  }
  return { startNs, endNs: monotonicNs(), checksum, latency: null };
}

function takeOne(ring: SpscReader, checksum: number): number {
  while (ring.poll(1) === 0) ring.idle();
  checksum = readBatch(ring, 1, checksum);
  ring.release(1);
  return checksum;
}

function sendOne(ring: SpscWriter, i: number): void {
  fillSlot(ring.f64, ring.next(), i);
  ring.publish();
}

/** One reading of the clock a round trip: the end of one is the start of the next. */
function ping(job: EchoJob): SpscAnswer {
  const there = new SpscWriter(job.there, job.wait);
  const back = new SpscReader(job.back, job.wait);
  const histogram = Histogram.fine();
  let checksum = 0;
  arrive(job.barrier, 2);
  const startNs = monotonicNs();
  let lastNs = startNs;
  for (let i = 0; i < job.count; i++) {
    sendOne(there, i);
    checksum = takeOne(back, checksum);
    const nowNs = monotonicNs();
    histogram.record(nowNs - lastNs);
    lastNs = nowNs;
  }
  return { startNs, endNs: lastNs, checksum, latency: histogram.slots.buffer as SharedArrayBuffer };
}

function pong(job: EchoJob): SpscAnswer {
  const there = new SpscReader(job.there, job.wait);
  const back = new SpscWriter(job.back, job.wait);
  let checksum = 0;
  arrive(job.barrier, 2);
  const startNs = monotonicNs();
  for (let i = 0; i < job.count; i++) {
    checksum = takeOne(there, checksum);
    sendOne(back, i);
  }
  return { startNs, endNs: monotonicNs(), checksum, latency: null };
}

/** Resolves when `count` messages came; `each` is called for every one. */
function messages(port: MessagePort, count: number, each: (words: Float64Array) => void): Promise<void> {
  return new Promise((resolve) => {
    let left = count;
    port.on('message', (words: Float64Array) => {
      each(words);
      if (--left === 0) resolve();
    });
  });
}

async function overPort(job: PortJob): Promise<SpscAnswer> {
  const { port, count, kind } = job;
  const record = new Float64Array(8);
  const histogram = Histogram.fine();
  let checksum = 0;
  let received = 0;
  let lastNs = 0;
  const send = (i: number): void => {
    fillSlot(record, 0, i);
    port.postMessage(record);
  };
  const arrived =
    kind === 'portWrite'
      ? Promise.resolve()
      : messages(port, count, (words) => {
          checksum = fold(checksum, slotSum(words, 0));
          received++;
          if (kind === 'portPong') send(received - 1);
          if (kind !== 'portPing') return;
          const nowNs = monotonicNs();
          histogram.record(nowNs - lastNs);
          lastNs = nowNs;
          if (received < count) send(received);
        });
  arrive(job.barrier, 2);
  const startNs = monotonicNs();
  lastNs = startNs;
  if (kind === 'portWrite') for (let i = 0; i < count; i++) send(i);
  else if (kind === 'portPing') send(0);
  await arrived;
  const endNs = monotonicNs();
  port.unref();
  return {
    startNs,
    endNs,
    checksum,
    latency: kind === 'portPing' ? (histogram.slots.buffer as SharedArrayBuffer) : null,
  };
}

let pinned = false;

serve((job: SpscJob): SpscAnswer | Promise<SpscAnswer> => {
  if (job.pin !== null && !pinned) pinThisThread(job.pin);
  pinned = true;
  switch (job.kind) {
    case 'write':
      return write(job);
    case 'read':
      return read(job);
    case 'ping':
      return ping(job);
    case 'pong':
      return pong(job);
    default:
      return overPort(job);
  }
});
