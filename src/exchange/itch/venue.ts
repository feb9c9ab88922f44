/**
 * An exchange that publishes ITCH 5.0: over MoldUDP64 on one or two lines, with a retransmission server, and over
 * SoupBinTCP, all of the same messages. Faults are made on request, on each line of its own.
 */
import { createSocket, type Socket } from 'node:dgram';
import { promisify } from 'node:util';
import { monotonicNs } from '../../core/clock.ts';
import { messageOf, TapeheadError } from '../../core/errors.ts';
import { FaultyLine, type LineFaultRates } from './line-faults.ts';
import { MessageStore } from './message-store.ts';
import { MoldPackets } from './mold-packets.ts';
import type { ItchFlow } from './recording-flow.ts';
import { SoupServer } from './soup-server.ts';

const turnOfEventLoop = promisify(setImmediate);

const DEFAULT_PACKET_BYTES = 1400;
const DEFAULT_HEARTBEAT_MS = 1000;
const DEFAULT_LINGER_MS = 5000;
const DEFAULT_REWIND_BYTES = 1 << 30;
/** Messages between two turns of the event loop. */
const BATCH = 512;
const IDLE_MS = 1;

export interface ItchVenueOptions {
  readonly flow: ItchFlow;
  /** At most ten characters. */
  readonly session: string;
  /** Where the lines are sent to, `host:port`; a multicast group with the interface to send from behind an @. */
  readonly udp?: {
    readonly a: string;
    readonly b?: string;
    /** Port of the retransmission server; 0: any free one. Absent: there is none. */
    readonly retransmitPort?: number;
    readonly packetBytes?: number;
  };
  readonly soup?: { readonly port: number; readonly user: string; readonly password: string };
  /** That servers listen on; default 127.0.0.1. */
  readonly host?: string;
  readonly faults?: {
    readonly a?: LineFaultRates;
    readonly b?: LineFaultRates;
    readonly retransmit?: LineFaultRates;
    /** Share of the pieces written to a SoupBinTCP client after which it is cut off. */
    readonly soupDisconnect?: number;
  };
  readonly seed?: number;
  readonly heartbeatMs?: number;
  /** How long the end of the session is said, and requests are answered, behind the last message. */
  readonly lingerMs?: number;
  /** What can be asked for again. */
  readonly rewindBytes?: number;
}

export interface ItchVenueCounts {
  readonly messages: number;
  readonly packets: number;
  readonly heartbeats: number;
  readonly requests: number;
  readonly refusedRequests: number;
  readonly lines: readonly FaultyLine['counts'][];
  readonly soup: SoupServer['counts'] | null;
}

export interface ItchVenue {
  /** 0 where there is none. */
  readonly retransmitPort: number;
  readonly soupPort: number;
  /** The session is over and the linger has passed; rejects when the flow fails. */
  readonly finished: Promise<void>;
  counts(): ItchVenueCounts;
  close(): Promise<void>;
}

export async function startItchVenue(options: ItchVenueOptions): Promise<ItchVenue> {
  const venue = new RunningVenue(options);
  try {
    await venue.start();
  } catch (error) {
    await venue.close();
    throw new TapeheadError('USAGE', `the ITCH venue can't start: ${messageOf(error)}`);
  }
  return venue;
}

class RunningVenue implements ItchVenue {
  retransmitPort = 0;
  soupPort = 0;
  finished: Promise<void> = Promise.resolve();
  private readonly options: ItchVenueOptions;
  private readonly store: MessageStore;
  private readonly packets: MoldPackets;
  private readonly lines: FaultyLine[] = [];
  private readonly sockets: Socket[] = [];
  private readonly soup: SoupServer | null;
  private isClosed = false;
  private published = 1;
  private sentMs = 0;
  private readonly tally = { packets: 0, heartbeats: 0, requests: 0, refusedRequests: 0 };

  constructor(options: ItchVenueOptions) {
    this.options = options;
    this.store = new MessageStore(options.rewindBytes ?? DEFAULT_REWIND_BYTES);
    this.packets = new MoldPackets(this.store, options.session, options.udp?.packetBytes ?? DEFAULT_PACKET_BYTES);
    const { soup, faults, seed, session, host } = options;
    this.soup =
      soup === undefined
        ? null
        : new SoupServer(
            {
              ...soup,
              host: host ?? '127.0.0.1',
              session,
              disconnect: faults?.soupDisconnect ?? 0,
              seed: (seed ?? 1) * 4 + 3,
            },
            this.store,
          );
  }

  async start(): Promise<void> {
    const { udp, faults, host } = this.options;
    const seed = (this.options.seed ?? 1) * 4;
    if (udp !== undefined) {
      await this.line(udp.a, faults?.a ?? {}, seed);
      if (udp.b !== undefined) await this.line(udp.b, faults?.b ?? {}, seed + 1);
      if (udp.retransmitPort !== undefined) {
        this.retransmitPort = await this.retransmission(
          udp.retransmitPort,
          host ?? '127.0.0.1',
          faults?.retransmit ?? {},
          seed + 2,
        );
      }
    }
    if (this.soup !== null) this.soupPort = await this.soup.listen();
    this.finished = this.run();
    this.finished.catch(() => {}); // whoever asks for it hears of it
  }

  counts(): ItchVenueCounts {
    const lines = this.lines.map((line) => line.counts);
    return { messages: this.store.next - 1, ...this.tally, lines, soup: this.soup?.counts ?? null };
  }

  async close(): Promise<void> {
    this.isClosed = true;
    await this.finished.catch(() => {});
    await this.options.flow.close();
    await this.soup?.close().catch(() => {});
    for (const socket of this.sockets.splice(0)) socket.close();
  }

  private async line(target: string, rates: LineFaultRates, seed: number): Promise<void> {
    const match = /^([\d.]+):(\d+)(?:@([\d.]+))?$/.exec(target);
    if (match === null) throw new TapeheadError('USAGE', `${target} is no address: write it as 127.0.0.1:26400`);
    const [, host, port, network] = match;
    const socket = await this.bound(0, undefined);
    if (network !== undefined) socket.setMulticastInterface(network);
    this.lines.push(new FaultyLine(rates, seed, (packet) => socket.send(packet, Number(port), host)));
  }

  private async retransmission(port: number, host: string, rates: LineFaultRates, seed: number): Promise<number> {
    const socket = await this.bound(port, host);
    const line = new FaultyLine(rates, seed, () => {});
    socket.on('message', (request, from) => {
      this.tally.requests++;
      const packet = this.packets.answer(request);
      if (packet === null) this.tally.refusedRequests++;
      else line.offer(packet, Date.now(), (bytes) => socket.send(bytes, from.port, from.address));
    });
    this.lines.push(line);
    return socket.address().port;
  }

  private bound(port: number, host: string | undefined): Promise<Socket> {
    const socket = createSocket('udp4');
    this.sockets.push(socket);
    return new Promise((resolve, reject) => {
      socket.once('error', reject);
      socket.bind(port, host, () => {
        socket.off('error', reject);
        socket.on('error', () => {}); // nobody listens there: a network drops such packets as well
        resolve(socket);
      });
    });
  }

  private async run(): Promise<void> {
    const startNs = monotonicNs();
    let isFlowing = true;
    while (isFlowing && !this.isClosed) {
      const before = this.store.next;
      isFlowing = await this.options.flow.advance(monotonicNs() - startNs, this.store, BATCH);
      this.publish(Date.now());
      if (this.store.next - before < BATCH) await pause(IDLE_MS);
      else await turnOfEventLoop();
    }
    await this.linger();
  }

  private publish(nowMs: number): void {
    while (this.published < this.store.next) {
      const packet = this.packets.data(this.published, Number.POSITIVE_INFINITY);
      if (packet === null) break;
      this.published += this.packets.count;
      this.tally.packets++;
      this.send(packet, nowMs);
    }
    this.tick(nowMs);
    this.soup?.publish(nowMs);
  }

  private tick(nowMs: number): void {
    for (const line of this.lines) line.tick(nowMs);
    this.soup?.tick(nowMs);
    if (nowMs - this.sentMs < (this.options.heartbeatMs ?? DEFAULT_HEARTBEAT_MS)) return;
    this.tally.heartbeats++;
    this.send(this.packets.heartbeat(), nowMs);
  }

  /** To every line but the retransmission's. */
  private send(packet: Buffer, nowMs: number): void {
    this.sentMs = nowMs;
    const count = this.options.udp?.b === undefined ? 1 : 2;
    for (const line of this.lines.slice(0, this.options.udp === undefined ? 0 : count)) line.offer(packet, nowMs);
  }

  private async linger(): Promise<void> {
    const { lingerMs, heartbeatMs } = this.options;
    const until = Date.now() + (lingerMs ?? DEFAULT_LINGER_MS);
    this.soup?.endSession(Date.now());
    for (let now = Date.now(); now < until && !this.isClosed; now = Date.now()) {
      for (const line of this.lines) line.tick(now);
      this.soup?.publish(now);
      if (now - this.sentMs >= Math.min(heartbeatMs ?? DEFAULT_HEARTBEAT_MS, 100)) {
        this.send(this.packets.endOfSession(), now);
      }
      await pause(10);
    }
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
