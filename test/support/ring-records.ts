/** Records of the ring tests: all of a record follows from its number. */
import { RECORD_HEADER_BYTES } from '../../src/core/record.ts';

/** Multiplicative hash: the length in bytes of the journal record with this sequence number. */
export function journalRecordBytes(seq: number): number {
  return RECORD_HEADER_BYTES + 8 * ((Math.imul(seq, 0x9e3779b1) >>> 16) % 30);
}
