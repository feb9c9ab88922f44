/** A small live client for tests: a live protocol and its decoder on one websocket, books kept the naive way. */
import { once } from 'node:events';
import { WebSocket } from 'ws';
import { EventKind } from '../../src/core/event.ts';
import { sessionBase, utcMidnight } from '../../src/core/time.ts';
import type { LiveProtocol } from '../../src/feed/live/protocol.ts';
import { TextMarket } from '../../src/feed/text/market.ts';
import type { VenueDecoder } from '../../src/feed/text/venue.ts';
import { EventProbe, NaiveBooks, type SeenEvent } from './event-probe.ts';

export class LiveReader {
  readonly books = new NaiveBooks();
  readonly events: SeenEvent[] = [];
  /** Frames that were neither data nor answers: "error ...", "leaving ...". */
  readonly said: string[] = [];
  readonly market: TextMarket;
  resyncs = 0;
  /** Frames that came. */
  frames = 0;
  private readonly protocol: LiveProtocol;
  private readonly symbols: readonly string[];
  private readonly socket: WebSocket;
  private readonly probe = new EventProbe();
  private readonly venue: VenueDecoder;
  private readonly waiting: (() => void)[] = [];
  private readonly healing = new Set<string>();

  private constructor(protocol: LiveProtocol, base: string, symbols: readonly string[]) {
    this.protocol = protocol;
    this.symbols = symbols;
    const now = BigInt(Date.now()) * 1_000_000n;
    this.market = new TextMarket({ symbols, base: sessionBase(utcMidnight(now)) });
    this.market.open(this.probe.sink);
    this.venue = protocol.makeDecoder(this.market);
    this.venue.redundancy?.lineUp(0);
    this.socket = new WebSocket(protocol.connectUrl({ ws: `ws://${base}`, rest: `http://${base}` }, symbols));
    this.socket.on('message', (data: Buffer) => this.take(data));
  }

  /** `base`: HOST:PORT/NAME of the venue. */
  static async open(protocol: LiveProtocol, base: string, symbols: readonly string[]): Promise<LiveReader> {
    const reader = new LiveReader(protocol, base, symbols);
    await once(reader.socket, 'open');
    for (const frame of protocol.subscribe(symbols)) reader.socket.send(frame);
    return reader;
  }

  send(text: string): void {
    this.socket.send(text);
  }

  /** Waits for frames until `done` says so. */
  async until(done: () => boolean): Promise<void> {
    while (!done()) await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  allLive(): boolean {
    return this.symbols.every((symbol) => this.books.isLive(symbol));
  }

  async close(): Promise<void> {
    const closed = once(this.socket, 'close');
    this.socket.terminate();
    await closed;
  }

  private take(data: Buffer): void {
    const control = this.protocol.control(data, 0, data.length);
    if (control.is === 'error' || control.is === 'leaving') this.said.push(`${control.is} ${control.text}`);
    this.frames++;
    this.market.tsRecv += 1;
    this.venue.frame(data, 0, data.length, 0);
    for (const event of this.probe.take()) {
      this.events.push(event);
      this.books.apply(event);
      // The snapshot that was to heal it may be wrong as well.
      if (event.kind === EventKind.ChecksumFailure) this.healing.delete(this.books.defs[event.instrument].symbol);
    }
    for (const [symbol, reason] of this.books.stale) {
      if (reason === 0) this.healing.delete(symbol);
      else if (reason > 1 && !this.healing.has(symbol)) this.heal(symbol);
    }
    for (const resolve of this.waiting.splice(0)) resolve();
  }

  private heal(symbol: string): void {
    const resync = this.protocol.resync({ ws: '', rest: '' }, symbol);
    if (resync.by !== 'frames') throw new Error(`${this.protocol.venue} heals by ${resync.by}`);
    this.healing.add(symbol);
    this.resyncs++;
    for (const frame of resync.frames) this.socket.send(frame);
  }
}
