/**
 * Kraken, both websocket versions, told apart frame by frame: arrays are market data of v1 (kraken-v1.ts), objects are
 * v2 (kraken-v2.ts), and what v1 says beside its market data. Pairs are called XBT/USD in v1 and BTC/USD in v2: two
 * instruments, should a capture hold both.
 */
import { JsonScanner } from './json-scan.ts';
import { KrakenBooks } from './kraken-books.ts';
import { KrakenV1 } from './kraken-v1.ts';
import { KrakenV2 } from './kraken-v2.ts';
import type { TextMarket } from './market.ts';
import { Rows } from './rows.ts';
import type { VenueDecoder } from './venue.ts';

const OPEN_BRACE = 0x7b;

export class KrakenVenue implements VenueDecoder {
  private readonly scan = new JsonScanner();
  private readonly books: KrakenBooks;
  private readonly v1: KrakenV1;
  private readonly v2: KrakenV2;

  constructor(market: TextMarket) {
    const rows = new Rows();
    this.books = new KrakenBooks(market);
    this.v1 = new KrakenV1(market, this.books, this.scan, rows);
    this.v2 = new KrakenV2(market, this.books, this.scan, rows);
  }

  frame(bytes: Uint8Array, from: number, to: number, connection: number): void {
    const { scan } = this;
    scan.open(bytes, from, to);
    if (scan.peek() === OPEN_BRACE) this.v2.frame(connection);
    else this.v1.frame(connection);
  }

  wantsRest(): boolean {
    return false;
  }

  rest(): void {}

  disconnected(connection: number): void {
    this.v2.disconnected(connection);
    this.books.disconnected(connection);
  }

  remarks(): string[] {
    return [...this.books.remarks(), ...this.v2.remarks()];
  }
}
