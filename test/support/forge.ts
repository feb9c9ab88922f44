/** Logs changed so that every checksum fits: what only a rerun can find. */
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32c } from '../../src/audit/crc32c.ts';
import { LogReader } from '../../src/audit/log-reader.ts';
import { BLOCK_BYTES } from '../../src/core/limits.ts';

/** Recomputes every block's chain hash, as somebody who covers his tracks would. */
export function rehash(bytes: Buffer): void {
  let chain: Buffer = Buffer.alloc(32);
  for (let at = 0; at < bytes.length; at += BLOCK_BYTES) {
    const used = bytes.readUInt32LE(at + 24);
    chain = createHash('sha256')
      .update(chain)
      .update(bytes.subarray(at, at + 32))
      .update(bytes.subarray(at + 64, at + 64 + used))
      .digest();
    chain.copy(bytes, at + 32);
  }
}

/** Changes one record of a log's first segment by `change`, checksum and chain included. */
export function forge(dir: string, isMeant: (reader: LogReader) => boolean, change: (record: Buffer) => void): number {
  const reader = new LogReader(dir);
  while (reader.next()) if (isMeant(reader)) break;
  const { seq, length, fileOffset } = reader;
  reader.close();
  const segment = join(dir, '00000000.seg');
  const bytes = readFileSync(segment);
  change(bytes.subarray(fileOffset, fileOffset + length));
  bytes.writeUInt32LE(crc32c(bytes, fileOffset + 4, fileOffset + length), fileOffset);
  rehash(bytes);
  writeFileSync(segment, bytes);
  return seq;
}
