/**
 * What decoders that take several lines have in common: every sequenced message is offered to the lines of its stream
 * (redundancy.ts); one that must wait is kept as it came, and decoded again when nothing is missing in front of it.
 */
import type { TextMarket } from './market.ts';
import { type HeldMessage, Offer, type Redundancy, type StreamLines } from './redundancy.ts';

export class Arbiter {
  /** Null: one connection is all there is, everything is decoded as it comes. */
  readonly lines: Redundancy | null;
  /** False where there are no lines, and while messages that were held are decoded: they were decided on. */
  isOn: boolean;
  /** What dropped messages are counted as. */
  readonly redundantType: number;
  private readonly market: TextMarket;
  private readonly decode: (bytes: Uint8Array, from: number, to: number, connection: number) => void;

  constructor(
    market: TextMarket,
    lines: Redundancy | null,
    decode: (bytes: Uint8Array, from: number, to: number, connection: number) => void,
  ) {
    this.market = market;
    this.lines = lines;
    this.decode = decode;
    this.isOn = lines !== null;
    this.redundantType = lines === null ? -1 : market.stats.type('redundant');
  }

  /**
   * Whether the message, of ids first..final of its stream, is to be decoded now: the first arrival over all lines, and
   * nothing in front of it that another line may still bring. One that must wait is kept, and comes again by `settle`.
   * One without an id is no part of a stream.
   */
  isFirst(
    stream: StreamLines | null,
    bytes: Uint8Array,
    from: number,
    to: number,
    line: number,
    first: number,
    final: number,
    previous: number,
  ): boolean {
    if (stream === null || !this.isOn || Number.isNaN(final)) return true;
    const offer = stream.offer(line, first, final, previous);
    if (offer === Offer.Drop) this.market.begin(this.redundantType);
    else if (offer === Offer.Hold) {
      stream.hold(bytes, from, to, line, first, final, previous, this.market.tsRecv);
    }
    return offer === Offer.Take;
  }

  /**
   * Whether a book starts anew from a snapshot that holds the stream up to `sequence`. One that is not live does; a live
   * one only where every line has gone past what is missing in front of the snapshot.
   */
  takesSnapshot(stream: StreamLines, isLive: boolean, line: number, sequence: number): boolean {
    if (!isLive) {
      stream.reset();
      stream.join(line, sequence);
      return true;
    }
    const isTaken = stream.offerSnapshot(line, sequence);
    if (!isTaken) this.market.begin(this.redundantType);
    return isTaken;
  }

  /** For messages without numbers: they are taken from one of several lines. */
  isMainLine(line: number): boolean {
    return this.lines === null || this.lines.up[0] === line;
  }

  /** Behind every frame: decodes what was held and need not wait any more. */
  settle(): void {
    if (this.lines !== null && this.lines.holding > 0) this.release(this.lines);
  }

  /** A line is gone: the books that nothing brings any more. Where there is one connection only, those that it brought. */
  orphans<Book extends { readonly connection: number }>(books: readonly Book[], line: number): readonly Book[] {
    if (this.lines === null) return books.filter((book) => book.connection === line);
    return this.isCarriedWithout(line) ? [] : books;
  }

  /** A line is gone. True where another one carries the streams: nothing is lost. Otherwise they begin anew. */
  isCarriedWithout(line: number): boolean {
    const { lines } = this;
    if (lines === null) return false;
    lines.lineDown(line);
    if (lines.up.length > 0) {
      this.release(lines);
      return true;
    }
    for (const stream of lines.streams) stream.reset();
    return false;
  }

  private release(lines: Redundancy): void {
    this.isOn = false;
    try {
      for (const stream of lines.streams) {
        for (;;) {
          const message: HeldMessage | null = stream.nextReady(this.market.tsRecv);
          if (message === null) break;
          this.decode(message.bytes, 0, message.bytes.length, message.line);
        }
      }
    } finally {
      this.isOn = true;
    }
  }
}
