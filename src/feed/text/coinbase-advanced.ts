/** Coinbase Advanced Trade's frames. Times: a trade's own, the frame's timestamp for books and tickers. */
import { EventFlag, Side } from '../../core/event.ts';
import { against, type CoinbaseParts } from './coinbase-parts.ts';
import { ConnectionSequence } from './connection-sequence.ts';
import type { TextInstrument } from './instruments.ts';
import { ascii } from './json-scan.ts';
import { scanPrice, scanQty } from './level-scan.ts';

const CHANNEL = ascii('channel');
const TIMESTAMP = ascii('timestamp');
const SEQUENCE_NUM = ascii('sequence_num');
const EVENTS = ascii('events');
const L2_DATA = ascii('l2_data');
const MARKET_TRADES = ascii('market_trades');
const TICKER = ascii('ticker');
const TICKER_BATCH = ascii('ticker_batch');
const TYPE = ascii('type');
const SNAPSHOT = ascii('snapshot');
const PRODUCT_ID = ascii('product_id');
const UPDATES = ascii('updates');
const TRADES = ascii('trades');
const TICKERS = ascii('tickers');
const SIDE = ascii('side');
const BID = ascii('bid');
const OFFER = ascii('offer');
const PRICE_LEVEL = ascii('price_level');
const NEW_QUANTITY = ascii('new_quantity');
const TRADE_ID = ascii('trade_id');
const PRICE = ascii('price');
const SIZE = ascii('size');
const TIME = ascii('time');
const BUY = ascii('BUY');
const SELL = ascii('SELL');
const BEST_BID = ascii('best_bid');
const BEST_ASK = ascii('best_ask');
const BEST_BID_QUANTITY = ascii('best_bid_quantity');
const BEST_ASK_QUANTITY = ascii('best_ask_quantity');

const OPEN_BRACKET = 0x5b;

export class AdvancedTrade {
  private readonly parts: CoinbaseParts;
  private readonly sequence: ConnectionSequence;
  private readonly otherType: number;
  private readonly snapshotType: number;
  private readonly updateType: number;
  // of the frame at hand
  private connection = 0;
  private channelFrom = 0;
  private channelTo = 0;
  private number = Number.NaN;
  private time = 0;
  private begun = false;
  private usable = true;
  // of the event at hand
  private isSnapshot = false;
  private productFrom = 0;
  private productTo = 0;

  constructor(parts: CoinbaseParts) {
    const { stats } = parts.market;
    this.parts = parts;
    this.sequence = new ConnectionSequence(parts.market, parts.books.all);
    this.otherType = stats.type('other');
    this.snapshotType = stats.type('l2_data snapshot');
    this.updateType = stats.type('l2_data update');
  }

  /** The frame that the scanner was opened on; it is known to be JSON. */
  frame(connection: number): void {
    const { scan, market } = this.parts;
    const eventsAt = this.envelope();
    this.connection = connection;
    this.begun = false;
    this.usable = true;
    if (this.channelTo === 0) {
      market.begin(this.otherType);
      return;
    }
    const type = market.stats.typeOf(scan.bytes, this.channelFrom, this.channelTo);
    const isBook = this.channelIs(L2_DATA);
    const isTrades = this.channelIs(MARKET_TRADES);
    const isTicker = this.channelIs(TICKER) || this.channelIs(TICKER_BATCH);
    if (eventsAt >= 0 && (isBook || isTrades || isTicker)) {
      scan.pos = eventsAt;
      scan.beginArray();
      while (scan.nextItem()) {
        if (isBook) this.bookEvent();
        else if (isTrades) this.rowsEvent(type, TRADES);
        else this.rowsEvent(type, TICKERS);
      }
    }
    this.begin(type);
  }

  disconnected(connection: number): void {
    this.sequence.reset(connection);
  }

  remarks(): string[] {
    return this.sequence.remarks();
  }

  /** Finds the frame's parts; returns where its events begin, or -1. */
  private envelope(): number {
    const { scan, market } = this.parts;
    let eventsAt = -1;
    this.channelTo = 0;
    this.number = Number.NaN;
    this.time = market.tsRecv;
    scan.beginObject();
    while (scan.nextKey()) {
      if (scan.keyIs(CHANNEL)) {
        if (!scan.string()) continue;
        this.channelFrom = scan.textFrom;
        this.channelTo = scan.textTo;
      } else if (scan.keyIs(TIMESTAMP)) {
        if (scan.string()) this.time = market.eventTime(market.times.iso(scan.bytes, scan.textFrom, scan.textTo));
      } else if (scan.keyIs(SEQUENCE_NUM)) {
        scan.readInteger();
        this.number = scan.number[0];
        if (!(this.number >= 0)) scan.misfit('a sequence_num is an integer');
      } else {
        if (scan.keyIs(EVENTS) && scan.peek() === OPEN_BRACKET) eventsAt = scan.pos;
        scan.skipValue();
      }
    }
    return eventsAt;
  }

  private channelIs(name: Uint8Array): boolean {
    return this.parts.scan.rangeIs(this.channelFrom, this.channelTo, name);
  }

  /** Counts the frame and looks at its number, before the first of its events is used. */
  private begin(type: number): void {
    if (this.begun) return;
    this.begun = true;
    this.parts.market.begin(type);
    this.usable = Number.isNaN(this.number) || this.sequence.accept(this.connection, this.number);
  }

  /** {"type":"snapshot" or "update","product_id","updates":[{"side","event_time","price_level","new_quantity"},...]} */
  private bookEvent(): void {
    const { scan, rows, market, books } = this.parts;
    rows.clear(scan.bytes);
    this.isSnapshot = false;
    this.productTo = 0;
    let complete = false;
    scan.beginObject();
    while (scan.nextKey()) {
      if (scan.keyIs(UPDATES)) {
        if (complete) scan.misfit('updates appear twice');
        complete = true;
        scan.beginArray();
        while (scan.nextItem()) this.level();
      } else this.eventField();
    }
    if (!complete || this.productTo === 0) scan.misfit('an l2_data event without product_id and updates');
    this.begin(this.isSnapshot ? this.snapshotType : this.updateType);
    if (!this.usable) return;
    const instrument = market.instruments.get(scan.bytes, this.productFrom, this.productTo);
    if (instrument === null) return;
    const book = books.of(instrument);
    if (this.isSnapshot) {
      book.connection = this.connection;
      if (!market.prepareSnapshot(instrument, rows, this.time)) return;
      market.snapshot(instrument, rows, this.time, Number.isNaN(this.number) ? 0 : this.number);
      market.live(instrument, this.time);
      return;
    }
    market.introduce(instrument, rows, this.time);
    if (!book.takes(this.connection)) return;
    if (market.prepareUpdate(instrument, rows, this.time)) market.levels(instrument, rows, this.time, 0, false);
  }

  /** A field of an event beside its rows. */
  private eventField(): void {
    const { scan } = this.parts;
    const isType = scan.keyIs(TYPE);
    const isProduct = scan.keyIs(PRODUCT_ID);
    if (!isType && !isProduct) scan.skipValue();
    else if (!scan.string()) return;
    else if (isType) this.isSnapshot = scan.textIs(SNAPSHOT);
    else {
      this.productFrom = scan.textFrom;
      this.productTo = scan.textTo;
    }
  }

  private level(): void {
    const { scan, rows } = this.parts;
    const row = rows.add(Side.None);
    let numbers = 0;
    scan.beginObject();
    while (scan.nextKey()) {
      if (scan.keyIs(PRICE_LEVEL)) {
        scanPrice(scan, rows, row);
        numbers |= 1;
      } else if (scan.keyIs(NEW_QUANTITY)) {
        scanQty(scan, rows, row);
        numbers |= 2;
      } else if (scan.keyIs(SIDE)) {
        if (scan.string()) rows.side[row] = scan.textIs(BID) ? Side.Bid : scan.textIs(OFFER) ? Side.Ask : Side.None;
      } else scan.skipValue();
    }
    if (numbers !== 3 || rows.side[row] === Side.None)
      scan.misfit('a level without side, price_level and new_quantity');
  }

  /** {"type","trades":[...]} or {"type","tickers":[...]}: every row names its own product. */
  private rowsEvent(type: number, name: Uint8Array): void {
    const { scan } = this.parts;
    let rowsAt = -1;
    this.isSnapshot = false;
    scan.beginObject();
    while (scan.nextKey()) {
      if (scan.keyIs(name) && scan.peek() === OPEN_BRACKET) {
        rowsAt = scan.pos;
        scan.skipValue();
      } else this.eventField();
    }
    const end = scan.pos;
    if (rowsAt < 0) scan.misfit('an event without its rows');
    scan.pos = rowsAt;
    scan.beginArray();
    while (scan.nextItem()) {
      const instrument = name === TRADES ? this.tradeRow() : this.tickerRow();
      this.begin(type);
      if (!this.usable || instrument === null) continue;
      const { market, rows } = this.parts;
      if (name === TICKERS) market.touch(instrument, rows, this.time);
      else market.trades(instrument, rows, this.isSnapshot ? EventFlag.Snapshot : 0);
    }
    scan.pos = end;
  }

  /** {"product_id","trade_id","price","size","time","side"}: leaves it as the only row. */
  private tradeRow(): TextInstrument | null {
    const { scan, rows, market } = this.parts;
    rows.clear(scan.bytes);
    const row = rows.add(Side.None);
    let fields = 0;
    scan.beginObject();
    while (scan.nextKey()) {
      if (scan.keyIs(PRICE)) {
        scanPrice(scan, rows, row);
        fields |= 1;
      } else if (scan.keyIs(SIZE)) {
        scanQty(scan, rows, row);
        fields |= 2;
      } else if (scan.keyIs(TRADE_ID)) rows.id[row] = scan.idOrZero();
      else if (scan.keyIs(TIME)) {
        if (scan.string()) rows.time[row] = market.times.iso(scan.bytes, scan.textFrom, scan.textTo);
      } else if (scan.keyIs(SIDE)) {
        if (scan.string()) {
          rows.side[row] = against(scan.textIs(BUY) ? Side.Bid : scan.textIs(SELL) ? Side.Ask : Side.None);
        }
      } else {
        if (scan.keyIs(PRODUCT_ID)) fields |= 4;
        this.eventField();
      }
    }
    if (fields !== 7) scan.misfit('a trade without product_id, price and size');
    return market.instruments.get(scan.bytes, this.productFrom, this.productTo);
  }

  /** {"product_id","best_bid","best_bid_quantity","best_ask","best_ask_quantity"}: row 0 the bid, row 1 the ask. */
  private tickerRow(): TextInstrument | null {
    const { scan, rows, market } = this.parts;
    rows.clear(scan.bytes);
    rows.add(Side.Bid);
    rows.add(Side.Ask);
    let fields = 0;
    scan.beginObject();
    while (scan.nextKey()) {
      if (scan.keyIs(BEST_BID)) {
        scanPrice(scan, rows, 0);
        fields |= 1;
      } else if (scan.keyIs(BEST_ASK)) {
        scanPrice(scan, rows, 1);
        fields |= 2;
      } else if (scan.keyIs(BEST_BID_QUANTITY)) scanQty(scan, rows, 0);
      else if (scan.keyIs(BEST_ASK_QUANTITY)) scanQty(scan, rows, 1);
      else {
        if (scan.keyIs(PRODUCT_ID)) fields |= 4;
        this.eventField();
      }
    }
    rows.emptyIfMissing(0);
    rows.emptyIfMissing(1);
    if (fields !== 7) scan.misfit('a ticker without product_id, best_bid and best_ask');
    return market.instruments.get(scan.bytes, this.productFrom, this.productTo);
  }
}
