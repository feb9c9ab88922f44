/** The simulated venue and its slow models, fill by fill, on seeded streams of market events and own orders. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BookKind } from '../../src/core/instrument-def.ts';
import { Prng } from '../../src/core/prng.ts';
import { LevelStream, OrderStream } from '../support/market-stream.ts';
import { NaiveLevels, NaiveQueues } from '../support/naive-venue.ts';
import { NO_LATENCY, VenueStage } from '../support/venue-stage.ts';

const SEED = 3_1415;

interface Twin {
  readonly fills: { orderId: number; qty: number; price: number; reason: number }[];
  submit(id: number, side: number, price: number, qty: number): void;
  cancel(id: number): unknown;
  apply(event: object): void;
}

interface Stream {
  readonly midTicks: number;
  next(): { kind: number };
}

/** Own orders come and go between the events; after each event both have told the same fills. Returns how many. */
function compare(name: string, venue: VenueStage, twin: Twin, stream: Stream, random: Prng, events: number): number {
  const open = new Map<number, { side: number; price: number; leaves: number }>();
  let fills = 0;
  venue.onReport = (report) => {
    if (report.leaves === 0) open.delete(report.orderId);
  };
  for (let i = 1; i <= events; i++) {
    if (random.below(12) === 0 && open.size < 12) {
      const side = 1 + random.below(2);
      const away = random.below(10) === 0 ? -2 - random.below(4) : random.below(7);
      const price = side === 1 ? stream.midTicks - away : stream.midTicks + away;
      const crossesOwn = [...open.values()].some(
        (other) => other.side !== side && (side === 1 ? other.price <= price : other.price >= price),
      );
      if (!crossesOwn) {
        const qty = 1 + random.below(25);
        const id = venue.submit({ side: side as 1 | 2, qtyLots: qty, priceTicks: price });
        open.set(id, { side, price, leaves: qty });
        twin.submit(id, side, price, qty);
      }
    }
    if (random.below(25) === 0 && open.size > 0) {
      const id = [...open.keys()][random.below(open.size)];
      venue.cancel(id);
      twin.cancel(id);
    }
    const event = stream.next();
    venue.event({ ...event, tsRecv: i * 10 }).advance(i * 10 + 5);
    twin.apply(event);
    const ours = venue.take().filter((report) => report.exec === 'Trade');
    const told = ours.map((r) => ({ orderId: r.orderId, qty: r.lastQty, price: r.lastPx, reason: r.reason }));
    assert.deepEqual(told, twin.fills.splice(0), `${name}, event ${i}: ${JSON.stringify(event)}`);
    fills += told.length;
    if (i % 500 === 0) venue.venue.checkInvariants();
  }
  return fills;
}

for (let seed = SEED; seed < SEED + 4; seed++) {
  test(`order by order: 4,000 events fill as in queues of lists (seed ${seed})`, () => {
    const random = new Prng(seed);
    const venue = new VenueStage(NO_LATENCY).define(BookKind.L3);
    const stream = new OrderStream(random);
    const fills = compare('L3', venue, new NaiveQueues(), stream, random, 4_000);
    assert.ok(fills > 300, `${fills} fills`);
  });
}

for (const queueModel of [
  { model: 'riskAverse' },
  { model: 'power', n: 3 },
  { model: 'power2', n: 2 },
  { model: 'power3', n: 1.5 },
  { model: 'log' },
  { model: 'log2' },
] as const) {
  test(`by level, ${queueModel.model}: 4,000 events fill as its documents say (seed ${SEED})`, () => {
    const random = new Prng(SEED);
    const venue = new VenueStage({ ...NO_LATENCY, queueModel }).define(BookKind.L2);
    const twin = new NaiveLevels(queueModel.model, 'n' in queueModel ? queueModel.n : 0);
    const stream = new LevelStream(random);
    const fills = compare(queueModel.model, venue, twin, stream, random, 4_000);
    assert.ok(fills > 200, `${fills} fills`);
  });
}
