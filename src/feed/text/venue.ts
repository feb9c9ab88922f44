/** What every venue offers, to recordings and to live connections alike, and what their books have in common. */
import { StaleReason } from '../../core/event.ts';
import type { TextInstrument } from './instruments.ts';
import type { TextMarket } from './market.ts';
import type { Redundancy } from './redundancy.ts';

export interface VenueDecoder {
  /**
   * One frame of a websocket connection. Its bytes are only read during the call. Throws FrameError when it is not what
   * the venue sends; if it is not even JSON, nothing of it was emitted then. The caller has set the market's receive
   * time and sink.
   */
  frame(bytes: Uint8Array, from: number, to: number, connection: number): void;
  /** True if the answer of the venue's REST interface to this request is of use to `rest`. */
  wantsRest(url: string): boolean;
  /** An answer of the venue's REST interface. */
  rest(url: string, bytes: Uint8Array, from: number, to: number): void;
  /**
   * The connection is gone: what it brought can't be trusted until a new snapshot. Where another line carries the same
   * streams nothing is lost.
   */
  disconnected(connection: number): void;
  /**
   * Where the decoder takes the same streams from several connections and keeps the first arrival of every message: it
   * is told of the lines that are up, and of those that go by `disconnected`. Absent or null: one connection at a time is
   * decoded (capture-session.ts).
   */
  readonly redundancy?: Redundancy | null;
  /** What there is to say of the whole so far, for the summary. */
  remarks(): string[];
}

/** A book that begins with a snapshot in the stream itself and belongs to the connection that brought it. */
export class StreamBook {
  readonly instrument: TextInstrument;
  /** The connection that brought the snapshot; -1 before. */
  connection = -1;
  /** Updates that were not applied: no snapshot yet, another connection, or the book was stale. */
  unused = 0;

  constructor(instrument: TextInstrument) {
    this.instrument = instrument;
  }

  /** Whether an update of this connection may be applied. */
  takes(connection: number): boolean {
    if (this.instrument.stale === StaleReason.None && this.connection === connection) return true;
    this.unused++;
    return false;
  }
}

/** Makes the connection's books stale. */
export function loseConnection(books: readonly StreamBook[], connection: number, market: TextMarket): void {
  for (const book of books) {
    if (book.connection !== connection) continue;
    book.connection = -1;
    market.stale(book.instrument, market.lossReason, market.tsRecv);
  }
}

export function unusedRemarks(books: readonly StreamBook[]): string[] {
  return books
    .filter((book) => book.unused > 0)
    .map((book) => `${book.instrument.symbol}: ${book.unused} book updates not applied: no valid snapshot before them`);
}
