/** What must hold of every run, whatever is sent: seeded streams, every kind of order, latencies, policies. */
import assert from 'node:assert/strict';
import { EventKind, TradingState } from '../../src/core/event.ts';
import { Fnv64 } from '../../src/core/hash.ts';
import { BookKind } from '../../src/core/instrument-def.ts';
import { FillReason, Liquidity, OrderFlag, OrdType, TimeInForce } from '../../src/core/order.ts';
import { Prng } from '../../src/core/prng.ts';
import { LevelStream, OrderStream } from './market-stream.ts';
import { type PlainReport, type StageEvent, VenueStage } from './venue-stage.ts';

const EVENTS = 3_000;
const TERMINAL = ['Canceled', 'Rejected', 'Expired'];

interface Sent {
  readonly side: 1 | 2;
  readonly type: number;
  readonly timeInForce: number;
  readonly flags: number;
  readonly display: number;
  readonly arrivalNs: number;
  readonly strategy: number;
  qty: number;
  price: number;
  cum: number;
  leaves: number;
  /** Acceptance, in the venue's order; moves with every loss of place. */
  place: number;
  isOver: boolean;
}

export interface VenueRun {
  readonly reports: PlainReport[];
  readonly sent: Map<number, Sent>;
  readonly events: Map<number, StageEvent>;
  readonly hash: string;
}

const ENTRY_NS = 700;

function config(random: Prng): object {
  const pick = <T>(...values: T[]): T => values[random.below(values.length)];
  return {
    feedLatency: pick<object>(
      { model: 'recorded' },
      { model: 'constant', ns: 300 },
      { model: 'uniform', minNs: 0, maxNs: 900 },
    ),
    entryLatency: { model: 'constant', ns: ENTRY_NS },
    responseLatency: pick<object>({ model: 'constant', ns: 400 }, { model: 'lognormal', medianNs: 500, sigma: 1 }),
    impact: pick('consume', 'none'),
    postOnly: pick('reject', 'reprice'),
    stopTrigger: pick('lastTrade', 'touch'),
    whenHalted: pick('rest', 'refuse'),
    selfTrade: pick('cancelNewest', 'cancelOldest', 'cancelBoth', 'decrement'),
    queueModel: pick<object>({ model: 'riskAverse' }, { model: 'power', n: 3 }, { model: 'log' }),
    rejects: { newProbability: 0.02, replaceProbability: 0.02, cancelProbability: 0.02 },
  };
}

/** `steps`: false lets time pass in one call per event, else in several. */
export function runVenue(seed: number, bookKind: BookKind, steps: boolean): VenueRun {
  const random = new Prng(seed);
  const stepRandom = new Prng(seed + 1);
  const venue = new VenueStage(config(random), seed).define(bookKind);
  const stream = bookKind === BookKind.L3 ? new OrderStream(random) : new LevelStream(random);
  const sent = new Map<number, Sent>();
  const events = new Map<number, StageEvent>();
  let ns = 1_000;
  for (let i = 0; i < EVENTS; i++) {
    ns += random.below(400);
    if (steps) {
      for (let at = venue.nowNs; at < ns; at += 1 + stepRandom.below(150)) venue.venue.advanceTo(at, venue.seq);
    }
    venue.advance(ns);
    if (random.below(6) === 0) act(venue, stream.midTicks, random, sent);
    let event: StageEvent = stream.next();
    if (random.below(400) === 0) {
      const price = random.below(3) === 0 ? TradingState.Halted : TradingState.Trading;
      venue.event({ kind: EventKind.Status, price, tsRecv: ns, tsEvent: ns - 250 });
    }
    event = { ...event, tsRecv: ns, tsEvent: ns - 250 };
    venue.event(event);
    events.set(venue.seq, event);
    if (i % 100 === 0) venue.venue.checkInvariants();
  }
  venue.event({ kind: EventKind.Status, price: TradingState.Trading });
  for (let i = 0; i < 5; i++) for (const id of sent.keys()) venue.cancel(id); // some are refused, by chance
  venue.settle();
  venue.venue.checkInvariants();
  const hash = new Fnv64();
  venue.venue.foldInto(hash);
  return { reports: venue.take(), sent, events, hash: hash.hex() };
}

function act(venue: VenueStage, mid: number, random: Prng, sent: Map<number, Sent>): void {
  const draw = random.below(10);
  const ids = [...sent.keys()].slice(-25);
  const id = ids.length > 0 ? ids[random.below(ids.length)] : 0;
  if (draw < 2 && id > 0) {
    venue.cancel(id);
    return;
  }
  if (draw < 4 && id > 0) {
    const order = sent.get(id)!;
    venue.replace(id, 1 + random.below(40), mid + (order.side === 1 ? -1 : 1) * (random.below(6) - 1));
    return;
  }
  const side = (1 + random.below(2)) as 1 | 2;
  const sign = side === 1 ? -1 : 1;
  const type = [1, 1, 1, 1, 1, OrdType.Market, OrdType.Stop, OrdType.StopLimit, OrdType.Pegged][random.below(9)];
  let timeInForce = [1, 2, 2, TimeInForce.Ioc, TimeInForce.Fok, TimeInForce.Gtd][random.below(6)];
  if (type === OrdType.Pegged && timeInForce > 2 && timeInForce < 5) timeInForce = 2;
  const qtyLots = 1 + random.below(40);
  const canBePostOnly = (type === OrdType.Limit || type === OrdType.Pegged) && (timeInForce < 3 || timeInForce === 5);
  const flags = canBePostOnly && random.below(4) === 0 ? OrderFlag.PostOnly : 0;
  const priceTicks = mid + sign * (random.below(7) - 2);
  const displayQtyLots = type === OrdType.Limit && random.below(4) === 0 ? 1 + random.below(qtyLots) : 0;
  const strategy = random.below(3);
  const ticket = {
    side,
    type: type as OrdType,
    timeInForce: timeInForce as TimeInForce,
    qtyLots,
    flags,
    displayQtyLots,
    priceTicks: type === OrdType.Pegged && random.below(2) === 0 ? Number.NaN : priceTicks,
    stopPriceTicks: mid - sign * random.below(4),
    peg: 1 + random.below(3),
    pegOffsetTicks: random.below(3),
    expireNs: venue.nowNs + random.below(40_000),
  };
  const orderId = venue.submit(ticket as Parameters<VenueStage['submit']>[0], strategy);
  sent.set(orderId, {
    side,
    type,
    timeInForce,
    flags,
    display: displayQtyLots,
    arrivalNs: venue.nowNs + ENTRY_NS,
    strategy,
    qty: qtyLots,
    price: priceTicks,
    cum: 0,
    leaves: qtyLots,
    place: 0,
    isOver: false,
  });
}

export function checkRun({ reports, sent, events }: VenueRun, bookKind: BookKind): Record<string, number> {
  const counts: Record<string, number> = {};
  const execIds = new Set<number>();
  const lastAtNs = [0, 0, 0];
  const filledOf = new Map<string, number>();
  // In the order of the venue, not of delivery.
  for (const report of reports) {
    const order = sent.get(report.orderId)!;
    assert.ok(report.atNs >= lastAtNs[order.strategy], 'reports of a strategy arrive in order');
    assert.ok(report.atNs >= report.venueNs, 'no report arrives before it happened');
    lastAtNs[order.strategy] = report.atNs;
  }
  for (const report of reports.toSorted((a, b) => a.execId - b.execId)) {
    const order = sent.get(report.orderId)!;
    const what = JSON.stringify(report);
    counts[report.exec] = (counts[report.exec] ?? 0) + 1;
    assert.ok(!execIds.has(report.execId), `ExecIDs are unique: ${what}`);
    execIds.add(report.execId);
    assert.ok(report.venueNs >= order.arrivalNs, `nothing happens before the order arrives: ${what}`);
    if (report.exec === 'CancelRejected' || report.exec === 'ReplaceRejected') {
      if (order.isOver) assert.deepEqual([report.cum, report.leaves], [order.cum, 0], what);
      continue;
    }
    assert.ok(!order.isOver, `nothing follows the end of an order: ${what}`);
    if (report.exec === 'Trade') trade(report, order, sent, counts, filledOf, bookKind);
    if (
      report.exec === 'Replaced' ||
      report.exec === 'Restated' ||
      report.exec === 'New' ||
      report.exec === 'Triggered'
    ) {
      const keepsPlace = report.exec !== 'New' && report.price === order.price;
      const isSmaller = report.exec === 'Replaced' ? report.leaves <= order.leaves : report.leaves < order.leaves;
      if (!(keepsPlace && isSmaller)) order.place = report.execId;
      order.qty = report.qty;
      order.price = report.price;
    }
    order.leaves = report.leaves;
    assert.equal(report.cum, order.cum, what);
    if (TERMINAL.includes(report.exec)) assert.equal(report.leaves, 0, what);
    else assert.equal(report.cum + report.leaves, order.qty, what);
    order.isOver = report.leaves === 0;
  }
  for (const [key, qty] of filledOf) {
    const [seq] = key.split(' ');
    const event = events.get(Number(seq))!;
    const size = event.qty ?? 0;
    assert.ok(qty <= size, `${key}: ${qty} lots of an event of ${size}`);
  }
  for (const [id, order] of sent) {
    assert.ok(order.isOver, `order ${id} came to an end`);
    if (order.timeInForce === TimeInForce.Fok) assert.ok(order.cum === 0 || order.cum === order.qty, `order ${id}`);
  }
  return counts;
}

function trade(
  report: PlainReport,
  order: Sent,
  sent: ReadonlyMap<number, Sent>,
  counts: Record<string, number>,
  filledOf: Map<string, number>,
  bookKind: BookKind,
): void {
  const what = JSON.stringify(report);
  order.cum += report.lastQty;
  counts[`reason ${report.reason}`] = (counts[`reason ${report.reason}`] ?? 0) + 1;
  assert.ok(report.lastQty > 0 && Number.isInteger(report.lastQty), what);
  const hasLimit = order.price > 0;
  const isWorse = order.side === 1 ? report.lastPx > order.price : report.lastPx < order.price;
  if (hasLimit) assert.ok(!isWorse, `no fill is worse than the limit ${order.price}: ${what}`);
  const isTaker = report.reason === FillReason.DepthTaken;
  assert.equal(report.liquidity, isTaker ? Liquidity.Taker : Liquidity.Maker);
  if (isTaker) {
    assert.ok((order.flags & OrderFlag.PostOnly) === 0, `post-only never takes: ${what}`);
    return;
  }
  assert.ok(order.timeInForce !== TimeInForce.Ioc && order.timeInForce !== TimeInForce.Fok, `never rests: ${what}`);
  const key = `${report.causeSeq} ${report.reason === FillReason.Auction ? order.side : 0}`;
  filledOf.set(key, (filledOf.get(key) ?? 0) + report.lastQty);
  if (report.reason !== FillReason.QueuePassed && report.reason !== FillReason.QueueReached) return;
  for (const other of sent.values()) {
    if (other === order || other.isOver || other.place === 0 || other.side !== order.side) continue;
    const isAhead = other.price === order.price && other.place < order.place && other.display === 0;
    const rests = other.type !== OrdType.Stop && other.type !== OrdType.StopLimit;
    assert.ok(!(isAhead && rests && other.leaves > 0), `first in, first out (${bookKind}): ${what}`);
  }
}
