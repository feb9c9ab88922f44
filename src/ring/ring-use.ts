/** How full the rings are, for whoever shows it: a look from outside, merely old where it is late. */
import {
  JOURNAL_CONTROL_BYTES,
  JOURNAL_WRITE,
  type JournalShared,
  READER_DROPPABLE,
  READER_GATING,
  readerCursor,
  readerState,
} from './journal.ts';
import { SPSC_CONTROL_BYTES, SPSC_READ, SPSC_WRITE, type SpscShared } from './spsc.ts';

/** Bytes that the reader has not taken, 0 where it does not read; -1 for a reader that was dropped or is gone. */
export function journalUse(shared: JournalShared, reader: number): number {
  const cells = new Int32Array(shared.buffer, 0, JOURNAL_CONTROL_BYTES / 4);
  const state = Atomics.load(cells, readerState(reader));
  if (state !== READER_GATING && state !== READER_DROPPABLE) return -1;
  const words = (Atomics.load(cells, JOURNAL_WRITE) - Atomics.load(cells, readerCursor(reader))) | 0;
  return Math.max(0, words) * 8;
}

/** Slots that the reader has not taken. */
export function spscUse(shared: SpscShared): number {
  const cells = new Int32Array(shared.buffer, 0, SPSC_CONTROL_BYTES / 4);
  return Math.max(0, (Atomics.load(cells, SPSC_WRITE) - Atomics.load(cells, SPSC_READ)) | 0);
}
