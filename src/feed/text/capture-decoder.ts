/**
 * Captures: the raw frames of one venue's connections with their receive times, a JSON object a line. `t` is the kind:
 * header (names the exchange), connect, disconnect, send, recv (a websocket frame), http (an answer of the REST
 * interface). A message is one recv line, or one REST snapshot that was used.
 */
import { TapeheadError } from '../../core/errors.ts';
import { BinanceVenue } from './binance-venue.ts';
import { BitfinexVenue } from './bitfinex.ts';
import { CaptureLine } from './capture-line.ts';
import { CoinbaseVenue } from './coinbase.ts';
import { FrameError } from './json-cursor.ts';
import { ascii } from './json-scan.ts';
import { KrakenVenue } from './kraken.ts';
import { LineDecoder } from './lines.ts';
import { TextMarket, type TextOptions } from './market.ts';
import { NameTable } from './name-table.ts';
import { OkxVenue } from './okx.ts';
import type { VenueDecoder } from './venue.ts';

const HEADER = ascii('header');
const RECV = ascii('recv');
const SEND = ascii('send');
const HTTP = ascii('http');
const CONNECT = ascii('connect');
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
      /^(\[\d+,.*"(book-\d+|trade|ticker|spread|ohlc-\d+)","[^"]+"\]$|\{.*"event":"(systemStatus|subscriptionStatus|heartbeat)")/,
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
    frame: /^\{("channel":"|"type":"(snapshot|l2update|ticker|match|last_match|subscriptions|heartbeat)")/,
    make: (market) => new CoinbaseVenue(market),
  },
  {
    exchanges: ['BITFINEX'],
    host: /(^|\.)bitfinex\.com$/,
    frame: /^\{"event":"(info|subscribed|conf)"/,
    make: (market) => new BitfinexVenue(market),
  },
];

const SUPPORTED = 'supported are Binance, Kraken, OKX, Coinbase and Bitfinex';

export class CaptureDecoder extends LineDecoder {
  private readonly parts = new CaptureLine();
  private readonly connections = new NameTable();
  /** Connections that were seen to go up, by number. */
  private readonly up: boolean[] = [];
  private venue: VenueDecoder | null = null;
  private entry: VenueEntry | null = null;
  private fileName = '';
  private readonly binaryType: number;
  private binaryFrames = 0;
  private readonly unknownKinds = new Map<string, number>();

  constructor(options: TextOptions) {
    const market = new TextMarket(options);
    super(market);
    this.binaryType = market.stats.type('binary');
  }

  override beginFile(file: string): void {
    super.beginFile(file);
    this.fileName = file;
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

  protected line(bytes: Uint8Array, from: number, to: number): void {
    const line = this.parts;
    line.read(bytes, from, to);
    if (line.kindIs(RECV)) this.received(this.at(from));
    else if (line.kindIs(HTTP)) this.answered(from);
    else if (line.kindIs(CONNECT)) this.connected(this.at(from));
    else if (line.kindIs(HEADER)) this.header();
    else if (DISCONNECTS.some((name) => line.kindIs(name))) this.disconnected(this.at(from));
    else if (!line.kindIs(SEND)) this.unknownKinds.set(line.kind, (this.unknownKinds.get(line.kind) ?? 0) + 1);
  }

  protected remarks(): string[] {
    const remarks = this.venue?.remarks() ?? [];
    if (this.binaryFrames > 0)
      remarks.push(`${this.binaryFrames} binary frames could not be unpacked and are left out`);
    for (const [kind, count] of this.unknownKinds) remarks.push(`${count} lines of the unknown kind ${kind} left out`);
    return remarks;
  }

  /** Takes the line's time as the market's, and returns the number of its connection. */
  private at(from: number): number {
    const line = this.parts;
    const { bytes, timeFrom, timeTo, connFrom, connTo } = line;
    const tsRecv = timeTo === 0 ? Number.NaN : this.market.times.seconds(bytes, timeFrom, timeTo);
    if (Number.isNaN(tsRecv)) throw new FrameError(from, `a ${line.kind} line has "ts", its receive time in seconds`);
    this.market.tsRecv = tsRecv;
    const known = this.connections.find(bytes, connFrom, connTo);
    return known >= 0 ? known : this.connections.add(bytes, connFrom, connTo);
  }

  private header(): void {
    const { exchange } = this.parts;
    if (exchange === '') return;
    const entry = VENUES.find((one) => one.exchanges.includes(exchange.toUpperCase()));
    if (entry === undefined) throw this.unsupported(exchange);
    this.use(entry);
  }

  private connected(connection: number): void {
    const { addr } = this.parts;
    if (this.venue === null && addr !== '') {
      const host = hostOf(addr);
      const entry = VENUES.find((one) => one.host.test(host));
      if (entry === undefined) throw this.unsupported(host);
      this.use(entry);
    }
    this.disconnected(connection);
    this.up[connection] = true;
    this.market.connection(connection, true);
  }

  /** Also called in front of a new connection under an old name: the old one must be gone. */
  private disconnected(connection: number): void {
    if (this.up[connection] === true) this.market.connection(connection, false);
    this.up[connection] = false;
    this.venue?.disconnected(connection);
  }

  private received(connection: number): void {
    const line = this.parts;
    if (!line.frame()) {
      this.binaryFrames++;
      this.market.begin(this.binaryType);
      return;
    }
    const venue = this.venue ?? this.fromNames() ?? this.recognise();
    try {
      venue.frame(line.frameBytes, line.frameFrom, line.frameTo, connection);
    } catch (error) {
      throw this.inFrame(error);
    }
  }

  private answered(from: number): void {
    const line = this.parts;
    const { url } = line;
    const venue = this.venue ?? this.fromNames();
    if (venue === null || !venue.wantsRest(url)) return;
    this.at(from);
    if (!line.frame()) return;
    try {
      venue.rest(url, line.frameBytes, line.frameFrom, line.frameTo);
    } catch (error) {
      throw this.inFrame(error);
    }
  }

  /** What is wrong with a frame stands at a byte of the frame, unescaped; the error names the line's byte as well. */
  private inFrame(error: unknown): unknown {
    if (!(error instanceof FrameError)) return error;
    const { dataAt, frameFrom } = this.parts;
    return new FrameError(dataAt, `${error.message} (byte ${error.at - frameFrom} of the frame)`);
  }

  /** Where the capture's start is missing: a connection is called EXCHANGE.kind.number, or the line has an address. */
  private fromNames(): VenueDecoder | null {
    const { conn, addr, url } = this.parts;
    const exchange = conn.split('.', 1)[0].toUpperCase();
    const entry =
      VENUES.find((one) => one.exchanges.includes(exchange)) ??
      VENUES.find((one) => one.host.test(hostOf(addr)) || one.host.test(hostOf(url)));
    return entry === undefined ? null : this.use(entry);
  }

  private recognise(): VenueDecoder {
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

  private use(entry: VenueEntry): VenueDecoder {
    if (this.venue === null || this.entry === null) {
      this.venue = entry.make(this.market);
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
