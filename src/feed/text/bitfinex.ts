/**
 * Bitfinex v2: book (P0-P4), trades, ticker. Frames are [chanId, payload], what a channel carries was said when it was
 * subscribed to. With the connection's flags for it a frame ends in the connection's sequence number, in the venue's
 * time in ms, or in both; "cs" frames carry a CRC-32 over the venue's text of the 25 best levels.
 *
 * A book entry is [price, count, amount]: asks have negative amounts, count 0 removes the level. The first payload of a
 * book channel is its snapshot. Raw books (R0) and funding channels are not decoded.
 *
 * Of trades only "te" is used ("tu" repeats it later); amounts are negative when the taker sold. A ticker's sizes are
 * sums over 25 levels, not the touch's: its VenueBbo has the prices only. Times: the trade's own, else the frame's where
 * it has one.
 */
import { EventFlag, Side, StaleReason } from '../../core/event.ts';
import { ConnectionSequence } from './connection-sequence.ts';
import { PerInstrument, type TextInstrument } from './instruments.ts';
import { ascii, JsonScanner } from './json-scan.ts';
import { scanPrice, scanQty } from './level-scan.ts';
import type { TextMarket } from './market.ts';
import { Rows } from './rows.ts';
import { interleavedChecksum, TextBook, TextForm } from './text-book.ts';
import { loseConnection, StreamBook, unusedRemarks, type VenueDecoder } from './venue.ts';

const EVENT = ascii('event');
const SUBSCRIBED = ascii('subscribed');
const UNSUBSCRIBED = ascii('unsubscribed');
const CONF = ascii('conf');
const INFO = ascii('info');
const HB = ascii('hb');
const TE = ascii('te');
const TU = ascii('tu');
const CS = ascii('cs');

const OPEN_BRACE = 0x7b;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const QUOTE = 0x22;

const CHECKSUM_LEVELS = 25;
/** conf flag: book changes may come several in one frame. */
const BULK_UPDATES = 536870912;
/** info codes: the venue is about to restart, or goes into maintenance. */
const RESTART = 20051;
const MAINTENANCE = 20060;
/** A number behind the payload is a sequence below this, the venue's time in ms above. */
const LEAST_TIME_MS = 1e11;

type Kind = 'book' | 'trades' | 'ticker' | 'ignored';

/** One subscription of one connection. */
interface Channel {
  readonly connection: number;
  readonly id: number;
  readonly kind: Kind;
  readonly instrument: TextInstrument | null;
  /** The snapshot came: what follows are updates. */
  started: boolean;
}

class BitfinexBook extends StreamBook {
  constructor(instrument: TextInstrument) {
    super(instrument);
    instrument.textBook = new TextBook(TextForm.Written);
  }
}

export class BitfinexVenue implements VenueDecoder {
  private readonly market: TextMarket;
  private readonly scan = new JsonScanner();
  private readonly rows = new Rows();
  private readonly books = new PerInstrument((instrument) => new BitfinexBook(instrument));
  private readonly sequence: ConnectionSequence;
  private channels: Channel[] = [];
  /** conf flags by connection. */
  private readonly flags: number[] = [];
  private unknownChannel = 0;
  // of the frame at hand
  private payloadAt = 0;
  private tagFrom = 0;
  private tagTo = 0;
  private number = Number.NaN;
  private time = 0;
  private readonly types: Readonly<
    Record<'snapshot' | 'update' | 'trades' | 'te' | 'tu' | 'cs' | 'hb' | 'ticker', number>
  >;
  private readonly otherType: number;

  constructor(market: TextMarket) {
    const { stats } = market;
    this.market = market;
    this.sequence = new ConnectionSequence(market, this.books.all);
    this.otherType = stats.type('other');
    this.types = {
      snapshot: stats.type('book snapshot'),
      update: stats.type('book update'),
      trades: stats.type('trades snapshot'),
      te: stats.type('te'),
      tu: stats.type('tu'),
      cs: stats.type('cs'),
      hb: stats.type('hb'),
      ticker: stats.type('ticker'),
    };
  }

  frame(bytes: Uint8Array, from: number, to: number, connection: number): void {
    const { scan, rows, types } = this;
    scan.open(bytes, from, to);
    if (scan.peek() === OPEN_BRACE) {
      this.event(bytes, from, to, connection);
      return;
    }
    rows.clear(bytes);
    const channel = this.channelOf(this.split(), connection);
    if (this.tagIs(HB)) this.begin(types.hb, connection);
    else if (channel === null) {
      this.unknownChannel++;
      this.begin(this.otherType, connection);
    } else if (channel.kind === 'book') this.book(channel);
    else if (channel.kind === 'trades') this.trades(channel);
    else if (channel.kind === 'ticker') this.ticker(channel);
    else this.begin(this.otherType, connection);
  }

  wantsRest(): boolean {
    return false;
  }

  rest(): void {}

  disconnected(connection: number): void {
    this.sequence.reset(connection);
    this.channels = this.channels.filter((channel) => channel.connection !== connection);
    this.flags[connection] = 0;
    loseConnection(this.books.all, connection, this.market);
  }

  remarks(): string[] {
    const remarks = [...unusedRemarks(this.books.all), ...this.sequence.remarks()];
    if (this.unknownChannel > 0) {
      remarks.push(`${this.unknownChannel} messages of channels whose subscription is not in the recording ignored`);
    }
    return remarks;
  }

  /** An object: about the connection and its channels, and rare. */
  private event(bytes: Uint8Array, from: number, to: number, connection: number): void {
    const { scan, market } = this;
    let typeFrom = 0;
    let typeTo = 0;
    scan.beginObject();
    while (scan.nextKey()) {
      if (!scan.keyIs(EVENT)) scan.skipValue();
      else if (scan.string()) {
        typeFrom = scan.textFrom;
        typeTo = scan.textTo;
      }
    }
    scan.finish();
    market.begin(typeTo === 0 ? this.otherType : market.stats.typeOf(bytes, typeFrom, typeTo));
    const known = [SUBSCRIBED, UNSUBSCRIBED, CONF, INFO].some((name) => scan.rangeIs(typeFrom, typeTo, name));
    if (!known) return;
    const fields: Record<string, unknown> = JSON.parse(Buffer.from(bytes.subarray(from, to)).toString('utf8'));
    const id = Number(fields.chanId);
    if (scan.rangeIs(typeFrom, typeTo, SUBSCRIBED)) this.subscribed(fields, id, connection);
    else if (scan.rangeIs(typeFrom, typeTo, UNSUBSCRIBED)) this.unsubscribed(id, connection);
    else if (scan.rangeIs(typeFrom, typeTo, CONF)) this.flags[connection] = Number(fields.flags ?? 0);
    else if (fields.code === RESTART || fields.code === MAINTENANCE) loseConnection(this.books.all, connection, market);
  }

  private subscribed(fields: Record<string, unknown>, id: number, connection: number): void {
    const { market } = this;
    const symbol = String(fields.symbol ?? fields.key ?? '');
    const bytes = Buffer.from(symbol, 'utf8');
    let kind: Kind = 'ignored';
    if (fields.channel === 'book' && fields.prec === 'R0') {
      market.stats.note(`${market.where()}: the raw book (R0) of ${symbol} is not decoded: record it with prec P0`);
    } else if (symbol.startsWith('f')) {
      market.stats.note(`${market.where()}: the funding channel of ${symbol} is not decoded`);
    } else if (fields.channel === 'book' || fields.channel === 'trades' || fields.channel === 'ticker') {
      kind = fields.channel;
    }
    const instrument = kind === 'ignored' ? null : market.instruments.get(bytes, 0, bytes.length);
    this.unsubscribed(id, connection);
    this.channels.push({ connection, id, kind, instrument, started: false });
  }

  private unsubscribed(id: number, connection: number): void {
    const gone = this.channelOf(id, connection);
    if (gone === null) return;
    this.channels = this.channels.filter((channel) => channel !== gone);
    if (gone.kind !== 'book' || gone.instrument === null) return;
    this.market.stale(gone.instrument, StaleReason.Disconnected, this.market.tsRecv);
  }

  private channelOf(id: number, connection: number): Channel | null {
    const { channels } = this;
    for (let i = 0; i < channels.length; i++) {
      if (channels[i].id === id && channels[i].connection === connection) return channels[i];
    }
    return null;
  }

  /** Checks the whole frame and finds its parts; returns the channel's id. */
  private split(): number {
    const { scan, market } = this;
    let id = Number.NaN;
    let element = 0;
    this.payloadAt = -1;
    this.tagTo = 0;
    this.number = Number.NaN;
    this.time = market.tsRecv;
    scan.beginArray();
    for (; scan.nextItem(); element++) {
      const c = scan.peek();
      if (element === 0) id = scan.integer();
      else if (element === 1 && c === QUOTE) {
        scan.string();
        this.tagFrom = scan.textFrom;
        this.tagTo = scan.textTo;
      } else if (this.payloadAt < 0 && (c === OPEN_BRACKET || this.tagIs(CS))) {
        this.payloadAt = scan.pos;
        scan.skipValue();
      } else if (element > 1) this.trailing(scan.integer());
      else scan.skipValue();
    }
    scan.finish();
    if (!(id >= 0) || element < 2) scan.misfit('not [channel id, payload]');
    return id;
  }

  private trailing(value: number): void {
    if (Number.isNaN(value)) return;
    if (value < LEAST_TIME_MS) this.number = value;
    else this.time = this.market.eventTime(this.market.times.millis(value));
  }

  private tagIs(name: Uint8Array): boolean {
    return this.tagTo > 0 && this.scan.rangeIs(this.tagFrom, this.tagTo, name);
  }

  /** Counts the frame; false if its number says that it was seen before, or is late. */
  private begin(type: number, connection: number): boolean {
    this.market.begin(type);
    return Number.isNaN(this.number) || this.sequence.accept(connection, this.number);
  }

  /** Goes to the payload; true if it is a list of entries rather than one. An empty one is a list. */
  private openPayload(): boolean {
    const { scan } = this;
    if (this.payloadAt < 0) scan.misfit('a payload is expected');
    scan.pos = this.payloadAt + 1;
    const c = scan.peek();
    scan.pos = this.payloadAt;
    return c === OPEN_BRACKET || c === CLOSE_BRACKET;
  }

  private book(channel: Channel): void {
    const { scan, market, types, rows } = this;
    const { connection, instrument } = channel;
    if (this.tagIs(CS)) {
      this.checksum(channel);
      return;
    }
    const isList = this.openPayload();
    const bulk = ((this.flags[connection] ?? 0) & BULK_UPDATES) !== 0;
    const isSnapshot = isList && !(channel.started && bulk);
    if (isList) {
      scan.beginArray();
      while (scan.nextItem()) this.bookEntry();
    } else this.bookEntry();
    if (isSnapshot) channel.started = true;
    if (!this.begin(isSnapshot ? types.snapshot : types.update, connection) || instrument === null) return;
    const book = this.books.of(instrument);
    if (isSnapshot) {
      book.connection = connection;
      if (!market.prepareSnapshot(instrument, rows, this.time)) return;
      if (!market.keepText(instrument, rows, this.time)) return;
      market.snapshot(instrument, rows, this.time, Number.isNaN(this.number) ? 0 : this.number);
      market.live(instrument, this.time);
      return;
    }
    market.introduce(instrument, rows, this.time);
    if (!book.takes(connection)) return;
    if (!market.prepareUpdate(instrument, rows, this.time) || !market.keepText(instrument, rows, this.time)) return;
    market.levels(instrument, rows, this.time, 0, false);
  }

  /** [price, count, amount] */
  private bookEntry(): void {
    const { scan, rows } = this;
    const row = rows.add(Side.None);
    let count = Number.NaN;
    let element = 0;
    scan.beginArray();
    for (; scan.nextItem(); element++) {
      if (element === 0) scanPrice(scan, rows, row);
      else if (element === 1) count = scan.integer();
      else if (element === 2) scanQty(scan, rows, row);
      else scan.skipValue();
    }
    if (element < 3 || !(count >= 0)) scan.misfit('[price, count, amount] is expected');
    rows.side[row] = rows.qty[row] < 0 ? Side.Ask : Side.Bid;
    rows.id[row] = count;
    if (count === 0) {
      rows.qty[row] = 0;
      rows.qtyDecimals[row] = 0;
    } else rows.qty[row] = rows.qty[row] === 0 ? Number.NaN : Math.abs(rows.qty[row]);
  }

  private checksum(channel: Channel): void {
    const { scan, market } = this;
    const { connection, instrument } = channel;
    scan.pos = Math.max(this.payloadAt, 0);
    const checksum = this.payloadAt < 0 ? Number.NaN : scan.integer();
    if (Number.isNaN(checksum)) scan.misfit('a checksum is an integer');
    if (!this.begin(this.types.cs, connection) || instrument === null) return;
    const book = this.books.of(instrument);
    if (instrument.stale !== StaleReason.None || book.connection !== connection) return;
    market.compareChecksum(instrument, checksum, interleavedChecksum(instrument.textBook!, CHECKSUM_LEVELS), this.time);
  }

  private trades(channel: Channel): void {
    const { scan, rows, market, types } = this;
    const { connection, instrument } = channel;
    const isUpdate = this.tagIs(TU);
    const isList = this.openPayload();
    if (isList) {
      scan.beginArray();
      while (scan.nextItem()) this.tradeEntry();
    } else this.tradeEntry();
    const type = isUpdate ? types.tu : this.tagIs(TE) ? types.te : types.trades;
    if (!this.begin(type, connection) || isUpdate || instrument === null) return;
    market.trades(instrument, rows, isList ? EventFlag.Snapshot : 0);
  }

  /** [id, ms, amount, price] */
  private tradeEntry(): void {
    const { scan, rows, market } = this;
    const row = rows.add(Side.None);
    let element = 0;
    scan.beginArray();
    for (; scan.nextItem(); element++) {
      if (element === 0) rows.id[row] = scan.idOrZero();
      else if (element === 1) rows.time[row] = market.times.millis(scan.integer());
      else if (element === 2) scanQty(scan, rows, row);
      else if (element === 3) scanPrice(scan, rows, row);
      else scan.skipValue();
    }
    if (element < 4) scan.misfit('[id, ms, amount, price] is expected');
    rows.side[row] = rows.qty[row] < 0 ? Side.Ask : Side.Bid;
    rows.qty[row] = Math.abs(rows.qty[row]);
  }

  /** [bid, bid size, ask, ask size, ...] */
  private ticker(channel: Channel): void {
    const { scan, rows, market } = this;
    const { connection, instrument } = channel;
    rows.add(Side.Bid);
    rows.add(Side.Ask);
    if (this.openPayload()) scan.misfit('one entry is expected');
    let element = 0;
    scan.beginArray();
    for (; scan.nextItem(); element++) {
      if (element === 0 && scan.peek() !== 0x6e) scanPrice(scan, rows, 0);
      else if (element === 2 && scan.peek() !== 0x6e) scanPrice(scan, rows, 1);
      else scan.skipValue();
    }
    if (element < 4) scan.misfit('[bid, bid size, ask, ask size, ...] is expected');
    rows.emptyIfMissing(0);
    rows.emptyIfMissing(1);
    if (!this.begin(this.types.ticker, connection) || instrument === null) return;
    market.touch(instrument, rows, this.time);
  }
}
