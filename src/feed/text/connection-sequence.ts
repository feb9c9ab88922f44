/**
 * Venues that number all messages of a connection (Coinbase, Bitfinex): a hole may have held an update of any book, so
 * every book of the connection becomes stale. One Gap (Duplicate, OutOfOrder) event is emitted for it, at the first book
 * of the connection.
 */
import { EventKind, StaleReason } from '../../core/event.ts';
import { CountSequencer, Verdict } from '../sequencer.ts';
import { irregularityOf } from './irregular.ts';
import type { TextMarket } from './market.ts';
import type { StreamBook } from './venue.ts';

export class ConnectionSequence {
  private readonly market: TextMarket;
  private readonly books: readonly StreamBook[];
  private readonly sequencers: CountSequencer[] = [];
  /** Irregularities of connections without a book. */
  private withoutBook = 0;

  constructor(market: TextMarket, books: readonly StreamBook[]) {
    this.market = market;
    this.books = books;
  }

  reset(connection: number): void {
    this.of(connection).reset();
  }

  /** Whether the message with this number may be used: false for one that was seen, or is late. */
  accept(connection: number, sequence: number): boolean {
    const sequencer = this.of(connection);
    const verdict = sequencer.next(sequence);
    if (verdict === Verdict.Apply) return true;
    this.report(connection, irregularityOf(verdict), sequencer.expected, sequencer.received);
    return verdict === Verdict.Gap;
  }

  remarks(): string[] {
    if (this.withoutBook === 0) return [];
    return [`${this.withoutBook} gaps, duplicates or late messages on connections that brought no book`];
  }

  private report(connection: number, kind: EventKind, expected: number, received: number): void {
    const { market } = this;
    let said = false;
    for (const book of this.books) {
      if (book.connection !== connection) continue;
      if (!said) market.trouble(kind, book.instrument, market.tsRecv, expected, received);
      said = true;
      if (kind === EventKind.Gap) market.stale(book.instrument, StaleReason.Gap, market.tsRecv);
    }
    if (!said) this.withoutBook++;
  }

  private of(connection: number): CountSequencer {
    while (this.sequencers.length <= connection) this.sequencers.push(new CountSequencer());
    return this.sequencers[connection];
  }
}
