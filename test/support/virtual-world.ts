/**
 * A machine that is only thought of: one clock, timers, and a network between one server and its clients, all on this thread
 * and in no time. Everything follows from a seed. Connections have a latency each way, and keep their frames in order.
 */
import { Prng } from '../../src/core/prng.ts';
import { type SessionBase, sessionBaseNs } from '../../src/core/time.ts';
import type { VenueMachine } from '../../src/exchange/venue-server.ts';
import { LiveClock } from '../../src/feed/live/live-clock.ts';
import type { HttpAnswer, LiveSocket, LiveWorld, SocketListener } from '../../src/feed/live/world.ts';
import type { NetHandlers, NetOptions, NetReply, NetRequest, NetServer, Peer } from '../../src/net/server.ts';

/** 2023-11-14 22:13:20 UTC. */
export const VIRTUAL_START_US = 1_700_000_000_000_000;
const MAX_LATENCY_MS = 30;

interface Due {
  readonly atMs: number;
  readonly order: number;
  /** Null: taken back. */
  work: (() => void) | null;
  /** Somebody awaits what this leads to. */
  readonly isAwaited: boolean;
}

/** What is due when: a binary heap by time, then by the order of asking. */
class Agenda {
  private readonly heap: Due[] = [];
  private count = 0;

  add(atMs: number, work: () => void, isAwaited: boolean): Due {
    const due: Due = { atMs, order: this.count++, work, isAwaited };
    const { heap } = this;
    let at = heap.length;
    heap.push(due);
    while (at > 0) {
      const above = (at - 1) >> 1;
      if (!isBefore(due, heap[above])) break;
      heap[at] = heap[above];
      at = above;
    }
    heap[at] = due;
    return due;
  }

  get nextMs(): number {
    return this.heap.length === 0 ? Number.POSITIVE_INFINITY : this.heap[0].atMs;
  }

  take(): Due {
    const { heap } = this;
    const [first] = heap;
    const last = heap.pop()!;
    if (heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= heap.length) break;
      if (below + 1 < heap.length && isBefore(heap[below + 1], heap[below])) below++;
      if (!isBefore(heap[below], last)) break;
      heap[at] = heap[below];
      at = below;
    }
    heap[at] = last;
    return first;
  }
}

function isBefore(a: Due, b: Due): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}

export class VirtualWorld implements LiveWorld, VenueMachine {
  private readonly agenda = new Agenda();
  private readonly random: Prng;
  private time = 0;
  private server: VirtualServer<unknown> | null = null;
  private readonly isAllAwaited: boolean;
  readonly listen: VenueMachine['listen'] = async (options, handlers) => {
    const server = new VirtualServer(this, options, handlers);
    this.server = server as unknown as VirtualServer<unknown>;
    return server;
  };

  /** `isAllAwaited`: somebody awaits what frames lead to, too. */
  constructor(seed: number, isAllAwaited = false) {
    this.random = new Prng(seed);
    this.isAllAwaited = isAllAwaited;
  }

  nowMs(): number {
    return this.time;
  }

  nowUs(): number {
    return VIRTUAL_START_US + Math.floor(this.time * 1000);
  }

  clock(base: SessionBase): LiveClock {
    const wall = () => BigInt(VIRTUAL_START_US) * 1000n + BigInt(Math.floor(this.time * 1e6));
    return new LiveClock(base, wall, () => Math.floor(this.time * 1e6));
  }

  /** Session ns. */
  sessionNs(base: SessionBase): number {
    return Number(BigInt(VIRTUAL_START_US) * 1000n - sessionBaseNs(base)) + Math.floor(this.time * 1e6);
  }

  after(ms: number, work: () => void): () => void {
    const due = this.agenda.add(this.time + ms, work, true);
    return () => {
      due.work = null;
    };
  }

  every(ms: number, work: () => void): () => void {
    let due: Due;
    const again = (): void => {
      due = this.agenda.add(this.time + ms, again, this.isAllAwaited);
      work();
    };
    due = this.agenda.add(this.time + ms, again, this.isAllAwaited);
    return () => {
      due.work = null;
    };
  }

  /** Nobody awaits what it leads to. */
  soon(ms: number, work: () => void): void {
    this.agenda.add(this.time + ms, work, this.isAllAwaited);
  }

  latency(): number {
    return 0.1 + this.random.unit() ** 3 * MAX_LATENCY_MS;
  }

  /** Lets time pass until then; `step` is called behind everything that happened. */
  async runUntil(untilMs: number, step: () => void): Promise<void> {
    const { agenda } = this;
    while (agenda.nextMs <= untilMs) {
      const due = agenda.take();
      if (due.work === null) continue;
      this.time = Math.max(this.time, due.atMs);
      due.work();
      if (due.isAwaited) await settled();
      step();
    }
    this.time = Math.max(this.time, untilMs);
  }

  connect(url: string, handshakeTimeoutMs: number, listener: SocketListener): LiveSocket {
    return new VirtualSocket(this, this.server, requestOf(url), handshakeTimeoutMs, listener);
  }

  async get(url: string, timeoutMs: number, _maxBodyBytes: number, stopping: AbortSignal): Promise<HttpAnswer> {
    const { status, headers, body } = await this.request('GET', url, {}, timeoutMs, stopping);
    return { status, retryAfter: headers?.['Retry-After'] ?? null, body: Buffer.from(body as string) };
  }

  /** Rejects where no answer comes in time. */
  request(
    method: string,
    url: string,
    headers: Readonly<Record<string, string>>,
    timeoutMs: number,
    stopping?: AbortSignal,
  ): Promise<NetReply> {
    return new Promise((resolve, reject) => {
      const stopTimer = this.after(timeoutMs, () => reject(new Error(`no answer within ${timeoutMs / 1e3} s`)));
      const stopped = (): void => reject(new Error('stopped'));
      stopping?.addEventListener('abort', stopped);
      this.after(this.latency(), async () => {
        const { server } = this;
        if (server === null) return reject(new Error('connection refused'));
        const reply = await server.handlers.http({ ...requestOf(url, headers), method });
        this.after(this.latency(), () => {
          stopTimer();
          stopping?.removeEventListener('abort', stopped);
          resolve(reply);
        });
      });
    });
  }
}

/** Every promise that can go on has gone on. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function requestOf(url: string, headers: Readonly<Record<string, string>> = {}): NetRequest {
  const { pathname, search } = new URL(url);
  const lower = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]);
  const byName = new Map(lower as [string, string][]);
  return {
    method: 'GET',
    path: pathname,
    query: search.slice(1),
    header: (name) => byName.get(name) ?? '',
    remoteAddress: '127.0.0.1',
    body: Buffer.alloc(0),
  };
}

class VirtualServer<T> implements NetServer {
  readonly library = 'ws';
  readonly remark = '';
  readonly port = 1;
  readonly handlers: NetHandlers<T>;
  readonly maxFrameBytes: number;
  peers = 0;

  constructor(_world: VirtualWorld, options: NetOptions, handlers: NetHandlers<T>) {
    this.handlers = handlers;
    this.maxFrameBytes = options.maxFrameBytes;
  }

  publish(): void {
    throw new Error('no protocol publishes to topics');
  }

  async close(): Promise<void> {}
}

/** One connection, both of its ends. */
class VirtualSocket implements LiveSocket {
  private readonly world: VirtualWorld;
  private readonly listener: SocketListener;
  private readonly server: VirtualServer<unknown>;
  private readonly latencyMs: number;
  private peer: VirtualPeer | null = null;
  private isUp = false;
  private isOver = false;
  private isPaused = false;
  private readonly held: Buffer[] = [];
  /** Nothing that was sent later arrives before this. */
  private downMs = 0;
  private upMs = 0;

  constructor(
    world: VirtualWorld,
    server: VirtualServer<unknown> | null,
    request: NetRequest,
    timeoutMs: number,
    listener: SocketListener,
  ) {
    if (server === null) throw new Error('nobody listens');
    this.world = world;
    this.server = server;
    this.listener = listener;
    this.latencyMs = world.latency();
    world.soon(this.latencyMs, () => this.asked(request, timeoutMs));
  }

  get isOpen(): boolean {
    return this.isUp && !this.isOver;
  }

  send(text: string): void {
    const frame = Buffer.from(text);
    this.toServer(() => {
      if (this.peer?.isOpen === true) this.server.handlers.message(this.peer, frame, false);
    });
  }

  ping(): void {
    this.toServer(() => {
      if (this.peer?.isOpen === true) this.toClient(() => this.listener.heard());
    });
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
    for (const frame of this.held.splice(0)) this.listener.message(frame);
  }

  terminate(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.toServer(() => this.peer?.gone(1006, ''));
  }

  /** Of the server's end. */
  frame(frame: string | Uint8Array): void {
    const bytes = Buffer.from(frame as string);
    this.toClient(() => {
      if (this.isPaused) this.held.push(bytes);
      else this.listener.message(bytes);
    });
  }

  cut(code: number, reason: string): void {
    this.toClient(() => {
      this.isOver = true;
      this.listener.closed(code, reason);
    });
  }

  private asked(request: NetRequest, _timeoutMs: number): void {
    if (this.isOver) return;
    const answer = this.server.handlers.upgrade(request);
    if ('refuse' in answer) {
      const { status, headers } = answer.refuse;
      this.toClient(() => {
        this.isOver = true;
        this.listener.refused(status, headers?.['Retry-After']);
      });
      return;
    }
    const peer = new VirtualPeer(++this.server.peers, answer.accept, this, (code, reason) =>
      this.world.soon(0, () => this.server.handlers.closed(peer, code, reason)),
    );
    this.peer = peer;
    this.toClient(() => {
      this.isUp = true;
      this.listener.opened();
    });
    this.server.handlers.open(peer);
  }

  private toClient(work: () => void): void {
    const { world } = this;
    this.downMs = Math.max(this.downMs, world.nowMs() + this.latencyMs);
    world.soon(this.downMs - world.nowMs(), () => {
      if (!this.isOver) work();
    });
  }

  private toServer(work: () => void): void {
    const { world } = this;
    this.upMs = Math.max(this.upMs, world.nowMs() + this.latencyMs);
    world.soon(this.upMs - world.nowMs(), work);
  }
}

class VirtualPeer implements Peer<unknown> {
  readonly id: number;
  readonly data: unknown;
  readonly remoteAddress = '127.0.0.1';
  isOpen = true;
  private readonly socket: VirtualSocket;
  private readonly over: (code: number, reason: string) => void;

  constructor(id: number, data: unknown, socket: VirtualSocket, over: (code: number, reason: string) => void) {
    this.id = id;
    this.data = data;
    this.socket = socket;
    this.over = over;
  }

  send(frame: string | Uint8Array): boolean {
    if (this.isOpen) this.socket.frame(frame);
    return this.isOpen;
  }

  sendAll(frames: readonly (string | Uint8Array)[]): boolean {
    return frames.every((frame) => this.send(frame));
  }

  backlogBytes(): number {
    return 0;
  }

  subscribe(): void {}

  unsubscribe(): void {}

  close(code: number, reason: string): void {
    this.end(code, reason);
  }

  terminate(): void {
    this.end(1006, '');
  }

  /** The client is gone. */
  gone(code: number, reason: string): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.over(code, reason);
  }

  private end(code: number, reason: string): void {
    if (!this.isOpen) return;
    this.socket.cut(code, reason);
    this.gone(code, reason);
  }
}
