/**
 * Trades and tickers of Kraken's websocket v2. Trades carry the taker's side and an id that rises within a pair: an id
 * that was seen (the last 50 trades are sent again with each subscription) is not emitted again.
 */
import { Side } from '../../core/event.ts';
import type { TextInstrument } from './instruments.ts';
import { ascii, type JsonScanner } from './json-scan.ts';
import type { KrakenEntry } from './kraken-entry.ts';
import type { KrakenNotices } from './kraken-notices.ts';
import { scanPrice, scanQty } from './level-scan.ts';
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

export class KrakenPrints {
  private readonly market: TextMarket;
  private readonly entry: KrakenEntry;
  private readonly scan: JsonScanner;
  private readonly rows: Rows;
  private readonly notices: KrakenNotices;

  constructor(market: TextMarket, entry: KrakenEntry, scan: JsonScanner, rows: Rows, notices: KrakenNotices) {
    this.market = market;
    this.entry = entry;
    this.scan = scan;
    this.rows = rows;
    this.notices = notices;
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
      } else if (scan.keyIs(TRADE_ID)) rows.id[row] = scan.idOrZero();
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
