/**
 * The threads of the benchmark `tick-to-trade`.
 *   feed + gateway  ITCH bytes, paced by the schedule → decoder → ring; between two messages it takes orders from the
 *                   order ring, encodes them and writes them to /dev/null
 *   engine          ring → journal, books, strategy, risk, order manager → order ring
 *   audit           journal → log
 */
import { closeSync, openSync, readFileSync } from 'node:fs';
import { openLogForRun } from '../../src/audit/open-log.ts';
import { canonicalJson, type RunIdentity } from '../../src/config.ts';
import { monotonicNs } from '../../src/core/clock.ts';
import { ENGINE_BATCH } from '../../src/core/limits.ts';
import { thisThread } from '../../src/core/machine-log.ts';
import { LOG_FORMAT_VERSION, type OrderAction, StopReason } from '../../src/core/record.ts';
import { sessionBase } from '../../src/core/time.ts';
import { AuditTrace, EventStamps, type FeedTrace } from '../../src/core/trace.ts';
import { Engine } from '../../src/engine/engine.ts';
import { GcWatch } from '../../src/engine/gc-watch.ts';
import { CoreWatch } from '../../src/engine/thread-use.ts';
import { loadTrading } from '../../src/engine/trading/setup.ts';
import { ItchDecoder } from '../../src/feed/itch/decoder.ts';
import { EventSink } from '../../src/feed/sink.ts';
import { CommandField, OrderCommandWriter } from '../../src/gateway/order-command.ts';
import { OrderRingOutlet } from '../../src/gateway/order-outlet.ts';
import type { Orders } from '../../src/oms/orders.ts';
import { type JournalShared, JournalWriter } from '../../src/ring/journal.ts';
import { SpscReader, type SpscShared, SpscWriter } from '../../src/ring/spsc.ts';
import { WaitStrategy } from '../../src/ring/wait.ts';
import { OpenLoop } from '../open-loop/open-loop.ts';
import { FixedRate, Prelude, type ScheduleName, scheduleOf } from '../open-loop/schedule.ts';
import { SchedulePacer } from '../open-loop/schedule-pacer.ts';
import { arrive, serve } from './crew.ts';
import { NullGateway } from './null-gateway.ts';
import { WholeFeedTrace } from './whole-trace.ts';

export interface TickJob {
  readonly kind: 'feed' | 'engine' | 'audit';
  readonly barrier: SharedArrayBuffer;
  readonly ring: SpscShared;
  readonly orders: SpscShared;
  readonly journal: JournalShared;
  readonly trace: SharedArrayBuffer;
  readonly whole: SharedArrayBuffer;
  readonly directory: string;
  readonly itchFile: string;
  readonly identity: RunIdentity;
  readonly rate: number;
  readonly schedule: ScheduleName;
  readonly seconds: number;
  readonly warmUpMessages: number;
  readonly warmUpRate: number;
}

export interface TickAnswer {
  /** Memory of the thread's machine log. */
  readonly machine: SharedArrayBuffer;
  /** Feed: messages sent, and when the measured part began. Engine: events. */
  readonly messages: number;
  readonly beganNs: number;
  /** Orders sent (engine) or written (gateway), and their checksum. */
  readonly orders: number;
  readonly checksum: number;
  /** Audit. */
  readonly headHash: string;
}

const NOTHING = { messages: 0, beganNs: 0, orders: 0, checksum: 0, headHash: '' };
/** A thread with nothing to do looks so often whether it had a core. */
const LOOK_NS = 5e6;

function feed(job: TickJob): Omit<TickAnswer, 'machine'> {
  const bytes = new Uint8Array(readFileSync(job.itchFile));
  const fd = openSync('/dev/null', 'w');
  const gateway = new NullGateway(job.orders, job.trace, job.whole, fd);
  const schedule = new Prelude(new FixedRate(job.warmUpRate), job.warmUpMessages, scheduleOf(job.schedule, job.rate));
  const watch = new CoreWatch(thisThread);
  const lookedNs = new Float64Array(1);
  const loop = new OpenLoop(schedule, monotonicNs, () => {
    gateway.doWork();
    const { times } = loop;
    if (times[1] - lookedNs[0] < LOOK_NS) return;
    watch.look();
    lookedNs[0] = times[1];
  });
  const trace: FeedTrace = new WholeFeedTrace(job.trace, job.whole);
  const writer = new SpscWriter(job.ring, WaitStrategy.Spin);
  writer.onFull = () => gateway.doWork();
  const sink = new EventSink(writer, new SchedulePacer(loop), Number.POSITIVE_INFINITY, null, trace);
  const decoder = new ItchDecoder({ symbols: null });
  decoder.beginFile(job.itchFile);
  arrive(job.barrier, 2);
  loop.endNs = (job.warmUpMessages / job.warmUpRate + job.seconds) * 1e9;
  loop.begin();
  decoder.decode(bytes, 0, bytes.length, sink);
  writer.close();
  while (!gateway.isFinished()) gateway.doWork();
  closeSync(fd);
  return {
    ...NOTHING,
    messages: sink.messages,
    beganNs: loop.startNs + schedule.beganNs,
    orders: gateway.written,
    checksum: gateway.checksum,
  };
}

/** Folds what is sent as the gateway folds what it writes. */
class CheckedOutlet extends OrderRingOutlet {
  checksum = 0;
  private readonly fields: Float64Array;

  constructor(writer: OrderCommandWriter) {
    super(writer);
    this.fields = writer.fields;
  }

  override send(orders: Orders, action: OrderAction, orderId: number, cause: number, trace: number): void {
    super.send(orders, action, orderId, cause, trace);
    const { fields } = this;
    this.checksum = (Math.imul(this.checksum, 31) + fields[CommandField.ClOrdId] + fields[CommandField.Price]) | 0;
  }
}

async function engine(job: TickJob): Promise<Omit<TickAnswer, 'machine'>> {
  const { identity } = job;
  if (identity.trading === null) throw new Error('a run that trades');
  const input = new SpscReader(job.ring, WaitStrategy.Spin);
  const journal = new JournalWriter(job.journal);
  const commands = new OrderCommandWriter(job.orders);
  const trading = await loadTrading(identity.trading, identity.seed, '.', BigInt(identity.sessionMidnightNs));
  const outlet = new CheckedOutlet(commands);
  const options = {
    base: sessionBase(BigInt(identity.sessionMidnightNs)),
    seed: identity.seed,
    config: canonicalJson(identity),
    formatVersion: LOG_FORMAT_VERSION,
    trading: { ...trading, outlet },
  };
  const one = new Engine(input, journal, options, null, new EventStamps(job.trace));
  const watch = new CoreWatch(thisThread);
  let lookedNs = 0;
  arrive(job.barrier, 2);
  for (;;) {
    if (one.doWork(ENGINE_BATCH) > 0) continue;
    journal.publish();
    if (input.isClosed() && input.poll(1) === 0) break;
    const nowNs = monotonicNs();
    if (nowNs - lookedNs >= LOOK_NS) {
      watch.look();
      lookedNs = nowNs;
    }
    input.idle();
  }
  one.stop(StopReason.EndOfFeed);
  journal.close();
  commands.close();
  return { ...NOTHING, messages: one.events, orders: commands.sent, checksum: outlet.checksum };
}

function audit(job: TickJob): Omit<TickAnswer, 'machine'> {
  const trace = new AuditTrace(job.trace);
  const { writer } = openLogForRun(
    job.directory,
    { shared: job.journal, reader: 0 },
    { sync: true, onCommit: () => trace.durable(writer.records, monotonicNs()) },
  );
  return { ...NOTHING, headHash: writer.run().headHash };
}

serve(async (job: TickJob): Promise<TickAnswer> => {
  const watch = new GcWatch(thisThread);
  const part = job.kind === 'feed' ? feed(job) : job.kind === 'engine' ? await engine(job) : audit(job);
  await watch.settle();
  watch.end();
  return { ...part, machine: thisThread.buffer };
});
