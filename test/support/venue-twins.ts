/** The simulated venue beside a slow model of it (naive-queues.ts, naive-levels.ts), on a stream of market events and own orders. */
import assert from 'node:assert/strict';
import type { Prng } from '../../src/core/prng.ts';
import type { VenueStage } from './venue-stage.ts';

interface Twin {
  readonly fills: { orderId: number; qty: number; price: number; reason: number }[];
  submit(id: number, side: number, price: number, qty: number): void;
  cancel(id: number): unknown;
  ahead(id: number): number;
  apply(event: object): void;
}

interface Stream {
  readonly midTicks: number;
  next(): { kind: number };
}

/** Own orders come and go between the events; after each event both have told the same fills. Returns how many. */
export function compareVenues(
  name: string,
  venue: VenueStage,
  twin: Twin,
  stream: Stream,
  random: Prng,
  events: number,
): number {
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
    for (const id of i % 10 === 0 ? open.keys() : []) {
      assert.equal(venue.venue.queueAheadLots(id), twin.ahead(id), `${name}, event ${i}: ahead of order ${id}`);
    }
    if (i % 500 === 0) venue.venue.checkInvariants();
  }
  return fills;
}
