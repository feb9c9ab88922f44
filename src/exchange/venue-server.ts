/**
 * Runs exchanges on a server: one thread, one port. Hands requests to the protocol that their path begins with, makes the
 * background flow on its schedule in bounded slices, gives protocols their time.
 */
import { listen } from '../net/listen.ts';
import type { NetOptions, NetReply, NetRequest, NetServer, Peer, UpgradeAnswer } from '../net/server.ts';
import { control } from './control.ts';
import { Exchange } from './exchange.ts';
import { FaultGate, type FaultLine } from './faults.ts';
import { Flow } from './flow.ts';
import {
  type Connection,
  type ExchangeProtocol,
  type FrameKind,
  type Line,
  type ProtocolFaults,
  type ProtocolKind,
  PULSE_MS,
  Refusal,
} from './protocol.ts';

/** Messages of the flow that are made before everything else has a turn: some 200 µs. */
const FLOW_SLICE = 200;

export interface VenueOptions {
  readonly kinds: readonly ProtocolKind[];
  /** Assets that are listed, such as BTC. */
  readonly assets: readonly string[];
  readonly seed: number;
  /** Messages of background flow a second, of each protocol's exchange. */
  readonly rate: number;
  /** No opening orders either: books are empty until somebody trades. Flow can't be set going then. */
  readonly isEmpty?: boolean;
  /** A FaultGate stands in front of every frame and reply; anything else answers protocols only. */
  readonly faults: ProtocolFaults | FaultGate;
  readonly net: NetOptions;
  /** Connections are cut when they are so old, ms; 0: never. Default: what each venue says. */
  readonly maxAgeMs?: number;
  /** Instead of a server and a timer of this machine: a test's. */
  readonly machine?: VenueMachine;
  /** µs since the Unix epoch, never going back. */
  nowUs(): number;
}

export interface VenueMachine {
  readonly listen: typeof listen;
  /** Calls `work` every so often; returns what ends that. */
  every(ms: number, work: () => void): () => void;
}

const MACHINE: VenueMachine = {
  listen,
  every(ms, work) {
    const timer = setInterval(work, ms);
    return () => clearInterval(timer);
  },
};

/** A protocol with its exchange and flow. */
export interface Venue {
  readonly protocol: ExchangeProtocol;
  readonly exchange: Exchange;
  readonly flow: Flow;
}

export interface VenueCounts {
  connections: number;
  connectionsEver: number;
  requests: number;
  framesIn: number;
  framesOut: number;
}

class PeerLine implements Line {
  readonly id: number;
  readonly remoteAddress: string;
  private readonly peer: Peer<Accepted>;
  private readonly faults: FaultLine | null;
  private readonly deliver: (frame: string | Uint8Array) => void;

  constructor(peer: Peer<Accepted>, counts: VenueCounts, gate: FaultGate | null) {
    this.id = peer.id;
    this.remoteAddress = peer.remoteAddress;
    this.peer = peer;
    this.deliver = (frame) => {
      if (peer.send(frame, typeof frame !== 'string')) counts.framesOut++;
    };
    this.faults = gate?.line({ send: this.deliver, terminate: () => peer.terminate() }) ?? null;
  }

  get isOpen(): boolean {
    return this.peer.isOpen;
  }

  send(frame: string | Uint8Array, kind: FrameKind): void {
    if (this.faults === null) this.deliver(frame);
    else this.faults.send(frame, kind);
  }

  /** The connection is over. */
  end(): void {
    this.faults?.closed();
  }

  backlogBytes(): number {
    return this.peer.backlogBytes();
  }

  close(code: number, reason: string): void {
    this.peer.close(code, reason);
  }

  terminate(): void {
    this.peer.terminate();
  }
}

interface Accepted {
  readonly connection: Connection;
  line: PeerLine | null;
}

export class VenueServer {
  readonly venues: readonly Venue[];
  readonly counts: VenueCounts = { connections: 0, connectionsEver: 0, requests: 0, framesIn: 0, framesOut: 0 };
  /** Null where no faults can be asked for. */
  readonly gate: FaultGate | null;
  private readonly options: VenueOptions;
  private server: NetServer | null = null;
  private stopPulse = (): void => {};
  private isClosed = false;
  private slice: NodeJS.Immediate | null = null;

  private constructor(options: VenueOptions) {
    this.options = options;
    const gate = options.faults instanceof FaultGate ? options.faults : null;
    this.gate = gate;
    this.venues = options.kinds.map((kind) => {
      const exchange = new Exchange(kind.listings(options.assets));
      const { faults, maxAgeMs } = options;
      const nowUs = gate === null ? options.nowUs : () => gate.nowUs();
      const protocol = kind.make({ exchange, faults, nowUs, ...(maxAgeMs === undefined ? {} : { maxAgeMs }) });
      return { protocol, exchange, flow: new Flow(exchange, options) };
    });
  }

  /** Throws TapeheadError: the port is in use, an asset is not listed. */
  static async start(options: VenueOptions): Promise<VenueServer> {
    const venue = new VenueServer(options);
    const nowUs = options.nowUs();
    if (options.isEmpty !== true) for (const one of venue.venues) one.flow.start(nowUs);
    const machine = options.machine ?? MACHINE;
    venue.server = await machine.listen<Accepted>(options.net, {
      http: (request) => venue.http(request),
      upgrade: (request) => venue.upgrade(request),
      open: (peer) => {
        venue.counts.connections++;
        venue.counts.connectionsEver++;
        peer.data.line = new PeerLine(peer, venue.counts, venue.gate);
        peer.data.connection.open(peer.data.line);
      },
      message: (peer, frame, isBinary) => {
        venue.counts.framesIn++;
        venue.advance();
        peer.data.connection.message(frame, isBinary);
      },
      drained: (peer) => peer.data.connection.drained?.(),
      closed: (peer) => {
        venue.counts.connections--;
        peer.data.line?.end();
        peer.data.connection.closed();
      },
    });
    try {
      for (const one of venue.venues) await one.protocol.listen?.(options.net.host ?? '127.0.0.1');
    } catch (error) {
      await venue.close();
      throw error;
    }
    venue.stopPulse = machine.every(PULSE_MS, () => venue.turn());
    return venue;
  }

  get net(): NetServer {
    if (this.server === null) throw new Error('the server has not started');
    return this.server;
  }

  /** Of a protocol: HOST:PORT/NAME, without a scheme. */
  baseOf(protocol: ExchangeProtocol): string {
    return `${this.options.net.host ?? '127.0.0.1'}:${this.net.port}/${protocol.name}`;
  }

  setRate(rate: number): void {
    if (this.options.isEmpty === true) return;
    for (const { flow } of this.venues) flow.setRate(rate, this.options.nowUs());
  }

  /** A second call does nothing. */
  async close(): Promise<void> {
    if (this.isClosed) return;
    this.isClosed = true;
    this.stopPulse();
    if (this.slice !== null) clearImmediate(this.slice);
    this.gate?.close();
    for (const { protocol } of this.venues) await protocol.close?.();
    await this.server?.close();
  }

  /** What is due by now: flow, then what protocols publish. Flow that is left over has its turn behind everything that waits. */
  private turn(): void {
    this.slice = null;
    const nowUs = this.options.nowUs();
    let isMore = false;
    for (const { flow, exchange, protocol } of this.venues) {
      if (flow.run(nowUs, FLOW_SLICE)) isMore = true;
      else exchange.advance(nowUs);
      protocol.pulse();
    }
    this.gate?.pulse();
    if (isMore) this.slice ??= setImmediate(() => this.turn());
  }

  /** Requests act at their own time, behind the flow that was due before them as far as it was made. */
  private advance(): void {
    const nowUs = this.options.nowUs();
    for (const { exchange } of this.venues) exchange.advance(nowUs);
  }

  private http(request: NetRequest): NetReply | Promise<NetReply> {
    this.counts.requests++;
    if (request.path.startsWith('/control/')) return control(this, request);
    const protocol = this.protocolOf(request.path);
    if (protocol === undefined) return this.unknown();
    this.advance();
    const { gate } = this;
    const refused = gate?.request() ?? null;
    if (refused !== null) return refused;
    const reply = protocol.http(withoutPrefix(request, protocol.name));
    if (gate === null) return reply;
    return reply instanceof Promise ? reply.then((late) => gate.reply(late)) : gate.reply(reply);
  }

  private upgrade(request: NetRequest): UpgradeAnswer<Accepted> {
    const protocol = this.protocolOf(request.path);
    if (protocol === undefined) return { refuse: this.unknown() };
    this.advance();
    const answer = protocol.connect(withoutPrefix(request, protocol.name));
    if (answer instanceof Refusal) return { refuse: answer.reply };
    return { accept: { connection: answer, line: null } };
  }

  private protocolOf(path: string): ExchangeProtocol | undefined {
    const name = path.split('/', 2)[1];
    return this.venues.find((venue) => venue.protocol.name === name)?.protocol;
  }

  private unknown(): NetReply {
    const names = this.venues.map((venue) => `/${venue.protocol.name}/`).join(', ');
    return { status: 404, body: `nothing here: addresses begin with ${names} or /control/\n` };
  }
}

function withoutPrefix(request: NetRequest, name: string): NetRequest {
  const path = request.path.slice(name.length + 1);
  return { ...request, path: path === '' ? '/' : path };
}

/** The machine's clock as a venue needs it: µs since the Unix epoch, never going back. */
export function machineClockUs(): () => number {
  const beganUs = Date.now() * 1000;
  const beganMs = performance.now();
  return () => beganUs + Math.floor((performance.now() - beganMs) * 1000);
}
