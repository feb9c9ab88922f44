/**
 * Kraken, websocket v2: {"channel","type","data":[...]} of book (with its CRC-32), trade, ticker, instrument and status;
 * answers to requests are {"method","result","success",...}; heartbeats {"channel":"heartbeat"}.
 * Source: docs.kraken.com, "Spot WebSocket v2" (book, trade, ticker, instrument, status, subscribe) and the guide "Book
 * checksum (WebSocket v2)".
 *
 * Numbers are JSON numbers written with the pair's full precision, and their text as received is what the checksum is
 * made of. Where the instrument channel was heard, texts that are shorter are filled up with zeros to its precisions.
 * Snapshots and updates both have a checksum. No book message says how deep the book is: the answer to the subscription
 * does; where a recording lacks it, it is the least depth on offer that holds the snapshot, and a remark says so.
 *
 * Times: each entry's timestamp. A key that appears twice where one is expected is damage.
 */
import { EventFlag, Side } from '../../core/event.ts';
import { ascii, type JsonScanner } from './json-scan.ts';
import type { KrakenBook, KrakenBooks } from './kraken-books.ts';
import { KrakenEntry } from './kraken-entry.ts';
import { plainKrakenLevels, scanKrakenLevels } from './kraken-levels.ts';
import { DEPTHS, KrakenNotices } from './kraken-notices.ts';
import { KrakenPrints } from './kraken-prints.ts';
import { Literal } from './literal.ts';
import type { TextMarket } from './market.ts';
import type { Rows } from './rows.ts';

const CHANNEL = ascii('channel');
const TYPE = ascii('type');
const DATA = ascii('data');
const METHOD = ascii('method');
const EVENT = ascii('event');
const RESULT = ascii('result');
const SUCCESS = ascii('success');
const BOOK = ascii('book');
const TRADE = ascii('trade');
const TICKER = ascii('ticker');
const INSTRUMENT = ascii('instrument');
const STATUS = ascii('status');
const SNAPSHOT = ascii('snapshot');
const UPDATE = ascii('update');
const BIDS = ascii('bids');
const ASKS = ascii('asks');
const CHECKSUM = ascii('checksum');

/** What stands around the values of the usual update, in order. */
const BOOK_UPDATE = new Literal('{"channel":"book","type":"update","data":[{"symbol":"');
const SYMBOL_TO_BIDS = new Literal('","bids":[');
const BIDS_TO_ASKS = new Literal('],"asks":[');
const ASKS_TO_CHECKSUM = new Literal('],"checksum":');
const CHECKSUM_TO_TIME = new Literal(',"timestamp":"');
const UPDATE_END = new Literal('"}]}');

const OPEN_BRACKET = 0x5b;
const OPEN_BRACE = 0x7b;

const Type = { None: 0, Snapshot: 1, Update: 2, Other: 3 } as const;
type Type = (typeof Type)[keyof typeof Type];

export class KrakenV2 {
  private readonly market: TextMarket;
  private readonly books: KrakenBooks;
  private readonly scan: JsonScanner;
  private readonly rows: Rows;
  private readonly notices: KrakenNotices;
  private readonly entry: KrakenEntry;
  private readonly prints: KrakenPrints;
  private readonly snapshotType: number;
  private readonly updateType: number;
  private readonly otherType: number;
  // of the frame at hand
  private connection = 0;
  /** Its channel, or the method that it answers, or v1's event. */
  private nameFrom = 0;
  private nameTo = 0;
  private hasChannel = false;
  private isBook = false;
  private type: Type = Type.None;
  private dataAt = -1;
  private resultAt = -1;
  private success = false;
  /** Entries of data that were passed when the first of them was read as a book's. */
  private entriesRead = 0;
  /** Cell 0: the checksum of the entry at hand. */
  private readonly checksum = new Float64Array(1);

  constructor(market: TextMarket, books: KrakenBooks, scan: JsonScanner, rows: Rows) {
    this.market = market;
    this.books = books;
    this.scan = scan;
    this.rows = rows;
    this.notices = new KrakenNotices(market, books, scan);
    this.entry = new KrakenEntry(market, scan);
    this.prints = new KrakenPrints(market, this.entry, scan, rows, this.notices);
    this.snapshotType = market.stats.type('book snapshot');
    this.updateType = market.stats.type('book update');
    this.otherType = market.stats.type('other');
  }

  /** The object that the scanner was opened on. */
  frame(connection: number): void {
    const { scan } = this;
    this.connection = connection;
    const from = scan.pos;
    if (scan.passes(BOOK_UPDATE)) {
      if (this.usualUpdate()) {
        this.market.begin(this.updateType);
        this.type = Type.Update;
        this.applyEntry();
        return;
      }
      scan.pos = from;
    } else if (this.prints.usualTrades()) return;
    scan.pos = from;
    this.envelope();
    scan.finish();
    if (this.isBook) this.bookEntries();
    else if (this.hasChannel && this.nameIs(TRADE)) this.trades();
    else if (this.hasChannel && this.nameIs(TICKER)) this.tickers();
    else this.others();
  }

  disconnected(connection: number): void {
    this.notices.disconnected(connection);
  }

  remarks(): string[] {
    return this.notices.remarks();
  }

  private nameIs(name: Uint8Array): boolean {
    return this.scan.rangeIs(this.nameFrom, this.nameTo, name);
  }

  /** What is behind the usual head of an update, in its usual form, to the frame's end; false if it is written otherwise. */
  private usualUpdate(): boolean {
    const { scan, rows, entry } = this;
    rows.clear(scan.bytes);
    entry.begin();
    if (!entry.plainSymbol() || !scan.passes(SYMBOL_TO_BIDS)) return false;
    if (!plainKrakenLevels(scan, rows, Side.Bid) || !scan.passes(BIDS_TO_ASKS)) return false;
    if (!plainKrakenLevels(scan, rows, Side.Ask) || !scan.passes(ASKS_TO_CHECKSUM)) return false;
    if (!scan.plainInteger(this.checksum, 0) || this.checksum[0] > 0xffffffff) return false;
    if (!scan.passes(CHECKSUM_TO_TIME) || !entry.plainTime()) return false;
    return scan.passes(UPDATE_END) && scan.pos === scan.end;
  }

  /** Finds the frame's parts. A book's entry is read on the way, where its channel and type stand in front of it. */
  private envelope(): void {
    const { scan } = this;
    this.nameFrom = 0;
    this.nameTo = 0;
    this.hasChannel = false;
    this.isBook = false;
    this.type = Type.None;
    this.dataAt = -1;
    this.resultAt = -1;
    this.success = false;
    this.entriesRead = 0;
    let seen = 0;
    scan.beginObject();
    while (scan.nextKey()) {
      const bit = this.field();
      if ((seen & bit) !== 0) scan.misfit('a key appears twice');
      seen |= bit;
    }
  }

  /** Reads the field at the cursor; returns a bit that stands for its key. */
  private field(): number {
    const { scan } = this;
    if (scan.keyIs(CHANNEL)) {
      if (!scan.string()) return 1;
      this.name();
      this.hasChannel = true;
      this.isBook = this.nameIs(BOOK);
      return 1;
    }
    if (scan.keyIs(TYPE)) {
      if (scan.string())
        this.type = scan.textIs(UPDATE) ? Type.Update : scan.textIs(SNAPSHOT) ? Type.Snapshot : Type.Other;
      return 2;
    }
    if (scan.keyIs(DATA)) {
      this.data();
      return 4;
    }
    if (scan.keyIs(METHOD) || scan.keyIs(EVENT)) {
      if (scan.string() && !this.hasChannel) this.name();
      return 8;
    }
    if (scan.keyIs(SUCCESS)) {
      this.success = scan.boolean() === true;
      return 16;
    }
    if (!scan.keyIs(RESULT)) {
      scan.skipValue();
      return 0;
    }
    if (scan.peek() === OPEN_BRACE) this.resultAt = scan.pos;
    scan.skipValue();
    return 32;
  }

  private name(): void {
    this.nameFrom = this.scan.textFrom;
    this.nameTo = this.scan.textTo;
  }

  private data(): void {
    const { scan } = this;
    const first = scan.peek();
    if (first === OPEN_BRACKET || first === OPEN_BRACE) this.dataAt = scan.pos;
    if (first !== OPEN_BRACKET || !this.isBook || this.type === Type.None) {
      scan.skipValue();
      return;
    }
    scan.beginArray();
    if (scan.nextItem()) {
      this.bookEntry();
      this.entriesRead = 1;
      for (; scan.nextItem(); this.entriesRead++) scan.skipValue();
    }
  }

  /** Goes to the entries of a message that must have some. */
  private beginEntries(what: string): void {
    const { scan } = this;
    if (this.dataAt < 0) scan.misfit(`a ${what} message without data`);
    scan.pos = this.dataAt;
    scan.beginArray();
  }

  private bookEntries(): void {
    const { scan, market } = this;
    if (this.type !== Type.Snapshot && this.type !== Type.Update) scan.misfit('a book is a snapshot or an update');
    const counted = this.type === Type.Snapshot ? this.snapshotType : this.updateType;
    if (this.entriesRead === 1) {
      market.begin(counted);
      this.applyEntry();
      return;
    }
    this.beginEntries('book');
    market.begin(counted);
    while (scan.nextItem()) {
      this.bookEntry();
      this.applyEntry();
    }
  }

  /** {"symbol","bids":[...],"asks":[...],"checksum","timestamp"} into the rows. */
  private bookEntry(): void {
    const { scan, rows } = this;
    let parts = 0;
    let part = 0;
    rows.clear(scan.bytes);
    this.entry.begin();
    scan.beginObject();
    while (scan.nextKey()) {
      if (scan.keyIs(BIDS)) {
        scanKrakenLevels(scan, rows, Side.Bid);
        part = 1;
      } else if (scan.keyIs(ASKS)) {
        scanKrakenLevels(scan, rows, Side.Ask);
        part = 2;
      } else if (scan.keyIs(CHECKSUM)) {
        scan.integerInto(this.checksum, 0);
        if (!(this.checksum[0] >= 0 && this.checksum[0] <= 0xffffffff)) scan.misfit('a checksum is a 32-bit integer');
        part = 4;
      } else part = this.entry.field();
      if ((parts & part) !== 0) scan.misfit('a key appears twice');
      parts |= part;
    }
    if ((parts & 12) !== 12) scan.misfit('a book without symbol and checksum');
  }

  private applyEntry(): void {
    const { books, rows, checksum } = this;
    const instrument = this.entry.instrument();
    if (instrument === null) return;
    const book = books.of(instrument);
    const tsEvent = this.market.eventTime(this.entry.time);
    if (this.type === Type.Update) {
      books.update(book, this.connection, rows, checksum, tsEvent);
      return;
    }
    books.snapshot(book, this.connection, this.depthOf(book), rows, checksum, tsEvent);
    this.notices.settleStatus(instrument);
  }

  /** Levels a side that the snapshot at hand is one of. */
  private depthOf(book: KrakenBook): number {
    const stated = this.notices.depthOf(book.instrument, this.connection);
    if (stated > 0) return stated;
    const { rows } = this;
    let bids = 0;
    for (let i = 0; i < rows.count; i++) if (rows.side[i] === Side.Bid) bids++;
    const longer = Math.max(bids, rows.count - bids);
    const depth = DEPTHS.find((one) => one >= longer) ?? Number.POSITIVE_INFINITY;
    this.notices.guessed(book.instrument, depth);
    return depth;
  }

  private trades(): void {
    this.beginEntries('trade');
    this.begin();
    this.prints.trades(this.type === Type.Snapshot ? EventFlag.Snapshot : 0);
  }

  private tickers(): void {
    this.beginEntries('ticker');
    this.begin();
    this.prints.tickers();
  }

  /** Counts the frame by its name. */
  private begin(): void {
    const { scan, market } = this;
    const named = this.nameTo > 0;
    market.begin(named ? market.stats.typeOf(scan.bytes, this.nameFrom, this.nameTo) : this.otherType);
  }

  /** What changes no book by itself: counted by its name. */
  private others(): void {
    const { notices } = this;
    this.begin();
    if (this.hasChannel) {
      if (this.dataAt < 0) return;
      if (this.nameIs(INSTRUMENT)) notices.instruments(this.dataAt);
      else if (this.nameIs(STATUS)) notices.system(this.dataAt);
    } else if (this.resultAt >= 0 && this.success) {
      notices.answer(this.nameFrom, this.nameTo, this.resultAt, this.connection);
    }
  }
}
