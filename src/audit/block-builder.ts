/**
 * Builds blocks in memory: a group of them, side by side as they will lie in the file, so that a commit is one write. With
 * memory for two groups one can be written while the other one is filled.
 * Runs of records are copied from the ring in one piece; then each is given its checksum in place, while it is in the
 * first-level cache. Nothing here knows of files or of time: the bytes depend on the records alone.
 */
import { assert, BugError } from '../core/assert.ts';
import { BLOCK_HEADER_BYTES } from '../core/limits.ts';
import { MAX_RECORD_BYTES, RECORD_HEADER_BYTES, RecordType } from '../core/record.ts';
import { recordCrc32c } from './crc32c.ts';
import { BlockWord, CHAIN_BYTES, chainHash, writeOpenHeader } from './layout.ts';

/** Below this a run is copied word by word: cheaper than the view object that a bulk copy needs. */
const BULK_COPY_BYTES = 512;

export class BlockBuilder {
  /** The group being filled: `slots` blocks; slot s holds block `baseBlock + s` of the log. */
  bytes: Uint8Array;
  u32: Uint32Array;
  /** Of all groups, one behind the other. */
  readonly memory: SharedArrayBuffer;
  readonly slots: number;
  readonly blockBytes: number;
  baseBlock = 0;
  /** The slot being filled; `slots` when the last one was sealed: then `rebase` comes next. */
  slot = 0;
  /** Records in sealed and open blocks so far. */
  records = 0;
  lastSeq = 0;
  lastType = 0;
  /** Chain hash of the last sealed block. */
  readonly chain = new Uint8Array(CHAIN_BYTES);
  /** A block holds records and is not sealed. */
  isOpen = false;
  /** End of the records in the open block, from the block's start. */
  private fill = 0;
  private count = 0;

  constructor(blockBytes: number, slots: number, groups: 1 | 2 = 1) {
    assert(slots >= 1, 'a group holds a block');
    this.blockBytes = blockBytes;
    this.slots = slots;
    this.memory = new SharedArrayBuffer(blockBytes * slots * groups);
    this.bytes = new Uint8Array(this.memory, 0, blockBytes * slots);
    this.u32 = new Uint32Array(this.memory, 0, (blockBytes * slots) >> 2);
  }

  get groupBytes(): number {
    return this.bytes.length;
  }

  /** Where the content ends, from the start of the group; a block without a record is not content. */
  get end(): number {
    return this.slot * this.blockBytes + (this.isOpen ? this.fill : 0);
  }

  /** True when the open block can't take a record of `length` bytes and has to be sealed first. */
  isFullFor(length: number): boolean {
    return this.isOpen && this.fill + length > this.blockBytes;
  }

  /**
   * Appends whole records from source[from, from + available) until the block or the run is full, or a Pad record comes.
   * Returns the bytes taken: at least one record, if the first one fits. The ring's checksum words are 0.
   */
  append(source: Uint8Array, sourceU32: Uint32Array, from: number, available: number): number {
    if (!this.isOpen) this.open();
    const start = this.slot * this.blockBytes + this.fill;
    const room = this.blockBytes - this.fill;
    const run = Math.min(available, room);
    if (run < BULK_COPY_BYTES) {
      const u32 = this.u32;
      for (let i = 0, n = run >> 2, to = start >> 2, at = from >> 2; i < n; i++) u32[to + i] = sourceU32[at + i];
    } else {
      this.bytes.set(source.subarray(from, from + run), start);
    }
    // What was copied beyond the last whole record is overwritten by the next run, or zeroed by seal().
    const taken = this.checksum(start >> 2, (start + run) >> 2) * 4 - start;
    this.fill += taken;
    return taken;
  }

  /** Gives each whole record in u32[at, end) its checksum; returns where the last one ends. */
  private checksum(at: number, end: number): number {
    const u32 = this.u32;
    let seqLow = this.lastSeq >>> 0;
    let seqHigh = Math.floor(this.lastSeq / 4294967296);
    let type = this.lastType;
    let count = 0;
    while (at + RECORD_HEADER_BYTES / 4 <= end) {
      const head = u32[at + 1];
      const words = (head & 0xffff) >> 2;
      const nextType = (head >>> 16) & 0xff;
      if (at + words > end || nextType === RecordType.Pad) break;
      seqLow = (seqLow + 1) >>> 0;
      if (seqLow === 0) seqHigh++;
      if (
        u32[at + 2] !== seqLow ||
        u32[at + 3] !== seqHigh ||
        type === RecordType.End ||
        (words & 1) !== 0 ||
        words < RECORD_HEADER_BYTES / 4 ||
        words > MAX_RECORD_BYTES / 4
      ) {
        throw new BugError(`invariant broken: journal record ${seqLow} + 2^32 * ${seqHigh}, header ${head}, follows`);
      }
      type = nextType;
      u32[at] = recordCrc32c(u32, at, words);
      at += words;
      count++;
    }
    this.lastSeq = seqHigh * 4294967296 + seqLow;
    this.lastType = type;
    this.count += count;
    this.records += count;
    return at;
  }

  private open(): void {
    assert(this.slot < this.slots, 'the group has room for another block');
    writeOpenHeader(this.u32, (this.slot * this.blockBytes) >> 2, this.baseBlock + this.slot, this.lastSeq + 1);
    this.isOpen = true;
    this.fill = BLOCK_HEADER_BYTES;
    this.count = 0;
  }

  /** Completes the open block, if there is one: header, padding, chain. */
  seal(): void {
    if (!this.isOpen) return;
    const start = this.slot * this.blockBytes;
    const used = this.fill - BLOCK_HEADER_BYTES;
    const header = start >> 2;
    this.u32[header + BlockWord.Used] = used;
    this.u32[header + BlockWord.Count] = this.count;
    this.bytes.fill(0, start + this.fill, start + this.blockBytes);
    this.chain.set(chainHash(this.chain, this.bytes, start, used));
    this.bytes.set(this.chain, start + BlockWord.Chain * 4);
    this.isOpen = false;
    this.slot++;
  }

  /** Starts the group again at slot 0 once its sealed blocks are written. Not while a block is open. */
  rebase(): void {
    assert(!this.isOpen, 'the group is written');
    this.baseBlock += this.slot;
    this.slot = 0;
  }

  /** As `rebase`, in the memory of the other group: this one stays as it is until the next call. */
  swap(): void {
    this.rebase();
    const from = this.bytes.byteOffset === 0 ? this.groupBytes : 0;
    assert(from < this.memory.byteLength, 'there is memory for two groups');
    this.bytes = new Uint8Array(this.memory, from, this.groupBytes);
    this.u32 = new Uint32Array(this.memory, from, this.groupBytes >> 2);
  }
}
