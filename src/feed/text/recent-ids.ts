/**
 * The last ids of a stream, each with the line that brought it first: for streams whose ids have no order (numbers shared
 * with other streams, UUIDs), so that a message can be told from its second arrival, but a lost one is not missed. The
 * ids are compared whole. Bounded: an id that came more than RECENT others ago counts as new.
 */
import type { Redundancy } from './redundancy.ts';
import type { Rows } from './rows.ts';

const RECENT = 4096;
/** Chains of the table; a power of two. */
const HEADS = 8192;
/** The longest id that is told apart, with its quotes: a UUID has 38. */
const MAX_BYTES = 48;

export class RecentIds {
  private readonly bytes = new Uint8Array(RECENT * MAX_BYTES);
  private readonly lengths = new Uint8Array(RECENT);
  private readonly lines = new Int32Array(RECENT);
  /** The slot's chain, and the next slot in it; -1: none. */
  private readonly chains = new Int32Array(RECENT).fill(-1);
  private readonly next = new Int32Array(RECENT).fill(-1);
  private readonly heads = new Int32Array(HEADS).fill(-1);
  private at = 0;

  /** The line that brought the id bytes[from, to) first; -1: it is new, and is kept. One too long is always new. */
  seen(bytes: Uint8Array, from: number, to: number, line: number): number {
    const length = to - from;
    if (length > MAX_BYTES) return -1;
    const chain = hash(bytes, from, to) & (HEADS - 1);
    for (let slot = this.heads[chain]; slot >= 0; slot = this.next[slot]) {
      if (this.lengths[slot] === length && this.same(slot, bytes, from, to)) return this.lines[slot];
    }
    this.put(chain, bytes, from, to, line);
    return -1;
  }

  /** Into the slot of the oldest. */
  private put(chain: number, bytes: Uint8Array, from: number, to: number, line: number): void {
    const slot = this.at;
    this.at = (slot + 1) % RECENT;
    if (this.chains[slot] >= 0) this.unlink(slot);
    for (let p = from, q = slot * MAX_BYTES; p < to; p++, q++) this.bytes[q] = bytes[p];
    this.lengths[slot] = to - from;
    this.lines[slot] = line;
    this.chains[slot] = chain;
    this.next[slot] = this.heads[chain];
    this.heads[chain] = slot;
  }

  /** The oldest of its chain, so the last in it. */
  private unlink(slot: number): void {
    const chain = this.chains[slot];
    if (this.heads[chain] === slot) {
      this.heads[chain] = -1;
      return;
    }
    let before = this.heads[chain];
    while (this.next[before] !== slot) before = this.next[before];
    this.next[before] = -1;
  }

  private same(slot: number, bytes: Uint8Array, from: number, to: number): boolean {
    for (let p = from, q = slot * MAX_BYTES; p < to; p++, q++) if (this.bytes[q] !== bytes[p]) return false;
    return true;
  }
}

/**
 * Drops the trades in `rows` that came before, on this line or another; true where that is all of them. Their ids stand
 * at extraFrom. `ids` null: there is one line, and nothing is dropped.
 */
export function dropSeen(rows: Rows, ids: RecentIds | null, line: number, lines: Redundancy | null): boolean {
  if (ids === null || lines === null || rows.count === 0) return false;
  let kept = 0;
  for (let i = 0; i < rows.count; i++) {
    const from = rows.extraFrom[i];
    const first = from < 0 ? -1 : ids.seen(rows.bytes, from, rows.extraTo[i], line);
    if (first < 0) rows.copyRow(i, kept++);
    else if (first === line) lines.repeated++;
    else lines.redundant++;
  }
  rows.count = kept;
  return kept === 0;
}

function hash(bytes: Uint8Array, from: number, to: number): number {
  let h = 0x811c9dc5;
  for (let p = from; p < to; p++) h = Math.imul(h ^ bytes[p], 0x01000193);
  return h ^ (h >>> 15);
}
