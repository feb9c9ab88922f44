/**
 * What Kraken's websocket v2 says beside its market data and the decoder must know: the depth that was subscribed to,
 * the precisions of a pair, whether it trades, and the state of the venue; and which trades were seen.
 */
import { StaleReason, TradingState } from '../../core/event.ts';
import { PerInstrument, type TextInstrument } from './instruments.ts';
import { ascii, type JsonScanner } from './json-scan.ts';
import type { KrakenBooks } from './kraken-books.ts';
import type { TextMarket } from './market.ts';

const SUBSCRIBE = ascii('subscribe');
const UNSUBSCRIBE = ascii('unsubscribe');
const CHANNEL = ascii('channel');
const BOOK = ascii('book');
const SYMBOL = ascii('symbol');
const DEPTH = ascii('depth');
const PAIRS = ascii('pairs');
const STATUS = ascii('status');
const PRICE_PRECISION = ascii('price_precision');
const QTY_PRECISION = ascii('qty_precision');
const SYSTEM = ascii('system');

/** Levels a side that can be subscribed to. */
export const DEPTHS: readonly number[] = [10, 25, 100, 500, 1000];

const OPEN_BRACE = 0x7b;
const OPEN_BRACKET = 0x5b;

/** Most decimals that texts are filled up to. */
const MAX_PRECISION = 18;

class PairNotes {
  readonly instrument: TextInstrument;
  /** Depth stated by the answer to a subscription of this connection; 0: none. */
  depth = 0;
  connection = -1;
  /** Depth taken from a snapshot, for want of a statement; 0: never. */
  guessedDepth = 0;
  /** As the venue said last, and as it was passed on. */
  state: TradingState = TradingState.Unknown;
  statedState: TradingState = TradingState.Unknown;
  /** Cell 0: the highest trade id seen. A cell, because a number in a field may be boxed at each store. */
  readonly lastTrade = new Float64Array(1);
  /** Trades that were sent again. */
  repeated = 0;

  constructor(instrument: TextInstrument) {
    this.instrument = instrument;
  }
}

export class KrakenNotices {
  private readonly market: TextMarket;
  private readonly books: KrakenBooks;
  private readonly scan: JsonScanner;
  private readonly pairs = new PerInstrument((instrument) => new PairNotes(instrument));
  private symbolFrom = 0;
  private symbolTo = 0;

  constructor(market: TextMarket, books: KrakenBooks, scan: JsonScanner) {
    this.market = market;
    this.books = books;
    this.scan = scan;
  }

  /** Levels a side that this connection subscribed to, or 0 where no answer said so. */
  depthOf(instrument: TextInstrument, connection: number): number {
    const pair = this.pairs.of(instrument);
    return pair.connection === connection ? pair.depth : 0;
  }

  guessed(instrument: TextInstrument, depth: number): void {
    this.pairs.of(instrument).guessedDepth = depth;
  }

  /** Whether trade ids[i] was not seen yet; it has been then. Trades without an id always are. */
  isNewTrade(instrument: TextInstrument, ids: Float64Array, i: number): boolean {
    const pair = this.pairs.of(instrument);
    if (ids[i] === 0) return true;
    if (ids[i] <= pair.lastTrade[0]) {
      pair.repeated++;
      return false;
    }
    pair.lastTrade[0] = ids[i];
    return true;
  }

  disconnected(connection: number): void {
    for (const pair of this.pairs.all) if (pair.connection === connection) pair.connection = -1;
  }

  remarks(): string[] {
    const remarks: string[] = [];
    for (const { instrument, guessedDepth, repeated } of this.pairs.all) {
      if (guessedDepth > 0) {
        remarks.push(
          `${instrument.symbol}: no answer states the book's depth: taken as ${guessedDepth} from its snapshot`,
        );
      }
      if (repeated > 0) remarks.push(`${instrument.symbol}: ${repeated} trades were sent again, and are left out`);
    }
    return remarks;
  }

  /** The result of a request that succeeded: {"channel":"book","symbol","depth",...}. */
  answer(methodFrom: number, methodTo: number, resultAt: number, connection: number): void {
    const { scan, market } = this;
    const isSubscribe = scan.rangeIs(methodFrom, methodTo, SUBSCRIBE);
    if (!isSubscribe && !scan.rangeIs(methodFrom, methodTo, UNSUBSCRIBE)) return;
    let isBook = false;
    let depth = Number.NaN;
    this.symbolTo = 0;
    scan.pos = resultAt;
    scan.beginObject();
    while (scan.nextKey()) {
      if (scan.keyIs(CHANNEL)) isBook = scan.string() && scan.textIs(BOOK);
      else if (scan.keyIs(DEPTH)) depth = scan.integer();
      else this.symbolOrSkip();
    }
    if (!isBook || this.symbolTo === 0) return;
    const instrument = market.instruments.get(scan.bytes, this.symbolFrom, this.symbolTo);
    if (instrument === null) return;
    const book = this.books.of(instrument);
    if (isSubscribe && DEPTHS.includes(depth)) {
      const pair = this.pairs.of(instrument);
      pair.depth = depth;
      pair.connection = connection;
      if (book.connection === connection) book.depth = depth;
    } else if (!isSubscribe && book.connection === connection) {
      book.connection = -1;
      market.stale(instrument, StaleReason.AwaitingSnapshot, market.tsRecv);
    }
  }

  /** {"assets":[...],"pairs":[{"symbol","status","price_precision","qty_precision",...}]} */
  instruments(dataAt: number): void {
    const { scan } = this;
    scan.pos = dataAt;
    if (scan.peek() !== OPEN_BRACE) return;
    scan.beginObject();
    while (scan.nextKey()) {
      if (!scan.keyIs(PAIRS) || scan.peek() !== OPEN_BRACKET) {
        scan.skipValue();
        continue;
      }
      scan.beginArray();
      while (scan.nextItem()) this.pair();
    }
  }

  private pair(): void {
    const { scan, market } = this;
    let pricePrecision = Number.NaN;
    let qtyPrecision = Number.NaN;
    let state: TradingState = TradingState.Unknown;
    this.symbolTo = 0;
    if (scan.peek() !== OPEN_BRACE) scan.misfit('a pair is an object');
    scan.beginObject();
    while (scan.nextKey()) {
      if (scan.keyIs(PRICE_PRECISION)) pricePrecision = scan.integer();
      else if (scan.keyIs(QTY_PRECISION)) qtyPrecision = scan.integer();
      else if (scan.keyIs(STATUS)) {
        if (scan.string()) state = stateOf(this.text());
      } else this.symbolOrSkip();
    }
    if (this.symbolTo === 0) return;
    const instrument = market.instruments.get(scan.bytes, this.symbolFrom, this.symbolTo);
    if (instrument === null) return;
    const { textBook } = this.books.of(instrument).instrument;
    if (pricePrecision <= MAX_PRECISION && qtyPrecision <= MAX_PRECISION) {
      textBook!.fillUp(Math.max(pricePrecision, 0), Math.max(qtyPrecision, 0));
    }
    this.pairs.of(instrument).state = state;
    this.settleStatus(instrument);
  }

  /** Says whether the pair trades, where that was not said yet and its instrument is in use. */
  settleStatus(instrument: TextInstrument): void {
    const pair = this.pairs.of(instrument);
    if (pair.state === pair.statedState || instrument.index < 0) return;
    pair.statedState = pair.state;
    this.market.status(instrument, pair.state, this.market.tsRecv);
  }

  /** [{"system":"online","version",...}]: what is not "online" is for the summary. */
  system(dataAt: number): void {
    const { scan, market } = this;
    scan.pos = dataAt;
    if (scan.peek() !== OPEN_BRACKET) return;
    scan.beginArray();
    while (scan.nextItem()) {
      if (scan.peek() !== OPEN_BRACE) {
        scan.skipValue();
        continue;
      }
      scan.beginObject();
      while (scan.nextKey()) {
        if (!scan.keyIs(SYSTEM)) scan.skipValue();
        else if (scan.string() && this.text() !== 'online') {
          market.stats.note(`${market.where()}: Kraken says that its system is ${JSON.stringify(this.text())}`);
        }
      }
    }
  }

  private symbolOrSkip(): void {
    const { scan } = this;
    if (!scan.keyIs(SYMBOL)) scan.skipValue();
    else if (scan.string() && !scan.escaped) {
      this.symbolFrom = scan.textFrom;
      this.symbolTo = scan.textTo;
    }
  }

  private text(): string {
    const { bytes, textFrom, textTo } = this.scan;
    return Buffer.from(bytes.subarray(textFrom, Math.min(textTo, textFrom + 40))).toString('latin1');
  }
}

/** What a pair's status means for who trades it. limit_only and reduce_only still trade. */
function stateOf(status: string): TradingState {
  if (status === 'online' || status === 'limit_only' || status === 'reduce_only') return TradingState.Trading;
  if (status === 'post_only') return TradingState.QuotationOnly;
  if (status === 'delisted') return TradingState.Closed;
  if (status === 'cancel_only' || status === 'maintenance') return TradingState.Halted;
  return TradingState.Unknown;
}
