/**
 * ITCH as a protocol of the exchange: its markets order by order, over MoldUDP64 and SoupBinTCP, on sockets of its own. Orders
 * are not taken: Nasdaq takes them by another protocol.
 */
import { assert } from '../../core/assert.ts';
import { newYorkMidnight } from '../../feed/session-day.ts';
import { listingOf } from '../listing.ts';
import {
  type Connection,
  type ExchangeProtocol,
  jsonReply,
  type ProtocolKind,
  type ProtocolReply,
  type ProtocolServices,
  Refusal,
} from '../protocol.ts';
import { MarketFlow } from './market-flow.ts';
import { type ItchVenue, type ItchVenueOptions, startItchVenue } from './venue.ts';

/** ITCH states prices in units of 1/10,000. */
const ITCH_DECIMALS = 4;

/** Where the lines go, log-ins and faults: as for a venue with a recording. */
export type ItchProtocolOptions = Omit<ItchVenueOptions, 'flow' | 'host'>;

export function itchProtocol(options: ItchProtocolOptions): ProtocolKind {
  return {
    name: 'itch',
    listings: (assets) => assets.map((asset) => listingOf(asset, 'USD', 'spot')),
    make: (services) => new ItchProtocol(options, services),
  };
}

export class ItchProtocol implements ExchangeProtocol {
  readonly name = 'itch';
  /** While it listens. */
  venue: ItchVenue | null = null;
  private readonly options: ItchProtocolOptions;
  private readonly flow: MarketFlow;
  private host = '';
  private isOpen = true;

  constructor(options: ItchProtocolOptions, services: ProtocolServices) {
    this.options = options;
    const { exchange } = services;
    const date = new Intl.DateTimeFormat('en-CA', { timeZone: 'America/New_York' }).format(services.nowUs() / 1000);
    const midnightUs = Number(newYorkMidnight(date) / 1000n);
    const listings = exchange.markets.map(({ symbol, listing }) => {
      assert(listing.priceDecimals <= ITCH_DECIMALS, `${symbol} has a tick that ITCH can state`);
      return { symbol, unitsPerTick: 10 ** (ITCH_DECIMALS - listing.priceDecimals) };
    });
    const nowNs = () => Math.max(0, services.nowUs() - midnightUs) * 1000;
    this.flow = new MarketFlow(listings, nowNs, () => this.isOpen);
    exchange.listen({ publicOrder: (market, event) => this.flow.order(market.index, event) });
  }

  addresses(): readonly string[] {
    const { udp, session } = this.options;
    const lines = [`ITCH 5.0, session ${session}`];
    if (udp !== undefined) lines.push(`MoldUDP64 to ${udp.b === undefined ? udp.a : `${udp.a} and ${udp.b}`}`);
    if (this.venue === null) return lines;
    const { retransmitPort, soupPort } = this.venue;
    if (retransmitPort !== 0) lines.push(`retransmission at ${this.host}:${retransmitPort}`);
    if (soupPort !== 0) lines.push(`SoupBinTCP at ${this.host}:${soupPort}`);
    return lines;
  }

  http(): ProtocolReply {
    return jsonReply({ error: 'ITCH is not served over HTTP' }, 404);
  }

  connect(): Connection | Refusal {
    return new Refusal(this.http());
  }

  pulse(): void {
    // The lines have a loop of their own, which takes what the exchange's listener was told.
  }

  async listen(host: string): Promise<void> {
    this.host = host;
    this.venue = await startItchVenue({ ...this.options, host, flow: this.flow });
  }

  /** The session is over: clients get the rest of it, and are told so. */
  end(): void {
    this.isOpen = false;
  }

  async close(): Promise<void> {
    this.end();
    await this.venue?.close();
  }
}
