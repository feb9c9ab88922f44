/** Temporary recordings, feeds run to their end, and by-hand writers of the containers that Node can't write. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { crc32, deflateRawSync } from 'node:zlib';
import { TapeheadError } from '../../src/core/errors.ts';
import type { Feed, FeedResult } from '../../src/feed/feed.ts';
import { type InputRef, openSource } from '../../src/feed/input/open.ts';
import { EventProbe, type SeenEvent } from '../support/event-probe.ts';

/** A folder that goes with the test. */
export class Recordings {
  readonly folder: string;

  constructor(t: TestContext) {
    this.folder = mkdtempSync(join(tmpdir(), 'tapehead-feed-'));
    t.after(() => rmSync(this.folder, { recursive: true, force: true }));
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  write(name: string, content: Uint8Array | string): string {
    writeFileSync(this.path(name), content);
    return this.path(name);
  }
}

export interface Run {
  readonly events: SeenEvent[];
  readonly messages: number;
  /** Null where the run failed. */
  readonly result: FeedResult | null;
  readonly error: TapeheadError | null;
}

/** Runs a feed to its end; any error but a TapeheadError is the test's failure. */
export async function runFeed(feed: Feed, maxMessages?: number): Promise<Run> {
  const probe = new EventProbe(maxMessages);
  let result: FeedResult | null = null;
  let error: TapeheadError | null = null;
  try {
    result = await feed.run(probe.sink, { stopRequested: () => false, progress: () => {} });
  } catch (thrown) {
    if (!(thrown instanceof TapeheadError)) throw thrown;
    error = thrown;
  }
  return { events: probe.take(), messages: probe.sink.messages, result, error };
}

export interface Unpacked {
  readonly bytes: Buffer;
  readonly truncated: string | null;
  readonly error: TapeheadError | null;
}

/** Everything a recording holds, up to where it is cut or damaged. */
export async function unpack(ref: string | InputRef, readBytes = 1000): Promise<Unpacked> {
  const pieces: Buffer[] = [];
  let truncated: string | null = null;
  try {
    const source = await openSource(typeof ref === 'string' ? { path: ref, entry: null } : ref);
    try {
      const buffer = new Uint8Array(readBytes + 7);
      for (let count = -1; count !== 0; ) {
        count = await source.read(buffer, 7, readBytes);
        pieces.push(Buffer.from(buffer.subarray(7, 7 + count)));
      }
      truncated = source.truncated;
    } finally {
      await source.close();
    }
  } catch (thrown) {
    if (!(thrown instanceof TapeheadError)) throw thrown;
    return { bytes: Buffer.concat(pieces), truncated: null, error: thrown };
  }
  return { bytes: Buffer.concat(pieces), truncated, error: null };
}

export interface ZipOptions {
  readonly stored?: boolean;
  /** Sizes behind the data, as archivers write to a pipe. */
  readonly descriptors?: boolean;
}

/** A zip archive (APPNOTE 4.3). */
export function zip(files: Readonly<Record<string, Uint8Array>>, options: ZipOptions = {}): Buffer {
  const body: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [name, content] of Object.entries(files)) {
    const data = options.stored === true ? Buffer.from(content) : deflateRawSync(content);
    const flags = options.descriptors === true ? 8 : 0;
    const method = options.stored === true ? 0 : 8;
    const sizes = [crc32(content), data.length, content.length];
    const local = [
      0,
      ...u16(20, flags, method, 0, 0),
      ...u32(...(flags === 0 ? sizes : [0, 0, 0])),
      ...u16(name.length, 0),
    ];
    const header = Buffer.concat([Buffer.from('PK\x03\x04'), Buffer.from(local.slice(1)), Buffer.from(name)]);
    const descriptor = flags === 0 ? Buffer.alloc(0) : Buffer.from([...Buffer.from('PK\x07\x08'), ...u32(...sizes)]);
    const central = [
      ...u16(20, 20, flags, method, 0, 0),
      ...u32(...sizes),
      ...u16(name.length, 0, 0, 0, 0),
      ...u32(0, offset),
    ];
    directory.push(Buffer.from('PK\x01\x02'), Buffer.from(central), Buffer.from(name));
    body.push(header, data, descriptor);
    offset += header.length + data.length + descriptor.length;
  }
  const entries = Object.keys(files).length;
  const central = Buffer.concat(directory);
  const end = [...u16(0, 0, entries, entries), ...u32(central.length, offset), ...u16(0)];
  return Buffer.concat([...body, central, Buffer.from('PK\x05\x06'), Buffer.from(end)]);
}

/** A zstd frame (RFC 8878) of raw and RLE blocks of at most `blockBytes`. */
export function zstdFrame(content: Uint8Array, options: { checksum?: boolean; blockBytes?: number } = {}): Buffer {
  const { checksum = true, blockBytes = 1 << 16 } = options;
  const parts = [Buffer.from([0x28, 0xb5, 0x2f, 0xfd, checksum ? 4 : 0, 0x40])]; // window of 256 KiB
  for (let at = 0; at === 0 || at < content.length; at += blockBytes) {
    const block = content.subarray(at, at + blockBytes);
    const last = at + blockBytes >= content.length ? 1 : 0;
    const same = block.length > 0 && block.every((byte) => byte === block[0]);
    const header = (block.length << 3) | (same ? 2 : 0) | last;
    parts.push(
      Buffer.from([header & 255, (header >> 8) & 255, header >> 16]),
      Buffer.from(same ? block.subarray(0, 1) : block),
    );
  }
  if (checksum) parts.push(Buffer.from(u32(Number(naiveXxh64(content) & 0xffffffffn))));
  return Buffer.concat(parts);
}

function u16(...values: number[]): number[] {
  return values.flatMap((value) => [value & 255, value >> 8]);
}

function u32(...values: number[]): number[] {
  return values.flatMap((value) => [value & 255, (value >>> 8) & 255, (value >>> 16) & 255, value >>> 24]);
}

/** XXH64, seed 0, as its specification reads. */
export function naiveXxh64(bytes: Uint8Array): bigint {
  const mask = 2n ** 64n - 1n;
  const [p1, p2, p3, p4, p5] = [
    11400714785074694791n,
    14029467366897019727n,
    1609587929392839161n,
    9650029242287828579n,
    2870177450012600261n,
  ];
  const rotate = (x: bigint, n: bigint) => ((x << n) | (x >> (64n - n))) & mask;
  const round = (acc: bigint, input: bigint) => (rotate((acc + input * p2) & mask, 31n) * p1) & mask;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  let hash = p5;
  if (bytes.length >= 32) {
    const acc = [(p1 + p2) & mask, p2, 0n, -p1 & mask];
    for (; at + 32 <= bytes.length; at += 32) {
      for (let lane = 0; lane < 4; lane++) acc[lane] = round(acc[lane], view.getBigUint64(at + lane * 8, true));
    }
    hash = (rotate(acc[0], 1n) + rotate(acc[1], 7n) + rotate(acc[2], 12n) + rotate(acc[3], 18n)) & mask;
    for (const lane of acc) hash = ((hash ^ round(0n, lane)) * p1 + p4) & mask;
  }
  hash = (hash + BigInt(bytes.length)) & mask;
  for (; at + 8 <= bytes.length; at += 8) {
    hash = (rotate(hash ^ round(0n, view.getBigUint64(at, true)), 27n) * p1 + p4) & mask;
  }
  for (; at + 4 <= bytes.length; at += 4) {
    hash = (rotate(hash ^ ((BigInt(view.getUint32(at, true)) * p1) & mask), 23n) * p2 + p3) & mask;
  }
  for (; at < bytes.length; at++) hash = (rotate(hash ^ ((BigInt(bytes[at]) * p5) & mask), 11n) * p1) & mask;
  hash = ((hash ^ (hash >> 33n)) * p2) & mask;
  hash = ((hash ^ (hash >> 29n)) * p3) & mask;
  return hash ^ (hash >> 32n);
}
