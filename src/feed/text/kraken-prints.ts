/**
 * Trades and tickers of Kraken's websocket v2. Trades carry the taker's side and an id that rises within a pair: an id
 * that was seen (the last 50 trades are sent again with each subscription) is not emitted again.
 */
import { Side } from '../../core/event.ts';
import type { TextInstrument } from './instruments.ts';
import { ascii, type JsonScanner } from './json-scan.ts';
import type { KrakenEntry } from './kraken-entry.ts';
import type { KrakenNotices } from './kraken-notices.ts';
import { plainPrice, plainQty, scanPrice, scanQty } from './level-scan.ts';
import { Literal } from './literal.ts';
import type { TextMarket } from './market.ts';
import type { Rows } from './rows.ts';

const PRICE = ascii('price');
const QTY = ascii('qty');
const SIDE = ascii('side');
const BUY = ascii('buy');
const SELL = ascii('sell');
const TRADE_ID = ascii('trade_id');
const BID = ascii('bid');
const BID_QTY = ascii('bid_qty');
const ASK = ascii('ask');
const ASK_QTY = ascii('ask_qty');

const COMMA = 0x2c;

/** What stands around the values of the usual message, in order. */
const TRADES = new Literal('{"channel":"trade","type":"update","data":[{"symbol":"');
const SYMBOL_TO_BUY = new Literal('","side":"buy","price":');
const SYMBOL_TO_SELL = new Literal('","side":"sell","price":');
const PRICE_TO_QTY = new Literal(',"qty":');
const QTY_TO_TYPE = new Literal(',"ord_type":"');
const TYPE_TO_ID = new Literal('","trade_id":');
const ID_TO_TIME = new Literal(',"timestamp":"');
const NEXT_TRADE = new Literal('"},{"symbol":"');
const TRADES_END = new Literal('"}]}');

export class KrakenPrints {
  private readonly market: TextMarket;
  private readonly entry: KrakenEntry;
  private readonly scan: JsonScanner;
  private readonly rows: Rows;
  private readonly notices: KrakenNotices;
  private readonly tradeType: number;

  constructor(market: TextMarket, entry: KrakenEntry, scan: JsonScanner, rows: Rows, notices: KrakenNotices) {
    this.market = market;
    this.entry = entry;
    this.scan = scan;
    this.rows = rows;
    this.notices = notices;
    this.tradeType = market.stats.type('trade');
  }

  /** {"symbol","side","price","qty","trade_id","timestamp",...}, those of one pair behind one another. */
  trades(flags: number): void {
    const { scan, rows } = this;
    let pair: TextInstrument | null = null;
    rows.clear(scan.bytes);
    while (scan.nextItem()) {
      const entryAt = scan.pos;
      this.tradeRow();
      const instrument = this.entry.instrument();
      if (instrument !== pair) {
        rows.count--;
        this.emitTrades(pair, flags);
        pair = instrument;
        rows.clear(scan.bytes);
        scan.pos = entryAt;
        this.tradeRow();
      }
      if (instrument === null || !this.notices.isNewTrade(instrument, rows.id, rows.count - 1)) rows.count--;
    }
    this.emitTrades(pair, flags);
  }

  /**
   * The usual message, in one go: trades of one pair with their fields in the venue's order, without white space. False if
   * it is written in another way; nothing was emitted then.
   */
  usualTrades(): boolean {
    const { scan, rows, market } = this;
    if (!scan.passes(TRADES)) return false;
    rows.clear(scan.bytes);
    const symbolFrom = scan.pos;
    let symbolTo = symbolFrom;
    do {
      if (!scan.plainText()) return false;
      if (rows.count === 0) symbolTo = scan.textTo;
      else if (!this.isSame(symbolFrom, symbolTo)) return false;
      if (!this.usualTrade()) return false;
    } while (scan.passes(NEXT_TRADE));
    if (!scan.passes(TRADES_END) || scan.pos !== scan.end) return false;
    market.begin(this.tradeType);
    const instrument = market.instruments.get(scan.bytes, symbolFrom, symbolTo);
    if (instrument === null) return true;
    let kept = 0;
    for (let i = 0; i < rows.count; i++) {
      if (this.notices.isNewTrade(instrument, rows.id, i)) rows.copyRow(i, kept++);
    }
    rows.count = kept;
    this.emitTrades(instrument, 0);
    return true;
  }

  /** The text at hand is the same as bytes[from, to). */
  private isSame(from: number, to: number): boolean {
    const { bytes, textFrom, textTo } = this.scan;
    if (textTo - textFrom !== to - from) return false;
    for (let i = 0; i < to - from; i++) if (bytes[textFrom + i] !== bytes[from + i]) return false;
    return true;
  }

  /** What is behind a trade's symbol, into a row. */
  private usualTrade(): boolean {
    const { scan, rows, market } = this;
    const isBuy = scan.passes(SYMBOL_TO_BUY);
    if (!isBuy && !scan.passes(SYMBOL_TO_SELL)) return false;
    const row = rows.add(isBuy ? Side.Bid : Side.Ask);
    if (!plainPrice(scan, rows, row, COMMA) || !scan.passes(PRICE_TO_QTY)) return false;
    if (!plainQty(scan, rows, row, COMMA) || !scan.passes(QTY_TO_TYPE)) return false;
    if (!scan.plainText() || !scan.passes(TYPE_TO_ID)) return false;
    if (!scan.plainInteger(rows.id, row) || !scan.passes(ID_TO_TIME) || !scan.plainText()) return false;
    rows.time[row] = market.times.iso(scan.bytes, scan.textFrom, scan.textTo);
    return true;
  }

  private emitTrades(instrument: TextInstrument | null, flags: number): void {
    if (instrument === null || this.rows.count === 0) return;
    this.market.trades(instrument, this.rows, flags);
  }

  private tradeRow(): void {
    const { scan, rows } = this;
    const row = rows.add(Side.None);
    let fields = 0;
    this.entry.begin();
    scan.beginObject();
    while (scan.nextKey()) {
      if (scan.keyIs(PRICE)) {
        scanPrice(scan, rows, row);
        fields |= 1;
      } else if (scan.keyIs(QTY)) {
        scanQty(scan, rows, row);
        fields |= 2;
      } else if (scan.keyIs(TRADE_ID)) scan.idInto(rows.id, row);
      else if (scan.keyIs(SIDE)) {
        if (scan.string()) rows.side[row] = scan.textIs(BUY) ? Side.Bid : scan.textIs(SELL) ? Side.Ask : Side.None;
      } else fields |= this.entry.field();
    }
    rows.time[row] = this.entry.time;
    if ((fields & 11) !== 11) scan.misfit('a trade without symbol, price and qty');
  }

  /** {"symbol","bid","bid_qty","ask","ask_qty",...} */
  tickers(): void {
    const { scan, market, rows } = this;
    while (scan.nextItem()) {
      this.tickerEntry();
      const instrument = this.entry.instrument();
      if (instrument !== null) market.touch(instrument, rows, market.eventTime(this.entry.time));
    }
  }

  private tickerEntry(): void {
    const { scan, rows } = this;
    rows.clear(scan.bytes);
    rows.add(Side.Bid);
    rows.add(Side.Ask);
    let fields = 0;
    this.entry.begin();
    scan.beginObject();
    while (scan.nextKey()) {
      if (scan.keyIs(BID)) {
        scanPrice(scan, rows, 0);
        fields |= 1;
      } else if (scan.keyIs(ASK)) {
        scanPrice(scan, rows, 1);
        fields |= 2;
      } else if (scan.keyIs(BID_QTY)) {
        scanQty(scan, rows, 0);
        fields |= 4;
      } else if (scan.keyIs(ASK_QTY)) {
        scanQty(scan, rows, 1);
        fields |= 32;
      } else fields |= this.entry.field();
    }
    if ((fields & 47) !== 47) scan.misfit('a ticker without symbol, bid, bid_qty, ask and ask_qty');
  }
}
