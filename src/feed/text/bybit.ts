/**
 * Bybit v5, public streams: orderbook.DEPTH.SYMBOL (a snapshot, then deltas) and publicTrade.SYMBOL. Other topics
 * (tickers, klines) and answers to requests are counted by their names. Frames are
 * {"topic","type","ts","data":{"s","b","a","u","seq"},"cts"}.
 *
 * Deltas of a topic are numbered: u is one more than before (StepSequencer). A quantity of 0 removes its level, levels
 * that leave the depth are removed the same way. A snapshot always starts the book anew: the one after the subscription,
 * one that the venue sends because something went wrong at its end (u = 1 after a restart), and those of depth 1, which
 * come again every 3 s. Source: "V5 API, Websocket Stream, Public, Orderbook: Process snapshot/delta".
 *
 * Of several depths of one symbol the deepest makes the book. Times: cts, of the matching engine, where there is one,
 * else ts; T of trades. The side of a trade is the taker's.
 */
import { Side, StaleReason } from '../../core/event.ts';
import { NO_PREVIOUS, Verdict } from '../sequencer.ts';
import { Arbiter } from './arbiter.ts';
import { BybitBook } from './bybit-book.ts';
import { PerInstrument, type TextInstrument } from './instruments.ts';
import { tellIrregular } from './irregular.ts';
import { ascii, JsonScanner } from './json-scan.ts';
import { scanLevels, scanPrice, scanQty } from './level-scan.ts';
import type { TextMarket } from './market.ts';
import { dropSeen } from './recent-ids.ts';
import type { Redundancy } from './redundancy.ts';
import { Rows } from './rows.ts';
import { unusedRemarks, type VenueDecoder } from './venue.ts';

const TOPIC = ascii('topic');
const TYPE = ascii('type');
const TS = ascii('ts');
const CTS = ascii('cts');
const DATA = ascii('data');
const OP = ascii('op');
const SEQ = ascii('seq');
const SNAPSHOT = ascii('snapshot');
const DELTA = ascii('delta');
const ORDERBOOK = ascii('orderbook.');
const PUBLIC_TRADE = ascii('publicTrade.');
const BUY = ascii('Buy');
const SELL = ascii('Sell');

const POINT = 0x2e;
const ZERO = 0x30;

/** What a topic's data is. */
const Kind = { None: 0, Book: 1, Trades: 2, Other: 3 } as const;
type Kind = (typeof Kind)[keyof typeof Kind];

/** Bits of `seen`: what may stand once only. */
const Seen = { Topic: 1, Type: 2, Data: 4, Bids: 8, Asks: 16 } as const;

export class BybitVenue implements VenueDecoder {
  private readonly market: TextMarket;
  private readonly scan = new JsonScanner();
  private readonly rows = new Rows();
  readonly redundancy: Redundancy | null;
  private readonly arbiter: Arbiter;
  private readonly books = new PerInstrument((instrument) => new BybitBook(instrument, this.redundancy));
  private readonly otherType: number;
  /** Message types "orderbook.<depth> snapshot" and "... delta", by that of "orderbook.<depth>". */
  private readonly snapshotTypes: number[] = [];
  private readonly deltaTypes: number[] = [];
  // of the frame at hand
  private frameFrom = 0;
  private frameTo = 0;
  private seen = 0;
  private kind: Kind = Kind.None;
  private topicFrom = 0;
  /** End of the topic's name, in front of the symbol's point. */
  private nameTo = 0;
  private symbolFrom = 0;
  private symbolTo = 0;
  private depth = 0;
  private isSnapshot = false;
  private isDelta = false;
  private opType = -1;
  private dataAt = -1;
  private ts = Number.NaN;
  private cts = Number.NaN;
  private update = Number.NaN;
  private sequence = 0;

  /** `lines`: the same topics come over several connections; messages are told apart by u, trades by i (redundancy.ts). */
  constructor(market: TextMarket, lines: Redundancy | null = null) {
    this.market = market;
    this.redundancy = lines;
    this.arbiter = new Arbiter(market, lines, (bytes, from, to, line) => this.decode(bytes, from, to, line));
    this.otherType = market.stats.type('other');
  }

  frame(bytes: Uint8Array, from: number, to: number, connection: number): void {
    this.decode(bytes, from, to, connection);
    this.arbiter.settle();
  }

  private decode(bytes: Uint8Array, from: number, to: number, connection: number): void {
    const { scan, market, rows } = this;
    rows.clear(bytes);
    scan.open(bytes, from, to);
    this.envelope();
    scan.finish();
    if (this.kind === Kind.None) {
      market.begin(this.opType < 0 ? this.otherType : this.opType);
      return;
    }
    const type = market.stats.typeOf(bytes, this.topicFrom, this.nameTo);
    if (this.kind === Kind.Other) {
      market.begin(type);
      return;
    }
    this.readData();
    const instrument = market.instruments.get(bytes, this.symbolFrom, this.symbolTo);
    this.frameFrom = from;
    this.frameTo = to;
    if (this.kind === Kind.Book) this.bookMessage(instrument, type, connection);
    else if (instrument !== null && dropSeen(rows, this.books.of(instrument).trades, connection, this.redundancy)) {
      market.begin(this.arbiter.redundantType);
    } else {
      market.begin(type);
      if (instrument !== null) market.trades(instrument, rows, 0);
    }
  }

  wantsRest(): boolean {
    return false;
  }

  rest(): void {}

  disconnected(connection: number): void {
    for (const book of this.arbiter.orphans(this.books.all, connection)) {
      book.connection = -1;
      book.depth = 0;
      this.market.stale(book.instrument, this.market.lossReason, this.market.tsRecv);
    }
  }

  remarks(): string[] {
    const remarks = unusedRemarks(this.books.all);
    for (const { instrument, otherDepths } of this.books.all) {
      if (otherDepths > 0) remarks.push(`${instrument.symbol}: ${otherDepths} messages of a second depth ignored`);
    }
    remarks.push(...(this.redundancy?.remarks() ?? []));
    return remarks;
  }

  /** Reads the whole frame; the data at once where its topic is known by then, as it always is in the venue's frames. */
  private envelope(): void {
    const { scan } = this;
    this.seen = 0;
    this.kind = Kind.None;
    this.isSnapshot = false;
    this.isDelta = false;
    this.opType = -1;
    this.dataAt = -1;
    this.ts = Number.NaN;
    this.cts = Number.NaN;
    scan.beginObject();
    while (scan.nextKey()) {
      if (scan.keyIs(DATA)) this.data();
      else if (scan.keyIs(TS)) {
        scan.readInteger();
        this.ts = scan.number[0];
      } else if (scan.keyIs(CTS)) {
        scan.readInteger();
        this.cts = scan.number[0];
      } else if (scan.keyIs(TOPIC)) this.topic();
      else if (scan.keyIs(TYPE)) {
        this.once(Seen.Type);
        const isText = scan.string();
        this.isSnapshot = isText && scan.textIs(SNAPSHOT);
        this.isDelta = isText && scan.textIs(DELTA);
      } else if (!scan.keyIs(OP)) scan.skipValue();
      else if (scan.string()) this.opType = this.market.stats.typeOf(scan.bytes, scan.textFrom, scan.textTo);
    }
  }

  private once(bit: number): void {
    if ((this.seen & bit) !== 0) this.scan.misfit('the same key twice');
    this.seen |= bit;
  }

  /** "orderbook.50.BTCUSDT": the name up to the last point, the symbol behind it. */
  private topic(): void {
    const { scan } = this;
    this.once(Seen.Topic);
    if (!scan.string()) return;
    const { bytes, textFrom, textTo } = scan;
    let point = textTo - 1;
    while (point >= textFrom && bytes[point] !== POINT) point--;
    this.topicFrom = textFrom;
    this.nameTo = point < textFrom ? textTo : point;
    this.symbolFrom = point + 1;
    this.symbolTo = textTo;
    this.kind = Kind.Other;
    if (point < textFrom || this.symbolFrom === textTo) return;
    const trades = textFrom + PUBLIC_TRADE.length;
    if (this.isDepth(textFrom, point)) this.kind = Kind.Book;
    else if (trades === point + 1 && scan.rangeIs(textFrom, trades, PUBLIC_TRADE)) this.kind = Kind.Trades;
  }

  /** Whether bytes[from, to) are "orderbook." and a depth. */
  private isDepth(from: number, to: number): boolean {
    const { scan } = this;
    const digits = from + ORDERBOOK.length;
    if (digits >= to || to - digits > 5 || !scan.rangeIs(from, digits, ORDERBOOK)) return false;
    let depth = 0;
    for (let p = digits; p < to; p++) {
      const digit = scan.bytes[p] - ZERO;
      if (digit < 0 || digit > 9) return false;
      depth = depth * 10 + digit;
    }
    this.depth = depth;
    return depth > 0;
  }

  private data(): void {
    const { scan } = this;
    this.once(Seen.Data);
    if (this.kind === Kind.Book) this.bookData();
    else if (this.kind === Kind.Trades) this.tradesData();
    else {
      scan.peek();
      this.dataAt = scan.pos;
      scan.skipValue();
    }
  }

  /** The data, if it stood in front of its topic. Then it was checked already. */
  private readData(): void {
    const { scan } = this;
    if ((this.seen & Seen.Data) === 0) scan.misfit('a topic without data');
    if (this.dataAt < 0) return;
    scan.pos = this.dataAt;
    if (this.kind === Kind.Book) this.bookData();
    else this.tradesData();
  }

  /** {"s":"BTCUSDT","b":[["16493.50","0.006"]],"a":[],"u":18521288,"seq":7961638724} */
  private bookData(): void {
    const { scan, rows } = this;
    this.update = Number.NaN;
    this.sequence = 0;
    scan.beginObject();
    while (scan.nextKey()) {
      const key = scan.keyByte();
      if (key === 0x62) {
        this.once(Seen.Bids);
        scanLevels(scan, rows, Side.Bid);
      } else if (key === 0x61) {
        this.once(Seen.Asks);
        scanLevels(scan, rows, Side.Ask);
      } else if (key === 0x75) {
        scan.readInteger();
        this.update = scan.number[0];
      } else if (key === 0x73) this.symbol();
      else if (scan.keyIs(SEQ)) this.sequence = scan.idOrZero();
      else scan.skipValue();
    }
    if ((this.seen & (Seen.Bids | Seen.Asks)) !== (Seen.Bids | Seen.Asks)) scan.misfit('a book without b and a');
    if (!(this.update >= 0)) scan.misfit('a book whose u is no number');
  }

  /** The symbol again: it must be the topic's. */
  private symbol(): void {
    const { scan, symbolFrom, symbolTo } = this;
    const { bytes } = scan;
    let same = scan.string() && scan.textTo - scan.textFrom === symbolTo - symbolFrom;
    for (let i = 0; same && i < symbolTo - symbolFrom; i++) same = bytes[scan.textFrom + i] === bytes[symbolFrom + i];
    if (!same) scan.misfit("a book whose s is not its topic's symbol");
  }

  private tradesData(): void {
    const { scan } = this;
    scan.beginArray();
    while (scan.nextItem()) this.tradeEntry();
  }

  /** {"T":1672304486865,"s":"BTCUSDT","S":"Buy","v":"0.001","p":"16578.50","i":"2290000000001"} */
  private tradeEntry(): void {
    const { scan, rows, market } = this;
    const row = rows.add(Side.None);
    let numbers = 0;
    rows.time[row] = Number.NaN;
    scan.beginObject();
    while (scan.nextKey()) {
      const key = scan.keyByte();
      if (key === 0x70) {
        scanPrice(scan, rows, row);
        numbers |= 1;
      } else if (key === 0x76) {
        scanQty(scan, rows, row);
        numbers |= 2;
      } else if (key === 0x53) {
        const isText = scan.string();
        rows.side[row] = isText && scan.textIs(BUY) ? Side.Bid : isText && scan.textIs(SELL) ? Side.Ask : Side.None;
      } else if (key === 0x54) {
        scan.integerInto(rows.time, row);
        market.times.fromMillis(rows.time, row);
      } else if (key === 0x69) {
        scan.peek();
        rows.extraFrom[row] = scan.pos;
        scan.idInto(rows.id, row);
        rows.extraTo[row] = scan.pos;
      } else scan.skipValue();
    }
    if (numbers !== 3) scan.misfit('a trade without p and v');
  }

  private bookMessage(instrument: TextInstrument | null, name: number, connection: number): void {
    const { market, isSnapshot } = this;
    if (!isSnapshot && !this.isDelta) this.scan.misfit('a book message is a snapshot or a delta');
    const book = instrument === null ? null : this.books.of(instrument);
    if (book !== null && !this.isFirst(book, connection)) return;
    market.begin(this.actionType(name));
    if (book === null) return;
    const tsEvent = market.eventTime(market.times.millis(Number.isNaN(this.cts) ? this.ts : this.cts));
    if (this.isOfOtherDepth(book)) book.otherDepths++;
    else if (isSnapshot) this.snapshot(book, connection, tsEvent);
    else this.delta(book, connection, tsEvent);
  }

  private isOfOtherDepth(book: BybitBook): boolean {
    return this.isSnapshot ? this.depth < book.depth : this.depth !== book.depth && book.depth > 0;
  }

  /**
   * Whether the book message at hand is to be used now, with several lines. A book that is not live takes any snapshot,
   * and nothing else; a live one no snapshot, unless every line has gone past what is missing in front of it, or the
   * venue's numbers began anew: then u is lower, but seq higher, and what has a lower seq is of the old numbers.
   */
  private isFirst(book: BybitBook, connection: number): boolean {
    const { market, update, sequence } = this;
    const { updates: stream } = book;
    if (stream === null || !this.arbiter.isOn || this.isOfOtherDepth(book)) return true;
    const isLive = book.instrument.stale === StaleReason.None;
    const isRestart = update <= stream.lastTaken && sequence > book.cross;
    const isOfOldNumbers = isLive && update > stream.lastTaken && sequence > 0 && sequence < book.cross;
    if (isOfOldNumbers) {
      market.begin(this.arbiter.redundantType);
      return false;
    }
    if (this.isSnapshot) {
      const isDeeper = this.depth !== book.depth;
      return this.arbiter.takesSnapshot(stream, isLive && !isRestart && !isDeeper, connection, update);
    }
    if (!isLive || isRestart) return true; // of a delta the sequencer says that it is a gap
    const { frameFrom, frameTo, scan } = this;
    return this.arbiter.isFirst(stream, scan.bytes, frameFrom, frameTo, connection, update, update, NO_PREVIOUS);
  }

  private actionType(name: number): number {
    const types = this.isSnapshot ? this.snapshotTypes : this.deltaTypes;
    if (types[name] === undefined) {
      const text = Buffer.from(this.scan.bytes.subarray(this.topicFrom, this.nameTo)).toString('utf8');
      types[name] = this.market.stats.type(`${text} ${this.isSnapshot ? 'snapshot' : 'delta'}`);
    }
    return types[name];
  }

  private snapshot(book: BybitBook, connection: number, tsEvent: number): void {
    const { market, rows, update } = this;
    const { instrument } = book;
    book.connection = connection;
    book.depth = this.depth;
    if (!market.prepareSnapshot(instrument, rows, tsEvent)) return;
    market.snapshot(instrument, rows, tsEvent, update);
    book.sequencer.cross = this.sequence;
    book.sequencer.join(update);
    book.cross = this.sequence;
    market.live(instrument, tsEvent);
  }

  private delta(book: BybitBook, connection: number, tsEvent: number): void {
    const { market, rows } = this;
    const { instrument } = book;
    market.introduce(instrument, rows, tsEvent);
    if (!book.takes(this.redundancy === null ? connection : book.connection) || !this.inSequence(book, tsEvent)) return;
    book.cross = this.sequence;
    if (!market.prepareUpdate(instrument, rows, tsEvent)) return;
    market.levels(instrument, rows, tsEvent, 0, false);
  }

  private inSequence(book: BybitBook, tsEvent: number): boolean {
    const { instrument, sequencer } = book;
    sequencer.cross = this.sequence;
    const verdict = sequencer.next(this.update);
    if (verdict === Verdict.Apply) return true;
    tellIrregular(this.market, instrument, verdict, tsEvent, sequencer);
    return false;
  }
}
