/** A venue server in this process, and a client of it that decodes what comes with a decoder of ours. */
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import WebSocket from 'ws';
import type { Market } from '../../src/exchange/market.ts';
import type { ProtocolFaults, ProtocolKind } from '../../src/exchange/protocol.ts';
import { machineClockUs, VenueServer } from '../../src/exchange/venue-server.ts';
import type { LiveProtocol } from '../../src/feed/live/protocol.ts';
import { TextMarket } from '../../src/feed/text/market.ts';
import type { VenueDecoder } from '../../src/feed/text/venue.ts';
import { CAPTURE_BASE } from './capture-script.ts';
import { EventBooks } from './event-books.ts';
import { decimalText, EventProbe, type SeenEvent } from './event-probe.ts';
import { NO_FAULTS } from './no-faults.ts';

const PATIENCE_MS = 60_000;

export function startVenue(
  kind: ProtocolKind,
  seed: number,
  rate: number,
  faults?: ProtocolFaults,
): Promise<VenueServer> {
  return VenueServer.start({
    kinds: [kind],
    assets: ['BTC', 'ETH'],
    seed,
    rate,
    faults: faults ?? NO_FAULTS,
    net: { port: 0, maxFrameBytes: 1 << 16, maxBodyBytes: 1 << 16, maxBacklogBytes: 1 << 26, idleSeconds: 60 },
    nowUs: machineClockUs(),
  });
}

/** Waits until it is so. */
export async function until(isSo: () => boolean, what: () => string): Promise<void> {
  const end = Date.now() + PATIENCE_MS;
  while (!isSo()) {
    if (Date.now() > end) throw new Error(`not within ${PATIENCE_MS} ms: ${what()}`);
    await sleep(5);
  }
}

/** The market's levels as `EventBooks.text` shows a book by level. */
export function marketText(market: Market, depth: number): string[] {
  const { priceDecimals, qtyDecimals } = market.listing;
  const side = (isBid: boolean) => {
    const levels = market.depth(isBid, depth);
    return Array.from({ length: levels.length / 2 }, (_, i) => {
      const price = decimalText(levels[i * 2], priceDecimals);
      return `${isBid ? 1 : 2} ${price} ${decimalText(levels[i * 2 + 1], qtyDecimals)}`;
    });
  };
  return [...side(true), ...side(false)].sort();
}

/** Follows a venue by its live protocol: asks for a new book when one is stale, as a live feed does. */
export class VenueClient {
  readonly books = new EventBooks();
  readonly counts: Record<string, number> = {};
  readonly texts: string[] = [];
  private readonly protocol: LiveProtocol;
  private readonly endpoints: { readonly ws: string; readonly rest: string };
  private readonly symbols: readonly string[];
  private readonly market = new TextMarket({ symbols: null, base: CAPTURE_BASE });
  private readonly probe = new EventProbe();
  private readonly decoder: VenueDecoder;
  private socket: WebSocket | null = null;
  private asking = new Set<string>();

  constructor(protocol: LiveProtocol, base: string, symbols: readonly string[]) {
    this.protocol = protocol;
    this.endpoints = { ws: `ws://${base}`, rest: `http://${base}` };
    this.symbols = symbols;
    this.market.open(this.probe.sink);
    this.decoder = protocol.makeDecoder(this.market);
  }

  async open(): Promise<void> {
    const socket = new WebSocket(this.protocol.connectUrl(this.endpoints, this.symbols));
    this.socket = socket;
    socket.on('message', (data: Buffer) => this.received(data));
    await once(socket, 'open');
    for (const frame of this.protocol.subscribe(this.symbols)) socket.send(frame);
    for (const symbol of this.symbols)
      if (this.protocol.resync(this.endpoints, symbol).by === 'rest') this.resync(symbol);
  }

  close(): void {
    this.socket?.terminate();
  }

  send(frame: object): void {
    this.socket?.send(JSON.stringify(frame));
  }

  async terms(): Promise<unknown> {
    const answer = await fetch(this.protocol.termsUrl(this.endpoints, this.symbols));
    return this.protocol.parseTerms(await answer.json(), this.symbols);
  }

  isLive(symbol: string): boolean {
    return this.books.live.get(symbol) === true;
  }

  private received(data: Buffer): void {
    this.texts.push(data.toString());
    if (this.texts.length > 50) this.texts.shift();
    this.decoder.frame(data, 0, data.length, 0);
    this.applied();
  }

  private applied(): void {
    const events = this.probe.take();
    this.books.apply(events);
    for (const event of events) this.saw(event);
  }

  private saw(event: SeenEvent): void {
    this.counts[event.name] = (this.counts[event.name] ?? 0) + 1;
    const symbol = this.books.symbolOf(event.instrument);
    if (event.name === 'Live') this.asking.delete(symbol);
    if (event.name === 'Stale' && event.price !== 1 && !this.asking.has(symbol)) this.resync(symbol);
  }

  private resync(symbol: string): void {
    const resync = this.protocol.resync(this.endpoints, symbol);
    this.asking.add(symbol);
    if (resync.by === 'frames') for (const frame of resync.frames) this.socket?.send(frame);
    else if (resync.by === 'rest') void this.ask(resync.url, symbol);
  }

  private async ask(url: string, symbol: string): Promise<void> {
    while (this.asking.has(symbol) && this.socket?.readyState === WebSocket.OPEN) {
      const answer = await fetch(url);
      const body = Buffer.from(await answer.arrayBuffer());
      this.decoder.rest(url, body, 0, body.length);
      this.applied();
      await sleep(20);
    }
  }
}
