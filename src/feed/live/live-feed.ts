/** The feed of a live session: all venues of a run, on the event loop of the thread that runs it. */
import { messageOf, TapeheadError } from '../../core/errors.ts';
import { Prng } from '../../core/prng.ts';
import type { Feed, FeedControl, FeedResult } from '../feed.ts';
import type { EventSink } from '../sink.ts';
import { CaptureSession, type DeclaredVenue } from '../text/capture-session.ts';
import type { LiveClock } from './live-clock.ts';
import type { LiveStatus } from './live-status.ts';
import { LiveVenue } from './live-venue.ts';
import { LIVE_VENUES, type LiveProtocol } from './protocol.ts';
import { protocolOf } from './protocols/index.ts';
import { Recorder } from './recorder.ts';
import { SessionLog } from './session-log.ts';
import { type LiveSource, prefixOf } from './source.ts';
import { type LiveWorld, MACHINE } from './world.ts';

const TICK_MS = 50;

export interface LiveHandlers {
  /** One line for people. */
  say?(text: string): void;
  /** Called once after the start, when every venue has a connection. */
  started?(): void;
  /** Instead of the venues that there are: a test's, with shorter times. */
  protocolOf?(name: string): LiveProtocol | null;
  /** Instead of this machine: a test's. Nothing can be recorded in it. */
  readonly world?: LiveWorld;
}

/** The feed of this source; `run` connects. */
export function openLiveFeed(source: LiveSource, handlers: LiveHandlers = {}): LiveFeed {
  return new LiveFeed(source, handlers);
}

export class LiveFeed implements Feed {
  private readonly source: LiveSource;
  private readonly handlers: LiveHandlers;
  private readonly clock: LiveClock;
  private readonly world: LiveWorld;
  private venues: LiveVenue[] = [];
  private recorder: Recorder | null = null;
  private finish: (error: Error | null) => void = () => {};

  constructor(source: LiveSource, handlers: LiveHandlers = {}) {
    this.source = source;
    this.handlers = handlers;
    this.world = handlers.world ?? MACHINE;
    this.clock = this.world.clock(source.sessionBase);
  }

  /** Runs until `control` says stop, or something can't be mended. */
  async run(sink: EventSink, control: FeedControl): Promise<FeedResult> {
    const ended = new Promise<Error | null>((resolve) => {
      this.finish = resolve;
    });
    const progress = (): void => control.progress(this.venues.reduce((sum, venue) => sum + venue.counts.bytes, 0));
    const session = this.session(sink, progress);
    const { market } = session;
    const stopTicks = this.world.every(TICK_MS, () => this.tick(control, progress));
    const started = Promise.all(this.venues.map((venue) => venue.start()));
    started.then(() => this.handlers.started?.()).catch((error: Error) => this.finish(error));
    let error = await ended;
    stopTicks();
    for (const venue of this.venues) venue.stop();
    await this.recorder?.close();
    error ??= this.recorder?.error ?? null;
    market.stats.publish(session.remarks());
    if (error !== null) throw error;
    sink.flush();
    return { stats: market.stats, truncated: null };
  }

  /** Cuts the venue's first line, as the network might: it is made anew. */
  cut(venue: string): void {
    const at = this.source.venues.findIndex((one) => one.name === venue);
    this.venues[at]?.cut();
  }

  status(): LiveStatus {
    const { recorder } = this;
    return {
      nowNs: this.clock.now(),
      venues: this.venues.map((venue) => venue.status()),
      record:
        recorder === null
          ? null
          : { files: [...recorder.files], diskBytes: recorder.diskBytes, lineBytes: recorder.lineBytes },
    };
  }

  private session(sink: EventSink, progress: () => void): CaptureSession {
    const { source, clock } = this;
    const find = this.handlers.protocolOf ?? protocolOf;
    for (const { name } of source.venues) {
      if (find(name) !== null) continue;
      throw new TapeheadError('USAGE', `${name} can't be followed live: ${LIVE_VENUES.join(', ')} can`);
    }
    const declared: DeclaredVenue[] = source.venues.map((one) => ({
      venue: one.name,
      prefix: prefixOf(source, one),
      symbols: one.symbols,
    }));
    const session = new CaptureSession({ base: source.sessionBase, symbols: null });
    session.market.where = () => 'live';
    session.market.open(sink);
    this.recorder =
      source.record === null
        ? null
        : new Recorder(source.record, source.sessionBase, declared, clock.now(), {
            onPressure: (isHigh) => {
              for (const venue of this.venues) venue.pause(isHigh);
            },
            onError: (error) => this.finish(error),
          });
    const log = new SessionLog(session, clock, this.recorder, sink, progress);
    const random = new Prng(source.seed);
    this.venues = source.venues.map((one, i) => {
      const protocol = find(one.name);
      const venue = session.declare(declared[i]);
      if (protocol === null || venue === null) throw new TapeheadError('USAGE', `${one.name} is named twice`);
      venue.market.open(sink);
      return new LiveVenue(protocol, one, venue, log, () => random.unit(), this.world, {
        fatal: (error) => this.finish(error),
        say: (text) => this.handlers.say?.(text),
      });
    });
    return session;
  }

  private tick(control: FeedControl, progress: () => void): void {
    try {
      if (control.stopRequested()) this.finish(null);
      else for (const venue of this.venues) venue.tick();
      progress();
    } catch (error) {
      this.finish(error instanceof Error ? error : new Error(messageOf(error))); // the engine is gone, or a bug
    }
  }
}
