/** Coinbase Exchange's frames: {"type","product_id",...}. Times: each frame's "time". */
import { EventFlag, Side } from '../../core/event.ts';
import { against, type CoinbaseParts } from './coinbase-parts.ts';
import type { TextInstrument } from './instruments.ts';
import { ascii } from './json-scan.ts';
import { scanLevels, scanPrice, scanQty } from './level-scan.ts';

const TYPE = ascii('type');
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

export class CoinbaseExchange {
  private readonly parts: CoinbaseParts;
  private readonly otherType: number;
  private typeFrom = 0;
  private typeTo = 0;
  private productFrom = 0;
  private productTo = 0;
  private time = 0;

  constructor(parts: CoinbaseParts) {
    this.parts = parts;
    this.otherType = parts.market.stats.type('other');
  }

  /** The frame that the scanner was opened on; it is known to be JSON. */
  frame(connection: number): void {
    const { scan, market } = this.parts;
    const start = scan.pos;
    this.envelope();
    scan.pos = start;
    const type = this.typeTo === 0 ? this.otherType : market.stats.typeOf(scan.bytes, this.typeFrom, this.typeTo);
    if (this.productTo === 0) market.begin(type);
    else if (this.typeIs(L2UPDATE) || this.typeIs(SNAPSHOT)) this.book(type, connection);
    else if (this.typeIs(MATCH) || this.typeIs(LAST_MATCH)) this.match(type);
    else if (this.typeIs(TICKER)) this.ticker(type);
    else market.begin(type);
  }

  private envelope(): void {
    const { scan, market } = this.parts;
    this.typeTo = 0;
    this.typeFrom = 0;
    this.productTo = 0;
    this.time = market.tsRecv;
    scan.beginObject();
    while (scan.nextKey()) {
      const isType = scan.keyIs(TYPE);
      const isProduct = scan.keyIs(PRODUCT_ID);
      const isTime = scan.keyIs(TIME);
      if (!isType && !isProduct && !isTime) scan.skipValue();
      else if (!scan.string()) continue;
      else if (isTime) this.time = market.eventTime(market.times.iso(scan.bytes, scan.textFrom, scan.textTo));
      else if (isType) {
        this.typeFrom = scan.textFrom;
        this.typeTo = scan.textTo;
      } else {
        this.productFrom = scan.textFrom;
        this.productTo = scan.textTo;
      }
    }
  }

  private typeIs(name: Uint8Array): boolean {
    return this.parts.scan.rangeIs(this.typeFrom, this.typeTo, name);
  }

  private instrument(): TextInstrument | null {
    return this.parts.market.instruments.get(this.parts.scan.bytes, this.productFrom, this.productTo);
  }

  /** {"bids":[[price,size],...],"asks":[...]} or {"changes":[[side,price,size],...]} */
  private book(type: number, connection: number): void {
    const { scan, rows, market, books } = this.parts;
    const isSnapshot = this.typeIs(SNAPSHOT);
    let parts = 0;
    rows.clear(scan.bytes);
    scan.beginObject();
    while (scan.nextKey()) {
      if (isSnapshot && scan.keyIs(BIDS)) {
        scanLevels(scan, rows, Side.Bid);
        parts |= 1;
      } else if (isSnapshot && scan.keyIs(ASKS)) {
        scanLevels(scan, rows, Side.Ask);
        parts |= 2;
      } else if (!isSnapshot && scan.keyIs(CHANGES)) {
        scan.beginArray();
        while (scan.nextItem()) this.change();
        parts = 3;
      } else scan.skipValue();
    }
    if (parts !== 3) scan.misfit(isSnapshot ? 'a snapshot without bids and asks' : 'an l2update without changes');
    market.begin(type);
    const instrument = this.instrument();
    if (instrument === null) return;
    const book = books.of(instrument);
    if (isSnapshot) {
      book.connection = connection;
      if (!market.prepareSnapshot(instrument, rows, this.time)) return;
      market.snapshot(instrument, rows, this.time, 0);
      market.live(instrument, this.time);
      return;
    }
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

  private match(type: number): void {
    const { scan, rows, market } = this.parts;
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
      } else if (scan.keyIs(TRADE_ID)) rows.id[row] = scan.idOrZero();
      else if (scan.keyIs(SIDE)) {
        if (scan.string()) {
          rows.side[row] = against(scan.textIs(BUY) ? Side.Bid : scan.textIs(SELL) ? Side.Ask : Side.None);
        }
      } else scan.skipValue();
    }
    if (numbers !== 3) scan.misfit('a match without price and size');
    rows.time[row] = this.time;
    market.begin(type);
    const instrument = this.instrument();
    if (instrument !== null) market.trades(instrument, rows, this.typeIs(LAST_MATCH) ? EventFlag.Snapshot : 0);
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
