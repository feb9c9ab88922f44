/**
 * Kraken, websocket v1: book (with its CRC-32), ticker, trade. Frames are [channelID, payload, channelName, pair], with
 * two payloads when both sides of a book change; what is not market data is an object with "event".
 *
 * The book has no sequence numbers: an update's checksum over the ten best levels a side, made of the venue's own
 * decimal text without point and leading zeros, is what shows a loss. The venue does not say that a level falls out of
 * the subscribed depth: the client cuts it off. Republished levels ("r") are set like any other.
 *
 * Times: the latest of a book message's levels; a trade's own; ticker has none.
 */
import { Side } from '../../core/event.ts';
import { CRC32_START, crc32Finish } from './crc32.ts';
import { PerInstrument, type TextInstrument } from './instruments.ts';
import { ascii, JsonScanner } from './json-scan.ts';
import { scanLevels, scanPrice, scanQty } from './level-scan.ts';
import type { TextMarket } from './market.ts';
import { Rows } from './rows.ts';
import { TextBook, TextForm } from './text-book.ts';
import { loseConnection, StreamBook, unusedRemarks, type VenueDecoder } from './venue.ts';

const EVENT = ascii('event');
const CHANNEL = ascii('channel');
const AS = ascii('as');
const BS = ascii('bs');
const BOOK = ascii('book-');
const TICKER = ascii('ticker');
const TRADE = ascii('trade');

const OPEN_BRACE = 0x7b;
const OPEN_BRACKET = 0x5b;
const QUOTE = 0x22;

const CHECKSUM_LEVELS = 10;
/** channelID, two payloads, channelName, pair. */
const MAX_ELEMENTS = 5;

class KrakenBook extends StreamBook {
  /** Levels a side that were subscribed to. */
  depth = 0;

  constructor(instrument: TextInstrument) {
    super(instrument);
    instrument.textBook = new TextBook(TextForm.Digits);
  }
}

export class KrakenVenue implements VenueDecoder {
  private readonly market: TextMarket;
  private readonly scan = new JsonScanner();
  private readonly rows = new Rows();
  private readonly books = new PerInstrument((instrument) => new KrakenBook(instrument));
  private readonly elements = new Int32Array(MAX_ELEMENTS);
  private nameFrom = 0;
  private nameTo = 0;
  private pairFrom = 0;
  private pairTo = 0;
  private isSnapshot = false;
  /** The frame's checksum, or -1. */
  private checksum = -1;
  private readonly snapshotType: number;
  private readonly updateType: number;
  private readonly otherType: number;
  private versionTwo = 0;

  constructor(market: TextMarket) {
    this.market = market;
    this.snapshotType = market.stats.type('book snapshot');
    this.updateType = market.stats.type('book update');
    this.otherType = market.stats.type('other');
  }

  frame(bytes: Uint8Array, from: number, to: number, connection: number): void {
    const { scan } = this;
    scan.open(bytes, from, to);
    if (scan.peek() === OPEN_BRACE) {
      this.event();
      return;
    }
    const payloads = this.split();
    this.rows.clear(bytes);
    if (this.startsWith(BOOK)) this.book(payloads, connection);
    else if (scan.rangeIs(this.nameFrom, this.nameTo, TICKER)) this.ticker();
    else if (scan.rangeIs(this.nameFrom, this.nameTo, TRADE)) this.trades();
    else this.market.begin(this.market.stats.typeOf(bytes, this.nameFrom, this.nameTo));
  }

  wantsRest(): boolean {
    return false;
  }

  rest(): void {}

  disconnected(connection: number): void {
    loseConnection(this.books.all, connection, this.market);
  }

  remarks(): string[] {
    const remarks = unusedRemarks(this.books.all);
    if (this.versionTwo > 0) remarks.push(`${this.versionTwo} frames of Kraken's websocket v2 are not decoded`);
    return remarks;
  }

  /** Something other than market data: counted by its name. */
  private event(): void {
    const { scan, market } = this;
    let type = this.otherType;
    let version = 1;
    scan.beginObject();
    while (scan.nextKey()) {
      const isEvent = scan.keyIs(EVENT);
      if (scan.keyIs(CHANNEL)) version = 2;
      if (!isEvent) scan.skipValue();
      else if (scan.string()) type = market.stats.typeOf(scan.bytes, scan.textFrom, scan.textTo);
    }
    scan.finish();
    if (type === this.otherType && version === 2) this.versionTwo++;
    market.begin(type);
  }

  /** Checks the whole frame and finds its parts; returns the number of payloads, which begin at elements[1..]. */
  private split(): number {
    const { scan, elements } = this;
    let count = 0;
    scan.beginArray();
    while (scan.nextItem()) {
      const isText = scan.peek() === QUOTE;
      if (count < MAX_ELEMENTS) elements[count] = scan.pos;
      this.nameFrom = this.pairFrom;
      this.nameTo = this.pairTo;
      scan.skipValue();
      this.pairFrom = isText ? scan.textFrom : 0;
      this.pairTo = isText ? scan.textTo : 0;
      count++;
    }
    scan.finish();
    if (count < 4 || count > MAX_ELEMENTS || this.nameTo === 0 || this.pairTo === 0) {
      scan.misfit('not [channelID, payload, channelName, pair]');
    }
    return count - 3;
  }

  private startsWith(name: Uint8Array): boolean {
    return (
      this.nameTo - this.nameFrom > name.length && this.scan.rangeIs(this.nameFrom, this.nameFrom + name.length, name)
    );
  }

  private instrument(): TextInstrument | null {
    return this.market.instruments.get(this.scan.bytes, this.pairFrom, this.pairTo);
  }

  private book(payloads: number, connection: number): void {
    const { market } = this;
    this.isSnapshot = false;
    this.checksum = -1;
    for (let i = 1; i <= payloads; i++) this.payload(this.elements[i]);
    market.begin(this.isSnapshot ? this.snapshotType : this.updateType);
    const instrument = this.instrument();
    if (instrument === null) return;
    const book = this.books.of(instrument);
    const tsEvent = market.eventTime(this.latest());
    if (this.isSnapshot) this.snapshot(book, connection, tsEvent);
    else this.update(book, connection, tsEvent);
  }

  /** {"as":[...],"bs":[...]}, or {"a":[...],"c":"..."} and {"b":[...]} in one object or two. */
  private payload(at: number): void {
    const { scan, rows } = this;
    scan.pos = at;
    scan.beginObject();
    while (scan.nextKey()) {
      const key = scan.keyByte();
      const whole = scan.keyIs(AS) || scan.keyIs(BS);
      if (whole) this.isSnapshot = true;
      if (key === 0x61 || scan.keyIs(AS)) scanLevels(scan, rows, Side.Ask);
      else if (key === 0x62 || scan.keyIs(BS)) scanLevels(scan, rows, Side.Bid);
      else if (key === 0x63) {
        this.checksum = scan.integer();
        if (!(this.checksum >= 0 && this.checksum <= 0xffffffff)) scan.misfit('a checksum is a 32-bit integer');
      } else scan.skipValue();
    }
  }

  /** The latest of the rows' times, session ns; NaN if none has one. */
  private latest(): number {
    const { rows, market } = this;
    let latest = Number.NaN;
    for (let i = 0; i < rows.count; i++) {
      if (rows.extraFrom[i] < 0) continue;
      const time = market.times.seconds(rows.bytes, rows.extraFrom[i], rows.extraTo[i]);
      if (!(time <= latest)) latest = Number.isNaN(time) ? latest : time;
    }
    return latest;
  }

  private snapshot(book: KrakenBook, connection: number, tsEvent: number): void {
    const { market, rows } = this;
    const { instrument } = book;
    book.connection = connection;
    book.depth = depthOf(rows.bytes, this.nameFrom + BOOK.length, this.nameTo);
    if (!market.prepareSnapshot(instrument, rows, tsEvent)) return;
    if (!this.verified(book, tsEvent)) return;
    market.snapshot(instrument, rows, tsEvent, 0);
    market.live(instrument, tsEvent);
  }

  private update(book: KrakenBook, connection: number, tsEvent: number): void {
    const { market, rows } = this;
    const { instrument } = book;
    market.introduce(instrument, rows, tsEvent);
    if (!book.takes(connection)) return;
    if (!market.prepareUpdate(instrument, rows, tsEvent)) return;
    if (!this.verified(book, tsEvent)) return;
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

  /** Carries the rows into the text book and compares its checksum with the frame's, where it has one. */
  private verified(book: KrakenBook, tsEvent: number): boolean {
    const { market, checksum } = this;
    const { instrument } = book;
    if (!market.keepText(instrument, this.rows, tsEvent)) return false;
    if (checksum < 0) return true;
    return market.compareChecksum(instrument, checksum, krakenChecksum(instrument.textBook!), tsEvent);
  }

  /** {"a":["price",whole lots,"lots"],"b":[...],...} */
  private ticker(): void {
    const { scan, rows, market } = this;
    const bid = rows.add(Side.Bid);
    const ask = rows.add(Side.Ask);
    let sides = 0;
    scan.pos = this.elements[1];
    scan.beginObject();
    while (scan.nextKey()) {
      const key = scan.keyByte();
      if ((key !== 0x61 && key !== 0x62) || scan.peek() !== OPEN_BRACKET) scan.skipValue();
      else {
        this.best(key === 0x62 ? bid : ask);
        sides |= key === 0x62 ? 1 : 2;
      }
    }
    if (sides !== 3) scan.misfit('a ticker without a and b');
    market.begin(market.stats.typeOf(scan.bytes, this.nameFrom, this.nameTo));
    const instrument = this.instrument();
    if (instrument !== null) market.touch(instrument, rows, market.tsRecv);
  }

  private best(row: number): void {
    const { scan, rows } = this;
    let element = 0;
    scan.beginArray();
    for (; scan.nextItem(); element++) {
      if (element === 0) scanPrice(scan, rows, row);
      else if (element === 2) scanQty(scan, rows, row);
      else scan.skipValue();
    }
    if (element < 3) scan.misfit('[price, whole lots, lots] is expected');
  }

  /** [["price","qty","time","b" or "s",...],...]: the side is the taker's. */
  private trades(): void {
    const { scan, rows, market } = this;
    scan.pos = this.elements[1];
    scan.beginArray();
    while (scan.nextItem()) this.tradeRow();
    market.begin(market.stats.typeOf(scan.bytes, this.nameFrom, this.nameTo));
    const instrument = this.instrument();
    if (instrument !== null) market.trades(instrument, rows, 0);
  }

  private tradeRow(): void {
    const { scan, rows, market } = this;
    const row = rows.add(Side.None);
    let element = 0;
    scan.beginArray();
    for (; scan.nextItem(); element++) {
      if (element === 0) scanPrice(scan, rows, row);
      else if (element === 1) scanQty(scan, rows, row);
      else if (element === 2 && scan.string()) {
        rows.time[row] = market.times.seconds(scan.bytes, scan.textFrom, scan.textTo);
      } else if (element === 3 && scan.string() && scan.textTo - scan.textFrom === 1) {
        const letter = scan.bytes[scan.textFrom];
        rows.side[row] = letter === 0x62 ? Side.Bid : letter === 0x73 ? Side.Ask : Side.None;
      } else if (element > 3) scan.skipValue();
    }
    if (element < 4) scan.misfit('[price, quantity, time, side] is expected');
  }
}

/** Asks, best first, then bids, each price then quantity. */
function krakenChecksum(book: TextBook): number {
  let crc = CRC32_START;
  for (let i = 0; i < CHECKSUM_LEVELS && i < book.asks.count; i++) crc = book.asks.crcPriceAndQty(crc, i);
  for (let i = 0; i < CHECKSUM_LEVELS && i < book.bids.count; i++) crc = book.bids.crcPriceAndQty(crc, i);
  return crc32Finish(crc) >>> 0;
}

/** The number behind "book-"; no cut where it is none. */
function depthOf(bytes: Uint8Array, from: number, to: number): number {
  const depth = Number(Buffer.from(bytes.subarray(from, to)).toString('latin1'));
  return Number.isInteger(depth) && depth >= CHECKSUM_LEVELS ? depth : Number.POSITIVE_INFINITY;
}
