/** The feed side of a run: reads the recording into the feed -> engine ring. */

import { assert } from '../core/assert.ts';
import { monotonicNs } from '../core/clock.ts';
import { Counter, FeedStatus, Stage, Telemetry } from '../core/counters.ts';
import { FeedTrace } from '../core/trace.ts';
import type { Feed, FeedResult } from '../feed/feed.ts';
import { EventSink } from '../feed/sink.ts';
import { SpscWriter } from '../ring/spsc.ts';
import type { LiveFeedModule } from './live/live-start.ts';
import { RealTimePacer } from './pacer.ts';
import type { WorkerStart } from './topology.ts';

/** What the feed counted, in a form that crosses threads. */
export interface FeedReport {
  /** Monotonic clock when the feed began to read. */
  readonly startedNs: number;
  readonly messages: number;
  readonly messagesByType: readonly (readonly [string, number])[];
  readonly checksumsVerified: number;
  readonly notes: readonly string[];
  readonly truncated: string | null;
}

/**
 * Runs the feed to its end and closes the ring, whatever happens. `pump` gives the other stages of this thread a turn
 * and returns how much they did; null when there are none. `say`: takes lines of a live feed for people.
 */
export async function runFeed(
  start: WorkerStart,
  pump: (() => number) | null,
  say: (line: string) => void = () => {},
): Promise<FeedReport> {
  const startedNs = monotonicNs();
  const telemetry = new Telemetry(start.shared.telemetry);
  const writer = new SpscWriter(start.shared.feedRing);
  const nap = new Int32Array(new SharedArrayBuffer(4));
  if (pump !== null) {
    writer.onFull = () => {
      if (pump() === 0) Atomics.wait(nap, 0, 0, 0.05);
    };
  }
  const stopRequested = () => telemetry.stopRequested;
  const { speed } = start.execution;
  const isPaced = start.live === null && Number.isFinite(speed);
  const pacer = isPaced ? new RealTimePacer(speed, stopRequested, pump ?? (() => 0)) : null;
  const trace = new FeedTrace(start.shared.trace);
  const sink = new EventSink(writer, pacer, Number.POSITIVE_INFINITY, telemetry.stages[Stage.Decode], trace);
  try {
    const feed = await feedOf(start, say);
    const result = await feed.run(sink, {
      stopRequested,
      progress: (bytesRead) => {
        telemetry.counters[Counter.BytesRead] = bytesRead;
        telemetry.counters[Counter.Messages] = sink.messages;
        pump?.();
      },
    });
    telemetry.feedStatus = telemetry.stopRequested ? FeedStatus.Interrupted : FeedStatus.EndOfFeed;
    return report(startedNs, sink, result);
  } catch (error) {
    telemetry.feedStatus = FeedStatus.Failed;
    throw error;
  } finally {
    telemetry.counters[Counter.Messages] = sink.messages;
    writer.close();
  }
}

async function feedOf({ recording, live, identity }: WorkerStart, say: (line: string) => void): Promise<Feed> {
  // A live run needs no reader of recordings, and loads a module of its own.
  if (recording !== null) return (await import('../feed/open.ts')).openFeed(recording, { symbols: identity.symbols });
  assert(live !== null, 'a run has a recording or is live');
  const module = (await import(live.feedModule)) as LiveFeedModule;
  return module.openLiveFeed(live.source, { say });
}

function report(startedNs: number, sink: EventSink, result: FeedResult): FeedReport {
  const { stats, truncated } = result;
  return {
    startedNs,
    messages: sink.messages,
    messagesByType: [...stats.messagesByType],
    checksumsVerified: stats.checksumsVerified,
    notes: [...stats.notes],
    truncated,
  };
}
