/** Books behind a ring as the engine keeps them in a run without strategies, with a look at the touch after each message. */
import { Books } from '../src/book/books.ts';
import { EventFlag } from '../src/core/event.ts';
import type { SpscReader } from '../src/ring/spsc.ts';

/** Live orders of all of Nasdaq, with room: the tables are made before the clock starts (the reference makes 1 GiB then). */
const EXPECTED_ORDERS = 1 << 21;

export class TouchedBooks {
  readonly books = new Books(EXPECTED_ORDERS);
  /** Times that the touch of an instrument differed from what it was after that instrument's last message. */
  touchChanges = 0;
  private readonly reader: SpscReader;

  constructor(reader: SpscReader) {
    this.reader = reader;
  }

  /** Takes what is in the ring, at most `limit` events; returns how many there were. */
  drain(limit: number): number {
    const count = this.reader.poll(limit);
    if (count === 0) return 0;
    this.apply(count);
    this.reader.release(count);
    return count;
  }

  /** In batches through the kernel, what that leaves one by one. */
  private apply(count: number): void {
    const { reader, books } = this;
    let from = 0;
    while (from < count) {
      const staged = books.stage(reader, reader.mask, reader.cursor + from, count - from);
      let i = 0;
      while (i < staged) {
        const done = books.applyStaged(i, staged);
        for (; i < done; i++) if (books.stagedTouch(i)) this.touchChanges++;
        if (i < staged) this.applyOne(this.wordOf(from + i++));
      }
      from += staged;
      if (staged === 0) this.applyOne(this.wordOf(from++));
    }
  }

  private wordOf(index: number): number {
    return ((this.reader.cursor + index) & this.reader.mask) << 3;
  }

  private applyOne(w: number): void {
    const { reader, books } = this;
    books.apply(reader, w);
    if ((reader.u32[w * 2] & (EventFlag.Last << 16)) === 0) return;
    const instrument = reader.u32[w * 2 + 1];
    if (instrument < books.defs.length && books.ladders.touchMoved(instrument)) this.touchChanges++;
  }
}
