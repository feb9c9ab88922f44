/**
 * The checksum that the C++ reference book (reference/itch_book.cpp) prints of all final books: 64-bit FNV-1a style over
 * key and quantity of each level as 32-bit words, sides by stock locate, bids first, from the worst level to the best.
 * Its offset basis is its own, not FNV's.
 */
import type { Books } from '../src/book/books.ts';

const OFFSET_BASIS = 1469598103934665603n;
const PRIME = 1099511628211n;

/** 16 hex digits. For the end of a run. */
export function referenceChecksum(books: Books): string {
  const { ladders } = books;
  let hash = OFFSET_BASIS;
  for (let side = 0; side < books.defs.length * 2; side++) {
    if (books.defs[side >> 1] === undefined) continue;
    for (let depth = ladders.count(side) - 1; depth >= 0; depth--) {
      const level = ladders.levelAt(side, depth);
      hash = fold(hash, ladders.keyOf(level));
      hash = fold(hash, ladders.qtyOf(level));
    }
  }
  return hash.toString(16).padStart(16, '0');
}

function fold(hash: bigint, value: number): bigint {
  return BigInt.asUintN(64, (hash ^ BigInt.asUintN(32, BigInt(value))) * PRIME);
}
