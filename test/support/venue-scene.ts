/** A venue on a port of this machine, and clients of it, all closed with the test. */
import { once } from 'node:events';
import type { TestContext } from 'node:test';
import { WebSocket } from 'ws';
import type { Market } from '../../src/exchange/market.ts';
import { protocolKinds } from '../../src/exchange/protocols.ts';
import { machineClockUs, type VenueOptions, VenueServer } from '../../src/exchange/venue-server.ts';
import { NO_FAULTS } from './no-faults.ts';

export async function startVenue(
  t: TestContext,
  protocols: readonly string[],
  change: Partial<VenueOptions> = {},
): Promise<VenueServer> {
  const venue = await VenueServer.start({
    kinds: protocolKinds(protocols),
    assets: ['BTC', 'ETH'],
    seed: 1,
    rate: 500,
    faults: NO_FAULTS,
    net: { port: 0, maxFrameBytes: 1 << 16, maxBodyBytes: 1 << 16, maxBacklogBytes: 1 << 26, idleSeconds: 60 },
    nowUs: machineClockUs(),
    ...change,
  });
  t.after(() => venue.close());
  return venue;
}

export function marketOf(venue: VenueServer, protocol: string, symbol: string): Market {
  const market = venue.venues.find((one) => one.protocol.name === protocol)?.exchange.marketOf(symbol);
  if (market === undefined) throw new Error(`no ${symbol} at ${protocol}`);
  return market;
}

export type Json = Record<string, unknown>;

/** A websocket client that keeps what came. */
export class VenueClient {
  readonly frames: Json[] = [];
  readonly socket: WebSocket;
  closeCode = 0;
  private wake: () => void = () => undefined;

  constructor(t: TestContext, venue: VenueServer, path: string) {
    this.socket = new WebSocket(`ws://127.0.0.1:${venue.net.port}${path}`);
    this.socket.on('error', () => undefined);
    t.after(() => this.socket.terminate());
    this.socket.on('message', (frame) => {
      this.frames.push(JSON.parse(String(frame)));
      this.wake();
    });
    this.socket.on('close', (code) => {
      this.closeCode = code;
      this.wake();
    });
  }

  static async open(t: TestContext, venue: VenueServer, path: string): Promise<VenueClient> {
    const client = new VenueClient(t, venue, path);
    await once(client.socket, 'open');
    return client;
  }

  send(value: unknown): void {
    this.socket.send(typeof value === 'string' ? value : JSON.stringify(value));
  }

  /** Waits for the first frame, taken or to come, that is so, and returns it. */
  async until(isSo: (frame: Json) => boolean, what = 'a frame'): Promise<Json> {
    for (let from = 0; ; ) {
      for (; from < this.frames.length; from++) if (isSo(this.frames[from])) return this.frames[from];
      if (this.closeCode !== 0) throw new Error(`closed with ${this.closeCode} before ${what} came`);
      await this.next();
    }
  }

  /** Waits for the connection's end; the close code. */
  async closed(): Promise<number> {
    while (this.closeCode === 0) await this.next();
    return this.closeCode;
  }

  private next(): Promise<void> {
    return new Promise((resolve) => {
      this.wake = resolve;
    });
  }
}

export async function getJson(
  venue: VenueServer,
  path: string,
): Promise<{ status: number; headers: Headers; body: never }> {
  const response = await fetch(`http://127.0.0.1:${venue.net.port}${path}`);
  return { status: response.status, headers: response.headers, body: (await response.json()) as never };
}

export async function postJson(
  venue: VenueServer,
  path: string,
  body: unknown,
): Promise<{ status: number; body: never }> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const response = await fetch(`http://127.0.0.1:${venue.net.port}${path}`, { method: 'POST', body: text });
  return { status: response.status, body: (await response.json()) as never };
}
