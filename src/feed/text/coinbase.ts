/**
 * Coinbase, both interfaces, told apart frame by frame:
 *
 *   Advanced Trade  {"channel","timestamp","sequence_num","events":[...]}: l2_data, ticker, market_trades (coinbase-advanced.ts)
 *   Exchange        {"type",...}: snapshot, l2update, ticker, match, last_match (coinbase-exchange.ts), and the full channel,
 *                   market by order (coinbase-full.ts)
 *
 * Advanced Trade numbers the messages of a connection, Exchange's full channel those of a product. Exchange's level2 has
 * no numbers and no checksum: a loss in it shows only where trades of the same connection are missing too.
 *
 * Trades of both state the maker's side: the aggressor is the other one. Exchange documents it ("side: the maker order
 * side"); on Advanced Trade it shows in recordings, where trades at the best ask have the side SELL.
 */
import { AdvancedTrade } from './coinbase-advanced.ts';
import { CoinbaseExchange, Interface } from './coinbase-exchange.ts';
import type { CoinbaseParts } from './coinbase-parts.ts';
import { PerInstrument } from './instruments.ts';
import { JsonScanner } from './json-scan.ts';
import type { TextMarket } from './market.ts';
import { Rows } from './rows.ts';
import { loseConnection, StreamBook, unusedRemarks, type VenueDecoder } from './venue.ts';

export class CoinbaseVenue implements VenueDecoder {
  private readonly parts: CoinbaseParts;
  private readonly advanced: AdvancedTrade;
  private readonly exchange: CoinbaseExchange;
  private readonly otherType: number;

  constructor(market: TextMarket) {
    const books = new PerInstrument((instrument) => new StreamBook(instrument));
    this.parts = { market, scan: new JsonScanner(), rows: new Rows(), books };
    this.advanced = new AdvancedTrade(this.parts);
    this.exchange = new CoinbaseExchange(this.parts);
    this.otherType = market.stats.type('other');
  }

  frame(bytes: Uint8Array, from: number, to: number, connection: number): void {
    const { scan, market } = this.parts;
    scan.open(bytes, from, to);
    if (this.exchange.usualFrame(connection)) return;
    scan.open(bytes, from, to);
    const whose = this.exchange.envelope();
    if (whose === Interface.Exchange) {
      this.exchange.frame(bytes, from, to, connection);
      return;
    }
    scan.open(bytes, from, to);
    if (whose === Interface.Advanced) this.advanced.frame(connection);
    else market.begin(this.otherType);
  }

  wantsRest(url: string): boolean {
    return this.exchange.wantsRest(url);
  }

  rest(url: string, bytes: Uint8Array, from: number, to: number): void {
    this.exchange.rest(url, bytes, from, to);
  }

  disconnected(connection: number): void {
    this.advanced.disconnected(connection);
    this.exchange.disconnected(connection);
    loseConnection(this.parts.books.all, connection, this.parts.market);
  }

  remarks(): string[] {
    return [...unusedRemarks(this.parts.books.all), ...this.advanced.remarks(), ...this.exchange.remarks()];
  }
}
