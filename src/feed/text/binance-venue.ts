/**
 * Binance: spot, USD-M and COIN-M streams. Diffs of the depth are joined to REST snapshots by the venue's rule
 * (sequencer.ts); bookTicker becomes VenueBbo, trade and aggTrade become Trade (aggressor: the buyer unless the buyer is
 * the maker). Other messages are counted by their type.
 *
 * Times: E of depth updates and bookTicker (none on spot: the receive time), T of trades, E of snapshots (none on spot).
 *
 * A REST snapshot names no symbol. Where the request is known its URL does; otherwise the snapshot is kept until the
 * updates of a waiting book join it by their ids, which differ between symbols by far more than a snapshot is old: it
 * can't get into a wrong book. A snapshot is of use only to a book that waits for one; in front of a live book periodic
 * snapshots change nothing.
 */
import { Side } from '../../core/event.ts';
import { Join, joinOf, NO_PREVIOUS, Verdict } from '../sequencer.ts';
import { Arbiter } from './arbiter.ts';
import { BinanceBook } from './binance-book.ts';
import { BinanceFields, Field } from './binance-fields.ts';
import { DepthScan } from './depth-scan.ts';
import { PerInstrument, type TextInstrument } from './instruments.ts';
import { tellIrregular } from './irregular.ts';
import { ascii } from './json-scan.ts';
import type { TextMarket } from './market.ts';
import { Offer, type Redundancy } from './redundancy.ts';
import { symbolInUrl, UnclaimedSnapshots } from './unclaimed-snapshots.ts';
import type { VenueDecoder } from './venue.ts';

const DEPTH_UPDATE = ascii('depthUpdate');
const BOOK_TICKER = ascii('bookTicker');
const TRADE = ascii('trade');
const AGG_TRADE = ascii('aggTrade');

/** Made when first asked for, one a thread; null where there is no WebAssembly. */
let depthScan: DepthScan | null | undefined;

export class BinanceVenue implements VenueDecoder {
  private readonly market: TextMarket;
  private readonly scan: DepthScan | null;
  private readonly fields = new BinanceFields();
  readonly redundancy: Redundancy | null;
  private readonly books = new PerInstrument((instrument) => new BinanceBook(instrument, this.redundancy));
  private readonly unclaimed = new UnclaimedSnapshots();
  private readonly types: { depth: number; ticker: number; trade: number; agg: number; other: number };
  private readonly arbiter: Arbiter;
  private readonly snapshotType: number;
  private readonly partialType: number;

  /**
   * `plainly`: read the usual depth update by the kernel, where there is one. The events are the same. `lines`: the same
   * streams come over several connections; messages are told apart by their ids (redundancy.ts).
   */
  constructor(market: TextMarket, plainly = true, lines: Redundancy | null = null) {
    const { stats } = market;
    this.market = market;
    this.redundancy = lines;
    this.arbiter = new Arbiter(market, lines, (bytes, from, to, line) => this.decode(bytes, from, to, line));
    if (plainly && depthScan === undefined) depthScan = DepthScan.make();
    this.scan = plainly ? (depthScan ?? null) : null;
    this.types = {
      depth: stats.type('depthUpdate'),
      ticker: stats.type('bookTicker'),
      trade: stats.type('trade'),
      agg: stats.type('aggTrade'),
      other: stats.type('other'),
    };
    this.snapshotType = stats.type('depth snapshot');
    this.partialType = stats.type('partial depth');
  }

  frame(bytes: Uint8Array, from: number, to: number, connection: number): void {
    this.decode(bytes, from, to, connection);
    this.arbiter.settle();
  }

  private decode(bytes: Uint8Array, from: number, to: number, connection: number): void {
    if (this.scan !== null && this.plainDepth(this.scan, bytes, from, to, connection)) return;
    const { fields } = this;
    fields.read(bytes, from, to);
    const { scan } = fields;
    if (!fields.has(Field.Type)) this.untyped(bytes, from, to, connection);
    else if (scan.rangeIs(fields.typeFrom, fields.typeTo, DEPTH_UPDATE)) this.depth(bytes, from, to, connection);
    else if (scan.rangeIs(fields.typeFrom, fields.typeTo, BOOK_TICKER)) this.ticker(connection);
    else if (scan.rangeIs(fields.typeFrom, fields.typeTo, TRADE)) this.trade(bytes, from, to, connection, true);
    else if (scan.rangeIs(fields.typeFrom, fields.typeTo, AGG_TRADE)) this.trade(bytes, from, to, connection, false);
    else this.market.begin(this.market.stats.typeOf(bytes, fields.typeFrom, fields.typeTo));
  }

  wantsRest(url: string): boolean {
    return /\/depth\?/.test(url);
  }

  rest(url: string, bytes: Uint8Array, from: number, to: number): void {
    this.fields.read(bytes, from, to);
    if (!this.isSnapshot()) {
      this.market.stats.note(`${this.market.where()}: the answer to ${url} is no depth snapshot: ignored`);
      return;
    }
    const symbol = symbolInUrl(url);
    if (symbol === null) {
      this.nameless(bytes, from, to);
      return;
    }
    const name = ascii(symbol.toUpperCase());
    this.named(this.market.instruments.get(name, 0, name.length));
  }

  disconnected(connection: number): void {
    const { redundancy: lines, market } = this;
    if (this.arbiter.isCarriedWithout(connection)) return;
    for (const book of this.books.all) {
      // A book of a snapshot alone, -1, is nobody's: it may have been this connection that would have carried it on.
      if (lines === null && book.connection !== connection && book.connection >= 0) continue;
      book.connection = -1;
      book.sequencer.reset();
      book.queue.clear();
      market.stale(book.instrument, market.lossReason, market.tsRecv);
    }
  }

  remarks(): string[] {
    const remarks = this.books.all.flatMap((book) => book.remarks());
    const { redundancy: lines } = this;
    remarks.push(...(lines?.remarks() ?? []));
    const unused = this.unclaimed.count + this.unclaimed.dropped;
    if (unused > 0) remarks.push(`${unused} snapshots that name no symbol were not needed, or joined no book`);
    return remarks;
  }

  /** Spot bookTicker has no event type; nor have snapshots and answers to requests. */
  private untyped(bytes: Uint8Array, from: number, to: number, connection: number): void {
    const { fields, market } = this;
    if (this.isSnapshot()) {
      if (fields.has(Field.Stream)) {
        market.begin(this.partialType); // a stream of partial books: the diffs are what the book is made of
        return;
      }
      const { symbolFrom, symbolTo } = fields;
      if (fields.has(Field.Symbol)) this.named(market.instruments.get(bytes, symbolFrom, symbolTo));
      else this.nameless(bytes, from, to);
    } else if (fields.has(Field.Symbol | Field.BestBid | Field.BestBidQty | Field.BestAsk | Field.BestAskQty)) {
      this.ticker(connection);
    } else market.begin(this.types.other);
  }

  private isSnapshot(): boolean {
    return this.fields.lastUpdateId >= 0 && this.fields.has(Field.Bids | Field.Asks);
  }

  private instrument(): TextInstrument | null {
    const { fields } = this;
    return this.market.instruments.get(fields.scan.bytes, fields.symbolFrom, fields.symbolTo);
  }

  private ticker(connection: number): void {
    const { fields, market } = this;
    const numbers = Field.BestBid | Field.BestBidQty | Field.BestAsk | Field.BestAskQty;
    if (!fields.has(Field.Symbol | numbers)) fields.scan.misfit('a bookTicker without s, b, B, a and A');
    const instrument = this.instrument();
    const tickers = instrument === null || !this.arbiter.isOn ? null : this.books.of(instrument).tickers;
    if (tickers !== null && tickers.offerNewest(connection, fields.finalId) === Offer.Drop) {
      market.begin(this.arbiter.redundantType);
      return;
    }
    market.begin(this.types.ticker);
    if (instrument !== null) market.touch(instrument, fields.touch, this.eventTime());
  }

  private trade(bytes: Uint8Array, from: number, to: number, connection: number, isSingle: boolean): void {
    const { fields, market, types } = this;
    const id = isSingle ? fields.tradeId : fields.aggregateId;
    const { print } = fields;
    if (!fields.has(Field.Symbol | Field.Price | Field.Qty) || fields.buyerIsMaker === null) {
      fields.scan.misfit('a trade without s, p, q and m');
    }
    const instrument = this.instrument();
    const trades = instrument === null || !this.arbiter.isOn ? null : this.books.of(instrument).trades;
    if (!this.arbiter.isFirst(trades, bytes, from, to, connection, id, id, NO_PREVIOUS)) return;
    market.begin(isSingle ? types.trade : types.agg);
    // USD-M reports insurance fund and deleveraging entries as trades of nothing for nothing.
    if (instrument === null || (print.price[0] === 0 && print.qty[0] === 0)) return;
    print.side[0] = fields.buyerIsMaker ? Side.Ask : Side.Bid;
    print.id[0] = Number.isNaN(id) ? 0 : id;
    print.time[0] = market.times.millis(fields.tradeMs);
    market.trades(instrument, print, 0);
  }

  private depth(bytes: Uint8Array, from: number, to: number, connection: number): void {
    const { fields, market } = this;
    const { firstId, finalId, previousId } = fields;
    if (!fields.has(Field.Symbol | Field.Bids | Field.Asks)) fields.scan.misfit('a depthUpdate without s, b and a');
    if (!(firstId >= 0 && finalId >= firstId) || Number.isNaN(previousId)) {
      fields.scan.misfit('a depthUpdate whose U, u or pu are no update ids');
    }
    if (fields.isPartialBook) {
      market.begin(this.partialType);
      return;
    }
    const instrument = this.instrument();
    const book = instrument === null ? null : this.books.of(instrument);
    const depths = book === null || !this.arbiter.isOn ? null : book.depths;
    if (!this.arbiter.isFirst(depths, bytes, from, to, connection, firstId, finalId, previousId)) return;
    market.begin(this.types.depth);
    if (instrument === null || book === null) return;
    const tsEvent = this.eventTime();
    market.introduce(instrument, fields.levels, tsEvent);
    book.connection = connection;
    const verdict = book.sequencer.next(firstId, finalId, previousId);
    if (verdict === Verdict.Apply) this.apply(book, tsEvent);
    else if (verdict === Verdict.Wait || verdict === Verdict.Gap) {
      if (verdict === Verdict.Gap) this.irregular(book, verdict, tsEvent);
      book.queue.push(bytes, from, to, firstId, finalId, previousId);
      this.claimFor(book);
    } else this.irregular(book, verdict, tsEvent);
  }

  /**
   * What `depth` does, for an update in the venue's usual form that a live book takes as its next and whose values are
   * in the instrument's units. False: it is something else, and nothing was done.
   */
  private plainDepth(scan: DepthScan, bytes: Uint8Array, from: number, to: number, connection: number): boolean {
    if (!scan.open(bytes, from, to)) return false;
    const { market } = this;
    const instrument = market.instruments.known(bytes, from + scan.symbolFrom, from + scan.symbolTo);
    if (instrument === null || instrument.index < 0) return false;
    const { price, qty } = instrument;
    const book = this.books.of(instrument);
    const { firstId, finalId, previousId } = scan;
    const depths = this.arbiter.isOn ? book.depths : null;
    if (depths?.isPlainlyOld(firstId, finalId, previousId)) {
      depths.offer(connection, firstId, finalId, previousId);
      market.begin(this.arbiter.redundantType);
      return true;
    }
    if (!book.sequencer.isNext(firstId, finalId, previousId)) return false;
    if (depths !== null && !depths.isPlainlyNext(firstId, finalId, previousId)) return false;
    if (!scan.levels(price.heldUnit, qty.heldUnit)) return false;
    const { count } = scan;
    if (count > 0 && !scan.fit(price.decimals, qty.decimals)) return false;
    market.begin(this.types.depth);
    book.connection = connection;
    depths?.offer(connection, firstId, finalId, previousId);
    book.sequencer.next(firstId, finalId, previousId);
    if (count > 0) market.fittedLevels(instrument, scan, market.eventTime(market.times.millis(scan.eventMs)));
    return true;
  }

  /** The fields at hand are the next update. One without levels only moves the sequence. */
  private apply(book: BinanceBook, tsEvent: number): void {
    const { levels } = this.fields;
    if (levels.count === 0) return;
    if (!this.market.prepareUpdate(book.instrument, levels, tsEvent)) {
      book.sequencer.distrust();
      return;
    }
    this.market.levels(book.instrument, levels, tsEvent, 0, false);
  }

  private irregular(book: BinanceBook, verdict: Verdict, tsEvent: number): void {
    if (verdict !== Verdict.Old) tellIrregular(this.market, book.instrument, verdict, tsEvent, book.sequencer);
  }

  /** The fields at hand are a snapshot of this instrument's book. */
  private named(instrument: TextInstrument | null): void {
    if (instrument === null) return;
    const book = this.books.of(instrument);
    if (book.sequencer.live) book.unneeded++;
    else if (this.joinWithQueue(book, this.fields.lastUpdateId) === Join.Beyond) book.tooOld++;
    else this.join(book);
  }

  /** The fields at hand are a snapshot whose symbol is not known. */
  private nameless(bytes: Uint8Array, from: number, to: number): void {
    const id = this.fields.lastUpdateId;
    for (const book of this.books.all) {
      if (!book.sequencer.waiting || this.joinWithQueue(book, id) !== Join.Joins) continue;
      this.join(book);
      return;
    }
    this.unclaimed.add(id, bytes, from, to);
  }

  /** How the first update in the queue that the snapshot does not hold lies to it; Before when there is none. */
  private joinWithQueue(book: BinanceBook, id: number): Join {
    const { queue } = book;
    for (let i = 0; i < queue.count; i++) {
      const join = joinOf(id, queue.first(i), queue.final(i), queue.previous(i));
      if (join !== Join.Before) return join;
    }
    return Join.Before;
  }

  /** An update was put into the queue: looks for a snapshot that it joins (what is before it in the queue is older). */
  private claimFor(book: BinanceBook): void {
    const { queue } = book;
    if (this.unclaimed.count === 0 || queue.count === 0) return;
    const newest = queue.count - 1;
    const bytes = this.unclaimed.claim(queue.first(newest), queue.final(newest), queue.previous(newest));
    if (bytes === null) return;
    this.fields.read(bytes, 0, bytes.length);
    this.join(book);
  }

  /** The fields at hand are the snapshot to start the book from; what is in the queue follows it. */
  private join(book: BinanceBook): void {
    const { fields, market } = this;
    const { instrument, sequencer } = book;
    const id = fields.lastUpdateId;
    market.begin(this.snapshotType);
    const tsEvent = this.eventTime();
    if (!market.prepareSnapshot(instrument, fields.levels, tsEvent)) {
      sequencer.distrust();
      return;
    }
    market.snapshot(instrument, fields.levels, tsEvent, id);
    sequencer.join(id);
    this.drain(book);
    if (!sequencer.waiting) market.live(instrument, market.tsRecv);
  }

  /** Applies what waited in the queue. What comes behind a gap in it waits on. */
  private drain(book: BinanceBook): void {
    const { queue, sequencer } = book;
    const { fields } = this;
    while (queue.count > 0) {
      fields.read(queue.bytes, queue.frameFrom(0), queue.frameTo(0));
      const tsEvent = this.eventTime();
      const verdict = sequencer.next(queue.first(0), queue.final(0), queue.previous(0));
      if (verdict === Verdict.Gap) {
        this.irregular(book, verdict, tsEvent);
        return;
      }
      queue.shift();
      if (verdict === Verdict.Apply) this.apply(book, tsEvent);
      else this.irregular(book, verdict, tsEvent);
      if (sequencer.waiting) return;
    }
    queue.clear();
  }

  private eventTime(): number {
    return this.market.eventTime(this.market.times.millis(this.fields.eventMs));
  }
}
