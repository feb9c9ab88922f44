/**
 * OKX v5: books, books-l2-tbt and books50-l2-tbt (snapshot, then updates), books5 (every message a whole small book),
 * bbo-tbt and tickers (VenueBbo), trades. Frames are {"arg":{"channel","instId"},"action","data":[...]}.
 *
 * An update is checked by seqId/prevSeqId where the recording has them (ChainSequencer: an update without levels and with
 * both alike comes after a minute without changes, after maintenance numbers start lower), and by the checksum where it
 * has one: CRC-32 over the venue's own text of the 25 best levels, "bid:size:ask:size:...". OKX sends 0 for it since June
 * 2026: the texts are not even kept then, from a snapshot on whose checksum is 0. "pong" is no JSON; answers, errors and
 * notices are {"event":...} and counted by that.
 *
 * Times: ts of each data entry. The side of a trade is the taker's. Source: "OKX API v5, Order Book Trading, Market Data:
 * WS / Order book channel, Sequence ID; Checksum".
 */
import { StaleReason } from '../../core/event.ts';
import { NO_PREVIOUS, Verdict } from '../sequencer.ts';
import { Arbiter } from './arbiter.ts';
import { PerInstrument } from './instruments.ts';
import { tellIrregular } from './irregular.ts';
import { ascii, JsonScanner } from './json-scan.ts';
import type { TextMarket } from './market.ts';
import { OkxBook, OkxEntry, okxBookRemarks } from './okx-book.ts';
import { scanTouch, scanTrade } from './okx-prints.ts';
import type { Redundancy } from './redundancy.ts';
import { Rows } from './rows.ts';
import { interleavedChecksum } from './text-book.ts';
import type { VenueDecoder } from './venue.ts';

const ARG = ascii('arg');
const DATA = ascii('data');
const ACTION = ascii('action');
const EVENT = ascii('event');
const CHANNEL = ascii('channel');
const INST_ID = ascii('instId');
const SNAPSHOT = ascii('snapshot');
const UPDATE = ascii('update');
const BOOKS = ascii('books');
const BOOKS5 = ascii('books5');
const BBO_TBT = ascii('bbo-tbt');
const TICKERS = ascii('tickers');
const TRADES = ascii('trades');
const TRADES_ALL = ascii('trades-all');
const PONG = ascii('pong');

/** What a channel's data is. */
const Kind = { None: 0, Book: 1, Trades: 2, Touch: 3, Other: 4 } as const;
type Kind = (typeof Kind)[keyof typeof Kind];

/** Bits of `seen`: what may stand once only. */
const Seen = { Arg: 1, Data: 2 } as const;

const CHECKSUM_LEVELS = 25;

export class OkxVenue implements VenueDecoder {
  private readonly market: TextMarket;
  private readonly scan = new JsonScanner();
  private readonly rows = new Rows();
  readonly redundancy: Redundancy | null;
  private readonly arbiter: Arbiter;
  private readonly books = new PerInstrument((instrument) => new OkxBook(instrument, this.redundancy));
  private readonly otherType: number;
  private readonly pongType: number;
  /** Message types "<channel> snapshot" and "<channel> update", by the channel's own. */
  private readonly snapshotTypes: number[] = [];
  private readonly updateTypes: number[] = [];
  // of the frame at hand
  private frameFrom = 0;
  private frameTo = 0;
  private channelFrom = 0;
  private channelTo = 0;
  private symbolFrom = 0;
  private symbolTo = 0;
  private seen = 0;
  private kind: Kind = Kind.None;
  /** Where the data is, if it stood in front of its channel; the second entry of a book's data; -1: none. */
  private dataAt = -1;
  private moreAt = -1;
  /** The first trade of the frame. */
  private firstTrade = 0;
  private isSnapshot = false;
  private isUpdate = false;
  /** Of the best bid and offer at hand. */
  private ts = Number.NaN;
  private readonly entry = new OkxEntry();

  /** `lines`: the same channels come over several connections; messages are told apart by their numbers (redundancy.ts). */
  constructor(market: TextMarket, lines: Redundancy | null = null) {
    this.market = market;
    this.redundancy = lines;
    this.arbiter = new Arbiter(market, lines, (bytes, from, to, line) => this.decode(bytes, from, to, line));
    this.otherType = market.stats.type('other');
    this.pongType = market.stats.type('pong');
  }

  frame(bytes: Uint8Array, from: number, to: number, connection: number): void {
    this.decode(bytes, from, to, connection);
    this.arbiter.settle();
  }

  private decode(bytes: Uint8Array, from: number, to: number, connection: number): void {
    const { scan, market, rows } = this;
    scan.open(bytes, from, to);
    if (scan.rangeIs(from, to, PONG)) {
      market.begin(this.pongType);
      return;
    }
    rows.clear(bytes);
    if (!this.envelope()) return;
    this.frameFrom = from;
    this.frameTo = to;
    const type = market.stats.typeOf(bytes, this.channelFrom, this.channelTo);
    const instrument = market.instruments.get(bytes, this.symbolFrom, this.symbolTo);
    const book = instrument === null ? null : this.books.of(instrument);
    if (this.kind === Kind.Book) this.bookFrame(book, type, connection);
    else if (this.kind === Kind.Trades) this.tradesFrame(book, type, connection);
    else if (this.kind === Kind.Touch && !this.arbiter.isMainLine(connection)) market.begin(this.arbiter.redundantType);
    else {
      market.begin(type);
      if (instrument === null || this.kind !== Kind.Touch) return;
      market.touch(instrument, rows, market.eventTime(market.times.millis(this.ts)));
    }
  }

  wantsRest(): boolean {
    return false;
  }

  rest(): void {}

  disconnected(connection: number): void {
    for (const book of this.arbiter.orphans(this.books.all, connection)) {
      book.connection = -1;
      book.channel = -1;
      this.market.stale(book.instrument, this.market.lossReason, this.market.tsRecv);
    }
  }

  remarks(): string[] {
    return [...okxBookRemarks(this.books.all), ...(this.redundancy?.remarks() ?? [])];
  }

  /**
   * Reads the whole frame; the data at once where its channel is known by then, as it always is in the venue's frames.
   * False when it is not market data: it was counted then.
   */
  private envelope(): boolean {
    const { scan, market } = this;
    let eventType = -1;
    this.channelTo = 0;
    this.symbolTo = 0;
    this.seen = 0;
    this.kind = Kind.None;
    this.dataAt = -1;
    this.moreAt = -1;
    this.isSnapshot = false;
    this.isUpdate = false;
    scan.beginObject();
    while (scan.nextKey()) {
      if (scan.keyIs(DATA)) this.data();
      else if (scan.keyIs(ARG)) this.arg();
      else if (scan.keyIs(ACTION)) {
        const isText = scan.string();
        this.isSnapshot = isText && scan.textIs(SNAPSHOT);
        this.isUpdate = isText && scan.textIs(UPDATE);
      } else if (!scan.keyIs(EVENT)) scan.skipValue();
      else if (scan.string()) eventType = market.stats.typeOf(scan.bytes, scan.textFrom, scan.textTo);
    }
    scan.finish();
    if (eventType >= 0 || (this.seen & Seen.Data) === 0 || this.kind === Kind.None) {
      market.begin(eventType < 0 ? this.otherType : eventType);
      return false;
    }
    if (this.dataAt >= 0) {
      scan.pos = this.dataAt;
      this.readData();
    }
    return true;
  }

  private once(bit: number): void {
    if ((this.seen & bit) !== 0) this.scan.misfit('the same key twice');
    this.seen |= bit;
  }

  private arg(): void {
    const { scan } = this;
    this.once(Seen.Arg);
    scan.beginObject();
    while (scan.nextKey()) {
      const isChannel = scan.keyIs(CHANNEL);
      const isSymbol = scan.keyIs(INST_ID);
      if (!scan.string()) continue;
      if (isChannel) {
        this.channelFrom = scan.textFrom;
        this.channelTo = scan.textTo;
      } else if (isSymbol) {
        this.symbolFrom = scan.textFrom;
        this.symbolTo = scan.textTo;
      }
    }
    if (this.channelTo > 0 && this.symbolTo > 0) this.kind = this.kindOfChannel();
  }

  private kindOfChannel(): Kind {
    const { scan, channelFrom, channelTo } = this;
    const books = channelFrom + BOOKS.length;
    if (books <= channelTo && scan.rangeIs(channelFrom, books, BOOKS)) return Kind.Book;
    if (this.channelIs(TRADES) || this.channelIs(TRADES_ALL)) return Kind.Trades;
    return this.channelIs(TICKERS) || this.channelIs(BBO_TBT) ? Kind.Touch : Kind.Other;
  }

  private data(): void {
    const { scan } = this;
    this.once(Seen.Data);
    if (this.kind !== Kind.None) this.readData();
    else {
      scan.peek();
      this.dataAt = scan.pos;
      scan.skipValue();
    }
  }

  /** Reads trades all; of a book the first entry, and where others begin; of a touch the only one. */
  private readData(): void {
    const { scan, rows } = this;
    if (this.kind === Kind.Other) {
      scan.skipValue();
      return;
    }
    scan.beginArray();
    if (this.kind === Kind.Trades) {
      this.firstTrade = Number.POSITIVE_INFINITY;
      while (scan.nextItem()) {
        const first = scanTrade(scan, rows, this.market.times);
        if (first < this.firstTrade) this.firstTrade = first;
      }
      return;
    }
    if (!scan.nextItem()) scan.misfit('an entry is expected');
    if (this.kind === Kind.Book) this.bookEntry();
    else this.ts = scanTouch(scan, rows);
    while (scan.nextItem()) {
      if (this.moreAt < 0) this.moreAt = scan.pos;
      scan.skipValue();
    }
  }

  private channelIs(name: Uint8Array): boolean {
    return this.scan.rangeIs(this.channelFrom, this.channelTo, name);
  }

  private bookFrame(book: OkxBook | null, channel: number, connection: number): void {
    const { scan, market } = this;
    if (this.channelIs(BOOKS5)) this.isSnapshot = true;
    if (!this.isSnapshot && !this.isUpdate) scan.misfit('a book message is a snapshot or an update');
    if (book !== null && !this.isFirst(book, channel, connection)) return;
    market.begin(this.actionType(channel));
    if (book === null) return;
    this.bookMessage(book, channel, connection);
    if (this.moreAt < 0) return;
    scan.pos = this.moreAt;
    do {
      this.bookEntry();
      if (this.isFirst(book, channel, connection)) this.bookMessage(book, channel, connection);
    } while (scan.nextItem());
  }

  /**
   * Whether the book entry at hand is to be used now, with several lines. A book that is not live takes any snapshot, and
   * nothing else; a live one no snapshot, unless every line has gone past what is missing in front of it.
   */
  private isFirst(book: OkxBook, channel: number, connection: number): boolean {
    const { market, scan } = this;
    const { sequence, previous } = this.entry;
    const { updates: stream } = book;
    if (stream === null || !this.arbiter.isOn) return true;
    if (book.channel >= 0 && book.channel !== channel) return true; // it is counted, and not used
    if (Number.isNaN(sequence)) {
      // As it was before 2022: nothing tells two lines' messages apart, so one line's are taken.
      if (book.numbered) scan.misfit('a book message without seqId behind a snapshot that has one');
      if (this.arbiter.isMainLine(connection)) return true;
      market.begin(this.arbiter.redundantType);
      return false;
    }
    const isLive = book.instrument.stale === StaleReason.None;
    if (this.isSnapshot) return this.arbiter.takesSnapshot(stream, isLive, connection, sequence);
    if (!isLive) return true;
    if (Number.isNaN(previous)) scan.misfit('an update without prevSeqId');
    if (sequence === previous && sequence <= stream.lastTaken) {
      market.begin(this.actionType(channel)); // nothing changed for a minute
      return false;
    }
    const { frameFrom, frameTo } = this;
    return this.arbiter.isFirst(stream, scan.bytes, frameFrom, frameTo, connection, sequence, sequence, previous);
  }

  private tradesFrame(book: OkxBook | null, type: number, connection: number): void {
    const { market, rows } = this;
    const stream = this.arbiter.isOn && book !== null ? book.trades : null;
    const { frameFrom, frameTo } = this;
    if (stream !== null && rows.count > 0) {
      const final = rows.highestId();
      const before = stream.lastTaken;
      const first = this.firstTrade;
      if (!this.arbiter.isFirst(stream, rows.bytes, frameFrom, frameTo, connection, first, final, NO_PREVIOUS)) return;
      rows.dropIdsTo(before); // what came in another frame
    }
    market.begin(type);
    if (book !== null) market.trades(book.instrument, rows, 0);
  }

  private actionType(channel: number): number {
    if (this.channelIs(BOOKS5)) return channel;
    const types = this.isSnapshot ? this.snapshotTypes : this.updateTypes;
    if (types[channel] === undefined) {
      const name = Buffer.from(this.scan.bytes.subarray(this.channelFrom, this.channelTo)).toString('utf8');
      types[channel] = this.market.stats.type(`${name} ${this.isSnapshot ? 'snapshot' : 'update'}`);
    }
    return types[channel];
  }

  private bookEntry(): void {
    this.entry.read(this.scan, this.rows);
  }

  private bookMessage(book: OkxBook, channel: number, connection: number): void {
    const { market } = this;
    const tsEvent = market.eventTime(market.times.millis(this.entry.ts));
    if (book.channel < 0 && this.isSnapshot) book.channel = channel;
    if (book.channel >= 0 && book.channel !== channel) book.otherChannels++;
    else if (this.isSnapshot) this.snapshot(book, connection, tsEvent);
    else this.update(book, connection, tsEvent);
  }

  private snapshot(book: OkxBook, connection: number, tsEvent: number): void {
    const { market, rows } = this;
    const { sequence, checksum } = this.entry;
    const { instrument } = book;
    book.connection = connection;
    book.checked = checksum !== 0;
    book.sequencer.reset();
    if (!market.prepareSnapshot(instrument, rows, tsEvent) || !this.verified(book, tsEvent)) return;
    market.snapshot(instrument, rows, tsEvent, Number.isNaN(sequence) ? 0 : sequence);
    book.numbered = sequence >= 0;
    if (book.numbered) book.sequencer.join(sequence);
    market.live(instrument, tsEvent);
  }

  private update(book: OkxBook, connection: number, tsEvent: number): void {
    const { market, rows } = this;
    const { instrument } = book;
    market.introduce(instrument, rows, tsEvent);
    if (!book.takes(this.redundancy === null ? connection : book.connection)) return;
    if (!this.inSequence(book, tsEvent)) return;
    if (!market.prepareUpdate(instrument, rows, tsEvent) || !this.verified(book, tsEvent)) return;
    market.levels(instrument, rows, tsEvent, 0, false);
  }

  /** Whether the update is the next one; true where the recording does not say. */
  private inSequence(book: OkxBook, tsEvent: number): boolean {
    const { instrument, sequencer } = book;
    const { sequence, previous } = this.entry;
    if (Number.isNaN(sequence) || Number.isNaN(previous)) {
      if (book.numbered) this.scan.misfit('an update without seqId or prevSeqId behind a snapshot that has one');
      return true;
    }
    const verdict = sequencer.next(previous, sequence);
    if (verdict === Verdict.Apply || verdict === Verdict.Wait) return true; // Wait: its snapshot had no number
    tellIrregular(this.market, instrument, verdict, tsEvent, sequencer);
    return false;
  }

  /** Carries the rows into the text book and compares its checksum with the entry's, where it has one. */
  private verified(book: OkxBook, tsEvent: number): boolean {
    const { market } = this;
    const { checksum } = this.entry;
    const { instrument } = book;
    if (!book.checked) {
      if (checksum !== 0) book.unverified++;
      return true;
    }
    if (!market.keepText(instrument, this.rows, tsEvent)) return false;
    if (checksum === 0) return true;
    const ours = interleavedChecksum(instrument.textBook!, CHECKSUM_LEVELS);
    return market.compareChecksum(instrument, checksum, ours, tsEvent);
  }
}
