/**
 * A reader of the journal ring that never holds its writer up: the dashboard's. It gates like the others while the ring has
 * room. Where the writer would have to wait for it, it is dropped instead: the reader finds that out, begins anew at the write
 * cursor, and says so (`lapses`). The writer pays nothing for it while there is room.
 *
 * Nothing torn is ever handed out. Records are copied out of the ring first; then the reader exchanges its state cell,
 * droppable for droppable. Where that succeeds, the copy is whole: the writer drops a reader by exchanging the same cell
 * before it writes over what that reader has not read, so its exchange comes behind ours and reads what ours wrote; what we
 * copied before ours therefore happens before what it writes behind its own. (A mere load of the state would not do: on some
 * processors the copy's loads could still be under way behind it.) Where it fails, the copy is thrown away.
 *
 * Attaching again: the state first, then the cursor. A writer that computed how far it may go before it saw us attached had
 * published all that it had written by then, before it looked; we load the write cursor behind our store of the state, so we
 * start at or behind that point, and what lies ahead of it is not written over before the writer looks at us again.
 *
 * The same class reads as an ordinary reader that gates, where the journal has it so: then nothing is ever missed.
 */
import { assert } from '../core/assert.ts';
import { MAX_RECORD_BYTES } from '../core/record.ts';
import {
  JOURNAL_CLOSED,
  JOURNAL_CONTROL_BYTES,
  JOURNAL_WRITE,
  type JournalShared,
  READER_DROPPABLE,
  READER_DROPPED,
  readerCursor,
  readerState,
  writerParked,
} from './journal.ts';
import { wake } from './wait.ts';

/** Copied at a time; many records, and few enough to stay in the second cache. */
const DEFAULT_BATCH_BYTES = 1 << 16;

export class DroppableReader {
  /** Of the copy: records begin at byte `0` and end at `length`. */
  readonly bytes: Uint8Array;
  readonly u32: Uint32Array;
  readonly f64: Float64Array;
  /** How often it was dropped so far. */
  lapses = 0;
  private readonly cells: Int32Array;
  private readonly ring: Float64Array;
  private readonly mask: number;
  private readonly cursorCell: number;
  private readonly stateCell: number;
  private readonly parkedCell: number;
  private readonly batchWords: number;
  private readonly wakeBytes: number;
  private cursor: number;

  constructor(shared: JournalShared, reader: number, batchBytes = DEFAULT_BATCH_BYTES) {
    assert(reader >= 0 && reader < shared.readers, 'reader index');
    assert(batchBytes % 8 === 0 && batchBytes >= 2 * MAX_RECORD_BYTES, 'a batch holds a pad and a record');
    this.cells = new Int32Array(shared.buffer, 0, JOURNAL_CONTROL_BYTES / 4);
    this.ring = new Float64Array(shared.buffer, JOURNAL_CONTROL_BYTES);
    this.mask = shared.words - 1;
    this.cursorCell = readerCursor(reader);
    this.stateCell = readerState(reader);
    this.parkedCell = writerParked(reader);
    this.wakeBytes = shared.words * 6; // once a quarter is free, as JournalReader does
    this.batchWords = Math.min(batchBytes / 8, shared.words);
    this.f64 = new Float64Array(this.batchWords);
    this.u32 = new Uint32Array(this.f64.buffer);
    this.bytes = new Uint8Array(this.f64.buffer);
    this.cursor = Atomics.load(this.cells, this.cursorCell);
  }

  /**
   * Copies the next records out and returns their bytes, 0 where there are none; pads are among them. `lapses` has grown
   * where records were missed before these.
   */
  take(): number {
    const { cells, ring, mask } = this;
    const available = (Atomics.load(cells, JOURNAL_WRITE) - this.cursor) | 0; // pairs with the store in JournalWriter.publish
    const words = Math.min(available, this.batchWords);
    if (words > 0) {
      const from = this.cursor & mask;
      const first = Math.min(words, mask + 1 - from);
      this.f64.set(ring.subarray(from, from + first));
      if (first < words) this.f64.set(ring.subarray(0, words - first), first);
    }
    // Also with nothing to read: whoever was dropped learns it here. Pairs with the exchange in JournalWriter.drop.
    if (Atomics.compareExchange(cells, this.stateCell, READER_DROPPABLE, READER_DROPPABLE) === READER_DROPPED) {
      this.attach();
      return 0;
    }
    if (words <= 0) return 0;
    const whole = this.wholeWords(words);
    this.cursor = (this.cursor + whole) | 0;
    Atomics.store(cells, this.cursorCell, this.cursor); // pairs with the load in JournalWriter.slowest
    // A writer parks for readers that gate only. The backlog is the engine's cache line: looked at where it matters.
    if (Atomics.load(cells, this.parkedCell) !== 0 && this.backlogBytes() <= this.wakeBytes)
      wake(cells, this.parkedCell);
    return whole * 8;
  }

  /** Published and not yet taken; less than it seems where the reader was dropped. */
  backlogBytes(): number {
    return Math.max(0, (Atomics.load(this.cells, JOURNAL_WRITE) - this.cursor) | 0) * 8;
  }

  /** The writer closed the ring. Look in this order: closed, then a last `take`. */
  isClosed(): boolean {
    return Atomics.load(this.cells, JOURNAL_CLOSED) !== 0;
  }

  /** Begins anew behind all that is written. */
  private attach(): void {
    const { cells } = this;
    this.lapses++;
    Atomics.store(cells, this.cursorCell, Atomics.load(cells, JOURNAL_WRITE)); // or the writer would drop us at once
    Atomics.store(cells, this.stateCell, READER_DROPPABLE);
    this.cursor = Atomics.load(cells, JOURNAL_WRITE); // behind the store of the state: see above
    Atomics.store(cells, this.cursorCell, this.cursor);
  }

  /** Words of the whole records among the first `words` of the copy: the last one may be cut. */
  private wholeWords(words: number): number {
    let at = 0;
    while (at < words) {
      const length = (this.u32[at * 2 + 1] & 0xffff) >> 3;
      if (at + length > words) break;
      at += length;
    }
    return at;
  }
}
