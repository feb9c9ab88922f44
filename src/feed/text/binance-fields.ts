/**
 * The fields of one Binance message, bare or in a combined stream's wrapper {"stream":...,"data":{...}}. Binance's keys
 * are single letters that mean different things in different messages (b: bids, best bid or buyer's order), so values
 * are read by what they look like, and `binance-venue.ts` asks for the fields that the message type must have.
 */
import { Side } from '../../core/event.ts';
import { NO_PREVIOUS } from '../sequencer.ts';
import { ascii, JsonScanner } from './json-scan.ts';
import { scanLevels, scanPrice, scanQty } from './level-scan.ts';
import { Rows } from './rows.ts';

const STREAM = ascii('stream');
const DATA = ascii('data');
const PREVIOUS = ascii('pu');
const LAST_UPDATE_ID = ascii('lastUpdateId');
const BIDS = ascii('bids');
const ASKS = ascii('asks');
const SYMBOL = ascii('symbol');
const DEPTH_UPDATE = ascii('depthUpdate');
const PARTIAL = ascii('@depth');

const QUOTE = 0x22;
const MINUS = 0x2d;
const ZERO = 0x30;
const OPEN_BRACKET = 0x5b;
const OPEN_BRACE = 0x7b;

/** Bits of `seen`. */
export const Field = {
  Type: 1,
  Symbol: 2,
  Bids: 4,
  Asks: 8,
  /** b, B, a and A, each as a number. */
  BestBid: 16,
  BestBidQty: 32,
  BestAsk: 64,
  BestAskQty: 128,
  Price: 256,
  Qty: 512,
  Stream: 1024,
} as const;

/** Places in `integers`. */
const Place = {
  EventMs: 0,
  TradeMs: 1,
  FirstId: 2,
  FinalId: 3,
  PreviousId: 4,
  LastUpdateId: 5,
  TradeId: 6,
  AggregateId: 7,
} as const;

export class BinanceFields {
  readonly scan = new JsonScanner();
  /** b and a, or bids and asks, as levels. */
  readonly levels = new Rows();
  /** Row 0: b and B; row 1: a and A, where those are numbers. */
  readonly touch = new Rows();
  /** Row 0: p and q. */
  readonly print = new Rows();
  /** Which fields were there, and of the right type. */
  seen = 0;
  typeFrom = 0;
  typeTo = 0;
  symbolFrom = 0;
  symbolTo = 0;
  streamFrom = 0;
  streamTo = 0;
  buyerIsMaker: boolean | null = null;
  /** By `Place`; NaN where missing. */
  private readonly integers = new Float64Array(8);

  /** Reads the whole text; throws FrameError when it is not one JSON object. */
  read(bytes: Uint8Array, from: number, to: number): void {
    this.levels.clear(bytes);
    this.touch.clear(bytes);
    this.touch.add(Side.Bid);
    this.touch.add(Side.Ask);
    this.print.clear(bytes);
    this.print.add(Side.None);
    this.seen = 0;
    this.integers.fill(Number.NaN);
    this.integers[Place.PreviousId] = NO_PREVIOUS;
    this.buyerIsMaker = null;
    this.scan.open(bytes, from, to);
    this.object(true);
    this.scan.finish();
  }

  /** E */
  get eventMs(): number {
    return this.integers[Place.EventMs];
  }

  /** T: of the trade, or of the transaction. */
  get tradeMs(): number {
    return this.integers[Place.TradeMs];
  }

  /** U */
  get firstId(): number {
    return this.integers[Place.FirstId];
  }

  /** u */
  get finalId(): number {
    return this.integers[Place.FinalId];
  }

  /** pu; NO_PREVIOUS where missing. */
  get previousId(): number {
    return this.integers[Place.PreviousId];
  }

  get lastUpdateId(): number {
    return this.integers[Place.LastUpdateId];
  }

  /** t of a trade. */
  get tradeId(): number {
    return this.integers[Place.TradeId];
  }

  /** a of an aggTrade. */
  get aggregateId(): number {
    return this.integers[Place.AggregateId];
  }

  has(fields: number): boolean {
    return (this.seen & fields) === fields;
  }

  /** Streams of partial books (name@depth5@100ms) on futures look like diffs, but each is a whole small book. */
  get isPartialBook(): boolean {
    const { scan, streamFrom, streamTo } = this;
    if (!this.has(Field.Stream)) return false;
    for (let p = streamFrom; p + PARTIAL.length < streamTo; p++) {
      if (!scan.rangeIs(p, p + PARTIAL.length, PARTIAL)) continue;
      const next = scan.bytes[p + PARTIAL.length];
      return next >= 0x30 && next <= 0x39;
    }
    return false;
  }

  private object(outermost: boolean): void {
    const { scan } = this;
    scan.beginObject();
    while (scan.nextKey()) {
      const key = scan.keyByte();
      if (key !== 0) this.letter(key);
      else if (outermost && scan.keyIs(DATA) && scan.peek() === OPEN_BRACE) this.object(false);
      else this.word();
    }
  }

  private letter(key: number): void {
    const { scan, touch, print, integers } = this;
    switch (key) {
      case 0x65: // e: event type
        this.once(Field.Type);
        if (!scan.string()) return;
        this.typeFrom = scan.textFrom;
        this.typeTo = scan.textTo;
        this.seen |= Field.Type;
        return;
      case 0x73: // s: symbol
        this.symbol();
        return;
      case 0x45: // E: event time
        scan.integerInto(integers, Place.EventMs);
        return;
      case 0x54: // T: trade or transaction time
        scan.integerInto(integers, Place.TradeMs);
        return;
      case 0x55: // U: first update id
        scan.integerInto(integers, Place.FirstId);
        return;
      case 0x75: // u: final update id
        scan.integerInto(integers, Place.FinalId);
        return;
      case 0x74: // t: trade id
        scan.integerInto(integers, Place.TradeId);
        return;
      case 0x62: // b: bids, or best bid
        this.once(Field.Bids | Field.BestBid);
        if (scan.peek() === OPEN_BRACKET) this.side(Side.Bid, Field.Bids);
        else this.price(touch, 0, Field.BestBid);
        return;
      case 0x42: // B: its quantity
        this.qty(touch, 0, Field.BestBidQty);
        return;
      case 0x61: // a: asks, best ask, or aggregate trade id
        this.once(Field.Asks | Field.BestAsk);
        if (scan.peek() === OPEN_BRACKET) this.side(Side.Ask, Field.Asks);
        else if (scan.peek() === QUOTE) this.price(touch, 1, Field.BestAsk);
        else scan.integerInto(integers, Place.AggregateId);
        return;
      case 0x41: // A: its quantity
        this.qty(touch, 1, Field.BestAskQty);
        return;
      case 0x70: // p: price
        this.price(print, 0, Field.Price);
        return;
      case 0x71: // q: quantity
        this.qty(print, 0, Field.Qty);
        return;
      case 0x6d: // m: the buyer is the maker
        this.buyerIsMaker = scan.boolean();
        return;
      default:
        scan.skipValue();
    }
  }

  private word(): void {
    const { scan, integers } = this;
    if (scan.keyIs(PREVIOUS)) scan.integerInto(integers, Place.PreviousId);
    else if (scan.keyIs(LAST_UPDATE_ID)) scan.integerInto(integers, Place.LastUpdateId);
    else if (scan.keyIs(BIDS)) this.side(Side.Bid, Field.Bids);
    else if (scan.keyIs(ASKS)) this.side(Side.Ask, Field.Asks);
    else if (scan.keyIs(SYMBOL)) this.symbol();
    else if (scan.keyIs(STREAM)) this.stream();
    else scan.skipValue();
  }

  /** A field that stood already stands again: which of the two counts is anybody's guess. */
  private once(fields: number): void {
    if ((this.seen & fields) !== 0) this.scan.misfit('the same key twice');
  }

  private stream(): void {
    const { scan } = this;
    this.once(Field.Stream);
    if (!scan.string()) return;
    this.streamFrom = scan.textFrom;
    this.streamTo = scan.textTo;
    this.seen |= Field.Stream;
  }

  private symbol(): void {
    const { scan } = this;
    this.once(Field.Symbol);
    if (!scan.string()) return;
    this.symbolFrom = scan.textFrom;
    this.symbolTo = scan.textTo;
    this.seen |= Field.Symbol;
  }

  /** Levels, unless the message is known to be of a type that has none. */
  private side(side: Side, field: number): void {
    const { scan } = this;
    const other = (this.seen & Field.Type) !== 0 && !scan.rangeIs(this.typeFrom, this.typeTo, DEPTH_UPDATE);
    if (other || scan.peek() !== OPEN_BRACKET) {
      scan.skipValue();
      return;
    }
    this.once(field);
    scanLevels(scan, this.levels, side);
    this.seen |= field;
  }

  private price(rows: Rows, row: number, field: number): void {
    this.once(field);
    if (!this.isNumber()) return;
    scanPrice(this.scan, rows, row);
    this.seen |= field;
  }

  private qty(rows: Rows, row: number, field: number): void {
    this.once(field);
    if (!this.isNumber()) return;
    scanQty(this.scan, rows, row);
    this.seen |= field;
  }

  /** A number is next, in quotes or not; anything else is skipped. */
  private isNumber(): boolean {
    const c = this.scan.peek();
    if (c === QUOTE || c === MINUS || (c >= ZERO && c <= ZERO + 9)) return true;
    this.scan.skipValue();
    return false;
  }
}
