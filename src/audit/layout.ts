/**
 * The log on disk (FORMAT.md): segment files that hold nothing but fixed-size blocks. Block header, 64 bytes,
 * little-endian; what is marked (sealed) is 0 while the block is still being filled:
 *
 *   bytes 0-3    magic          u32       'THBK'
 *         4-5    version        u16       1
 *         6-7    header bytes   u16       64
 *         8-15   block index    u64       0, 1, 2, ... through the whole log
 *         16-23  first seq      u64       sequence number of the block's first record
 *         24-27  used           u32       bytes of records (sealed)
 *         28-31  count          u32       records (sealed)
 *         32-63  chain hash     32 bytes  SHA-256(previous block's chain hash, 32 zero bytes before block 0, then header
 *                                         bytes 0-31, then the `used` record bytes) (sealed)
 *
 * Records follow from byte 64, back to back, and never straddle a block: a block is sealed when the next record does not
 * fit, or at the end. The rest of a block is zero. So every byte of a closed log is a function of its records alone.
 */
import { createHash } from 'node:crypto';
import { assert } from '../core/assert.ts';
import { BLOCK_BYTES, BLOCK_HEADER_BYTES, SEGMENT_BLOCKS } from '../core/limits.ts';
import { MAX_RECORD_BYTES } from '../core/record.ts';

export const BLOCK_MAGIC = 0x4b424854; // 'THBK' as little-endian bytes
export const LOG_VERSION = 1;
export const CHAIN_BYTES = 32;

/** Header fields as indices of 32-bit words from the block's start. */
export const BlockWord = {
  Magic: 0,
  VersionAndHeaderBytes: 1,
  Index: 2,
  FirstSeq: 4,
  Used: 6,
  Count: 7,
  Chain: 8,
} as const;
export const VERSION_AND_HEADER_BYTES = LOG_VERSION | (BLOCK_HEADER_BYTES << 16);

/** Sizes of a log. Tests use small ones so that a few KiB hold many blocks and segments. */
export interface LogGeometry {
  readonly blockBytes: number;
  readonly segmentBlocks: number;
}

export const DEFAULT_GEOMETRY: LogGeometry = { blockBytes: BLOCK_BYTES, segmentBlocks: SEGMENT_BLOCKS };

export function assertGeometry(geometry: LogGeometry): void {
  const { blockBytes, segmentBlocks } = geometry;
  assert(blockBytes % 8 === 0 && blockBytes >= BLOCK_HEADER_BYTES + MAX_RECORD_BYTES, 'a block holds any record');
  assert(blockBytes <= 1 << 26 && segmentBlocks >= 1 && Number.isInteger(segmentBlocks), 'block and segment size');
}

export function segmentName(segment: number): string {
  return `${String(segment).padStart(8, '0')}.seg`;
}

/** The segment number of a file name, or -1 when it is no segment's. */
export function segmentNumber(name: string): number {
  return /^\d{8,}\.seg$/.test(name) && segmentName(Number.parseInt(name, 10)) === name ? Number.parseInt(name, 10) : -1;
}

/** Where a block lies: its segment file and the offset there. */
export function blockFile(geometry: LogGeometry, block: number): string {
  return segmentName(Math.floor(block / geometry.segmentBlocks));
}

export function blockFileOffset(geometry: LogGeometry, block: number): number {
  return (block % geometry.segmentBlocks) * geometry.blockBytes;
}

/** Writes the header of a block that is being filled. `at` counts 32-bit words. */
export function writeOpenHeader(u32: Uint32Array, at: number, block: number, firstSeq: number): void {
  u32.fill(0, at, at + BLOCK_HEADER_BYTES / 4);
  u32[at + BlockWord.Magic] = BLOCK_MAGIC;
  u32[at + BlockWord.VersionAndHeaderBytes] = VERSION_AND_HEADER_BYTES;
  putU64(u32, at + BlockWord.Index, block);
  putU64(u32, at + BlockWord.FirstSeq, firstSeq);
}

/** Chain hash of the block at bytes[start], whose header bytes 0-31 and records are final. */
export function chainHash(previous: Uint8Array, bytes: Uint8Array, start: number, used: number): Buffer {
  const hash = createHash('sha256');
  hash.update(previous);
  hash.update(bytes.subarray(start, start + BlockWord.Chain * 4));
  hash.update(bytes.subarray(start + BLOCK_HEADER_BYTES, start + BLOCK_HEADER_BYTES + used));
  return hash.digest();
}

export function putU64(u32: Uint32Array, at: number, value: number): void {
  u32[at] = value >>> 0;
  u32[at + 1] = Math.floor(value / 4294967296);
}

/** Exact below 2^53; a damaged field may be larger and is then only compared. */
export function getU64(u32: Uint32Array, at: number): number {
  return u32[at + 1] * 4294967296 + u32[at];
}
