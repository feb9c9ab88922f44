/**
 * A made-up market by order for paced runs, in 64-byte events: 20,000 live orders in 50 instruments, adds, deletes, replaces
 * and executions within 50 ticks of the middle. `latency-bench/cxx/paced.cpp` makes the same events from the same seed.
 */
import { EventFlag, EventKind, eventHead, Side } from '../../src/core/event.ts';
import { BookKind, writeInstrumentPayload } from '../../src/core/instrument-def.ts';
import { Prng } from '../../src/core/prng.ts';
import type { SpscWriter } from '../../src/ring/spsc.ts';

export const FLOW_INSTRUMENTS = 50;
const LIVE = 20_000;
const MID_TICKS = 10_000;
const DEPTH_TICKS = 50;
const ADD_LOTS = 100;
const REPLACE_LOTS = 200;
const EXECUTE_LOTS = 10;
/** Between two events, in the recording's time. */
const STEP_NS = 1000;

export class OrderFlow {
  private readonly out: SpscWriter;
  private readonly random: Prng;
  private readonly ids = new Float64Array(LIVE);
  private readonly instruments = new Int32Array(LIVE);
  private readonly lots = new Int32Array(LIVE);
  /** In a cell, so that no number is boxed on the way: ns, and the last order reference. */
  private readonly state = new Float64Array(2);

  constructor(out: SpscWriter, seed: number) {
    this.out = out;
    this.random = new Prng(seed);
  }

  define(): void {
    for (let instrument = 0; instrument < FLOW_INSTRUMENTS; instrument++) {
      const w = this.slot(EventKind.Instrument, Side.None, instrument);
      const def = { instrument, symbol: `S${instrument}`, bookKind: BookKind.L3, priceDecimals: 2, qtyDecimals: 0 };
      writeInstrumentPayload(this.out.bytes, (w + 3) * 8, def);
    }
    this.out.publish();
  }

  /** The next event; not published yet. */
  one(): void {
    const { random, ids, instruments, lots } = this;
    const place = random.below(LIVE);
    const chance = random.below(100);
    const side = random.below(2) === 0 ? Side.Bid : Side.Ask;
    const offset = 1 + random.below(DEPTH_TICKS);
    const price = side === Side.Bid ? MID_TICKS - offset : MID_TICKS + offset;
    if (ids[place] === 0) {
      instruments[place] = random.below(FLOW_INSTRUMENTS);
      const w = this.slot(EventKind.Add, side, instruments[place]);
      ids[place] = ++this.state[1];
      this.fill(w, price, ADD_LOTS);
      lots[place] = ADD_LOTS;
      this.out.f64[w + 5] = ids[place];
    } else if (chance < 70) {
      const w = this.slot(EventKind.Delete, Side.None, instruments[place]);
      this.out.f64[w + 5] = ids[place];
      ids[place] = 0;
    } else if (chance < 85) {
      const w = this.slot(EventKind.Replace, Side.None, instruments[place]);
      this.fill(w, price, REPLACE_LOTS);
      lots[place] = REPLACE_LOTS;
      this.out.f64[w + 5] = ids[place];
      ids[place] = ++this.state[1];
      this.out.f64[w + 6] = ids[place];
    } else {
      const w = this.slot(EventKind.Execute, Side.None, instruments[place]);
      this.out.f64[w + 4] = EXECUTE_LOTS;
      this.out.f64[w + 5] = ids[place];
      lots[place] -= EXECUTE_LOTS;
      if (lots[place] === 0) ids[place] = 0;
    }
  }

  private fill(w: number, price: number, qty: number): void {
    this.out.f64[w + 3] = price;
    this.out.f64[w + 4] = qty;
  }

  private slot(kind: EventKind, side: number, instrument: number): number {
    const { out, state } = this;
    const w = out.next();
    const { f64, u32 } = out;
    state[0] += STEP_NS;
    u32[w * 2] = eventHead(kind, side, EventFlag.Last);
    u32[w * 2 + 1] = instrument;
    f64[w + 1] = state[0];
    f64[w + 2] = state[0];
    f64[w + 3] = 0;
    f64[w + 4] = 0;
    f64[w + 5] = 0;
    f64[w + 6] = 0;
    f64[w + 7] = 0;
    return w;
  }
}
