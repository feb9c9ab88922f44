/**
 * The dashboard's server: the gate in front, clients and their subscriptions behind it. It shows one view and knows nothing of
 * where that comes from. `tick` is to be called often; it sends what is due.
 */
import { messageOf } from '../core/errors.ts';
import { listen } from '../net/listen.ts';
import type { NetHandlers, NetReply, NetRequest, NetServer, Peer, UpgradeAnswer } from '../net/server.ts';
import { Assets } from './assets.ts';
import { type Admitted, Client, type ClientContext, type TimeTravel } from './client.ts';
import type { CommandPort } from './commands.ts';
import { SentCommands } from './commands.ts';
import { Gate } from './gate.ts';
import { metricsOf, type ServerFigures } from './metrics.ts';
import type { ServingOptions } from './options.ts';
import { CloseCode, type Hello, SUBPROTOCOL, type Topic } from './protocol.ts';
import { BucketsByAddress, type Rate, sourceOf } from './rate-limit.ts';
import { CONFLATE_BYTES, Subscriptions } from './subscriptions.ts';
import type { View } from './topics.ts';
import { answer, type WebParts } from './web.ts';

/** A client's frames. */
const MAX_FRAME_BYTES = 16 << 10;
const MAX_BODY_BYTES = 4 << 10;
/** Beside those of clients: files of the process, which the run's log needs as well. */
const MORE_CONNECTIONS = 500;
/** A client with so many bytes waiting is closed. */
export const MAX_BACKLOG_BYTES = 1 << 20;
/** ... and one whose bytes pile up (subscriptions.ts) for so long. */
export const MAX_CONGESTED_MS = 10_000;
/** A client that was closed and does not read that either is cut. */
const FAREWELL_MS = 2_000;
const WATCH_MS = 500;
/** What a command changes is told at once. */
const COMMANDED: readonly Topic[] = ['state', 'orders', 'alerts'];
/** Stories are read from the disk, by a thread each: few at a time for everybody at an address together. */
const STORY_RATE: Rate = { perSecond: 2, burst: 5 };
/** Of all clients together; beyond it those that read least are closed. */
const MAX_BACKLOG_BYTES_IN_ALL = 256 << 20;
/** Close code of RFC 6455, 7.4.1. */
const INTERNAL_ERROR = 1011;
const BROKEN: NetReply = { status: 500, body: 'a bug in the dashboard\n' };

export interface DashboardParts {
  readonly view: View;
  /** What the first frame says; asked for each client. Null: not known yet, it is asked again. */
  readonly hello: () => Omit<Hello, 'server'> | null;
  /** Null where nothing can be commanded. */
  readonly port: CommandPort | null;
  readonly travel: TimeTravel | null;
  readonly story: (orderId: number) => Promise<readonly string[]>;
  /** Of the built page; null: none. */
  readonly assetsDirectory: string | null;
  /** ms, monotonic; default `performance.now`. */
  readonly now?: () => number;
}

export class DashboardServer {
  readonly subscriptions: Subscriptions;
  readonly clients = new Set<Client>();
  /** Those that have not got the first frame yet. */
  private readonly waiting = new Set<Client>();
  closedForBacklog = 0;
  /** Of this server: each is an alert, too. */
  bugs = 0;
  private readonly options: ServingOptions;
  private readonly parts: DashboardParts;
  private readonly now: () => number;
  private readonly gate: Gate;
  private readonly context: ClientContext;
  private readonly web: WebParts;
  private readonly ofAddress = new Map<string, number>();
  private net: NetServer | null = null;
  private nextWatchMs = 0;
  private commandsSeen = 0;
  private isClosing = false;

  private constructor(options: ServingOptions, parts: DashboardParts) {
    this.options = options;
    this.parts = parts;
    this.now = parts.now ?? (() => performance.now());
    this.subscriptions = new Subscriptions(this.now);
    this.gate = new Gate(options, this.now);
    const { view } = parts;
    const commands = parts.port === null ? null : new SentCommands(parts.port);
    view.model.watch = commands;
    this.context = {
      subscriptions: this.subscriptions,
      view,
      commands,
      commandsByAddress: new BucketsByAddress(options.limits.commands),
      storiesByAddress: new BucketsByAddress(STORY_RATE),
      travel: parts.travel,
      story: parts.story,
      frameRate: options.limits.frames,
      now: this.now,
    };
    view.gauges.ownCounters = () => this.ownCounters();
    const metrics = metricsOf(view, () => this.figures(), this.now);
    const assets = new Assets(parts.assetsDirectory);
    this.web = { gate: this.gate, assets, view, metrics, options, now: this.now };
  }

  /** Throws TapeheadError where it can't listen. */
  static async start(options: ServingOptions, parts: DashboardParts): Promise<DashboardServer> {
    const server = new DashboardServer(options, parts);
    const { port, host, tls, library, idleSeconds } = options;
    server.net = await listen<Admitted>(
      {
        port,
        host,
        maxFrameBytes: MAX_FRAME_BYTES,
        maxBodyBytes: MAX_BODY_BYTES,
        maxBacklogBytes: 2 * MAX_BACKLOG_BYTES, // behind our own, which says why
        maxConnections: options.limits.clients + MORE_CONNECTIONS,
        idleSeconds,
        ...(tls == null ? {} : { tls }),
        ...(library === null ? {} : { library }),
      },
      server.handlers(),
    );
    return server;
  }

  get library(): string {
    return this.net?.library ?? '';
  }

  /** Why it is not uWebSockets.js; '' where it is. */
  get remark(): string {
    return this.net?.remark ?? '';
  }

  get port(): number {
    return this.net?.port ?? 0;
  }

  get url(): string {
    const { host, tls } = this.options;
    const name = host.includes(':') ? `[${host}]` : host;
    return `${tls === null ? 'http' : 'https'}://${name}:${this.port}/`;
  }

  /** Sends what is due; answers commands that have come into the journal. */
  tick(): void {
    const nowMs = this.now();
    this.context.commands?.settle(nowMs, this.parts.view.model.ended !== '');
    if (this.waiting.size > 0) this.welcomeAll();
    const { commands } = this.parts.view.model;
    if (commands !== this.commandsSeen) this.subscriptions.hasten(COMMANDED);
    this.commandsSeen = commands;
    this.subscriptions.tick(nowMs);
    if (nowMs < this.nextWatchMs) return;
    this.nextWatchMs = nowMs + WATCH_MS;
    for (const client of this.clients) this.watch(client, nowMs);
    this.watchAll();
  }

  /** Somebody waits for what the journal says of a command. */
  get isCommandPending(): boolean {
    return this.context.commands?.isWaiting ?? false;
  }

  figures(): ServerFigures {
    const { subscriptions, clients, gate, closedForBacklog } = this;
    const channels = subscriptions.channelCount;
    return { clients: clients.size, channels, fanOut: subscriptions.counts, refused: gate.refused, closedForBacklog };
  }

  /** Says goodbye to everybody and stops listening. Must have resolved before the thread ends. */
  async close(): Promise<void> {
    if (this.isClosing) return;
    this.isClosing = true;
    for (const client of this.clients) client.peer.close(CloseCode.Ending, 'the dashboard ends');
    await this.net?.close();
  }

  private ownCounters(): readonly (readonly [string, number])[] {
    const { fanOut, clients, refused, closedForBacklog } = this.figures();
    return [
      ['dashboard clients', clients],
      ['dashboard frames', fanOut.frames],
      ['dashboard bytes', fanOut.bytes],
      ['dashboard conflated', fanOut.conflated],
      ['dashboard refused', refused],
      ['dashboard closed for backlog', closedForBacklog],
    ];
  }

  private watch(client: Client, nowMs: number): void {
    const { session } = client.peer.data;
    if (session !== '' && !this.gate.sessions.isOn(session, nowMs)) {
      this.dismiss(client, CloseCode.NotAllowed, 'signed out');
      return;
    }
    const backlog = client.peer.backlogBytes();
    if (backlog <= CONFLATE_BYTES) {
      client.congestedMs = 0;
      return;
    }
    if (client.congestedMs === 0) client.congestedMs = nowMs;
    if (backlog > MAX_BACKLOG_BYTES || nowMs - client.congestedMs > MAX_CONGESTED_MS) {
      this.closedForBacklog++;
      this.dismiss(client, CloseCode.Backlog, 'you do not read');
    }
  }

  /** What waits for all of them together has a bound of its own. */
  private watchAll(): void {
    const waiting = Array.from(this.clients, (client) => ({ client, bytes: client.peer.backlogBytes() }));
    let bytes = waiting.reduce((sum, one) => sum + one.bytes, 0);
    if (bytes <= MAX_BACKLOG_BYTES_IN_ALL) return;
    waiting.sort((a, b) => b.bytes - a.bytes);
    for (const one of waiting) {
      if (bytes <= MAX_BACKLOG_BYTES_IN_ALL) return;
      bytes -= one.bytes;
      this.closedForBacklog++;
      this.dismiss(one.client, CloseCode.Backlog, 'you do not read');
    }
  }

  /** Closes a client that may not even read that it is closed. */
  private dismiss({ peer }: Client, code: number, reason: string): void {
    peer.close(code, reason);
    setTimeout(() => peer.terminate(), FAREWELL_MS).unref();
  }

  private handlers(): NetHandlers<Admitted> {
    return {
      http: (request) => this.guarded(() => this.answer(request), BROKEN),
      upgrade: (request) => this.guarded(() => this.upgrade(request), { refuse: BROKEN }),
      open: (peer) => this.forClient(peer, () => this.opened(peer)),
      message: (peer, frame, isBinary) => this.forClient(peer, () => peer.data.client?.take(frame, isBinary)),
      closed: (peer) => this.guarded(() => this.closed(peer), undefined),
    };
  }

  /** A bug in what one client asked for costs that client its connection: thrown further it would end the run's process. */
  private forClient(peer: Peer<Admitted>, act: () => void): void {
    const before = this.bugs;
    this.guarded(act, undefined);
    if (this.bugs > before) peer.close(INTERNAL_ERROR, 'a bug in the dashboard');
  }

  private guarded<T>(act: () => T, otherwise: T): T {
    try {
      return act();
    } catch (error) {
      this.bug(error);
      return otherwise;
    }
  }

  private bug(error: unknown): void {
    this.bugs++;
    const { model } = this.parts.view;
    model.alerts.add(model.seq, model.nowNs, 'error', 'dashboard', `a bug in the dashboard: ${messageOf(error)}`);
  }

  private answer(request: NetRequest): NetReply | Promise<NetReply> {
    const reply = answer(this.web, request);
    if (!(reply instanceof Promise)) return reply;
    return reply.catch((error: unknown) => {
      this.bug(error);
      return BROKEN;
    });
  }

  private upgrade(request: NetRequest): UpgradeAnswer<Admitted> {
    const refuse = this.gate.refusal(request);
    if (refuse !== null) return { refuse };
    const { limits } = this.options;
    if (request.query !== '') return { refuse: this.gate.refuse(400, 'a socket is opened without a query') };
    const protocols = request
      .header('sec-websocket-protocol')
      .split(',')
      .map((one) => one.trim());
    if (!protocols.includes(SUBPROTOCOL)) {
      return { refuse: this.gate.refuse(400, `the subprotocol is ${SUBPROTOCOL}`) };
    }
    const entry = this.gate.enter(request, true);
    if ('refuse' in entry) return entry;
    if (this.isClosing || this.clients.size >= limits.clients)
      return { refuse: this.gate.refuse(503, 'too many clients') };
    if ((this.ofAddress.get(sourceOf(request.remoteAddress)) ?? 0) >= limits.clientsOfAddress) {
      return { refuse: this.gate.refuse(429, 'too many clients from this address') };
    }
    return { accept: { ...entry, client: null }, protocol: SUBPROTOCOL };
  }

  private opened(peer: Peer<Admitted>): void {
    const client = new Client(peer, this.context);
    peer.data.client = client;
    this.clients.add(client);
    const source = sourceOf(peer.remoteAddress);
    this.ofAddress.set(source, (this.ofAddress.get(source) ?? 0) + 1);
    this.waiting.add(client);
    this.welcomeAll();
  }

  private welcomeAll(): void {
    const known = this.parts.hello();
    if (known === null) return;
    const hello: Hello = { ...known, server: this.library };
    for (const client of this.waiting) client.welcome(hello);
    this.waiting.clear();
  }

  private closed(peer: Peer<Admitted>): void {
    const { client } = peer.data;
    if (client === null || !this.clients.delete(client)) return;
    this.waiting.delete(client);
    client.leave();
    const source = sourceOf(peer.remoteAddress);
    const left = (this.ofAddress.get(source) ?? 1) - 1;
    if (left === 0) this.ofAddress.delete(source);
    else this.ofAddress.set(source, left);
  }
}
