/**
 * The threads of the benchmark `paced`. `engine`: makes an event at each intended time, in the ring that a feed would
 * write, and runs the engine over it, on one thread. `audit`: writes the log.
 */
import { openLogForRun } from '../../src/audit/open-log.ts';
import { monotonicNs } from '../../src/core/clock.ts';
import { Incident, type IncidentTotal, thisThread } from '../../src/core/machine-log.ts';
import { LOG_FORMAT_VERSION, StopReason } from '../../src/core/record.ts';
import { Engine } from '../../src/engine/engine.ts';
import { GcWatch } from '../../src/engine/gc-watch.ts';
import { type ThreadUse, threadUse } from '../../src/engine/thread-use.ts';
import { type JournalShared, JournalWriter } from '../../src/ring/journal.ts';
import { createSpsc, SpscReader, SpscWriter } from '../../src/ring/spsc.ts';
import { LoopTime, OpenLoop } from '../open-loop/open-loop.ts';
import { LatencyRecorder } from '../open-loop/recorder.ts';
import { FixedRate, type ScheduleName, scheduleOf } from '../open-loop/schedule.ts';
import { serve } from './crew.ts';
import { FLOW_INSTRUMENTS, OrderFlow } from './order-flow.ts';

export interface PacedJob {
  readonly kind: 'engine' | 'audit';
  readonly journal: JournalShared;
  readonly directory: string;
  readonly rate: number;
  readonly schedule: ScheduleName;
  readonly seconds: number;
  readonly warmUpEvents: number;
  readonly seed: number;
}

export interface LogAnswer {
  readonly headHash: string;
  readonly records: number;
}

export interface PacedAnswer {
  /** What the books came to; `touches` folds all of them, as the C++ program does. */
  readonly events: number;
  readonly orders: number;
  readonly touches: number;
  /** Memories of fine histograms, one for each slice of the time. */
  readonly service: readonly SharedArrayBuffer[];
  readonly response: readonly SharedArrayBuffer[];
  /** In the paced part alone. */
  readonly scavenges: IncidentTotal;
  readonly majorGcs: IncidentTotal;
  readonly ringFull: IncidentTotal;
  readonly waitedForCoreNs: number | null;
}

const RING_SLOTS = 1 << 10;
/** Warm-up events between two looks at the ring, as one call: hot loops are entered by call. */
const CHUNK = 1000;
/** Paced at four times the rate, thrown away: code that is new when the measurement begins is slow, and makes garbage. */
const WARM_PACE_NS = 2e9;
/** Of the paced part, one after another: `compare` judges what has several parts. */
const SLICES = 5;
const TOUCH_MODULUS = 1_000_000_007;

class PacedEngine {
  readonly engine: Engine;
  readonly recorders = Array.from({ length: SLICES }, () => new LatencyRecorder());
  private recorder = this.recorders[0];
  private readonly journal: JournalWriter;
  private readonly input: SpscWriter;
  private readonly flow: OrderFlow;

  constructor(job: PacedJob) {
    const ring = createSpsc(RING_SLOTS);
    this.input = new SpscWriter(ring);
    this.journal = new JournalWriter(job.journal);
    const options = { base: { hi: 0, lo: 0 }, seed: job.seed, config: '{}', formatVersion: LOG_FORMAT_VERSION };
    this.engine = new Engine(new SpscReader(ring), this.journal, options);
    this.flow = new OrderFlow(this.input, job.seed);
    this.flow.define();
    this.engine.doWork(FLOW_INSTRUMENTS);
  }

  /** Event made, published, journalled, applied; its records published. */
  one(): void {
    this.flow.one();
    this.input.publish();
    this.engine.doWork(1);
    this.journal.publish();
  }

  warmUp(events: number): void {
    for (let i = 0; i < events; i++) this.one();
  }

  /** What is recorded from here on belongs to this slice. */
  enter(slice: number): void {
    this.recorder = this.recorders[slice];
  }

  /** Runs to the loop's end. What is hot is called, message by message: a loop that is replaced while it runs makes garbage. */
  pace(loop: OpenLoop): void {
    while (this.step(loop));
  }

  private step(loop: OpenLoop): boolean {
    if (!loop.next()) return false;
    this.one();
    const { times } = loop;
    times[LoopTime.End] = monotonicNs();
    this.recorder.record(times);
    return true;
  }

  end(): void {
    this.engine.stop(StopReason.EndOfFeed);
    this.journal.close();
  }

  touches(): number {
    const { books } = this.engine.market;
    let sum = 0;
    for (let instrument = 0; instrument < FLOW_INSTRUMENTS; instrument++) {
      books.readTouch(instrument);
      const [bid, bidLots, ask, askLots] = books.touch;
      sum = (sum * 31 + bid * 7 + bidLots + ask * 5 + askLots * 3) % TOUCH_MODULUS;
    }
    return sum;
  }
}

function since(kind: Incident, before: IncidentTotal): IncidentTotal {
  const { count, totalNs, maxNs } = thisThread.total(kind);
  return { count: count - before.count, totalNs: totalNs - before.totalNs, maxNs };
}

async function run(job: PacedJob): Promise<PacedAnswer> {
  const watch = new GcWatch(thisThread);
  const paced = new PacedEngine(job);
  for (let done = 0; done < job.warmUpEvents; done += CHUNK) paced.warmUp(CHUNK);
  const loop = new OpenLoop(scheduleOf(job.schedule, job.rate), monotonicNs, () => {});
  const warm = new OpenLoop(new FixedRate(job.rate * 4), monotonicNs, () => {});
  warm.endNs = WARM_PACE_NS;
  paced.enter(SLICES - 1); // a field that changes for the first time later would throw away code that took it for constant
  warm.begin();
  paced.pace(warm);
  for (const { service, response } of paced.recorders) {
    service.slots.fill(0);
    response.slots.fill(0);
  }
  await watch.settle();
  const before = [Incident.Scavenge, Incident.MajorGc, Incident.RingFull].map((kind) => thisThread.total(kind));
  const useBefore = threadUse();
  loop.begin();
  for (let slice = 0; slice < SLICES; slice++) {
    paced.enter(slice);
    loop.endNs = (job.seconds * 1e9 * (slice + 1)) / SLICES;
    paced.pace(loop);
  }
  const use: ThreadUse | null = threadUse();
  await watch.settle();
  watch.end();
  const answer = {
    events: paced.engine.events - FLOW_INSTRUMENTS,
    orders: paced.engine.market.books.orders.size,
    touches: paced.touches(),
    service: paced.recorders.map(({ service }) => service.slots.buffer as SharedArrayBuffer),
    response: paced.recorders.map(({ response }) => response.slots.buffer as SharedArrayBuffer),
    scavenges: since(Incident.Scavenge, before[0]),
    majorGcs: since(Incident.MajorGc, before[1]),
    ringFull: since(Incident.RingFull, before[2]),
    waitedForCoreNs: use === null || useBefore === null ? null : use.waitedForCoreNs - useBefore.waitedForCoreNs,
  };
  paced.end();
  return answer;
}

function log(job: PacedJob): LogAnswer {
  const { writer } = openLogForRun(job.directory, { shared: job.journal, reader: 0 }, { sync: true });
  const { headHash, records } = writer.run();
  return { headHash, records };
}

serve(async (job: PacedJob): Promise<LogAnswer | PacedAnswer> => (job.kind === 'audit' ? log(job) : await run(job)));
