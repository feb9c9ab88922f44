/**
 * What happens on the connections of a session, as calls: the same for a live session (live/live-feed.ts) and for the
 * capture that was recorded of it (capture-decoder.ts), so that both emit the same events. Pure: times are given.
 *
 * Venues are declared, by a live session or in the header of its capture; or one is found from what a capture holds,
 * which then has the rules of recordings: one decoder for all connections, what can't be decoded is damage.
 *
 * Declared venues have these rules. A decoder that takes several lines is told of them and arbitrates by sequence; of any
 * other venue one connection is decoded, the first that was up, and the others stand by: when it is lost its books are
 * stale, and the next one is to subscribe. A frame that is not what the venue sends is refused, and the books of its
 * connection are stale until it was made anew. Frames that are skipped because the engine fell behind make every book
 * stale.
 */
import { StaleReason } from '../../core/event.ts';
import { protocolOf } from '../live/protocols/index.ts';
import { FrameError } from './json-cursor.ts';
import { MarketFamily, TextMarket, type TextOptions } from './market.ts';
import { NameTable } from './name-table.ts';
import type { VenueDecoder } from './venue.ts';

/** As the header of a capture states it. */
export interface DeclaredVenue {
  /** A LiveVenueName. */
  readonly venue: string;
  /** In front of its symbols; '' in a run of one venue. */
  readonly prefix: string;
  /** Subscribed to, as the venue writes them: what is said of others (by a damaged frame) is nobody's. */
  readonly symbols: readonly string[];
}

export interface SessionVenue {
  readonly name: string;
  readonly market: TextMarket;
  readonly decoder: VenueDecoder;
  /** It has the rules of live sessions. */
  readonly isDeclared: boolean;
  /** Connections that are up, the first to come up first. */
  readonly up: number[];
}

/** A venue's name as it stands in the names of its connections: BINANCE_USDM.ws.1. */
export function connectionPrefix(venue: string): string {
  return venue.toUpperCase().replaceAll('-', '_');
}

export class CaptureSession {
  readonly venues: SessionVenue[] = [];
  /** For what has no venue of its own. */
  readonly market: TextMarket;
  /** Connections by name. */
  private readonly names = new NameTable();
  private readonly isUp: boolean[] = [];
  /** Connections that were up or brought a frame: one that comes up new takes nothing along. */
  private readonly isUsed: boolean[] = [];
  private readonly options: TextOptions;
  private readonly family = new MarketFamily();
  private isSkipping = false;

  constructor(options: TextOptions) {
    this.options = options;
    this.market = new TextMarket(options, this.family);
  }

  /** Number of a connection, given when it is first asked for. */
  connection(bytes: Uint8Array, from: number, to: number): number {
    const known = this.names.find(bytes, from, to);
    return known >= 0 ? known : this.names.add(bytes, from, to);
  }

  /** Null where the name is of no venue that can be followed live. */
  declare(declared: DeclaredVenue): SessionVenue | null {
    const { venue: name, prefix, symbols } = declared;
    const known = this.venues.find((one) => one.name === name);
    if (known !== undefined) return known.isDeclared && known.market.prefix === prefix ? known : null;
    const protocol = protocolOf(name);
    if (protocol === null) return null;
    const wanted = this.options.symbols;
    const own = symbols.filter((symbol) => wanted === null || wanted.includes(prefix + symbol));
    const market = new TextMarket({ base: this.options.base, symbols: own, prefix }, this.family);
    market.where = () => this.market.where();
    return this.add(name, market, protocol.makeDecoder(market), true);
  }

  /** The one venue of a capture that declares none. */
  found(name: string, make: (market: TextMarket) => VenueDecoder): SessionVenue {
    return this.add(name, this.market, make(this.market), false);
  }

  /** Everything that follows was received at `tsRecv`, session ns. */
  at(tsRecv: number): void {
    this.market.tsRecv = tsRecv;
    for (const venue of this.venues) venue.market.tsRecv = tsRecv;
  }

  /** The venue says so before its first message: see TextMarket.terms. */
  terms(venue: SessionVenue, symbol: string, tick: string, lot: string): boolean {
    const name = Buffer.from(symbol, 'latin1');
    const instrument = venue.market.instruments.get(name, 0, name.length);
    return instrument !== null && venue.market.terms(instrument, tick, lot);
  }

  /** Also called in front of a new connection under an old name: the old one must be gone. */
  connected(venue: SessionVenue | null, connection: number): void {
    if (this.isUsed[connection] === true) this.disconnected(venue, connection);
    this.isUsed[connection] = true;
    this.isUp[connection] = true;
    this.market.connection(connection, true);
    if (venue === null) return;
    venue.up.push(connection);
    if (venue.isDeclared && !this.isSkipping) venue.decoder.redundancy?.lineUp(connection);
  }

  disconnected(venue: SessionVenue | null, connection: number): void {
    if (this.isUp[connection] === true) this.market.connection(connection, false);
    this.isUp[connection] = false;
    if (venue === null) return;
    const at = venue.up.indexOf(connection);
    if (at >= 0) venue.up.splice(at, 1);
    venue.decoder.disconnected(connection);
  }

  /** Nothing came for longer than the venue's rules allow; a reconnect follows. */
  silent(venue: SessionVenue, connection: number): void {
    this.lose(venue, connection, StaleReason.Silent);
  }

  /** The connection that is decoded of a venue whose decoder takes one at a time; -1 where none is up. */
  primary(venue: SessionVenue): number {
    return venue.up.length === 0 ? -1 : venue.up[0];
  }

  /** A frame. Throws FrameError when it is not what the venue sends. */
  received(venue: SessionVenue, bytes: Uint8Array, from: number, to: number, connection: number): void {
    this.isUsed[connection] = true;
    if (venue.isDeclared) {
      if (this.isSkipping) this.resume();
      if (venue.decoder.redundancy == null && this.primary(venue) !== connection) {
        venue.market.begin(venue.market.stats.type('on a line that stands by'));
        return;
      }
    }
    venue.decoder.frame(bytes, from, to, connection);
  }

  /** `received`, as live does it. False: the frame was refused; the connection is to be made anew. */
  offered(venue: SessionVenue, bytes: Uint8Array, from: number, to: number, connection: number): boolean {
    try {
      this.received(venue, bytes, from, to, connection);
      return true;
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      this.refuse(venue, error);
      this.lose(venue, connection, StaleReason.BadValue);
      return false;
    }
  }

  /** A frame that is not decoded, because the engine fell behind. The next one that is `received` ends this. */
  skipped(venue: SessionVenue): void {
    if (!this.isSkipping) {
      this.isSkipping = true;
      for (const one of this.venues) for (const connection of one.up) this.lose(one, connection, StaleReason.Overrun);
    }
    venue.market.begin(venue.market.stats.type('skipped'));
  }

  /** An answer of the venue's REST interface. Throws FrameError when it is not one. */
  answered(venue: SessionVenue, url: string, bytes: Uint8Array, from: number, to: number): void {
    if (venue.decoder.wantsRest(url)) venue.decoder.rest(url, bytes, from, to);
  }

  /** `answered`, as live does it. False: the answer was refused. */
  offeredAnswer(venue: SessionVenue, url: string, bytes: Uint8Array, from: number, to: number): boolean {
    try {
      this.answered(venue, url, bytes, from, to);
      return true;
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      this.refuse(venue, error);
      return false;
    }
  }

  /** Symbols that were seen, under the names that the run gives them. */
  seenSymbols(): string[] {
    const markets = this.venues.length === 0 ? [this.market] : this.venues.map((venue) => venue.market);
    return markets.flatMap((market) => market.instruments.seenSymbols().map((symbol) => market.prefix + symbol));
  }

  remarks(): string[] {
    return this.venues.flatMap((venue) => venue.decoder.remarks());
  }

  private add(name: string, market: TextMarket, decoder: VenueDecoder, isDeclared: boolean): SessionVenue {
    const venue: SessionVenue = { name, market, decoder, isDeclared, up: [] };
    this.venues.push(venue);
    return venue;
  }

  private refuse(venue: SessionVenue, error: FrameError): void {
    const { market } = venue;
    market.begin(market.stats.type('refused'));
    market.stats.note(`${market.where()}: ${venue.name}: not what the venue sends, refused: ${error.message}`);
  }

  private lose(venue: SessionVenue, connection: number, reason: StaleReason): void {
    venue.market.lossReason = reason;
    venue.decoder.disconnected(connection);
    venue.market.lossReason = StaleReason.Disconnected;
  }

  private resume(): void {
    this.isSkipping = false;
    for (const venue of this.venues) for (const connection of venue.up) venue.decoder.redundancy?.lineUp(connection);
  }
}
