/**
 * Coinbase Exchange's frames: {"type","product_id",...}. level2, level2_batch (snapshot, l2update), ticker and matches are
 * read here; the full channel, whose messages have types of their own but for match, by coinbase-full.ts. A product's
 * book is made of one of them: of full, where that was subscribed to.
 * Source: docs.cdp.coinbase.com, "Exchange WebSocket Channels". Times: each frame's "time".
 */
import { EventFlag, Side } from '../../core/event.ts';
import { CoinbaseFull } from './coinbase-full.ts';
import { against, type CoinbaseParts } from './coinbase-parts.ts';
import { adoptFullProducts } from './coinbase-subscriptions.ts';
import { CoinbaseTrades } from './coinbase-trades.ts';
import { CoinbaseUsual } from './coinbase-usual.ts';
import type { TextInstrument } from './instruments.ts';
import { ascii } from './json-scan.ts';
import { scanLevels, scanPrice, scanQty } from './level-scan.ts';
import type { StreamBook } from './venue.ts';

const TYPE = ascii('type');
const CHANNEL = ascii('channel');
const SEQUENCE = ascii('sequence');
const SUBSCRIPTIONS = ascii('subscriptions');
const HEARTBEAT = ascii('heartbeat');
const LAST_TRADE_ID = ascii('last_trade_id');
const RECEIVED = ascii('received');
const OPEN = ascii('open');
const DONE = ascii('done');
const CHANGE = ascii('change');
const PRODUCT_ID = ascii('product_id');
const TIME = ascii('time');
const SNAPSHOT = ascii('snapshot');
const L2UPDATE = ascii('l2update');
const TICKER = ascii('ticker');
const MATCH = ascii('match');
const LAST_MATCH = ascii('last_match');
const BIDS = ascii('bids');
const ASKS = ascii('asks');
const CHANGES = ascii('changes');
const PRICE = ascii('price');
const SIZE = ascii('size');
const SIDE = ascii('side');
const TRADE_ID = ascii('trade_id');
const BUY = ascii('buy');
const SELL = ascii('sell');
const BEST_BID = ascii('best_bid');
const BEST_ASK = ascii('best_ask');
const BEST_BID_SIZE = ascii('best_bid_size');
const BEST_ASK_SIZE = ascii('best_ask_size');

const OPEN_BRACKET = 0x5b;

const LEVEL_3 = /\/products\/[^/?#]+\/book\?(.*&)?level=3(&|$)/;

/** What Coinbase's two interfaces say of themselves. */
export const Interface = { None: 0, Exchange: 1, Advanced: 2 } as const;
export type Interface = (typeof Interface)[keyof typeof Interface];

export class CoinbaseExchange {
  private readonly parts: CoinbaseParts;
  private readonly full: CoinbaseFull;
  private readonly matches: CoinbaseTrades;
  private readonly usual: CoinbaseUsual;
  private readonly matchType: number;
  private readonly updateType: number;
  private readonly otherType: number;
  private readonly bookType: number;
  private typeFrom = 0;
  private typeTo = 0;
  private productFrom = 0;
  private productTo = 0;
  private time = 0;
  /** Cell 0: "sequence", NaN where there is none. */
  private readonly sequence = new Float64Array(1);
  /** Updates of the level2 channels for books that are made of the full channel. */
  private notNeeded = 0;

  constructor(parts: CoinbaseParts) {
    const { market, books } = parts;
    this.parts = parts;
    this.full = new CoinbaseFull(market);
    this.matches = new CoinbaseTrades(market, books);
    this.usual = new CoinbaseUsual(parts);
    this.matchType = market.stats.type('match');
    this.updateType = market.stats.type('l2update');
    this.otherType = market.stats.type('other');
    this.bookType = market.stats.type('level 3 book');
  }

  /** Goes over the whole frame that the scanner was opened on, checks it, and finds its parts. Whose it is. */
  envelope(): Interface {
    const { scan, market } = this.parts;
    let hasType = false;
    let hasChannel = false;
    this.typeTo = 0;
    this.typeFrom = 0;
    this.productTo = 0;
    this.time = market.tsRecv;
    this.sequence[0] = Number.NaN;
    scan.beginObject();
    while (scan.nextKey()) {
      const isType = scan.keyIs(TYPE);
      const isProduct = scan.keyIs(PRODUCT_ID);
      const isTime = scan.keyIs(TIME);
      if (isType) hasType = true;
      if (scan.keyIs(SEQUENCE)) scan.integerInto(this.sequence, 0);
      else if (!isType && !isProduct && !isTime) {
        if (scan.keyIs(CHANNEL)) hasChannel = true;
        scan.skipValue();
      } else if (!scan.string()) continue;
      else if (isTime) this.time = market.eventTime(market.times.iso(scan.bytes, scan.textFrom, scan.textTo));
      else if (isType) {
        this.typeFrom = scan.textFrom;
        this.typeTo = scan.textTo;
      } else {
        this.productFrom = scan.textFrom;
        this.productTo = scan.textTo;
      }
    }
    scan.finish();
    return hasChannel ? Interface.Advanced : hasType ? Interface.Exchange : Interface.None;
  }

  /** The frame that the scanner was opened on, if it is a match or an l2update as the venue mostly writes it; else false. */
  usualFrame(connection: number): boolean {
    const { usual } = this;
    const { scan, market, rows, books } = this.parts;
    const from = scan.pos;
    const isMatch = usual.match();
    if (!isMatch) {
      scan.pos = from;
      if (!usual.update()) return false;
    }
    const instrument = market.instruments.get(scan.bytes, usual.productFrom, usual.productTo);
    if (instrument !== null && this.full.has(instrument)) return false;
    this.time = usual.time;
    market.begin(isMatch ? this.matchType : this.updateType);
    if (instrument === null) return true;
    if (!isMatch) {
      this.applyUpdate(books.of(instrument), connection);
      return true;
    }
    rows.time[0] = this.time;
    if (this.matches.accept(instrument, connection, rows.id[0], false, this.time)) market.trades(instrument, rows, 0);
    return true;
  }

  /** The frame whose envelope was read, from its first byte on. */
  frame(bytes: Uint8Array, from: number, to: number, connection: number): void {
    const { scan, market } = this.parts;
    const type = this.typeTo === 0 ? this.otherType : market.stats.typeOf(bytes, this.typeFrom, this.typeTo);
    scan.open(bytes, from, to);
    if (this.typeIs(SUBSCRIPTIONS)) {
      market.begin(type);
      adoptFullProducts(this.parts, this.full);
    } else if (this.productTo === 0) market.begin(type);
    else if (this.typeIs(L2UPDATE) || this.typeIs(SNAPSHOT)) this.book(type, connection);
    else if (this.typeIs(MATCH) || this.typeIs(LAST_MATCH)) this.match(type, from, to, connection);
    else if (this.typeIs(TICKER)) this.ticker(type);
    else if (this.typeIs(HEARTBEAT)) this.heartbeat(type, connection);
    else if (this.isOrderMessage()) this.order(type, from, to, connection);
    else market.begin(type);
  }

  wantsRest(url: string): boolean {
    return LEVEL_3.test(url);
  }

  /** {"bids":[[price,size,order id],...],"asks":[...],"sequence",...} */
  rest(url: string, bytes: Uint8Array, from: number, to: number): void {
    const { scan, rows, market } = this.parts;
    const product = productIn(url);
    let parts = 0;
    scan.open(bytes, from, to);
    this.envelope();
    scan.open(bytes, from, to);
    rows.clear(bytes);
    scan.beginObject();
    while (scan.nextKey()) {
      const isBids = scan.keyIs(BIDS);
      if ((isBids || scan.keyIs(ASKS)) && scan.peek() === OPEN_BRACKET) {
        scanLevels(scan, rows, isBids ? Side.Bid : Side.Ask);
        parts += isBids ? 1 : 4;
      } else scan.skipValue();
    }
    if (parts !== 5 || !(this.sequence[0] >= 0) || product === null) {
      market.stats.note(`${market.where()}: the answer to ${url} is no level 3 book: ignored`);
      return;
    }
    market.begin(this.bookType);
    const instrument = market.instruments.get(product, 0, product.length);
    if (instrument !== null) this.full.snapshot(instrument, rows, this.sequence[0], this.time);
  }

  disconnected(connection: number): void {
    this.matches.disconnected(connection);
    this.full.disconnected(connection);
  }

  remarks(): string[] {
    const remarks = [...this.matches.remarks(), ...this.full.remarks()];
    if (this.notNeeded > 0) remarks.push(`${this.notNeeded} level2 messages not used: those books are made of full`);
    return remarks;
  }

  private typeIs(name: Uint8Array): boolean {
    return this.parts.scan.rangeIs(this.typeFrom, this.typeTo, name);
  }

  private isOrderMessage(): boolean {
    return this.typeIs(RECEIVED) || this.typeIs(OPEN) || this.typeIs(DONE) || this.typeIs(CHANGE);
  }

  private instrument(): TextInstrument | null {
    return this.parts.market.instruments.get(this.parts.scan.bytes, this.productFrom, this.productTo);
  }

  /** received, open, done or change. One without a sequence is not of the public feed. */
  private order(type: number, from: number, to: number, connection: number): void {
    const { scan, market } = this.parts;
    market.begin(type);
    const instrument = this.instrument();
    if (instrument === null) return;
    this.full.adopt(instrument);
    if (!(this.sequence[0] >= 0)) scan.misfit('a message of the full channel without its sequence');
    this.full.message(instrument, scan.bytes, from, to, connection, this.sequence[0]);
  }

  /** {"sequence","last_trade_id",...}: how far the venue is. */
  private heartbeat(type: number, connection: number): void {
    const { scan, market } = this.parts;
    let lastTradeId = 0;
    scan.beginObject();
    while (scan.nextKey()) {
      if (scan.keyIs(LAST_TRADE_ID)) lastTradeId = scan.idOrZero();
      else scan.skipValue();
    }
    market.begin(type);
    const instrument = this.instrument();
    if (instrument === null) return;
    if (!this.full.has(instrument)) this.matches.heartbeat(instrument, connection, lastTradeId, this.time);
    else if (this.sequence[0] >= 0) this.full.heartbeat(instrument, this.sequence[0]);
  }

  /** {"bids":[[price,size],...],"asks":[...]} or {"changes":[[side,price,size],...]} */
  private book(type: number, connection: number): void {
    const { scan, rows, market, books } = this.parts;
    const isSnapshot = this.typeIs(SNAPSHOT);
    // Each part adds what makes 5 of one of each: a part that appears twice does not.
    let parts = 0;
    rows.clear(scan.bytes);
    scan.beginObject();
    while (scan.nextKey()) {
      if (isSnapshot && scan.keyIs(BIDS)) {
        scanLevels(scan, rows, Side.Bid);
        parts += 1;
      } else if (isSnapshot && scan.keyIs(ASKS)) {
        scanLevels(scan, rows, Side.Ask);
        parts += 4;
      } else if (!isSnapshot && scan.keyIs(CHANGES)) {
        scan.beginArray();
        while (scan.nextItem()) this.change();
        parts += 5;
      } else scan.skipValue();
    }
    if (parts !== 5) scan.misfit(isSnapshot ? 'a snapshot without bids and asks' : 'an l2update without changes');
    market.begin(type);
    const instrument = this.instrument();
    if (instrument === null) return;
    if (this.full.has(instrument)) {
      this.notNeeded++;
      return;
    }
    const book = books.of(instrument);
    if (isSnapshot) {
      book.connection = connection;
      if (!market.prepareSnapshot(instrument, rows, this.time)) return;
      market.snapshot(instrument, rows, this.time, 0);
      market.live(instrument, this.time);
      return;
    }
    this.applyUpdate(book, connection);
  }

  private applyUpdate(book: StreamBook, connection: number): void {
    const { rows, market } = this.parts;
    const { instrument } = book;
    market.introduce(instrument, rows, this.time);
    if (!book.takes(connection)) return;
    if (market.prepareUpdate(instrument, rows, this.time)) market.levels(instrument, rows, this.time, 0, false);
  }

  /** ["buy" or "sell", price, size] */
  private change(): void {
    const { scan, rows } = this.parts;
    const row = rows.add(Side.None);
    let element = 0;
    scan.beginArray();
    for (; scan.nextItem(); element++) {
      if (element === 0) {
        if (scan.string()) rows.side[row] = scan.textIs(BUY) ? Side.Bid : scan.textIs(SELL) ? Side.Ask : Side.None;
      } else if (element === 1) scanPrice(scan, rows, row);
      else if (element === 2) scanQty(scan, rows, row);
      else scan.skipValue();
    }
    if (element < 3 || rows.side[row] === Side.None) scan.misfit('[side, price, size] is expected');
  }

  private match(type: number, from: number, to: number, connection: number): void {
    const { scan, rows, market } = this.parts;
    const instrument = this.instrument();
    const isFirst = this.typeIs(LAST_MATCH);
    if (!isFirst && instrument !== null && this.full.has(instrument)) {
      this.order(type, from, to, connection);
      return;
    }
    let numbers = 0;
    rows.clear(scan.bytes);
    const row = rows.add(Side.None);
    scan.beginObject();
    while (scan.nextKey()) {
      if (scan.keyIs(PRICE)) {
        scanPrice(scan, rows, row);
        numbers |= 1;
      } else if (scan.keyIs(SIZE)) {
        scanQty(scan, rows, row);
        numbers |= 2;
      } else if (scan.keyIs(TRADE_ID)) scan.idInto(rows.id, row);
      else if (scan.keyIs(SIDE)) {
        if (scan.string()) {
          rows.side[row] = against(scan.textIs(BUY) ? Side.Bid : scan.textIs(SELL) ? Side.Ask : Side.None);
        }
      } else scan.skipValue();
    }
    if (numbers !== 3) scan.misfit('a match without price and size');
    rows.time[row] = this.time;
    market.begin(type);
    if (instrument === null || !this.matches.accept(instrument, connection, rows.id[row], isFirst, this.time)) return;
    market.trades(instrument, rows, isFirst ? EventFlag.Snapshot : 0);
  }

  /** best_bid and best_ask, and since 2022 their sizes. */
  private ticker(type: number): void {
    const { scan, rows, market } = this.parts;
    let sides = 0;
    rows.clear(scan.bytes);
    rows.add(Side.Bid);
    rows.add(Side.Ask);
    scan.beginObject();
    while (scan.nextKey()) {
      if (scan.keyIs(BEST_BID)) {
        scanPrice(scan, rows, 0);
        sides |= 1;
      } else if (scan.keyIs(BEST_ASK)) {
        scanPrice(scan, rows, 1);
        sides |= 2;
      } else if (scan.keyIs(BEST_BID_SIZE)) scanQty(scan, rows, 0);
      else if (scan.keyIs(BEST_ASK_SIZE)) scanQty(scan, rows, 1);
      else scan.skipValue();
    }
    rows.emptyIfMissing(0);
    rows.emptyIfMissing(1);
    if (sides !== 3) scan.misfit('a ticker without best_bid and best_ask');
    market.begin(type);
    const instrument = this.instrument();
    if (instrument !== null) market.touch(instrument, rows, this.time);
  }
}

/** The product that a level 3 book was asked for, or null where its URL states none that can be read. */
function productIn(url: string): Uint8Array | null {
  const product = /\/products\/([^/?#]+)\/book/.exec(url)?.[1];
  try {
    return product === undefined ? null : ascii(decodeURIComponent(product));
  } catch {
    return null; // a % that is no escape
  }
}
