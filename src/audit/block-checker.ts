/**
 * Checks blocks one after another against everything the layout promises. One pass, shared by verify (which stops at the
 * first problem) and by recovery (for which the first problem is where the log may have been torn).
 */
import { BLOCK_HEADER_BYTES } from '../core/limits.ts';
import { RECORD_HEADER_BYTES, RECORD_VERSION, RecordType } from '../core/record.ts';
import { recordCrc32c } from './crc32c.ts';
import {
  BLOCK_MAGIC,
  BlockWord,
  CHAIN_BYTES,
  chainHash,
  getU64,
  type LogGeometry,
  VERSION_AND_HEADER_BYTES,
} from './layout.ts';
import { isKnownType, isPlausibleLength, recordTypeName } from './record-shape.ts';

/** What `check` found a block to be. */
export const BlockVerdict = {
  /** Sealed, and right in every byte. The checker's expectations have moved past it. */
  Sealed: 0,
  /** Still being filled: whole records, then zeros or the end of the file. Only the last block may be so. */
  Open: 1,
  /** `problem` says why. */
  Bad: 2,
} as const;
export type BlockVerdict = (typeof BlockVerdict)[keyof typeof BlockVerdict];

export const CHAIN_PROBLEM = 'chain hash (SHA-256) differs';

export class BlockChecker {
  /** Expectations of the next block. */
  block = 0;
  nextSeq = 1;
  /** Chain hash of the last sealed block, as stored. */
  readonly chain = new Uint8Array(CHAIN_BYTES);
  /** Over the blocks that were sealed and right. */
  records = 0;
  lastType = 0;

  /** Of the block looked at last, whatever the verdict: end of its last whole record (64: none) and what those add up to. */
  wholeEnd = BLOCK_HEADER_BYTES;
  wholeRecords = 0;
  wholeLastType = 0;
  /** What is wrong, at which byte of the block, and the seq of the record there (or of the next one, where none is). */
  problem = '';
  problemAt = 0;
  problemSeq = 0;
  private readonly geometry: LogGeometry;
  private readonly withChain: boolean;
  /** Bytes left free at the end of the previous block. */
  private freeBefore = 0;

  /** `withChain` false: everything but the SHA-256 chain, which is checked elsewhere or not at all (twice as fast). */
  constructor(geometry: LogGeometry, withChain = true) {
    this.geometry = geometry;
    this.withChain = withChain;
  }

  /** Starts in the middle of a log, without the chain. */
  startAt(block: number, firstSeq: number): void {
    this.block = block;
    this.nextSeq = firstSeq;
    this.freeBefore = 0;
    this.lastType = 0;
  }

  /** Looks at the block at bytes[start], of which the file has `available` bytes. `start` is a multiple of 8. */
  check(bytes: Uint8Array, u32: Uint32Array, start: number, available: number): BlockVerdict {
    this.problem = '';
    this.wholeEnd = BLOCK_HEADER_BYTES;
    this.wholeRecords = 0;
    this.wholeLastType = this.lastType;
    if (!this.checkIdentity(u32, start >> 2, available)) return BlockVerdict.Bad;
    const header = start >> 2;
    const isOpen = isZero(bytes, start + BlockWord.Used * 4, start + BLOCK_HEADER_BYTES);
    const used = u32[header + BlockWord.Used];
    const { blockBytes } = this.geometry;
    if (used % 8 !== 0 || used > blockBytes - BLOCK_HEADER_BYTES) {
      return this.bad(BlockWord.Used * 4, `used is ${used} bytes, a block has ${blockBytes - BLOCK_HEADER_BYTES}`);
    }
    const limit = isOpen ? available : Math.min(available, BLOCK_HEADER_BYTES + used);
    const recordsWhole = this.walk(bytes, u32, start, limit, isOpen);
    if (!recordsWhole) return BlockVerdict.Bad;
    if (isOpen) return BlockVerdict.Open;
    if (this.wholeEnd !== BLOCK_HEADER_BYTES + used || used === 0) {
      return this.bad(
        available < BLOCK_HEADER_BYTES + used ? available : BlockWord.Used * 4,
        `used is ${used} bytes, the records end after ${this.wholeEnd - BLOCK_HEADER_BYTES}`,
      );
    }
    if (u32[header + BlockWord.Count] !== this.wholeRecords) {
      const count = u32[header + BlockWord.Count];
      return this.bad(BlockWord.Count * 4, `count is ${count} records, there are ${this.wholeRecords}`);
    }
    if (available < blockBytes) return this.bad(available, 'the file ends inside the block');
    for (let at = start + this.wholeEnd, end = start + blockBytes; at < end; at++) {
      if (bytes[at] !== 0) return this.bad(at - start, 'padding is not zero');
    }
    if (!this.withChain) this.chain.set(bytes.subarray(start + BlockWord.Chain * 4, start + BLOCK_HEADER_BYTES));
    else if (!this.checkChain(bytes, start, used)) return BlockVerdict.Bad;
    this.block++;
    this.nextSeq += this.wholeRecords;
    this.records += this.wholeRecords;
    this.lastType = this.wholeLastType;
    this.freeBefore = blockBytes - this.wholeEnd;
    return BlockVerdict.Sealed;
  }

  private checkIdentity(u32: Uint32Array, header: number, available: number): boolean {
    if (available < BLOCK_HEADER_BYTES) {
      this.bad(available, 'the file ends inside a block header');
      return false;
    }
    if (u32[header + BlockWord.Magic] !== BLOCK_MAGIC) {
      this.bad(0, 'no block begins here (magic THBK missing)');
      return false;
    }
    if (u32[header + BlockWord.VersionAndHeaderBytes] !== VERSION_AND_HEADER_BYTES) {
      const word = u32[header + BlockWord.VersionAndHeaderBytes];
      this.bad(4, `format version ${word & 0xffff}, header of ${word >>> 16} bytes; this reader knows 1 and 64`);
      return false;
    }
    const block = getU64(u32, header + BlockWord.Index);
    if (block !== this.block) {
      this.bad(BlockWord.Index * 4, `block index is ${block}, ${this.block} comes here`);
      return false;
    }
    const firstSeq = getU64(u32, header + BlockWord.FirstSeq);
    if (firstSeq !== this.nextSeq) {
      this.bad(BlockWord.FirstSeq * 4, `first sequence number is ${firstSeq}, ${this.nextSeq} comes here`);
      return false;
    }
    return true;
  }

  /** Walks the records up to `limit`; in an open block zeros may follow the last one. False with a problem set. */
  private walk(bytes: Uint8Array, u32: Uint32Array, start: number, limit: number, isOpen: boolean): boolean {
    let at = start + BLOCK_HEADER_BYTES;
    const end = start + limit;
    let seqLow = this.nextSeq >>> 0;
    let seqHigh = Math.floor(this.nextSeq / 4294967296);
    let type = this.lastType;
    let count = 0;
    let what = '';
    while (at < end) {
      if (at + RECORD_HEADER_BYTES > end) {
        if (!(isOpen && isZero(bytes, at, end))) what = 'ends inside a record header';
        break;
      }
      const word = at >> 2;
      const head = u32[word + 1];
      const length = head & 0xffff;
      if (
        !isPlausibleLength((head >>> 16) & 0xff, length) ||
        head >>> 24 !== RECORD_VERSION ||
        u32[word + 2] !== seqLow ||
        u32[word + 3] !== seqHigh ||
        type === RecordType.End ||
        at + length > end ||
        u32[word] !== recordCrc32c(u32, word, length >> 2)
      ) {
        if (!(isOpen && isZero(bytes, at, end)))
          what = this.describe(u32, at, end, seqHigh * 4294967296 + seqLow, type);
        break;
      }
      type = (head >>> 16) & 0xff;
      if (count === 0 && !this.fitsHere(type, length)) {
        what =
          this.block === 0
            ? `the first record is ${recordTypeName(type)}, not LogStart`
            : `the previous block was sealed with ${this.freeBefore} bytes free, this record would have fitted`;
        type = this.lastType;
        break;
      }
      at += length;
      count++;
      seqLow = (seqLow + 1) >>> 0;
      if (seqLow === 0) seqHigh++;
    }
    this.wholeEnd = at - start;
    this.wholeRecords = count;
    this.wholeLastType = type;
    if (what === '') return true;
    this.bad(at - start, what);
    this.problemSeq = seqHigh * 4294967296 + seqLow;
    return false;
  }

  /** The first record of a log is a LogStart; the first one of a later block did not fit the block before. */
  private fitsHere(type: number, length: number): boolean {
    return this.block === 0 ? type === RecordType.LogStart : length > this.freeBefore;
  }

  /** Says what is wrong with the record at `at`; off the fast path. */
  private describe(u32: Uint32Array, at: number, end: number, seq: number, previousType: number): string {
    const head = u32[(at >> 2) + 1];
    const length = head & 0xffff;
    const type = (head >>> 16) & 0xff;
    if (head === 0 && u32[at >> 2] === 0) return 'zeros where a record should be';
    if (!isKnownType(type)) return `record type ${type} is unknown`;
    if (!isPlausibleLength(type, length)) return `record of type ${recordTypeName(type)} with length ${length}`;
    if (head >>> 24 !== RECORD_VERSION) return `record version ${head >>> 24}, this reader knows ${RECORD_VERSION}`;
    if (at + length > end) return 'ends inside a record';
    if (u32[at >> 2] !== recordCrc32c(u32, at >> 2, length >> 2)) return 'record checksum (crc32c) differs';
    if (previousType === RecordType.End) return 'a record after the End record';
    return `sequence number is ${getU64(u32, (at >> 2) + 2)}, ${seq} comes here`;
  }

  private checkChain(bytes: Uint8Array, start: number, used: number): boolean {
    const chain = chainHash(this.chain, bytes, start, used);
    for (let i = 0; i < CHAIN_BYTES; i++) {
      if (chain[i] === bytes[start + BlockWord.Chain * 4 + i]) continue;
      this.bad(BlockWord.Chain * 4, CHAIN_PROBLEM);
      return false;
    }
    this.chain.set(chain);
    return true;
  }

  private bad(at: number, what: string): BlockVerdict {
    this.problem = what;
    this.problemAt = at;
    this.problemSeq = this.nextSeq + this.wholeRecords;
    return BlockVerdict.Bad;
  }
}

function isZero(bytes: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (bytes[i] !== 0) return false;
  return true;
}
