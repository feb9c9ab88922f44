/**
 * How far the log is durable, for others to read: in the file `watermark` for other processes, and in a cell of shared
 * memory for other threads. The file never runs ahead of the log: it is written after the log's fdatasync returned. It
 * is not synced itself (but at close), so after a power cut it may lag; after a killed process it is exact.
 *
 * File, 32 bytes, little-endian:
 *   bytes 0-3    magic        u32  'THWM'
 *         4-5    version      u16  1
 *         6-7    state        u16  LogState
 *         8-15   durable seq  u64  every record up to it is on disk
 *         16-19  group bytes  u32  most that one commit writes past it; 0 once the log is closed or recovered
 *         20-27  reserved     0
 *         28-31  crc32c       u32  over bytes 0-27
 */
import { monotonicNs } from '../core/clock.ts';
import { crc32c } from './crc32c.ts';
import { LOG_VERSION, putU64 } from './layout.ts';
import { type LogFs, readFully, writeFailure, writeFully } from './log-fs.ts';

export const WATERMARK_NAME = 'watermark';
const WATERMARK_BYTES = 32;
const WATERMARK_MAGIC = 0x4d574854; // 'THWM' as little-endian bytes

export const LogState = {
  /** Being written, or its writer died. */
  Open: 0,
  /** Ended with an End record; complete. */
  Closed: 1,
  /** Its writer died and recovery sealed what there was: whole, but without an End record. */
  Recovered: 2,
  /** As Open, by a writer that never syncs: durable against the death of the process only. */
  OpenUnsynced: 3,
} as const;
export type LogState = (typeof LogState)[keyof typeof LogState];

export interface Watermark {
  readonly state: LogState;
  readonly durableSeq: number;
  readonly groupBytes: number;
}

/** A file that is not what a writer wrote: where in it, and what is wrong. */
export interface WatermarkProblem {
  readonly offset: number;
  readonly what: string;
  /** It ends early or holds nothing but zeros: created, and never filled. */
  readonly isBlank: boolean;
}

export function encodeWatermark(watermark: Watermark): Uint8Array {
  const u32 = new Uint32Array(WATERMARK_BYTES / 4);
  u32[0] = WATERMARK_MAGIC;
  u32[1] = LOG_VERSION | (watermark.state << 16);
  putU64(u32, 2, watermark.durableSeq);
  u32[4] = watermark.groupBytes;
  const bytes = new Uint8Array(u32.buffer);
  u32[7] = crc32c(bytes, 0, WATERMARK_BYTES - 4);
  return bytes;
}

export function decodeWatermark(bytes: Uint8Array): Watermark | WatermarkProblem {
  if (bytes.length !== WATERMARK_BYTES) {
    const isShort = bytes.length < WATERMARK_BYTES;
    const what = isShort
      ? `ends after ${bytes.length} of ${WATERMARK_BYTES} bytes`
      : `is longer than ${WATERMARK_BYTES} bytes`;
    return { offset: Math.min(bytes.length, WATERMARK_BYTES), what, isBlank: isShort };
  }
  const isBlank = bytes.every((byte) => byte === 0);
  const wrong = (offset: number, what: string): WatermarkProblem => ({ offset, what, isBlank });
  const view = new DataView(bytes.buffer, bytes.byteOffset, WATERMARK_BYTES);
  if (view.getUint32(0, true) !== WATERMARK_MAGIC) return wrong(0, 'does not begin with THWM');
  const version = view.getUint16(4, true);
  if (version !== LOG_VERSION) return wrong(4, `has version ${version}, this reader knows ${LOG_VERSION}`);
  if (view.getUint32(28, true) !== crc32c(bytes, 0, 28)) return wrong(28, 'checksum (crc32c) differs');
  const state = view.getUint16(6, true);
  if (state > LogState.OpenUnsynced) return wrong(6, `has unknown state ${state}`);
  for (let i = 20; i < 28; i++) if (bytes[i] !== 0) return wrong(i, 'has a reserved byte that is not zero');
  return {
    state: state as LogState,
    durableSeq: view.getUint32(12, true) * 4294967296 + view.getUint32(8, true),
    groupBytes: view.getUint32(16, true),
  };
}

export function isWatermarkProblem(value: Watermark | WatermarkProblem): value is WatermarkProblem {
  return 'what' in value;
}

/** The file as it is; null when there is none. Read again on a bad checksum: it may be overwritten meanwhile. */
export function readWatermark(logFs: LogFs, path: string): Watermark | WatermarkProblem {
  const bytes = new Uint8Array(WATERMARK_BYTES + 1);
  for (let attempt = 0; ; attempt++) {
    const fd = logFs.open(path, 'r');
    let length: number;
    try {
      length = readFully(logFs, fd, bytes, 0, bytes.length, 0);
    } finally {
      logFs.close(fd);
    }
    const result = decodeWatermark(bytes.subarray(0, length));
    if (!isWatermarkProblem(result) || attempt === 3) return result;
  }
}

/** The writer's side of the file. Every failure is a TapeheadError LOG_IO. */
export class WatermarkFile {
  private readonly logFs: LogFs;
  private readonly path: string;
  private readonly fd: number;

  /** Opens the file, creating it when absent. */
  constructor(logFs: LogFs, path: string, exists: boolean) {
    this.logFs = logFs;
    this.path = path;
    try {
      this.fd = logFs.open(path, exists ? 'r+' : 'wx+');
    } catch (error) {
      throw writeFailure(exists ? 'open' : 'create', path, error);
    }
  }

  write(watermark: Watermark): void {
    try {
      writeFully(this.logFs, this.fd, encodeWatermark(watermark), 0, WATERMARK_BYTES, 0);
    } catch (error) {
      throw writeFailure('write', this.path, error);
    }
  }

  sync(): void {
    try {
      this.logFs.datasync(this.fd);
    } catch (error) {
      throw writeFailure('sync', this.path, error);
    }
  }

  close(): void {
    this.logFs.close(this.fd);
  }
}

const VERSION = 0;
const LOW = 1;
const HIGH = 2;
const STATUS = 3;

export const WriterStatus = { Running: 0, Closed: 1, Failed: 2 } as const;
export type WriterStatus = (typeof WriterStatus)[keyof typeof WriterStatus];

/** Memory for a DurableCell, to be handed to other threads. */
export function createDurableCell(): SharedArrayBuffer {
  return new SharedArrayBuffer(16);
}

/** The watermark in shared memory: one writer, any readers. A seqlock: the version is odd while a value is changed. */
export class DurableCell {
  readonly cells: Int32Array;

  constructor(shared: SharedArrayBuffer) {
    this.cells = new Int32Array(shared);
  }

  publish(seq: number, status: WriterStatus): void {
    const cells = this.cells;
    Atomics.add(cells, VERSION, 1);
    Atomics.store(cells, LOW, seq | 0);
    Atomics.store(cells, HIGH, Math.floor(seq / 4294967296));
    Atomics.store(cells, STATUS, status);
    Atomics.add(cells, VERSION, 1); // pairs with the loads in durableSeq
    Atomics.notify(cells, VERSION);
  }

  durableSeq(): number {
    const cells = this.cells;
    for (;;) {
      const before = Atomics.load(cells, VERSION);
      const seq = Atomics.load(cells, HIGH) * 4294967296 + (Atomics.load(cells, LOW) >>> 0);
      if ((before & 1) === 0 && Atomics.load(cells, VERSION) === before) return seq;
    }
  }

  status(): WriterStatus {
    return Atomics.load(this.cells, STATUS) as WriterStatus;
  }

  /** Sleeps until `seq` is durable; false when that took longer than `timeoutMs` or the writer stopped before. */
  waitUntilDurable(seq: number, timeoutMs: number): boolean {
    const until = monotonicNs() + timeoutMs * 1e6;
    for (;;) {
      const seen = Atomics.load(this.cells, VERSION);
      if (this.durableSeq() >= seq) return true;
      const leftMs = (until - monotonicNs()) / 1e6;
      if (leftMs <= 0 || this.status() !== WriterStatus.Running) return false;
      Atomics.wait(this.cells, VERSION, seen, leftMs);
    }
  }
}
