/** The fields of one message of Coinbase Exchange's full channel, read in one pass over its bytes. */
import { Side } from '../../core/event.ts';
import { ascii, JsonScanner } from './json-scan.ts';
import { scanPrice, scanQty } from './level-scan.ts';
import { Rows } from './rows.ts';

const TYPE = ascii('type');
const SIDE = ascii('side');
const PRICE = ascii('price');
const SIZE = ascii('size');
const REMAINING_SIZE = ascii('remaining_size');
const NEW_SIZE = ascii('new_size');
const OLD_SIZE = ascii('old_size');
const NEW_PRICE = ascii('new_price');
const OLD_PRICE = ascii('old_price');
const ORDER_ID = ascii('order_id');
const MAKER_ORDER_ID = ascii('maker_order_id');
const TRADE_ID = ascii('trade_id');
const TIME = ascii('time');
const REASON = ascii('reason');
const FILLED = ascii('filled');
const BUY = ascii('buy');
const SELL = ascii('sell');
const OPEN = ascii('open');
const DONE = ascii('done');
const MATCH = ascii('match');
const CHANGE = ascii('change');

/** Of null. */
const LETTER_N = 0x6e;

export const FullType = { Other: 0, Open: 1, Done: 2, Match: 3, Change: 4 } as const;
export type FullType = (typeof FullType)[keyof typeof FullType];

/** Which numbers a message has. Size: the one that a message of its type is about. */
export const Has = { Price: 1, Size: 2, OldSize: 4, NewPrice: 8, OldPrice: 16, Remaining: 32, NewSize: 64 } as const;

/** Rows of the sizes that are of use in messages of one type only. */
const REMAINING_ROW = 2;
const NEW_ROW = 3;

export class FullFields {
  readonly scan = new JsonScanner();
  /** Row 0: the order's side (a match's maker), price, and size, as its type calls it. Row 1: what it was before. */
  readonly rows = new Rows();
  type: FullType = FullType.Other;
  has = 0;
  isFilled = false;
  /** The order on the book that the message is about. */
  idFrom = 0;
  idTo = 0;
  tradeId = 0;
  /** Where the time's text stands. */
  timeFrom = 0;
  timeTo = 0;
  private readonly orderId = new Int32Array(2);
  private readonly makerId = new Int32Array(2);

  read(bytes: Uint8Array, from: number, to: number): void {
    const { scan, rows } = this;
    rows.clear(bytes);
    for (let row = 0; row <= NEW_ROW; row++) rows.add(Side.None);
    this.type = FullType.Other;
    this.has = 0;
    this.isFilled = false;
    this.tradeId = 0;
    this.timeTo = 0;
    this.orderId.fill(0);
    this.makerId.fill(0);
    scan.open(bytes, from, to);
    scan.beginObject();
    while (scan.nextKey()) this.field();
    scan.finish();
    this.choose();
    rows.count = 2;
    rows.side[1] = rows.side[0];
  }

  /** A match is about its maker's order. */
  private choose(): void {
    const id = this.type === FullType.Match ? this.makerId : this.orderId;
    this.idFrom = id[0];
    this.idTo = id[1];
    if (this.type === FullType.Change) this.chooseSize(NEW_ROW, Has.NewSize);
    else if (this.type !== FullType.Match) this.chooseSize(REMAINING_ROW, Has.Remaining);
  }

  /** What an order that opens or is done has left is its remaining_size, what a change leaves its new_size: no other will do. */
  private chooseSize(row: number, bit: number): void {
    const { rows } = this;
    rows.qty[0] = rows.qty[row];
    rows.qtyDecimals[0] = rows.qtyDecimals[row];
    rows.qtyFrom[0] = rows.qtyFrom[row];
    rows.qtyTo[0] = rows.qtyTo[row];
    this.has = (this.has & bit) !== 0 ? this.has | Has.Size : this.has & ~Has.Size;
  }

  private field(): void {
    const { scan, rows } = this;
    if (scan.keyIs(ORDER_ID)) this.id(this.orderId);
    else if (scan.keyIs(MAKER_ORDER_ID)) this.id(this.makerId);
    else if (scan.keyIs(PRICE)) this.price(0, Has.Price);
    else if (scan.keyIs(SIZE)) this.size(0, Has.Size);
    else if (scan.keyIs(REMAINING_SIZE)) this.size(REMAINING_ROW, Has.Remaining);
    else if (scan.keyIs(NEW_SIZE)) this.size(NEW_ROW, Has.NewSize);
    else if (scan.keyIs(OLD_SIZE)) this.size(1, Has.OldSize);
    else if (scan.keyIs(NEW_PRICE)) this.price(0, Has.Price | Has.NewPrice);
    else if (scan.keyIs(OLD_PRICE)) this.price(1, Has.OldPrice);
    else if (scan.keyIs(TRADE_ID)) this.tradeId = scan.idOrZero();
    else if (!scan.keyIs(TYPE) && !scan.keyIs(SIDE) && !scan.keyIs(TIME) && !scan.keyIs(REASON)) scan.skipValue();
    else if (scan.string()) this.word(rows);
  }

  private word(rows: Rows): void {
    const { scan } = this;
    if (scan.keyIs(SIDE)) rows.side[0] = scan.textIs(BUY) ? Side.Bid : scan.textIs(SELL) ? Side.Ask : Side.None;
    else if (scan.keyIs(REASON)) this.isFilled = scan.textIs(FILLED);
    else if (scan.keyIs(TIME)) {
      this.timeFrom = scan.textFrom;
      this.timeTo = scan.textTo;
    } else if (scan.textIs(OPEN)) this.type = FullType.Open;
    else if (scan.textIs(DONE)) this.type = FullType.Done;
    else if (scan.textIs(MATCH)) this.type = FullType.Match;
    else if (scan.textIs(CHANGE)) this.type = FullType.Change;
  }

  private id(range: Int32Array): void {
    const { scan } = this;
    if (!scan.string()) return;
    range[0] = scan.textFrom;
    range[1] = scan.textTo;
  }

  /** Market orders have null for a price; a new price stands for the price. */
  private price(row: number, bits: number): void {
    const isReplaced = bits === Has.Price && (this.has & Has.NewPrice) !== 0;
    if (isReplaced || this.scan.peek() === LETTER_N) {
      this.scan.skipValue();
      return;
    }
    scanPrice(this.scan, this.rows, row);
    this.has |= bits;
  }

  private size(row: number, bits: number): void {
    if (this.scan.peek() === LETTER_N) {
      this.scan.skipValue();
      return;
    }
    scanQty(this.scan, this.rows, row);
    this.has |= bits;
  }
}
