/**
 * Live runs under seeded trouble: acks lost with their connection, reports told twice, late or never, fills at any time, venues
 * that speak in other units, engines that are killed at any record. In the end the venue and the log agree, no order came twice,
 * and the log, whoever wrote which part of it, re-executes as one.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { Prng } from '../../src/core/prng.ts';
import { FakeVenue } from './fake-venue.ts';
import { LiveRig } from './live-rig.ts';
import { writeStrategy } from './trading-run.ts';

/** Buys, sells, cancels and replaces at random, on every book. */
const RESTLESS = `
  onBook(ctx, i) {
    if (ctx.book(i).isStale) return;
    const side = ctx.random.below(2) === 0 ? OrderSide.Buy : OrderSide.Sell;
    const what = ctx.random.below(8);
    const away = 1 + ctx.random.below(40);
    const priceTicks = side === OrderSide.Buy ? 10000 - away : 10000 + away;
    if (what < 4 && ctx.openCount(i) < 8) ctx.submit({ instrument: i, side, qtyLots: 1 + ctx.random.below(99), priceTicks });
    else if (what === 4) ctx.forEachOpen(i, (order) => { if (ctx.random.below(3) === 0) ctx.cancel(order.orderId); });
    else if (what === 5) ctx.forEachOpen(i, (order) => {
      if (ctx.random.below(3) === 0) ctx.replace(order.orderId, order.qtyLots + 1, order.priceTicks - 1);
    });
  },
  onTimer(ctx) {},
  onOrder(ctx, update) { if (update.lastQtyLots > 0) ctx.setTimer(1, ctx.nowNs + 5e6); }`;

export interface RoundsReport {
  restarts: number;
  fills: number;
  orders: number;
  disconnects: number;
}

/** `kills`: whether engines are killed, too. */
export async function liveRounds(folder: string, seed: number, steps: number, kills: boolean): Promise<RoundsReport> {
  const random = new Prng(seed);
  const strategy = writeStrategy(folder, RESTLESS, '{}', `restless-${seed}`);
  const dir = join(folder, `log-${seed}`);
  const venueName = random.below(2) === 0 ? 'binance' : 'binance-usdm';
  const options = { dir, strategyDir: folder, strategy, seed, venueName };
  const rig = await LiveRig.open(options, (now) => new FakeVenue(now, random));
  const report: RoundsReport = { restarts: 0, fills: 0, orders: 0, disconnects: 0 };
  await rig.reconnect();
  for (let step = 0; step < steps; step++) {
    await oneStep(rig, random, kills, report);
  }
  rig.venue.disconnect();
  await rig.reconnect();
  const why = `seed ${seed}: ${rig.said.at(-1)}`;
  assert.match(rig.said.at(-1) ?? '', /agrees with the log/, why);
  const trading = rig.stage.engine.trading ?? assert.fail('it trades');
  trading.checkInvariants();
  assert.equal(trading.parts.positions.qtyLots(0, 0), rig.venue.positionLots, why);
  for (const [clOrdId, times] of rig.venue.received) assert.equal(times, 1, `order ${clOrdId} came ${times} times`);
  report.orders = rig.venue.received.size;
  rig.stop();
  assert.equal(rig.venue.openOrders().length, 0, why);
  assert.deepEqual(rig.stage.report().leftOpen, [], why);
  await rig.prove();
  return report;
}

async function oneStep(rig: LiveRig, random: Prng, kills: boolean, report: RoundsReport): Promise<void> {
  const { venue } = rig;
  const before = rig.stage.engine.seq;
  rig.tick(1000 + random.below(500));
  switch (random.below(kills ? 24 : 20)) {
    case 0:
      venue.disconnect();
      report.disconnects++;
      if (random.below(2) === 0) rig.pump();
      break;
    case 1:
      if (!venue.isUp) await rig.reconnect();
      break;
    case 2:
      venue.finer = !venue.finer;
      break;
    case 3:
    case 4:
    case 5:
    case 6:
      fillOne(rig, random, report);
      break;
    case 7:
      rig.wait(random.below(20));
      break;
    case 20:
    case 21:
      await killAndGoOn(rig, random, before);
      report.restarts++;
      break;
    default:
      break;
  }
  if (random.below(3) > 0) rig.pump();
  venue.deliver(random.below(4));
  if (random.below(40) === 0) rig.settle();
  if (!venue.isUp && random.below(6) === 0) await rig.reconnect();
}

function fillOne({ venue }: LiveRig, random: Prng, report: RoundsReport): void {
  const open = venue.openOrders();
  if (open.length === 0) return;
  const order = open[random.below(open.length)];
  venue.fill(order, 1 + random.below(order.qty - order.cum), venue.isUp);
  report.fills++;
}

/** The engine dies at some record behind `before`: everything up to there was durable, and was sent. */
async function killAndGoOn(rig: LiveRig, random: Prng, before: number): Promise<void> {
  for (let i = 0; i < 3; i++) rig.stage.doWork(64);
  const { seq } = rig.stage.engine;
  const sent = Math.max(rig.durable, before);
  rig.kill(sent + random.below(seq - sent + 1));
  rig.venue.disconnect();
  await rig.start();
  await rig.reconnect();
}
