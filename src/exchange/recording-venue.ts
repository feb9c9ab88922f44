/**
 * A recording instead of an exchange. Every connection hears the recorded frames from the first on, verbatim and in their
 * order, whatever it subscribes to, as fast as it takes them or at a multiple of the recording's own pace. What the recording
 * has from REST stands at its place: the request is answered when the connection has heard what came before, and the
 * connection hears no more until then. So a client that follows the venue's rules ends with the book that a replay ends with.
 */
import { messageOf } from '../core/errors.ts';
import type { NetRequest } from '../net/server.ts';
import type { Listing } from './listing.ts';
import {
  type Connection,
  type ExchangeProtocol,
  jsonReply,
  type Line,
  type ProtocolKind,
  type ProtocolReply,
  type Refusal,
} from './protocol.ts';
import { recordedEntries } from './recording.ts';

/** A connection that nobody asks a snapshot for goes on after so long. */
const SNAPSHOT_WAIT_MS = 5_000;
/** Time for an answered snapshot to arrive before more frames do. */
const HEADSTART_MS = 50;
/** Frames wait while so much is on its way. */
const MAX_BACKLOG_BYTES = 1 << 20;
/** Frames sent before everything else has a turn. */
const SLICE = 256;

/** Requests for snapshots, and those that have had their place. `''` stands for any symbol. */
class Snapshots {
  private readonly told = new Map<string, string>();
  private readonly asking: { readonly symbol: string; readonly answer: (body: string) => void }[] = [];
  private readonly listeners = new Set<() => void>();

  ask(symbol: string): Promise<string> {
    const body = this.told.get(symbol) ?? this.told.get('');
    if (body !== undefined) return Promise.resolve(body);
    return new Promise((answer) => {
      this.asking.push({ symbol, answer });
      for (const listener of this.listeners) listener();
    });
  }

  isAsked(symbol: string): boolean {
    return this.asking.some((one) => symbol === '' || one.symbol === symbol);
  }

  isTold(symbol: string): boolean {
    return this.told.has(symbol);
  }

  /** The snapshot's place is reached. */
  tell(symbol: string, body: string): void {
    this.told.set(symbol, body);
    for (let i = this.asking.length - 1; i >= 0; i--) {
      if (symbol !== '' && this.asking[i].symbol !== symbol) continue;
      this.asking[i].answer(body);
      this.asking.splice(i, 1);
    }
  }

  /** Resolves when somebody asks, or after a time. */
  asked(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.listeners.delete(done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      this.listeners.add(done);
    });
  }
}

export interface RecordingProgress {
  /** Frames sent to the connection that is furthest. */
  frames: number;
  /** Connections that heard all of it. */
  ended: number;
  /** Why it can't be read on, in one line; '' while it can. Whoever hears it is cut. */
  error: string;
}

class Player implements Connection {
  private readonly path: string;
  private readonly speed: number;
  private readonly startsAtOnce: boolean;
  private readonly snapshots: Snapshots;
  private readonly progress: RecordingProgress;
  private line: Line | null = null;
  private isPlaying = false;
  private wake: () => void = () => undefined;

  constructor(path: string, speed: number, startsAtOnce: boolean, snapshots: Snapshots, progress: RecordingProgress) {
    this.path = path;
    this.speed = speed;
    this.startsAtOnce = startsAtOnce;
    this.snapshots = snapshots;
    this.progress = progress;
  }

  open(line: Line): void {
    this.line = line;
    if (this.startsAtOnce) this.begin(line);
  }

  /** What is asked for does not matter: the recording has its own answers. The first request begins it. */
  message(): void {
    if (this.line !== null) this.begin(this.line);
  }

  drained(): void {
    this.wake();
  }

  closed(): void {
    this.line = null;
    this.wake();
  }

  private begin(line: Line): void {
    if (this.isPlaying) return;
    this.isPlaying = true;
    this.play(line).catch((error: unknown) => {
      this.progress.error = messageOf(error);
      line.terminate();
    });
  }

  private async play(line: Line): Promise<void> {
    const beganMs = performance.now();
    let firstMs = Number.NaN;
    let frames = 0;
    for await (const entry of recordedEntries(this.path)) {
      if (Number.isNaN(firstMs)) firstMs = entry.timeMs;
      if (Number.isFinite(this.speed)) await this.pause(beganMs + (entry.timeMs - firstMs) / this.speed);
      if (entry.is === 'snapshot') {
        await this.hold(entry.symbol, entry.body);
      } else {
        line.send(entry.frame, 'market');
        this.progress.frames = Math.max(this.progress.frames, ++frames);
      }
      if (frames % SLICE === 0) await new Promise((resolve) => setImmediate(resolve));
      while (line.isOpen && line.backlogBytes() > MAX_BACKLOG_BYTES) await this.room();
      if (!line.isOpen) return;
    }
    this.progress.ended++;
  }

  /** Waits until it is asked for, unless somebody had it already. */
  private async hold(symbol: string, body: string): Promise<void> {
    const { snapshots } = this;
    if (snapshots.isTold(symbol)) return;
    const untilMs = performance.now() + SNAPSHOT_WAIT_MS;
    while (this.line !== null && !snapshots.isAsked(symbol) && performance.now() < untilMs) {
      await snapshots.asked(Math.min(100, SNAPSHOT_WAIT_MS));
    }
    snapshots.tell(symbol, body);
    await this.pause(performance.now() + HEADSTART_MS);
  }

  private async pause(untilMs: number): Promise<void> {
    const ms = untilMs - performance.now();
    if (ms >= 1 && this.line !== null) await new Promise((resolve) => setTimeout(resolve, ms));
  }

  private room(): Promise<void> {
    return new Promise((resolve) => {
      this.wake = resolve;
    });
  }
}

class RecordingVenue implements ExchangeProtocol {
  readonly name: string;
  private readonly path: string;
  private readonly speed: number;
  private readonly inner: ExchangeProtocol | null;
  private readonly snapshots = new Snapshots();
  private readonly progress: RecordingProgress;

  /** `inner`: the protocol's own, for the requests that a recording has no answer to; null: there is none. */
  constructor(name: string, path: string, speed: number, inner: ExchangeProtocol | null, progress: RecordingProgress) {
    this.name = name;
    this.path = path;
    this.speed = speed;
    this.inner = inner;
    this.progress = progress;
  }

  addresses(base: string): readonly string[] {
    const own = this.inner?.addresses(base) ?? [`websocket ws://${base}`];
    return [...own, `plays ${this.path} on every connection, from its beginning`];
  }

  http(request: NetRequest): ProtocolReply | Promise<ProtocolReply> {
    if (/\/depth$/.test(request.path)) {
      const symbol = new URLSearchParams(request.query).get('symbol') ?? '';
      const headers = { 'Content-Type': 'application/json' };
      return this.snapshots.ask(symbol).then((body) => ({ status: 200, headers, body, kind: 'snapshot' }));
    }
    return this.inner?.http(request) ?? jsonReply({ error: 'the recording has no answer to this' }, 404);
  }

  connect(request: NetRequest): Connection | Refusal {
    const startsAtOnce = request.query.includes('streams=') || request.path.includes('@');
    return new Player(this.path, this.speed, startsAtOnce, this.snapshots, this.progress);
  }

  pulse(): void {
    this.inner?.pulse();
  }
}

/**
 * `speed`: Infinity as fast as clients take it. `kind`: the protocol's own kind; null where there is none.
 * `listings`: what the recording shows of its instruments; null where it is not known.
 */
export function recordingKind(
  name: string,
  path: string,
  speed: number,
  kind: ProtocolKind | null,
  listings: readonly Listing[] | null,
  progress: RecordingProgress,
): ProtocolKind {
  return {
    name,
    listings: (assets) => listings ?? kind?.listings(assets) ?? [],
    make: (services) => new RecordingVenue(name, path, speed, kind?.make(services) ?? null, progress),
  };
}
