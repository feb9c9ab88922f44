import { EventKind, Side } from '../../src/core/event.ts';
import { BookKind } from '../../src/core/instrument-def.ts';
import { NO_LATENCY, VenueStage } from '../support/venue-stage.ts';

const { Add } = EventKind;
const { Bid, Ask } = Side;

/** Bids 99: 10 + 20, 98: 30; asks 101: 10, 102: 40. */
export function stage(config: object = {}): VenueStage {
  const venue = new VenueStage({ ...NO_LATENCY, ...config }).define(BookKind.L3);
  venue.event({ kind: Add, side: Bid, price: 99, qty: 10, orderId: 1, tsRecv: 1000 });
  venue.event({ kind: Add, side: Bid, price: 99, qty: 20, orderId: 2 });
  venue.event({ kind: Add, side: Bid, price: 98, qty: 30, orderId: 3 });
  venue.event({ kind: Add, side: Ask, price: 101, qty: 10, orderId: 4 });
  venue.event({ kind: Add, side: Ask, price: 102, qty: 40, orderId: 5 });
  return venue;
}
