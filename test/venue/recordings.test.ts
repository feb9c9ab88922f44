/** Many own orders at once on real recordings: every fill is that of the slow models. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { EventKind, Side, TradingState } from '../../src/core/event.ts';
import { BookKind } from '../../src/core/instrument-def.ts';
import { Prng } from '../../src/core/prng.ts';
import type { SeenEvent } from '../support/event-probe.ts';
import { NaiveLevels } from '../support/naive-levels.ts';
import { NaiveQueues } from '../support/naive-queues.ts';
import { marketData, repositoryRoot } from '../support/paths.ts';
import { recordedEvents } from '../support/recorded-events.ts';
import { NO_LATENCY, VenueStage } from '../support/venue-stage.ts';

const SEED = 777;

interface Twin {
  readonly fills: object[];
  submit(id: number, side: number, price: number, qty: number): void;
  cancel(id: number): unknown;
  apply(event: SeenEvent): void;
}

interface Outcome {
  orders: number;
  fills: number;
  /** By FillReason. */
  reasons: number[];
}

/** Sends seeded orders around the touch of one instrument, and compares fills after every event. */
function follow(events: readonly SeenEvent[], config: object, twin: Twin, step: number, every: number): Outcome {
  const random = new Prng(SEED);
  const venue = new VenueStage({ ...NO_LATENCY, ...config });
  const open = new Map<number, { side: number; price: number }>();
  const outcome: Outcome = { orders: 0, fills: 0, reasons: [] };
  venue.onReport = (report) => {
    if (report.leaves === 0) open.delete(report.orderId);
  };
  let ns = 0;
  let trading = true;
  for (const [n, event] of events.entries()) {
    const { books } = venue;
    if (event.kind === EventKind.Status) trading = event.price <= TradingState.Trading;
    if (books.defs[event.instrument] !== undefined && trading && random.below(every) === 0) {
      books.readTouch(event.instrument);
      const [bid, bidQty, ask, askQty] = books.touch;
      const side = 1 + random.below(2);
      const away = (random.below(6) - (random.below(12) === 0 ? 4 : 0)) * step;
      const price = side === Side.Bid ? bid - away : ask + away;
      const crossesOwn = [...open.values()].some(
        (other) => other.side !== side && (side === 1 ? other.price <= price : other.price >= price),
      );
      if (bidQty > 0 && askQty > 0 && bid < ask && !crossesOwn && open.size < 30) {
        const qty = 1 + random.below(200);
        const id = venue.submit({ instrument: event.instrument, side: side as 1 | 2, qtyLots: qty, priceTicks: price });
        open.set(id, { side, price });
        outcome.orders++;
        twin.submit(id, side, price, qty);
      }
    }
    if (open.size > 0 && random.below(every * 3) === 0) {
      const id = [...open.keys()][random.below(open.size)];
      venue.cancel(id);
      twin.cancel(id);
    }
    ns += 10;
    venue.event({ ...event, tsRecv: ns, tsEvent: ns }).advance(ns + 5);
    twin.apply(event);
    const told = venue.take().filter((report) => report.exec === 'Trade');
    const ours = told.map((r) => ({ orderId: r.orderId, qty: r.lastQty, price: r.lastPx, reason: r.reason }));
    assert.deepEqual(ours, twin.fills.splice(0), `event ${n}: ${JSON.stringify(event)} (seed ${SEED})`);
    for (const { reason } of told) outcome.reasons[reason] = (outcome.reasons[reason] ?? 0) + 1;
    outcome.fills += told.length;
  }
  venue.venue.checkInvariants();
  return outcome;
}

/** The recording's events of its busiest instrument. */
async function busiest(t: TestContext, path: string | null, options: object): Promise<SeenEvent[] | null> {
  if (path === null) {
    t.skip('../shared/market-data is absent');
    return null;
  }
  const events = await recordedEvents(path, options);
  const counts = new Map<number, number>();
  for (const { instrument } of events) counts.set(instrument, (counts.get(instrument) ?? 0) + 1);
  const first = [...counts].sort((a, b) => b[1] - a[1])[0][0];
  return events.filter(({ instrument }) => instrument === first);
}

const L3 = [
  {
    name: 'GOOG',
    path: () => marketData('lobster/LOBSTER_SampleFile_GOOG_2012-06-21_10.zip'),
    messages: 3_000,
    fills: 100,
  },
  { name: 'AAPL', path: () => marketData('itch50/AAPL_20200130_locate13_first10k.itch50'), messages: 5_000, fills: 30 },
  {
    name: 'the own equities session',
    path: () => join(repositoryRoot(), 'replay-data', 'equities-session.itch50.gz'),
    messages: 60_000,
    fills: 30,
  },
];

for (const { name, path, messages, fills } of L3) {
  test(`order by order, ${name}: fills are those of queues of lists`, async (t) => {
    const events = await busiest(t, path(), { maxMessages: messages });
    if (events === null) return;
    assert.ok(events.some(({ def }) => def?.bookKind === BookKind.L3));
    const outcome = follow(events, {}, new NaiveQueues(), 100, 10);
    t.diagnostic(JSON.stringify(outcome));
    assert.ok(outcome.fills >= fills, `${outcome.fills} fills`);
  });
}

const MODELS = [{ model: 'riskAverse' }, { model: 'power', n: 3 }, { model: 'log2' }] as const;
const L2 = ['spot_btcusdt_20240808', 'usdm_btcusdt_20240718'];

for (const [i, queueModel] of MODELS.entries()) {
  const name = L2[i % L2.length];
  test(`by level, ${name}, ${queueModel.model}: fills are those of the slow model`, async (t) => {
    const events = await busiest(t, marketData(`binance/${name}.gz`), { maxMessages: 2_500 });
    if (events === null) return;
    // Units may change in mid-recording; one part with one scale will do.
    const second = events.findIndex((event, n) => n > 0 && event.kind === EventKind.Instrument);
    const part = events
      .slice(0, second > 5_000 ? second : undefined)
      .filter((event, n) => n === 0 || event.def === null);
    const twin = new NaiveLevels(queueModel.model, 'n' in queueModel ? queueModel.n : 0);
    const outcome = follow(part, { queueModel }, twin, 10, 40);
    t.diagnostic(JSON.stringify(outcome));
    assert.ok(outcome.fills > 20, `${outcome.fills} fills`);
  });
}
