/**
 * Coinbase Exchange's two most frequent messages in the form in which the venue writes them, read in one go: match and
 * l2update with their fields in order and without white space. Whatever is written otherwise goes the general way
 * (coinbase-exchange.ts), to the same result.
 */
import { Side } from '../../core/event.ts';
import { against, type CoinbaseParts } from './coinbase-parts.ts';
import { plainPrice, plainQty } from './level-scan.ts';
import { Literal } from './literal.ts';

const QUOTE = 0x22;
const COMMA = 0x2c;
const SELL_INITIAL = 0x73;
const CLOSE_BRACE = 0x7d;

/** What stands around the values, in order. */
const MATCH = new Literal('{"type":"match","trade_id":');
const ID_TO_MAKER = new Literal(',"maker_order_id":"');
const MAKER_TO_TAKER = new Literal('","taker_order_id":"');
const TAKER_TO_BUY = new Literal('","side":"buy","size":"');
const TAKER_TO_SELL = new Literal('","side":"sell","size":"');
const SIZE_TO_PRICE = new Literal('","price":"');
const PRICE_TO_PRODUCT = new Literal('","product_id":"');
const PRODUCT_TO_SEQUENCE = new Literal('","sequence":');
const SEQUENCE_TO_TIME = new Literal(',"time":"');
const L2UPDATE = new Literal('{"type":"l2update","product_id":"');
const PRODUCT_TO_CHANGES = new Literal('","changes":[');
const BUY = new Literal('["buy","');
const SELL = new Literal('["sell","');
const CHANGE_TO_CHANGE = new Literal('"],[');
const CHANGES_TO_TIME = new Literal('"]],"time":"');

export class CoinbaseUsual {
  /** The product's text. */
  productFrom = 0;
  productTo = 0;
  /** The message's time, session ns. */
  time = 0;
  private readonly parts: CoinbaseParts;
  private readonly sequence = new Float64Array(1);

  constructor(parts: CoinbaseParts) {
    this.parts = parts;
  }

  /** Reads a match into row 0; false if it is none, or written otherwise. */
  match(): boolean {
    const { scan, rows } = this.parts;
    if (!scan.passes(MATCH)) return false;
    rows.clear(scan.bytes);
    const row = rows.add(Side.None);
    if (!scan.plainInteger(rows.id, row) || !scan.passes(ID_TO_MAKER) || !scan.plainText()) return false;
    if (!scan.passes(MAKER_TO_TAKER) || !scan.plainText()) return false;
    const isBuy = scan.passes(TAKER_TO_BUY);
    if (!isBuy && !scan.passes(TAKER_TO_SELL)) return false;
    rows.side[row] = against(isBuy ? Side.Bid : Side.Ask);
    if (!plainQty(scan, rows, row, QUOTE) || !scan.passes(SIZE_TO_PRICE)) return false;
    if (!plainPrice(scan, rows, row, QUOTE) || !scan.passes(PRICE_TO_PRODUCT) || !this.product()) return false;
    if (!scan.passes(PRODUCT_TO_SEQUENCE) || !scan.plainInteger(this.sequence, 0)) return false;
    return scan.passes(SEQUENCE_TO_TIME) && this.timeToEnd();
  }

  /** Reads an l2update into the rows; false if it is none, or written otherwise. */
  update(): boolean {
    const { scan, rows } = this.parts;
    if (!scan.passes(L2UPDATE) || !this.product() || !scan.passes(PRODUCT_TO_CHANGES)) return false;
    rows.clear(scan.bytes);
    for (;;) {
      const isBuy = scan.bytes[scan.pos + 2] !== SELL_INITIAL;
      if (!scan.passes(isBuy ? BUY : SELL)) return false;
      const row = rows.add(isBuy ? Side.Bid : Side.Ask);
      if (!plainPrice(scan, rows, row, QUOTE) || !this.passesToSize()) return false;
      if (!plainQty(scan, rows, row, QUOTE)) return false;
      if (!scan.passes(CHANGE_TO_CHANGE)) break;
      scan.pos--; // the [ is the next one's
    }
    return scan.passes(CHANGES_TO_TIME) && this.timeToEnd();
  }

  /** `","` */
  private passesToSize(): boolean {
    const { scan } = this.parts;
    const { bytes, pos } = scan;
    if (bytes[pos] !== QUOTE || bytes[pos + 1] !== COMMA || bytes[pos + 2] !== QUOTE) return false;
    scan.pos = pos + 3;
    return true;
  }

  private product(): boolean {
    const { scan } = this.parts;
    if (!scan.plainText()) return false;
    this.productFrom = scan.textFrom;
    this.productTo = scan.textTo;
    return true;
  }

  /** The time and the brace behind it, with which the frame ends. */
  private timeToEnd(): boolean {
    const { scan, market } = this.parts;
    if (!scan.plainText() || scan.pos + 2 !== scan.end || scan.bytes[scan.pos + 1] !== CLOSE_BRACE) return false;
    this.time = market.eventTime(market.times.iso(scan.bytes, scan.textFrom, scan.textTo));
    return true;
  }
}
