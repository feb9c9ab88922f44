/**
 * Kraken, websocket v1: book (with its CRC-32), ticker, trade. Frames are [channelID, payload, channelName, pair], with
 * two payloads when both sides of a book change. Republished levels ("r") are set like any other; snapshots have no
 * checksum.
 *
 * Times: the latest of a book message's levels; a trade's own; ticker has none.
 */
import { Side } from '../../core/event.ts';
import type { TextInstrument } from './instruments.ts';
import { ascii, type JsonScanner } from './json-scan.ts';
import { type KrakenBooks, NO_CHECKSUM } from './kraken-books.ts';
import { scanLevels, scanPrice, scanQty } from './level-scan.ts';
import type { TextMarket } from './market.ts';
import type { Rows } from './rows.ts';

const AS = ascii('as');
const BS = ascii('bs');
const BOOK = ascii('book-');
const TICKER = ascii('ticker');
const TRADE = ascii('trade');

const OPEN_BRACKET = 0x5b;
const QUOTE = 0x22;

/** The least that can be subscribed to. */
const LEAST_DEPTH = 10;
/** channelID, two payloads, channelName, pair. */
const MAX_ELEMENTS = 5;

export class KrakenV1 {
  private readonly market: TextMarket;
  private readonly books: KrakenBooks;
  private readonly scan: JsonScanner;
  private readonly rows: Rows;
  private readonly elements = new Int32Array(MAX_ELEMENTS);
  private nameFrom = 0;
  private nameTo = 0;
  private pairFrom = 0;
  private pairTo = 0;
  private isSnapshot = false;
  /** Cell 0: the frame's checksum, or NO_CHECKSUM. */
  private readonly checksum = new Float64Array(1);
  private readonly snapshotType: number;
  private readonly updateType: number;

  constructor(market: TextMarket, books: KrakenBooks, scan: JsonScanner, rows: Rows) {
    this.market = market;
    this.books = books;
    this.scan = scan;
    this.rows = rows;
    this.snapshotType = market.stats.type('book snapshot');
    this.updateType = market.stats.type('book update');
  }

  /** The array that the scanner was opened on. */
  frame(connection: number): void {
    const { scan } = this;
    const payloads = this.split();
    this.rows.clear(scan.bytes);
    if (this.startsWith(BOOK)) this.book(payloads, connection);
    else if (scan.rangeIs(this.nameFrom, this.nameTo, TICKER)) this.ticker();
    else if (scan.rangeIs(this.nameFrom, this.nameTo, TRADE)) this.trades();
    else this.market.begin(this.market.stats.typeOf(scan.bytes, this.nameFrom, this.nameTo));
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
      this.pairTo = isText && !scan.escaped ? scan.textTo : 0;
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
    const { market, rows } = this;
    this.isSnapshot = false;
    this.checksum[0] = NO_CHECKSUM;
    for (let i = 1; i <= payloads; i++) this.payload(this.elements[i]);
    market.begin(this.isSnapshot ? this.snapshotType : this.updateType);
    const instrument = this.instrument();
    if (instrument === null) return;
    const book = this.books.of(instrument);
    const tsEvent = market.eventTime(this.latest());
    if (this.isSnapshot) {
      const depth = depthOf(rows.bytes, this.nameFrom + BOOK.length, this.nameTo);
      this.books.snapshot(book, connection, depth, rows, this.checksum, tsEvent);
    } else this.books.update(book, connection, rows, this.checksum, tsEvent);
  }

  /** {"as":[...],"bs":[...]}, or {"a":[...],"c":"..."} and {"b":[...]} in one object or two. */
  private payload(at: number): void {
    const { scan, rows } = this;
    let parts = 0;
    let part = 0;
    scan.pos = at;
    scan.beginObject();
    while (scan.nextKey()) {
      const key = scan.keyByte();
      const whole = scan.keyIs(AS) || scan.keyIs(BS);
      if (whole) this.isSnapshot = true;
      const isAsks = key === 0x61 || scan.keyIs(AS);
      part = isAsks ? 1 : key === 0x62 || scan.keyIs(BS) ? 2 : key === 0x63 ? 4 : 0;
      if ((parts & part) !== 0) scan.misfit('a key appears twice');
      parts |= part;
      if (isAsks) scanLevels(scan, rows, Side.Ask);
      else if (part === 2) scanLevels(scan, rows, Side.Bid);
      else if (part === 4) {
        scan.integerInto(this.checksum, 0);
        if (!(this.checksum[0] >= 0 && this.checksum[0] <= 0xffffffff)) scan.misfit('a checksum is a 32-bit integer');
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

/** The number behind "book-"; no cut where it is none. */
function depthOf(bytes: Uint8Array, from: number, to: number): number {
  const depth = Number(Buffer.from(bytes.subarray(from, to)).toString('latin1'));
  return Number.isInteger(depth) && depth >= LEAST_DEPTH ? depth : Number.POSITIVE_INFINITY;
}
