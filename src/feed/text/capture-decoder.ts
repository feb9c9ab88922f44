/**
 * Captures: the raw frames of one venue's connections with their receive times, a JSON object a line. `t` is the kind:
 * header (names the exchange), connect, disconnect, send, recv (a websocket frame), http (an answer of the REST
 * interface). A message is one recv line, or one REST snapshot that was used.
 *
 * Captures of live sessions say in their header which venues they are of, and hold what live decided as well: refused (a
 * frame or answer that could not be read), skip (a frame that was not decoded because the engine fell behind), silent,
 * terms (an instrument's tick and lot), note (remarks for people).
 */
import { TapeheadError } from '../../core/errors.ts';
import type { EventSink } from '../sink.ts';
import { BinanceVenue } from './binance-venue.ts';
import { BitfinexVenue } from './bitfinex.ts';
import { BybitVenue } from './bybit.ts';
import { fieldsOf, type LiveHeader, parseHeader } from './capture-header.ts';
import { CaptureLine } from './capture-line.ts';
import { CaptureSession, connectionPrefix, type SessionVenue } from './capture-session.ts';
import { CoinbaseVenue } from './coinbase.ts';
import { FrameError } from './json-cursor.ts';
import { ascii } from './json-scan.ts';
import { KrakenVenue } from './kraken.ts';
import { LineDecoder } from './lines.ts';
import type { TextMarket, TextOptions } from './market.ts';
import { OkxVenue } from './okx.ts';
import type { VenueDecoder } from './venue.ts';

const HEADER = ascii('header');
const RECV = ascii('recv');
const SEND = ascii('send');
const HTTP = ascii('http');
const CONNECT = ascii('connect');
// of live sessions
const REFUSED = ascii('refused');
const SKIP = ascii('skip');
const SILENT = ascii('silent');
const TERMS = ascii('terms');
const NOTE = ascii('note');
const DISCONNECTS = [ascii('disconnect'), ascii('close'), ascii('closed')];

interface VenueEntry {
  /** Names in a header. */
  readonly exchanges: readonly string[];
  /** Hosts of its connections. */
  readonly host: RegExp;
  /** What only its frames look like, for captures without a header and addresses. */
  readonly frame: RegExp;
  make(market: TextMarket): VenueDecoder;
}

const VENUES: readonly VenueEntry[] = [
  {
    exchanges: ['BINANCE', 'BINANCE_US', 'BINANCE_FUTURES', 'BINANCE_DELIVERY', 'BINANCE_TR'],
    host: /(^|\.)binance\.(com|us|vision)$/,
    frame: /^\{"(stream":"|e":"|u":\d+,"s":)/,
    make: (market) => new BinanceVenue(market),
  },
  {
    exchanges: ['KRAKEN'],
    host: /^ws(-beta|-auth)?\.kraken\.com$/,
    frame:
      /^(\[\d+,.*"(book-\d+|trade|ticker|spread|ohlc-\d+)","[^"]+"\]$|\{.*"event":"(systemStatus|subscriptionStatus|heartbeat)"|\{"channel":"(book|trade|ticker|instrument|status|heartbeat)"(\}|,"(type|data)":))/,
    make: (market) => new KrakenVenue(market),
  },
  {
    exchanges: ['OKX', 'OKEX'],
    host: /(^|\.)(okx|okex)\.com$/,
    frame: /^\{("event":"[a-z]+",)?"arg":\{"channel":"/,
    make: (market) => new OkxVenue(market),
  },
  {
    exchanges: ['COINBASE', 'COINBASE_ADVANCED', 'COINBASE_EXCHANGE'],
    host: /(^|\.)(coinbase|gdax)\.com$/,
    frame:
      /^\{("channel":"|"type":"(snapshot|l2update|ticker|match|last_match|subscriptions|heartbeat|received|open|done|change)")/,
    make: (market) => new CoinbaseVenue(market),
  },
  {
    exchanges: ['BITFINEX'],
    host: /(^|\.)bitfinex\.com$/,
    frame: /^\{"event":"(info|subscribed|conf)"/,
    make: (market) => new BitfinexVenue(market),
  },
  {
    exchanges: ['BYBIT'],
    host: /(^|\.)bybit(-tr|georgia)?\.(com|kz|ge)$/,
    frame: /^\{("topic":"|"success":(true|false),"ret_msg":")/,
    make: (market) => new BybitVenue(market),
  },
];

const SUPPORTED = 'supported are Binance, Kraken, OKX, Coinbase, Bitfinex and Bybit';

export class CaptureDecoder extends LineDecoder {
  private readonly session: CaptureSession;
  private readonly parts = new CaptureLine();
  /** The venue of a capture that declares none, once it is known. */
  private venue: SessionVenue | null = null;
  private entry: VenueEntry | null = null;
  /** By connection; of captures that declare their venues. */
  private readonly venueOf: (SessionVenue | undefined)[] = [];
  private isDeclared = false;
  /** The live session that the lines are of. */
  private sessionId = '';
  private fileName = '';
  private readonly isShared: boolean;
  private readonly binaryType: number;
  private binaryFrames = 0;
  private readonly unknownKinds = new Map<string, number>();

  /** `shared`: of several captures that are read side by side; symbols have their venue in front then. */
  constructor(options: TextOptions, shared: CaptureSession | null = null) {
    const session = shared ?? new CaptureSession(options);
    super(session.market);
    this.session = session;
    this.isShared = shared !== null;
    this.binaryType = this.market.stats.type('binary');
  }

  override beginFile(file: string): void {
    super.beginFile(file);
    this.fileName = file;
  }

  override seenSymbols(): string[] {
    return this.session.seenSymbols();
  }

  /** Receive time of a line, session ns: -Infinity for one without a time, NaN for one that can't be read. */
  timeOf(bytes: Uint8Array, from: number, to: number): number {
    try {
      this.parts.read(bytes, from, to);
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      return Number.NaN;
    }
    if (this.parts.timeTo === 0) return Number.NEGATIVE_INFINITY;
    return this.market.times.seconds(bytes, this.parts.timeFrom, this.parts.timeTo);
  }

  protected override opened(sink: EventSink): void {
    for (const { market } of this.session.venues) market.open(sink);
  }

  protected line(bytes: Uint8Array, from: number, to: number): void {
    const line = this.parts;
    line.read(bytes, from, to);
    if (line.kindIs(RECV)) this.received(from);
    else if (line.kindIs(HTTP)) this.answered(from);
    else if (line.kindIs(CONNECT)) this.connected(from);
    else if (line.kindIs(HEADER)) this.header(from, to);
    else if (DISCONNECTS.some((name) => line.kindIs(name))) this.disconnected(from);
    else if (line.kindIs(REFUSED)) this.refused(from);
    else if (line.kindIs(SKIP)) this.session.skipped(this.declaredVenue(this.at(from), from));
    else if (line.kindIs(SILENT)) this.silent(from);
    else if (line.kindIs(TERMS)) this.terms(from, to);
    else if (!line.kindIs(SEND) && !line.kindIs(NOTE)) {
      this.unknownKinds.set(line.kind, (this.unknownKinds.get(line.kind) ?? 0) + 1);
    }
  }

  protected remarks(): string[] {
    return [...this.session.remarks(), ...this.ownRemarks()];
  }

  /** What there is to say of the lines, beside what the venues have to say. */
  ownRemarks(): string[] {
    const remarks: string[] = [];
    if (this.binaryFrames > 0)
      remarks.push(`${this.binaryFrames} binary frames could not be unpacked and are left out`);
    for (const [kind, count] of this.unknownKinds) remarks.push(`${count} lines of the unknown kind ${kind} left out`);
    return remarks;
  }

  /** Takes the line's time as the session's, and returns the number of its connection. */
  private at(from: number): number {
    const { bytes, connFrom, connTo } = this.parts;
    this.takeTime(from);
    return this.session.connection(bytes, connFrom, connTo);
  }

  private takeTime(from: number): void {
    const { bytes, timeFrom, timeTo } = this.parts;
    const tsRecv = timeTo === 0 ? Number.NaN : this.market.times.seconds(bytes, timeFrom, timeTo);
    if (Number.isNaN(tsRecv))
      throw new FrameError(from, `a ${this.parts.kind} line has "ts", its receive time in seconds`);
    this.session.at(tsRecv);
  }

  /** Names one exchange; or, of a live session's capture, its venues. */
  private header(from: number, to: number): void {
    const { exchange } = this.parts;
    const header = parseHeader(this.parts.bytes, from, to);
    if (header !== null) {
      this.declare(header, from);
      return;
    }
    if (exchange === '') return;
    const entry = VENUES.find((one) => one.exchanges.includes(exchange.toUpperCase()));
    if (entry === undefined) throw this.unsupported(exchange);
    this.use(entry);
  }

  private declare(header: LiveHeader, from: number): void {
    if (header.session === this.sessionId) return; // the next file of the same session
    if (this.venue !== null) {
      throw new TapeheadError(
        'FORMAT',
        `${this.fileName}: of a live session, but what came before is not: replay them apart`,
      );
    }
    if (this.sessionId !== '') {
      throw new TapeheadError(
        'FORMAT',
        `${this.fileName}: of another live session than the file before it: replay them apart`,
      );
    }
    this.sessionId = header.session;
    this.isDeclared = true;
    for (const declared of header.venues) {
      const prefix = this.isShared ? `${declared.venue}:` : declared.prefix;
      if (this.session.declare({ ...declared, prefix }) === null) throw this.unsupported(declared.venue);
    }
    this.takeTime(from);
    this.opened(this.market.sink);
  }

  private connected(from: number): void {
    const connection = this.at(from);
    const { addr } = this.parts;
    if (!this.isDeclared && this.venue === null && addr !== '') {
      const host = hostOf(addr);
      const entry = VENUES.find((one) => one.host.test(host));
      if (entry === undefined) throw this.unsupported(host);
      this.use(entry);
    }
    this.session.connected(this.lineVenue(connection, from), connection);
  }

  private disconnected(from: number): void {
    const connection = this.at(from);
    this.session.disconnected(this.lineVenue(connection, from), connection);
  }

  private silent(from: number): void {
    const connection = this.at(from);
    this.session.silent(this.declaredVenue(connection, from), connection);
  }

  private received(from: number): void {
    const connection = this.at(from);
    const line = this.parts;
    if (!line.frame()) {
      this.binaryFrames++;
      this.market.begin(this.binaryType);
      return;
    }
    const venue = this.lineVenue(connection, from) ?? this.fromNames() ?? this.recognise();
    try {
      this.session.received(venue, line.frameBytes, line.frameFrom, line.frameTo, connection);
    } catch (error) {
      throw this.inFrame(error);
    }
  }

  /** Live could not read this frame (or answer, with a "url"); what it did then is done again. */
  private refused(from: number): void {
    const connection = this.at(from);
    const line = this.parts;
    const { url } = line;
    const venue = this.declaredVenue(connection, from);
    line.rawFrame();
    const { frameBytes, frameFrom, frameTo } = line;
    const isRead =
      url === ''
        ? this.session.offered(venue, frameBytes, frameFrom, frameTo, connection)
        : this.session.offeredAnswer(venue, url, frameBytes, frameFrom, frameTo);
    if (isRead) this.market.stats.note(`${this.market.where()}: refused by live, but it can be read now`);
  }

  private answered(from: number): void {
    const line = this.parts;
    const { url } = line;
    const venue = this.isDeclared ? this.namedVenue(from) : (this.venue ?? this.fromNames());
    if (venue === null || !venue.decoder.wantsRest(url)) return;
    this.at(from);
    if (!line.frame()) return;
    try {
      this.session.answered(venue, url, line.frameBytes, line.frameFrom, line.frameTo);
    } catch (error) {
      throw this.inFrame(error);
    }
  }

  private terms(from: number, to: number): void {
    const connection = this.at(from);
    const { symbol, tick, lot } = fieldsOf(this.parts.bytes, from, to);
    if (typeof symbol !== 'string' || typeof tick !== 'string' || typeof lot !== 'string') {
      throw new FrameError(from, 'a terms line has symbol, tick and lot as text');
    }
    this.session.terms(this.declaredVenue(connection, from), symbol, tick, lot);
  }

  /** What is wrong with a frame stands at a byte of the frame, unescaped; the error names the line's byte as well. */
  private inFrame(error: unknown): unknown {
    if (!(error instanceof FrameError)) return error;
    const { dataAt, frameFrom } = this.parts;
    return new FrameError(dataAt, `${error.message} (byte ${error.at - frameFrom} of the frame)`);
  }

  /** The venue of the line at hand, by its connection; null where it is not known yet. */
  private lineVenue(connection: number, from: number): SessionVenue | null {
    return this.isDeclared ? this.declaredVenue(connection, from) : this.venue;
  }

  private declaredVenue(connection: number, from: number): SessionVenue {
    const known = this.venueOf[connection];
    if (known !== undefined) return known;
    const venue = this.namedVenue(from);
    this.venueOf[connection] = venue;
    return venue;
  }

  private namedVenue(from: number): SessionVenue {
    const { conn, kind } = this.parts;
    const name = conn.split('.', 1)[0];
    const venue = this.session.venues.find((one) => one.isDeclared && connectionPrefix(one.name) === name);
    if (venue === undefined) {
      throw new FrameError(from, `a ${kind} line of "${conn}": the header declares no such venue`);
    }
    return venue;
  }

  /** Where the capture's start is missing: a connection is called EXCHANGE.kind.number, or the line has an address. */
  private fromNames(): SessionVenue | null {
    const { conn, addr, url } = this.parts;
    const exchange = conn.split('.', 1)[0].toUpperCase();
    const entry =
      VENUES.find((one) => one.exchanges.includes(exchange)) ??
      VENUES.find((one) => one.host.test(hostOf(addr)) || one.host.test(hostOf(url)));
    return entry === undefined ? null : this.use(entry);
  }

  private recognise(): SessionVenue {
    const { frameBytes, frameFrom, frameTo } = this.parts;
    const text = Buffer.from(frameBytes.subarray(frameFrom, frameTo)).toString('utf8');
    const entry = VENUES.find((one) => one.frame.test(text));
    if (entry === undefined) {
      throw new TapeheadError(
        'FORMAT',
        `${this.fileName}: no header or address says which venue this capture is from, and its first frame does not show it; ${SUPPORTED}`,
      );
    }
    return this.use(entry);
  }

  private use(entry: VenueEntry): SessionVenue {
    if (this.isDeclared) {
      throw new TapeheadError(
        'FORMAT',
        `${this.fileName}: not of the live session that came before: replay them apart`,
      );
    }
    if (this.venue === null || this.entry === null) {
      this.venue = this.session.found(entry.exchanges[0], entry.make);
      this.entry = entry;
    } else if (this.entry !== entry) {
      throw new TapeheadError(
        'FORMAT',
        `${this.fileName}: from ${entry.exchanges[0]}, but what came before is from ${this.entry.exchanges[0]}: replay them apart`,
      );
    }
    return this.venue;
  }

  private unsupported(name: string): TapeheadError {
    return new TapeheadError('FORMAT', `${this.fileName}: captures of ${name} can't be decoded; ${SUPPORTED}`);
  }
}

function hostOf(address: string): string {
  return /^[a-z]+:\/\/([^/:?#]+)/i.exec(address)?.[1]?.toLowerCase() ?? address;
}
