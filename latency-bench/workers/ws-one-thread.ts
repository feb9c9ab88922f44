/**
 * Everything of a live run on one event loop, for `wire-to-wire-ws`: the feed's socket, engine and gateway have their turns
 * behind each frame, so that no thread is woken in between. The stages are those of `tapehead live`; its log is left out, the
 * journal's records are dropped.
 */
import type { RunIdentity } from '../../src/config.ts';
import { monotonicNs } from '../../src/core/clock.ts';
import { ENGINE_BATCH } from '../../src/core/limits.ts';
import { sessionBaseNs } from '../../src/core/time.ts';
import { EngineStage } from '../../src/engine/engine-stage.ts';
import { MESSAGE_RING_SLOTS, ORDER_RING_SLOTS } from '../../src/engine/live/live-start.ts';
import { AUDIT_READER, createSharedMemory } from '../../src/engine/topology.ts';
import { loadTrading } from '../../src/engine/trading/setup.ts';
import { wallClockNs } from '../../src/feed/live/live-clock.ts';
import { openLiveFeed } from '../../src/feed/live/live-feed.ts';
import type { LiveSource } from '../../src/feed/live/source.ts';
import { MACHINE as FEED_MACHINE } from '../../src/feed/live/world.ts';
import { EventSink } from '../../src/feed/sink.ts';
import { BinanceGateway, type BinanceSettings } from '../../src/gateway/binance/gateway.ts';
import { GatewayStage } from '../../src/gateway/gateway-stage.ts';
import type { KeyMaterial } from '../../src/gateway/venue-key.ts';
import { VenueMessageWriter } from '../../src/gateway/venue-ring.ts';
import { MACHINE as GATEWAY_MACHINE } from '../../src/gateway/world.ts';
import { JournalReader } from '../../src/ring/journal.ts';
import { createSpsc, SpscReader, SpscWriter } from '../../src/ring/spsc.ts';
import { serve } from './crew.ts';

export interface OneThreadJob {
  readonly source: LiveSource;
  readonly identity: RunIdentity;
  readonly strategyDir: string;
  readonly binance: BinanceSettings;
  readonly key: KeyMaterial;
  /** Its one cell is set to 1 when the run is to end. */
  readonly stop: SharedArrayBuffer;
}

export interface OneThreadAnswer {
  /** What feed and gateway said for people. */
  readonly said: readonly string[];
  readonly records: number;
}

/** Whatever no frame begins has its turn so often. */
const TURN_MS = 5;
const GATEWAY_BATCH = 16;

/** The listener, with a turn of the others behind each message. */
function thenWork<Listener extends { message(frame: Buffer): void }>(listener: Listener, work: () => void): Listener {
  const message = listener.message.bind(listener);
  return {
    ...listener,
    message: (frame: Buffer) => {
      message(frame);
      work();
    },
  };
}

serve(async (job: OneThreadJob): Promise<OneThreadAnswer> => {
  const { identity, source } = job;
  if (identity.trading === null) throw new Error('a run that trades');
  const midnightNs = sessionBaseNs(source.sessionBase);
  const said: string[] = [];
  const say = (line: string): void => {
    said.push(line);
  };
  const shared = createSharedMemory(0);
  const rings = { orders: createSpsc(ORDER_RING_SLOTS), messages: createSpsc(MESSAGE_RING_SLOTS) };
  const originNs = Number(wallClockNs() - midnightNs) - monotonicNs();
  const stage = new EngineStage({
    shared,
    identity,
    trading: await loadTrading(identity.trading, identity.seed, job.strategyDir, midnightNs),
    expectedOrders: 1 << 10,
    othersTurn: null,
    link: { now: () => originNs + monotonicNs(), cancelWaitNs: 0, venues: [rings] },
  });
  const records = new JournalReader(shared.journal, AUDIT_READER);
  const answered = {
    ...GATEWAY_MACHINE,
    connect: (...[url, ms, listener]: Parameters<typeof GATEWAY_MACHINE.connect>) =>
      GATEWAY_MACHINE.connect(
        url,
        ms,
        thenWork(listener, () => setImmediate(work)), // what awaits the answer comes first
      ),
  };
  const gateway = new BinanceGateway(job.binance, job.key, new VenueMessageWriter(rings.messages), say, answered);
  const outlet = new GatewayStage(new SpscReader(rings.orders), gateway, { durableSeq: null, enginePulse: () => 0 });
  const work = (): void => {
    while (stage.doWork(ENGINE_BATCH) > 0);
    outlet.doWork(GATEWAY_BATCH);
    records.release(records.poll());
  };
  const fed = {
    ...FEED_MACHINE,
    connect: (...[url, ms, listener]: Parameters<typeof FEED_MACHINE.connect>) =>
      FEED_MACHINE.connect(url, ms, thenWork(listener, work)),
  };
  gateway.start();
  const turns = setInterval(work, TURN_MS);
  const ring = new SpscWriter(shared.feedRing);
  const stop = new Int32Array(job.stop);
  try {
    await openLiveFeed(source, { say, world: fed }).run(new EventSink(ring), {
      stopRequested: () => Atomics.load(stop, 0) !== 0,
      progress: work,
    });
  } finally {
    clearInterval(turns);
    gateway.stop();
  }
  return { said, records: stage.engine.seq };
});
