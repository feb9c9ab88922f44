/** Every size limit in one place, with the relations between them asserted when the program loads. */
import { assert } from './assert.ts';
import { BBO_RECORD_BYTES, MARKET_RECORD_BYTES, MAX_RECORD_BYTES, RECORD_HEADER_BYTES } from './record.ts';

/** Feed -> engine ring, slots of 64 bytes: 4 MiB, 4-10 ms of a flat-out feed. */
export const FEED_RING_SLOTS = 1 << 16;
/** Engine -> audit journal ring. */
export const JOURNAL_RING_BYTES = 1 << 24;
/** Events the engine takes from the ring at a time. */
export const ENGINE_BATCH = 256;
/** Bytes read from a recording at a time. */
export const READ_CHUNK_BYTES = 1 << 20;
/** Longest text message (a REST snapshot of 5,000 levels a side is 400 KB). */
export const MAX_LINE_BYTES = 64 << 20;
/** Text feeds: frames of one book kept while it waits for a snapshot (100 s of a 100 ms stream). The oldest go first. */
export const MAX_QUEUED_FRAMES = 2048;
export const MAX_QUEUED_BYTES = 2 << 20;
/** The same of feeds that show every order: 10 s of 5,000 messages a second. */
export const MAX_QUEUED_L3_FRAMES = 1 << 16;
export const MAX_QUEUED_L3_BYTES = 32 << 20;
/** REST snapshots that name no symbol, kept until a book's updates join them. */
export const MAX_UNCLAIMED_SNAPSHOTS = 16;
/** A capture that is not in the order of its times is sorted in memory: unpacked bytes, at most. */
export const MAX_SORTED_CAPTURE_BYTES = 2 ** 31;

/** Log: blocks of 64 KiB, hashed one by one into the chain; 1,024 of them in a segment file. */
export const BLOCK_BYTES = 1 << 16;
export const BLOCK_HEADER_BYTES = 64;
export const SEGMENT_BLOCKS = 1024;
/** A commit is written and synced after so many bytes at the latest. */
export const COMMIT_BYTES = 1 << 20;

/** Inputs between two Checkpoint records. One hashes every level: 50 ms for 300,000 of them (2026-11-22). */
export const CHECKPOINT_EVERY = 1 << 22;

/** Highest instrument index, exclusive. ITCH locates are 16 bits. */
export const MAX_INSTRUMENTS = 1 << 16;

assert(MARKET_RECORD_BYTES === RECORD_HEADER_BYTES + 8 + 6 * 8, 'market record layout');
assert(BBO_RECORD_BYTES === RECORD_HEADER_BYTES + 8 + 4 * 8, 'bbo record layout');
assert(MAX_RECORD_BYTES <= BLOCK_BYTES - BLOCK_HEADER_BYTES, 'a record fits a block');
assert(JOURNAL_RING_BYTES >= 4 * COMMIT_BYTES, 'the engine can run on while a commit is being synced');
assert((ENGINE_BATCH & (ENGINE_BATCH - 1)) === 0 && ENGINE_BATCH <= FEED_RING_SLOTS, 'engine batch');
