/** A live session for tests: the feed, what it emitted, and the books that follow from that. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { detectRecording } from '../../../src/feed/detect.ts';
import type { FeedResult } from '../../../src/feed/feed.ts';
import { liveSessionBase } from '../../../src/feed/live/live-clock.ts';
import { type LiveFeed, openLiveFeed } from '../../../src/feed/live/live-feed.ts';
import type { LiveStatus } from '../../../src/feed/live/live-status.ts';
import type { LiveProtocol, LiveRules } from '../../../src/feed/live/protocol.ts';
import { protocolOf } from '../../../src/feed/live/protocols/index.ts';
import type { LiveSource, LiveVenueSource } from '../../../src/feed/live/source.ts';
import { openFeed } from '../../../src/feed/open.ts';
import { EventProbe, type SeenEvent } from '../../support/event-probe.ts';

function withRules(name: string, rules: Partial<LiveRules>): LiveProtocol | null {
  const protocol = protocolOf(name);
  return protocol === null ? null : Object.create(protocol, { rules: { value: { ...protocol.rules, ...rules } } });
}

export class LiveSession {
  readonly events: SeenEvent[] = [];
  private readonly counts = new Map<string, number>();
  readonly said: string[] = [];
  readonly feed: LiveFeed;
  readonly dir: string;
  private readonly probe: EventProbe;
  /** The engine is too slow: nothing is taken out of the ring. */
  isStalled = false;
  private isStopped = false;
  private readonly running: Promise<FeedResult>;
  private readonly timer: NodeJS.Timeout;

  /** `record`: into a directory of its own. */
  constructor(
    venues: readonly LiveVenueSource[],
    options: { record?: boolean; rotateBytes?: number; rules?: Partial<LiveRules> } = {},
  ) {
    this.dir = mkdtempSync(join(tmpdir(), 'tapehead-live-'));
    const source: LiveSource = {
      venues,
      record:
        options.record === true
          ? { dir: join(this.dir, 'capture'), rotateBytes: options.rotateBytes ?? 1 << 30, rotateMs: 3_600_000 }
          : null,
      sessionBase: liveSessionBase(),
      prefixSymbols: venues.length > 1,
      seed: 7,
    };
    this.probe = new EventProbe();
    const { rules } = options;
    this.feed = openLiveFeed(source, {
      say: (text) => this.said.push(text),
      ...(rules === undefined ? {} : { protocolOf: (name) => withRules(name, rules) }),
    });
    this.running = this.feed.run(this.probe.sink, { stopRequested: () => this.isStopped, progress: () => undefined });
    this.running.catch(() => undefined);
    this.timer = setInterval(() => this.collect(), 2);
  }

  get status(): LiveStatus {
    this.collect();
    return this.feed.status();
  }

  /** Every book is live. */
  get isLive(): boolean {
    return this.status.venues.every((venue) => venue.stale.length === 0);
  }

  count(name: string): number {
    this.collect();
    return this.counts.get(name) ?? 0;
  }

  /** The error that ended the session. */
  async failure(): Promise<Error> {
    return await this.running.then(
      () => Promise.reject(new Error('the session did not fail')),
      (error: Error) => error,
    );
  }

  async stop(): Promise<FeedResult> {
    this.isStopped = true;
    const result = await this.running;
    this.collect();
    return result;
  }

  /** Whatever happened. */
  async end(): Promise<void> {
    this.isStopped = true;
    await this.running.catch(() => undefined);
    clearInterval(this.timer);
    rmSync(this.dir, { recursive: true, force: true });
  }

  /** What a replay of the capture emits. */
  async replayed(): Promise<SeenEvent[]> {
    const probe = new EventProbe();
    const recording = await detectRecording([join(this.dir, 'capture')]);
    const feed = openFeed(recording, { symbols: null });
    await feed.run(probe.sink, { stopRequested: () => false, progress: () => undefined });
    return probe.take();
  }

  private collect(): void {
    if (this.isStalled) return;
    for (const event of this.probe.take()) {
      this.events.push(event);
      this.counts.set(event.name, (this.counts.get(event.name) ?? 0) + 1);
    }
  }
}
