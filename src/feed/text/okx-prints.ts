/** OKX's trades, and its best bids and offers: the entries of channels that make no book. */
import { Side } from '../../core/event.ts';
import { ascii, type JsonScanner } from './json-scan.ts';
import { scanLevelAt, scanPrice, scanQty } from './level-scan.ts';
import type { Rows } from './rows.ts';
import type { SessionTimes } from './times.ts';

const BIDS = ascii('bids');
const ASKS = ascii('asks');
const TS = ascii('ts');
const BID_PX = ascii('bidPx');
const BID_SZ = ascii('bidSz');
const ASK_PX = ascii('askPx');
const ASK_SZ = ascii('askSz');
const PX = ascii('px');
const SZ = ascii('sz');
const SIDE = ascii('side');
const TRADE_ID = ascii('tradeId');
const COUNT = ascii('count');
const BUY = ascii('buy');
const SELL = ascii('sell');

/**
 * Appends {"tradeId":"...","px":"...","sz":"...","side":"buy","ts":"...","count":"..."} to `rows`; returns the first trade
 * that is in it: `count` trades of one taker at one price are one entry, with the id of the last.
 */
export function scanTrade(scan: JsonScanner, rows: Rows, times: SessionTimes): number {
  let count = 1;
  const row = rows.add(Side.None);
  let numbers = 0;
  rows.time[row] = Number.NaN;
  scan.beginObject();
  while (scan.nextKey()) {
    if (scan.keyIs(PX)) {
      scanPrice(scan, rows, row);
      numbers |= 1;
    } else if (scan.keyIs(SZ)) {
      scanQty(scan, rows, row);
      numbers |= 2;
    } else if (scan.keyIs(SIDE)) {
      if (scan.string()) rows.side[row] = scan.textIs(BUY) ? Side.Bid : scan.textIs(SELL) ? Side.Ask : Side.None;
    } else if (scan.keyIs(TRADE_ID)) scan.idInto(rows.id, row);
    else if (scan.keyIs(TS)) {
      scan.integerInto(rows.time, row);
      times.fromMillis(rows.time, row);
    } else if (scan.keyIs(COUNT)) count = Math.max(scan.idOrZero(), 1);
    else scan.skipValue();
  }
  if (numbers !== 3) scan.misfit('a trade without px and sz');
  return rows.id[row] - count + 1;
}

/**
 * Reads {"bidPx","bidSz","askPx","askSz","ts"} of tickers, or {"bids":[[...]],"asks":[[...]],"ts"} of bbo-tbt, into two rows;
 * returns its ts, NaN where it has none.
 */
export function scanTouch(scan: JsonScanner, rows: Rows): number {
  const bid = rows.add(Side.Bid);
  const ask = rows.add(Side.Ask);
  let sides = 0;
  let ts = Number.NaN;
  scan.beginObject();
  while (scan.nextKey()) {
    if (scan.keyIs(BID_PX)) {
      scanPrice(scan, rows, bid);
      sides |= 1;
    } else if (scan.keyIs(ASK_PX)) {
      scanPrice(scan, rows, ask);
      sides |= 2;
    } else if (scan.keyIs(BID_SZ)) scanQty(scan, rows, bid);
    else if (scan.keyIs(ASK_SZ)) scanQty(scan, rows, ask);
    else if (scan.keyIs(BIDS)) {
      firstLevel(scan, rows, bid);
      sides |= 1;
    } else if (scan.keyIs(ASKS)) {
      firstLevel(scan, rows, ask);
      sides |= 2;
    } else if (scan.keyIs(TS)) {
      scan.readInteger();
      ts = scan.number[0];
    } else scan.skipValue();
  }
  if (sides !== 3) scan.misfit('a best bid and a best ask are expected');
  rows.emptyIfMissing(bid);
  rows.emptyIfMissing(ask);
  return ts;
}

function firstLevel(scan: JsonScanner, rows: Rows, row: number): void {
  let first = true;
  scan.beginArray();
  while (scan.nextItem()) {
    if (first) scanLevelAt(scan, rows, row);
    else scan.skipValue();
    first = false;
  }
}
