/** The chain hash of the last sealed block of a log, read from its directory while it is written or after. */
import { closeSync, fstatSync, openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { BLOCK_MAGIC, BlockWord, CHAIN_BYTES, DEFAULT_GEOMETRY, segmentNumber } from '../../audit/layout.ts';
import { BLOCK_HEADER_BYTES } from '../../core/limits.ts';

/** Hex; '' before the first block is sealed, and where there is nothing to read. */
export function headHash(directory: string): string {
  try {
    const segments = readdirSync(directory).filter((name) => segmentNumber(name) >= 0);
    segments.sort((a, b) => segmentNumber(b) - segmentNumber(a));
    for (const name of segments.slice(0, 2)) {
      const found = lastChain(join(directory, name));
      if (found !== '') return found;
    }
  } catch {
    // A log that is not there (yet) has no hash; whatever is wrong with it, its writer says so.
  }
  return '';
}

function lastChain(path: string): string {
  const header = new Uint8Array(BLOCK_HEADER_BYTES);
  const u32 = new Uint32Array(header.buffer);
  const fd = openSync(path, 'r');
  try {
    const { blockBytes } = DEFAULT_GEOMETRY;
    // Files are filled with zeros ahead: the last block that is sealed is found by bisection.
    let low = 0;
    let high = Math.ceil(fstatSync(fd).size / blockBytes);
    const isSealed = (block: number): boolean => {
      const got = readSync(fd, header, 0, header.length, block * blockBytes);
      return got === header.length && u32[BlockWord.Magic] === BLOCK_MAGIC && u32[BlockWord.Count] > 0;
    };
    while (low < high) {
      const middle = (low + high) >> 1;
      if (isSealed(middle)) low = middle + 1;
      else high = middle;
    }
    if (low === 0 || !isSealed(low - 1)) return '';
    return Buffer.from(header.subarray(BlockWord.Chain * 4, BlockWord.Chain * 4 + CHAIN_BYTES)).toString('hex');
  } finally {
    closeSync(fd);
  }
}
