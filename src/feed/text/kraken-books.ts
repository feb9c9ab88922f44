/**
 * The books of Kraken's both websocket versions. They have no sequence numbers: a checksum over the ten best levels a
 * side, made of the venue's own decimal text without point and leading zeros, is what shows a loss. The venue does not
 * say that a level falls out of the subscribed depth: the client cuts it off, after each update ("Book checksum" guides
 * of v1 and v2, section "Maintaining the book").
 */
import { Side } from '../../core/event.ts';
import { CRC32_START, crc32Finish } from './crc32.ts';
import { PerInstrument, type TextInstrument } from './instruments.ts';
import type { TextMarket } from './market.ts';
import type { Rows } from './rows.ts';
import { TextBook, TextForm } from './text-book.ts';
import { loseConnection, StreamBook, unusedRemarks } from './venue.ts';

const CHECKSUM_LEVELS = 10;

/** `checksum` of a message that has none (snapshots of v1). */
export const NO_CHECKSUM = -1;

export class KrakenBook extends StreamBook {
  /** Levels a side that were subscribed to. */
  depth = Number.POSITIVE_INFINITY;

  constructor(instrument: TextInstrument) {
    super(instrument);
    instrument.textBook = new TextBook(TextForm.Digits);
  }
}

export class KrakenBooks {
  private readonly market: TextMarket;
  private readonly books = new PerInstrument((instrument) => new KrakenBook(instrument));

  constructor(market: TextMarket) {
    this.market = market;
  }

  of(instrument: TextInstrument): KrakenBook {
    return this.books.of(instrument);
  }

  snapshot(
    book: KrakenBook,
    connection: number,
    depth: number,
    rows: Rows,
    checksum: Float64Array,
    tsEvent: number,
  ): void {
    const { market } = this;
    const { instrument } = book;
    book.connection = connection;
    book.depth = depth;
    if (!market.prepareSnapshot(instrument, rows, tsEvent)) return;
    if (!this.verified(book, rows, checksum, tsEvent)) return;
    market.snapshot(instrument, rows, tsEvent, 0);
    market.live(instrument, tsEvent);
  }

  update(book: KrakenBook, connection: number, rows: Rows, checksum: Float64Array, tsEvent: number): void {
    const { market } = this;
    const { instrument } = book;
    market.introduce(instrument, rows, tsEvent);
    if (!book.takes(connection)) return;
    if (!market.prepareUpdate(instrument, rows, tsEvent)) return;
    if (!this.verified(book, rows, checksum, tsEvent)) return;
    const { bids, asks } = instrument.textBook!;
    let excess = Math.max(bids.count - book.depth, 0) + Math.max(asks.count - book.depth, 0);
    market.levels(instrument, rows, tsEvent, 0, excess > 0);
    for (; bids.count > book.depth; excess--) {
      market.dropLevel(instrument, Side.Bid, bids.removeWorst(), tsEvent, excess === 1);
    }
    for (; asks.count > book.depth; excess--) {
      market.dropLevel(instrument, Side.Ask, asks.removeWorst(), tsEvent, excess === 1);
    }
  }

  disconnected(connection: number): void {
    loseConnection(this.books.all, connection, this.market);
  }

  remarks(): string[] {
    return unusedRemarks(this.books.all);
  }

  /** Carries the rows into the text book and compares its checksum with checksum[0], where the message has one. */
  private verified(book: KrakenBook, rows: Rows, checksum: Float64Array, tsEvent: number): boolean {
    const { market } = this;
    const { instrument } = book;
    if (!market.keepText(instrument, rows, tsEvent)) return false;
    if (checksum[0] === NO_CHECKSUM) return true;
    return market.compareChecksum(instrument, checksum[0], krakenChecksum(instrument.textBook!), tsEvent);
  }
}

/** Asks, best first, then bids, each price then quantity. */
function krakenChecksum(book: TextBook): number {
  let crc = CRC32_START;
  for (let i = 0; i < CHECKSUM_LEVELS && i < book.asks.count; i++) crc = book.asks.crcLevel(crc, i);
  for (let i = 0; i < CHECKSUM_LEVELS && i < book.bids.count; i++) crc = book.bids.crcLevel(crc, i);
  return crc32Finish(crc) >>> 0;
}
